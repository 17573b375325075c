"""Reads about authorizations that join or sum: counts, the balances of lines, months, draws.

Every list reads the wide row alone, by an index that begins with the organization; counts stop at a limit, so
that a page never waits for the number of its rows.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Case, F, Prefetch, Q, QuerySet, Sum, Value, When
from django.db.models.functions import TruncMonth

from audit.models import AuditEvent
from authorizations.decisions import LineOutcome
from authorizations.ledger import Usage, usage_of
from authorizations.models import (
    Authorization,
    Decision,
    DecisionReview,
    Diagnosis,
    Document,
    LedgerEntry,
    LineCap,
    LineDecision,
    Note,
    Submission,
    Task,
)
from authorizations.states import LIVE, ExchangeState, Purpose, Status
from members.services import identifier_key

COUNT_LIMIT = 1000
LOW_SHARE = Decimal("0.8")
"""From this share used on, a line is running low."""

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Count:
    """A number of rows that stops counting at COUNT_LIMIT."""

    value: int

    @property
    def capped(self) -> bool:
        """Whether there are more than were counted."""
        return self.value > COUNT_LIMIT

    def __str__(self) -> str:
        return f"{COUNT_LIMIT:,}+" if self.capped else f"{self.value:,}"

    def __bool__(self) -> bool:
        return self.value > 0


def capped_counts(wanted: Mapping[str, QuerySet[Any]]) -> dict[str, Count]:
    """Several counts in one statement, each stopping one row past COUNT_LIMIT."""
    if not wanted:
        return {}
    parts: list[str] = []
    parameters: list[Any] = []
    for rows in wanted.values():
        limited = rows.order_by().annotate(one=Value(1)).values_list("one")[: COUNT_LIMIT + 1]
        sql, bound = limited.query.sql_with_params()
        parts.append(f"(SELECT count(*) FROM ({sql}) AS counted)")  # noqa: S608 (the SQL is the query compiler's)
        parameters.extend(bound)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", parameters)
        found = cursor.fetchone()
    return {name: Count(number) for name, number in zip(wanted, found, strict=True)}


# Lines -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LineBalance:
    """What was asked for, what is in force and what was used of one service line.

    `label` is the codes as they are billed ("H2019 HN"), `code` the first of them. `approved` is None where the
    basis has no quantity (unlimited, unknown) and where nothing is in force; then `basis` is "". `outcome` is the
    payer's latest word, "" before it. Dates are those in force, last day included; `ends_on` is the earlier of
    `approved_until` and the end of the member's coverage.
    """

    line_id: uuid.UUID
    authorization_id: uuid.UUID
    number: int
    label: str
    quantity_type: str
    asked: Decimal | None
    code: str = ""
    unit_minutes: int | None = None
    approved: Decimal | None = None
    basis: str = ""
    outcome: str = ""
    used: Decimal = ZERO
    starts_on: date | None = None
    ends_on: date | None = None
    approved_until: date | None = None
    certification_number: str = ""
    caps: tuple[tuple[str, Decimal], ...] = ()
    versions: int = 0

    @property
    def remaining(self) -> Decimal | None:
        """Below zero when more was drawn than approved; None where no quantity stands."""
        return None if self.approved is None else self.approved - self.used

    @property
    def in_force(self) -> bool:
        """Whether something may be drawn from it at all; where none is required nothing is counted."""
        if self.outcome == LineOutcome.NOT_REQUIRED:
            return False
        return self.basis != "" and (self.approved is None or self.approved > 0)

    def runs_on(self, day: date) -> bool:
        """Whether the line covers a service on `day`."""
        if not self.in_force or self.starts_on is None or day < self.starts_on:
            return False
        return self.ends_on is None or day <= self.ends_on

    def elapsed(self, today: date) -> Decimal | None:
        """The share of the window gone by with today's end, 0 to 1; None before it begins or without an end."""
        if self.starts_on is None or self.ends_on is None or today < self.starts_on:
            return None
        whole = (self.ends_on - self.starts_on).days + 1
        gone = min((today - self.starts_on).days + 1, whole)
        return Decimal(gone) / Decimal(whole) if whole > 0 else None


