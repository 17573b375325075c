"""What happens around signing in, written once and for ever. Belongs to a person, to no organization."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from allauth.core.internal.httpkit import get_client_ip
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from accounts.models import SecurityEvent

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
