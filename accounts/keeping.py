"""What was typed is not lost when a sign-in ends: it is kept for the person, encrypted and for a short while."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest, QueryDict

from accounts import vault
from accounts.models import KeptForm

KEPT_FOR = timedelta(hours=1)
_NOT_KEPT = frozenset({"csrfmiddlewaretoken", "password", "password1", "password2", "oldpassword", "code"})


@dataclass(frozen=True, slots=True)
class Kept:
    """A form as it was sent: where to, in which organization, and its fields in their order."""

    id: uuid.UUID
    path: str
    organization: str
    fields: tuple[tuple[str, str], ...]
    had_files: bool


def keep(request: HttpRequest, user_id: uuid.UUID, organization: str, *, now: datetime) -> uuid.UUID | None:
    """Keep what this request sent, for this person only. Files are not kept: they are chosen again.

    None when it sent nothing that somebody typed.
    """
    fields = [(name, value) for name, values in request.POST.lists() for value in values if name not in _NOT_KEPT]
    if not fields and not request.FILES:
        return None
    content = {
        "path": request.get_full_path(),
        "organization": organization,
        "fields": fields,
        "had_files": bool(request.FILES),
    }
    kept = KeptForm(user_id=user_id, content=vault.close(json.dumps(content)), expires_at=now + KEPT_FOR)
    kept.save(force_insert=True)
    return kept.id


def kept_form(kept_id: uuid.UUID, user_id: uuid.UUID, *, now: datetime) -> Kept | None:
    """The form, for the person who sent it and nobody else, while it is fresh."""
    row = KeptForm.objects.filter(id=kept_id, user_id=user_id, expires_at__gt=now).first()
    if row is None:
        return None
    content = json.loads(vault.open_text(row.content))
    fields = tuple((str(name), str(value)) for name, value in content["fields"])
    return Kept(row.id, content["path"], content["organization"], fields, content["had_files"])


def forget(kept_id: uuid.UUID, user_id: uuid.UUID) -> None:
    KeptForm.objects.filter(id=kept_id, user_id=user_id).delete()


def forget_old(*, now: datetime) -> int:
    """Remove what nobody came back for. Returns how many."""
    count, _ = KeptForm.objects.filter(expires_at__lte=now).delete()
    return count


def as_query(kept: Kept) -> QueryDict:
    """The fields as a request would carry them."""
    query = QueryDict(mutable=True)
    for name, value in kept.fields:
        query.appendlist(name, value)
    return query