def balances(authorization_ids: Iterable[uuid.UUID], *, until: datetime | None = None) -> list[LineBalance]:
    """The lines of these authorizations with their latest terms and the sum of the ledger, in their order.

    `until`: as what was recorded up to a moment said it.
    """
    ids = list(authorization_ids)
    usages = [usage for each in usage_of(ids, until=until).values() for usage in each]
    words = _latest_words(ids, until)
    caps = _caps_asked([usage.line.id for usage in usages if usage.in_force is None])
    return [_balance(usage, words.get(usage.line.id, ""), caps.get(usage.line.id, ())) for usage in usages]


def _latest_words(authorization_ids: Sequence[uuid.UUID], until: datetime | None = None) -> dict[uuid.UUID, str]:
    """The payer's latest word on each line that counted."""
    rows = LineDecision.standing.filter(line__authorization_id__in=authorization_ids, decision__applied=True)
    rows = rows if until is None else rows.filter(decision__recorded_at__lte=until)
    return dict(rows.order_by("line_id", "decision__number").values_list("line_id", "outcome"))


def _caps_asked(line_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[tuple[str, Decimal], ...]]:
    found: dict[uuid.UUID, tuple[tuple[str, Decimal], ...]] = {}
    for cap in LineCap.objects.filter(line_id__in=line_ids).order_by("line_id", "period"):
        found[cap.line_id] = (*found.get(cap.line_id, ()), (cap.period, cap.quantity))
    return found


def _balance(usage: Usage, word: str, caps_asked: tuple[tuple[str, Decimal], ...]) -> LineBalance:
    line, version = usage.line, usage.in_force
    if version is None:
        code = next(iter(line.codes.all()), None)
        base = LineBalance(line.id, line.authorization_id, line.number, usage.words, line.quantity_type, line.quantity)
        return replace(
            base,
            code=code.code if code else "",
            unit_minutes=line.unit_minutes,
            outcome=word,
            used=usage.used,
            caps=caps_asked,
        )
    return LineBalance(
        line_id=line.id,
        authorization_id=line.authorization_id,
        number=line.number,
        label=usage.words,
        quantity_type=version.quantity_type,
        asked=line.quantity,
        code=version.codes[0]["code"] if version.codes else "",
        unit_minutes=version.unit_minutes or line.unit_minutes,
        approved=version.quantity,
        basis=version.basis,
        outcome=word or version.outcome,
        used=usage.used,
        starts_on=usage.versions[0].starts_on,
        ends_on=usage.ends_on,
        approved_until=version.ends_on,
        certification_number=version.certification_number,
        caps=tuple((cap["period"], Decimal(cap["quantity"])) for cap in version.caps),
        versions=version.number,
    )


# Use over time -----------------------------------------------------------------------------------------------


def used_by_month(
    line_ids: Iterable[uuid.UUID], *, until: datetime | None = None
) -> dict[uuid.UUID, dict[date, Decimal]]:
    """Units drawn less units given back, by line and month of service (its first day); `until`: recorded till then."""
    entries = LedgerEntry.objects.filter(line_id__in=list(line_ids))
    rows = (
        (entries if until is None else entries.filter(recorded_at__lte=until))
        .annotate(month=TruncMonth("service_date"))
        .values_list("line_id", "month")
        .annotate(total=Sum("quantity"))
        .order_by("line_id", "month")
    )
    found: dict[uuid.UUID, dict[date, Decimal]] = {}
    for line_id, month, total in rows:
        found.setdefault(line_id, {})[month] = total
    return found


def drawn_between(line_ids: Iterable[uuid.UUID], first: date, last: date) -> dict[uuid.UUID, Decimal]:
    """Units that claims drew, by line, with a service date from `first` to `last`, both included."""
    entries = LedgerEntry.objects.filter(line_id__in=list(line_ids), service_date__range=(first, last))
    rows = entries.exclude(kind=LedgerEntry.Kind.OPENING).values_list("line_id").annotate(Sum("quantity"))
    return dict(rows.order_by())


