"""The orders of the list and its pages.

Every order has a place that is never empty and ends with the id, so that a page goes on exactly where the last one
stopped, whatever was added or moved in between.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import BigIntegerField, Case, DateField, ExpressionWrapper, F, IntegerField, Q, QuerySet, When
from django.db.models import Value as Constant
from django.db.models.functions import Cast

from authorizations.models import Authorization
from authorizations.models.authorization import NO_END
from authorizations.renewing import USUAL_LEAD_DAYS
from authorizations.states import Status
from payers.models import ProgramRules

UNCOUNTED = 2**62
"""The share left where nothing is counted: after every share."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Sort(StrEnum):
    """What stands first."""

    EXPIRY = "expiry"
    RENEW_BY = "renew"
    DUE = "due"
    AGE = "age"
    TIGHTEST = "tightest"


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of the list, and the keys from which the next and the previous ones go on ("" at the end)."""

    rows: list[Authorization]
    next_key: str
    previous_key: str


Place = date | datetime | int
Key = tuple[Place, uuid.UUID]


def ordered(rows: QuerySet[Authorization], sort: Sort, today: date, *, backwards: bool = False) -> QuerySet[Any]:
    """The rows in an order, each with its `place` in it."""
    order = ("-place", "-id") if backwards else ("place", "id")
    return rows.annotate(place=PLACES[sort](today)).order_by(*order)


def page(
    rows: QuerySet[Authorization], *, size: int, sort: Sort, today: date, after: str = "", before: str = ""
) -> Page:
    """One page of an order. Keys are of this function's making; others are ignored."""
    start = _read_key(before, sort) or _read_key(after, sort)
    backwards = _read_key(before, sort) is not None
    found_in = ordered(rows, sort, today, backwards=backwards)
    if start is not None:
        found_in = found_in.filter(_beyond(start, backwards))
    found = list(found_in[: size + 1])
    more = len(found) > size
    shown = found[:size][::-1] if backwards else found[:size]
    if not shown:
        return Page([], "", "")
    has_next, has_previous = (True, more) if backwards else (more, start is not None)
    return Page(shown, _key(shown[-1]) if has_next else "", _key(shown[0]) if has_previous else "")


def _beyond(start: Key, backwards: bool) -> Q:
    """Rows after (before) a key. The first condition repeats what the second implies, for the index's sake."""
    place, row_id = start
    if backwards:
        return Q(place__lte=place) & (Q(place__lt=place) | Q(id__lt=row_id))
    return Q(place__gte=place) & (Q(place__gt=place) | Q(id__gt=row_id))


def _key(row: Any) -> str:
    return f"{_write(row.place)}-{row.id.hex}"


def _write(place: Place) -> str:
    if isinstance(place, datetime):
        return str((place - EPOCH) // timedelta(microseconds=1))
    if isinstance(place, date):
        return f"{place:%Y%m%d}"
    return f"m{-place}" if place < 0 else str(place)


def _read_key(text: str, sort: Sort) -> Key | None:
    place, _, row_id = text.partition("-")
    try:
        return READ[sort](place), uuid.UUID(row_id)
    except (ValueError, OverflowError):
        return None


def _moment(text: str) -> datetime:
    return EPOCH + timedelta(microseconds=_number(text))


def _number(text: str) -> int:
    """A whole number that the database takes; "m5" is minus five. Raises ValueError."""
    number = int(text.replace("m", "-", 1))
    if abs(number) > UNCOUNTED:
        raise ValueError(text)
    return number


READ: Mapping[Sort, Callable[[str], Place]] = {
    Sort.EXPIRY: date.fromisoformat,
    Sort.RENEW_BY: date.fromisoformat,
    Sort.DUE: _moment,
    Sort.AGE: _moment,
    Sort.TIGHTEST: _number,
}


def _renew_by(today: date) -> Case:
    """The last day to renew in time: the end of cover less what the program's rules of today give for it."""
    leads: dict[int, list[uuid.UUID]] = {}
    standing = ProgramRules.objects.filter(Q(ends_on=None) | Q(ends_on__gte=today), starts_on__lte=today)
    for program_id, days in standing.values_list("program_id", "renewal_lead_days"):
        leads.setdefault(days, []).append(program_id)
    lead = Case(
        *(When(program_id__in=programs, then=Constant(days)) for days, programs in leads.items()),
        default=Constant(USUAL_LEAD_DAYS),
        output_field=IntegerField(),
    )
    ahead = ExpressionWrapper(F("list_date") - lead, output_field=DateField())
    renewable = Q(status=Status.APPROVED, not_required=False, list_date__lt=NO_END)
    return Case(When(renewable, then=ahead), default=Constant(NO_END), output_field=DateField())


def _share_left(today: date) -> Case:
    """The thousandths left on the tightest line of what is approved."""
    share = ExpressionWrapper(F("tight_remaining_milli") / F("tight_approved"), output_field=BigIntegerField())
    counted = Q(status=Status.APPROVED, tight_approved__gt=0, tight_remaining_milli__isnull=False)
    return Case(
        When(counted, then=Cast(share, BigIntegerField())), default=Constant(UNCOUNTED), output_field=BigIntegerField()
    )


PLACES: Mapping[Sort, Callable[[date], Any]] = {
    Sort.EXPIRY: lambda today: F("list_date"),
    Sort.RENEW_BY: _renew_by,
    Sort.DUE: lambda today: F("first_due_at"),
    Sort.AGE: lambda today: F("created_at"),
    Sort.TIGHTEST: _share_left,
}
