"""Numbers for people, and answers to forms that are sent twice."""

import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction

from tenancy.ids import uuid7
from tenancy.models import IdempotencyKey
from tenancy.scoping import current_organization_id


class KeyReused(Exception):
    """The same idempotency key came with another request."""


def next_number(kind: str) -> int:
    """The next number of a series of this organization, without gap or duplicate: rolled back with the caller."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO tenancy_numberseries (id, organization_id, kind, last) VALUES (%s, %s, %s, 1)
               ON CONFLICT (organization_id, kind) DO UPDATE SET last = tenancy_numberseries.last + 1
               RETURNING last""",
            [uuid7(), current_organization_id(), kind],
        )
        return int(cursor.fetchone()[0])


def request_hash(content: Mapping[str, Any]) -> str:
    """One text for one request, whatever the order of its fields."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def earlier_result(key: str, *, action: str, content: Mapping[str, Any]) -> uuid.UUID | None:
    """The id that the first use of this key made, or None. Raises KeyReused for another request."""
    found = IdempotencyKey.objects.filter(key=key).first()
    if found is None:
        return None
    if (found.action, found.request_hash) != (action, request_hash(content)):
        raise KeyReused("this form was already used for something else: open it again")
    result: uuid.UUID = found.result_id
    return result


def keep_result(key: str, *, action: str, content: Mapping[str, Any], result_id: uuid.UUID, now: datetime) -> None:
    """Remember what a key made, in the caller's transaction. Raises KeyReused when another request won the race."""
    try:
        with transaction.atomic():
            IdempotencyKey(
                key=key,
                action=action,
                request_hash=request_hash(content),
                result_id=result_id,
                created_at=now,
            ).save(force_insert=True)
    except IntegrityError as error:
        raise KeyReused("this form is being sent a second time") from error
