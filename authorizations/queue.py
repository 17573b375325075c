"""The manual queue: what a person works in a portal, by telephone or by fax, in the order in which it presses.

It holds open submissions, never statuses: a change of an approved case stands in it like a first request.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.db.models import Case, DateField, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from authorizations.models import Submission
from authorizations.models.authorization import NO_END
from authorizations.models.choices import Priority
from authorizations.models.submission import OPEN_OUTCOMES
from authorizations.queries import Count, capped_counts
from authorizations.states import BY_HAND, ExchangeState, SubmissionOutcome


class Part(StrEnum):
    """What of the queue is shown."""

    ALL = "all"
    URGENT = "urgent"
    TO_SUBMIT = "to_submit"
    SUBMITTED = "submitted"
    PENDED = "pended"


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """A part of the queue, and whose: nobody named means everybody's."""

    part: Part = Part.ALL
    owner_ids: tuple[uuid.UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class QueuePage:
    """Some rows, and the keys from which the next and the previous ones go on ("" at the end)."""

    rows: list[Submission]
    next_key: str
    previous_key: str


CONDITIONS: Mapping[Part, Q] = {
    Part.ALL: Q(),
    Part.URGENT: Q(authorization__priority=Priority.URGENT),
    Part.TO_SUBMIT: Q(exchange_state=ExchangeState.TO_SUBMIT),
    Part.SUBMITTED: Q(exchange_state=ExchangeState.SUBMITTED),
    Part.PENDED: Q(outcome=SubmissionOutcome.PENDED),
}


def waiting(wanted: QueueFilter) -> QuerySet[Submission]:
    """The open manual submissions a filter means, without order. A pend that was answered stands behind its answer."""
    open_ones = Submission.objects.filter(OPEN_OUTCOMES, channel__in=sorted(BY_HAND))
    rows = open_ones.exclude(exchange_state=ExchangeState.WITHDRAWN).filter(CONDITIONS[wanted.part])
    answers = Submission.objects.filter(OPEN_OUTCOMES, parent__isnull=False)
    # As a set, looked into once a row: as a condition on each row, every open one would be compared with every other.
    rows = rows.exclude(pk__in=answers.exclude(exchange_state=ExchangeState.WITHDRAWN).values("parent_id"))
    return rows.filter(owner_id__in=wanted.owner_ids) if wanted.owner_ids else rows


def page(rows: QuerySet[Submission], *, size: int, after: str = "", before: str = "") -> QueuePage:
    """One page: urgent first, then the first day of service, then age. Keys are of this function's making."""
    start = _read_key(before) or _read_key(after)
    backwards = _read_key(before) is not None
    ordered = _ranked(rows)
    if start is not None:
        ordered = ordered.filter(_beyond(start, backwards))
    order = ("-rank", "-serves_on", "-id") if backwards else ("rank", "serves_on", "id")
    related = ordered.select_related("authorization__program__payer", "authorization__coverage", "owner__user")
    found = list(related.order_by(*order)[: size + 1])
    more = len(found) > size
    shown = found[:size][::-1] if backwards else found[:size]
    if not shown:
        return QueuePage([], "", "")
    has_next, has_previous = (True, more) if backwards else (more, start is not None)
    return QueuePage(shown, _key(shown[-1]) if has_next else "", _key(shown[0]) if has_previous else "")


def following(rows: QuerySet[Submission], done: Submission) -> Submission | None:
    """The one that presses most after `done`, else the first of all; None when nothing is left."""
    left = _ranked(rows).exclude(id=done.id).order_by("rank", "serves_on", "id")
    place = _ranked(Submission.objects.filter(id=done.id)).first()
    behind = left.filter(_beyond(_place(place), backwards=False)).first() if place else None
    found: Submission | None = behind or left.first()
    return found


def counts(owner_ids: tuple[uuid.UUID, ...]) -> dict[str, Count]:
    """How many rows each part has, and how many of all are these people's ("mine"), in one statement."""
    parts = {str(part): waiting(QueueFilter(part)) for part in Part}
    return capped_counts(parts | {"mine": waiting(QueueFilter(owner_ids=owner_ids))})


def size_of_queue() -> Count:
    """How much is to be worked by hand, for the menu."""
    return capped_counts({"all": waiting(QueueFilter())})["all"]


Place = tuple[int, date, uuid.UUID]


def _ranked(rows: QuerySet[Submission]) -> QuerySet[Any]:
    urgent = When(authorization__priority=Priority.URGENT, then=Value(0))
    return rows.annotate(
        rank=Case(urgent, default=Value(1), output_field=IntegerField()),
        serves_on=Coalesce("authorization__starts_on", Value(NO_END), output_field=DateField()),
    )


def _beyond(start: Place, backwards: bool) -> Q:
    rank, serves_on, row_id = start
    way = "lt" if backwards else "gt"
    same_day = Q(rank=rank, serves_on=serves_on, **{f"id__{way}": row_id})
    return Q(**{f"rank__{way}": rank}) | Q(rank=rank, **{f"serves_on__{way}": serves_on}) | same_day


def _place(row: Submission) -> Place:
    """Where an annotated row stands."""
    return getattr(row, "rank", 1), getattr(row, "serves_on", NO_END), row.id


def _key(row: Submission) -> str:
    rank, serves_on, row_id = _place(row)
    return f"{rank}-{serves_on:%Y%m%d}-{row_id.hex}"


def _read_key(text: str) -> Place | None:
    parts = text.split("-")
    try:
        rank, day, row_id = parts
        return int(rank), date.fromisoformat(day), uuid.UUID(row_id)
    except ValueError:
        return None
