"""What happens around signing in, written once and for ever. Belongs to a person, to no organization."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from allauth.core.internal.httpkit import get_client_ip
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from accounts.models import SecurityEvent

GUESSES_AT_ONE = 30
GUESSES_FROM_ONE = 100
GUESSES_WITHIN = timedelta(hours=1)
KNOWN_FOR = timedelta(days=90)
WRONG_CODES = 10
WRONG_CODES_WITHIN = timedelta(minutes=15)


def note(
    kind: str,
    *,
    now: datetime,
    user_id: uuid.UUID | None = None,
    request: HttpRequest | None = None,
    **data: Any,
) -> SecurityEvent:
    """Write an event. `data` holds codes and counts; a name that belongs to nobody stands in it as a keyed hash."""
    event = SecurityEvent(
        at=now, kind=kind, user_id=user_id, address=get_client_ip(request) if request else None, data=data
    )
    event.save(force_insert=True)
    return event


def hashed_name(name: str) -> str:
    """The same name gives the same text; what somebody typed in the wrong field is not readable."""
    return salted_hmac("security.name", name.strip().lower(), algorithm="sha256").hexdigest()[:32]


def has_tried_too_many_codes(user_id: uuid.UUID, now: datetime) -> bool:
    """Ten wrong codes within a quarter of an hour, since the last right one."""
    events = SecurityEvent.objects.filter(user_id=user_id, at__gt=now - WRONG_CODES_WITHIN)
    right = events.filter(kind="code.accepted").order_by("-at").first()
    wrong = events.filter(kind="code.refused")
    if right is not None:
        wrong = wrong.filter(at__gt=right.at)
    return wrong.count() >= WRONG_CODES


def is_guessing(name: str, user_id: uuid.UUID | None, address: str | None, now: datetime) -> bool:
    """Whether passwords are being guessed for this name from many addresses, or from this address for many names.

    Wrong tries of one name at one address lock that pair (django-axes); this is for those who spread them. Where a
    person has signed in before, they are not kept out by what others try elsewhere: nobody can lock an owner out.
    """
    failed = SecurityEvent.objects.filter(kind="sign_in.failed", at__gt=now - GUESSES_WITHIN)
    if address and failed.filter(address=address).count() >= GUESSES_FROM_ONE:
        return not _signed_in_from(user_id, address, now)
    of_name = failed.filter(user_id=user_id) if user_id else failed.filter(data__name=hashed_name(name))
    return of_name.count() >= GUESSES_AT_ONE and not _signed_in_from(user_id, address, now)


def _signed_in_from(user_id: uuid.UUID | None, address: str | None, now: datetime) -> bool:
    done = SecurityEvent.objects.filter(kind="sign_in.done", user_id=user_id, at__gt=now - KNOWN_FOR)
    return user_id is not None and done.filter(address=address).exists()