def used_since(line_ids: Iterable[uuid.UUID], since: date, until: date) -> dict[uuid.UUID, Decimal]:
    """Units by line with a service date in a span of days, both included: the pace.

    Units used before we counted stand on one day of the ledger, but were used over the days up to it.
    """
    counted_until = Case(When(kind=LedgerEntry.Kind.OPENING, then=F("service_date")))
    rows = (
        LedgerEntry.objects.filter(line_id__in=list(line_ids), service_date__range=(since, until))
        .annotate(counted_until=counted_until)
        .values_list("line_id", "counted_until", "authorization__cover_starts_on")
        .annotate(total=Sum("quantity"))
        .order_by()
    )
    found: dict[uuid.UUID, Decimal] = {}
    for line_id, opened, begun, total in rows:
        share = total if opened is None else total * _share_since(since, begun or since, opened)
        found[line_id] = found.get(line_id, ZERO) + share
    return found


def _share_since(since: date, begun: date, ended: date) -> Decimal:
    """Which part of the days from `begun` to `ended` lies in the span that begins with `since`."""
    days = max((ended - begun).days, 0) + 1
    return Decimal(min((ended - since).days + 1, days)) / days


def ledger(authorization_id: uuid.UUID, *, limit: int) -> list[LedgerEntry]:
    """The latest entries of one authorization, newest first; every entry ever made stays readable."""
    rows = LedgerEntry.objects.filter(authorization_id=authorization_id)
    return list(rows.order_by("-sequence")[:limit])


def sizes(authorization_id: uuid.UUID) -> dict[str, Count]:
    """How many entries, notes and files a case has, by the tab that shows them. One statement."""
    return capped_counts(
        {
            "claims": LedgerEntry.objects.filter(authorization_id=authorization_id),
            "communication": Note.objects.filter(authorization_id=authorization_id),
            "documents": Document.objects.filter(authorization_id=authorization_id, mistaken_at=None),
        }
    )


# One case ----------------------------------------------------------------------------------------------------


def case(authorization_id: uuid.UUID) -> Authorization | None:
    """One authorization with everybody it names; None for an unknown or foreign id alike."""
    rows = Authorization.objects.select_related(
        "member",
        "coverage",
        "payer",
        "program",
        "owner__user",
        "requesting_provider",
        "rendering_provider",
        "facility",
        "partner",
        "parent",
    )
    found: Authorization | None = rows.filter(id=authorization_id).first()
    return found


def refused_unread(authorization_id: uuid.UUID) -> dict[uuid.UUID, datetime]:
    """When a request came back before anybody at the payer saw it, by submission: no answer tells that."""
    rows = AuditEvent.objects.filter(action="submission.returned_unsent", authorization_id=authorization_id)
    return {uuid.UUID(row.data["submission"]): row.at for row in rows}


def latest_asked(authorization_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Submission]:
    """The request of each case as it was asked last: the first one, or the latest answer to a pend."""
    wanted = list(authorization_ids)
    if not wanted:
        return {}
    rows = Submission.objects.filter(authorization_id__in=wanted, purpose__in=(Purpose.INITIAL, Purpose.ANSWER))
    rows = rows.exclude(exchange_state=ExchangeState.WITHDRAWN).order_by("number")
    return {row.authorization_id: row for row in rows}


def renewals(authorization_id: uuid.UUID) -> list[Authorization]:
    """The cases that renew this one, the first first; at most one of them is not closed."""
    return list(Authorization.objects.filter(parent_id=authorization_id).order_by("created_at", "id"))


def open_renewals(authorization_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Authorization]:
    """The renewal of each of these that is drafted, asked for or approved, by what it renews."""
    rows = Authorization.objects.filter(parent_id__in=list(authorization_ids), status__in=sorted(LIVE))
    return {row.parent_id: row for row in rows.order_by("-created_at", "-id") if row.parent_id}


def submissions(authorization_id: uuid.UUID) -> list[Submission]:
    """Everything asked of the payer, the latest first."""
    rows = Submission.objects.filter(authorization_id=authorization_id).select_related("partner")
    return list(rows.order_by("-number"))


