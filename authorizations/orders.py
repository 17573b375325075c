"""The orders of the list and its pages.

Every order has a place that is never empty and ends with the id, so that a page goes on exactly where the last one
stopped, whatever was added or moved in between.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Case, DateField, ExpressionWrapper, F, IntegerField, Q, QuerySet, When
from django.db.models import Value as Constant

from authorizations.models import Authorization
from authorizations.models.authorization import NO_END, UNCOUNTED
from authorizations.renewing import USUAL_LEAD_DAYS
from authorizations.states import Status
from payers.models import ProgramRules

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
    """One page of an order, in one statement. Keys are of this function's making; others are ignored."""
    start = _read_key(before, sort) or _read_key(after, sort)
    backwards = _read_key(before, sort) is not None
    found = _found(rows, sort, today, start, backwards=backwards, most=size + 1)
    more = len(found) > size
    shown = found[:size][::-1] if backwards else found[:size]
    if not shown:
        return Page([], "", "")
    has_next, has_previous = (True, more) if backwards else (more, start is not None)
    return Page(shown, key_of(shown[-1]) if has_next else "", key_of(shown[0]) if has_previous else "")


def _found(
    rows: QuerySet[Authorization], sort: Sort, today: date, start: Key | None, *, backwards: bool, most: int
) -> list[Any]:
    """The first rows beyond a key: those of every part with a place, merged, and those that are never renewed.

    These stand last and are asked for only where the page reaches them: nothing gives a database the few of them that
    a narrow filter leaves.
    """
    dated, never = _parts(rows, sort, today)
    among_them = start is not None and start[0] == NO_END
    if never is None or (backwards and not among_them):
        return _merged(dated, start, backwards=backwards, most=most)
    if backwards:
        found = list(never.beyond(start, backwards=True)[:most])
        return found + _merged(dated, None, backwards=True, most=most - len(found))
    found = [] if among_them else _merged(dated, start, backwards=False, most=most)
    left = most - len(found)
    return found + list(never.beyond(start if among_them else None, backwards=False)[:left]) if left else found


def _merged(parts: Sequence[_Part], start: Key | None, *, backwards: bool, most: int) -> list[Any]:
    if most <= 0:
        return []
    ways = [part.beyond(start, backwards=backwards)[:most] for part in parts]
    if len(ways) == 1:
        return list(ways[0])
    order = ("-place", "-id") if backwards else ("place", "id")
    return list(ways[0].union(*ways[1:], all=True).order_by(*order)[:most])


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows whose place is a column (less some days): an index gives them in order, which no expression can."""

    rows: QuerySet[Authorization]
    column: str
    less: int = 0
    fixed: date | None = None

    def beyond(self, start: Key | None, *, backwards: bool) -> QuerySet[Any]:
        """In order, from a key on. The first condition repeats what the second implies, for the index's sake."""
        rows = self.rows.annotate(place=self._place())
        sign, way = ("-", "lt") if backwards else ("", "gt")
        order = [] if self.fixed else [f"{sign}{self.column}"]
        if start is not None and self.fixed:
            place = Constant(start[0], output_field=DateField())
            rows = rows.filter(Q(**{f"place__{way}": place}) | Q(place=place, **{f"id__{way}": start[1]}))
        elif start is not None:
            at = self._at(start[0])
            further = Q(**{f"{self.column}__{way}": at}) | Q(**{f"id__{way}": start[1]})
            rows = rows.filter(further, **{f"{self.column}__{way}e": at})
        return rows.order_by(*order, f"{sign}id")

    def _place(self) -> Any:
        if self.fixed:
            return Constant(self.fixed, output_field=DateField())
        return (
            ExpressionWrapper(F(self.column) - Constant(self.less), output_field=DateField())
            if self.less
            else F(self.column)
        )

    def _at(self, place: Place) -> Place:
        """The column's value at a place."""
        try:
            return place + timedelta(days=self.less) if isinstance(place, date) and self.less else place
        except OverflowError:
            return date.max


def key_of(row: Any) -> str:
    """The place of a row in its order, as an address carries it."""
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


RENEWABLE = Q(status=Status.APPROVED, not_required=False, list_date__lt=NO_END)


def _leads(today: date) -> dict[int, list[uuid.UUID]]:
    """The programs by the days that their rules of today give for a renewal; the others have the usual ones."""
    leads: dict[int, list[uuid.UUID]] = {}
    standing = ProgramRules.objects.filter(Q(ends_on=None) | Q(ends_on__gte=today), starts_on__lte=today)
    for program_id, days in standing.order_by("program_id").values_list("program_id", "renewal_lead_days"):
        leads.setdefault(days, []).append(program_id)
    return leads


def _renew_by(today: date) -> Case:
    """The last day to renew in time: the end of cover less the program's lead."""
    lead = Case(
        *(When(program_id__in=programs, then=Constant(days)) for days, programs in _leads(today).items()),
        default=Constant(USUAL_LEAD_DAYS),
        output_field=IntegerField(),
    )
    ahead = ExpressionWrapper(F("list_date") - lead, output_field=DateField())
    return Case(When(RENEWABLE, then=ahead), default=Constant(NO_END), output_field=DateField())


COLUMNS: Mapping[Sort, str] = {
    Sort.EXPIRY: "list_date",
    Sort.DUE: "first_due_at",
    Sort.AGE: "created_at",
    Sort.TIGHTEST: "share_left",
}


def _parts(rows: QuerySet[Authorization], sort: Sort, today: date) -> tuple[list[_Part], _Part | None]:
    """One part for an order that is a column; for the day to renew by, one for each lead, and what is not renewed."""
    if sort is not Sort.RENEW_BY:
        return [_Part(rows, COLUMNS[sort])], None
    leads = _leads(today)
    known = [program_id for programs in leads.values() for program_id in programs]
    by_lead = [(days, rows.filter(program_id__in=programs)) for days, programs in leads.items()]
    by_lead.append((USUAL_LEAD_DAYS, rows.exclude(program_id__in=known) if known else rows))
    renewed = [_Part(some.filter(RENEWABLE), "list_date", days) for days, some in by_lead]
    return renewed, _Part(rows.exclude(RENEWABLE), "id", fixed=NO_END)


PLACES: Mapping[Sort, Callable[[date], Any]] = {
    **{sort: lambda today, column=column: F(column) for sort, column in COLUMNS.items()},  # type: ignore[misc]
    Sort.RENEW_BY: _renew_by,
}