def decisions(authorization_id: uuid.UUID, *, words: bool = True) -> list[Decision]:
    """Every answer, the latest first; with `words` what it says on the lines is at hand."""
    rows = Decision.objects.filter(authorization_id=authorization_id).select_related("submission")
    rows = rows.prefetch_related("corrections").order_by("-number")
    said = LineDecision.objects.select_related("line").prefetch_related("line__codes")
    return list(rows.prefetch_related(Prefetch("lines", said)) if words else rows)


def open_tasks(authorization_id: uuid.UUID) -> list[Task]:
    """What a person still has to look at, the oldest first."""
    return list(Task.objects.filter(authorization_id=authorization_id, closed_at=None).order_by("opened_at", "id"))


def notes(authorization_id: uuid.UUID) -> list[Note]:
    """What people wrote down, the latest first."""
    return list(Note.objects.filter(authorization_id=authorization_id).order_by("-at", "-id"))


def reviews(authorization_id: uuid.UUID) -> list[DecisionReview]:
    """What people said of its answers, the first first."""
    rows = DecisionReview.objects.filter(authorization_id=authorization_id).select_related("decision")
    return list(rows.order_by("at", "id"))


def documents(authorization_id: uuid.UUID) -> list[Document]:
    """The files of a case, the latest first."""
    return list(Document.objects.filter(authorization_id=authorization_id).order_by("-uploaded_at", "-id"))


def diagnosis_codes(authorization_id: uuid.UUID) -> list[str]:
    """The diagnoses that stand, the principal one first."""
    rows = Diagnosis.objects.filter(authorization_id=authorization_id, removed_at=None)
    return list(rows.order_by("position").values_list("code", flat=True))


def state_token(authorization_id: uuid.UUID) -> str:
    """A short text that differs whenever the page of a waiting case would; "" when there is no such case."""
    row = Authorization.objects.filter(id=authorization_id).values_list("version", "status").first()
    if row is None:
        return ""
    latest = (
        Submission.objects.filter(authorization_id=authorization_id)
        .order_by("-number")
        .values_list("number", "exchange_state", "outcome")
        .first()
    )
    return "-".join(str(part) for part in (*row, *(latest or ())))


# One member, one person's work -------------------------------------------------------------------------------


def of_member(member_id: uuid.UUID) -> list[Authorization]:
    """Every authorization of a member, the first to end first."""
    rows = Authorization.objects.filter(member_id=member_id).select_related("parent")
    return list(rows.order_by("list_date", "id"))


def in_force(member_ids: Iterable[uuid.UUID], today: date) -> dict[uuid.UUID, list[Authorization]]:
    """Approved authorizations that cover today, by member, the tightest first."""
    rows = Authorization.objects.filter(
        member_id__in=list(member_ids), status=Status.APPROVED, list_date__gte=today, cover_starts_on__lte=today
    )
    found: dict[uuid.UUID, list[Authorization]] = {}
    for row in rows.order_by("list_date", "id"):
        found.setdefault(row.member_id, []).append(row)
    return {member_id: sorted(each, key=_tightness) for member_id, each in found.items()}


def _tightness(row: Authorization) -> Decimal:
    """The share left on the tightest line; without a quantity it is full."""
    if not row.tight_approved or row.tight_remaining is None:
        return Decimal(1)
    return Decimal(row.tight_remaining / row.tight_approved)


def running_low(today: date, *, limit: int, days: int) -> list[Authorization]:
    """Approved cover that a clinician should know of: ending within `days`, or 80 % used and more."""
    rows = Authorization.objects.filter(status=Status.APPROVED, list_date__gte=today, cover_starts_on__lte=today)
    low = Q(tight_approved__gt=0, tight_used__gte=F("tight_approved") * LOW_SHARE)
    return list(rows.filter(low | Q(list_date__lte=today + timedelta(days=days))).order_by("list_date", "id")[:limit])


def by_number(text: str) -> list[Authorization]:
    """Cases by our number or a number of the payer, whatever its case, blanks and dashes."""
    key = identifier_key(text)
    if not key:
        return []
    digits = key.removeprefix("pa")
    ours = f"PA-{digits:0>6}" if digits.isdigit() else ""
    rows = Authorization.objects.filter(Q(number=ours) | Q(certification_key=key))
    return list(rows.order_by("-list_date", "id")[:20])
