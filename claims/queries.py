"""Reads about claims: what allocation needs of a member in as few statements as possible, and what pages show."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Cast, JSONObject

from authorizations.decisions import Basis, CapPeriod, LineOutcome
from authorizations.ledger import earlier
from authorizations.models import Authorization, LedgerEntry, LineVersion, OpeningBalance
from claims.allocation import Opening
from claims.caps import Cap
from claims.covering import Covering, Question, ask
from claims.matching import Charge, Cover, DuplicateVerdict, Hold, Service, Terms
from claims.models import Choice, Claim, ClaimLine, ClaimVersion
from claims.reconciliation import Key
from payers.models import ProgramRules

# What a person's choices about one line of a claim amount to: (kind, service line) of those that stand.
Choices = Mapping[str, uuid.UUID | None]
_Version = Any  # a LineVersion with the annotations of `lines_in_force`

_READ = (
    *("line_id", "number", "outcome", "quantity_type", "quantity", "basis", "codes", "caps", "starts_on", "ends_on"),
    *("certification_number", "provider_id", "authorization_id", "organization_id"),
    *("line__number", "line__quantity", "line__quantity_type"),
    *(f"authorization__{name}" for name in ("number", "payer_id", "program_id", "certification_number", "status")),
    *(f"authorization__{name}" for name in ("place_of_service", "ends_on", "not_required", "owner_id")),
    *(f"authorization__{name}" for name in ("organization_id", "member_id", "returned")),
    *("authorization__coverage_id", "authorization__coverage__ends_on"),
)
"""The columns that allocation and the wide row read; rows of authorizations are wide."""


@dataclass(frozen=True, slots=True)
class LineInForce:
    """A service line with its versions, ascending, and what was used before we counted."""

    cover: Cover
    versions: tuple[LineVersion, ...]
    authorization: Authorization
    opening: Opening | None
    opening_day: date


class Amount(NamedTuple):
    """What the ledger sums to for one charge and one line."""

    units: Decimal
    over: Decimal


def lines_in_force(member_id: uuid.UUID, *, lock: bool = False) -> list[LineInForce]:
    """Every line of the member that is or was in force. One statement.

    With `lock` their authorizations are locked, in the order of their ids. Lines for which the payer wants no
    authorization are left out: they have no meter.
    """
    rows = (
        LineVersion.standing.filter(authorization__member_id=member_id)
        .select_related("authorization__coverage", "line")
        .only(*_READ)
        .annotate(
            rules=_rules(),
            week_start=F("organization__week_start"),
            opening=_latest_opening(),
        )
        .order_by("authorization_id", "line_id", "number")
    )
    by_line: dict[uuid.UUID, list[_Version]] = defaultdict(list)
    for version in rows.select_for_update(of=("authorization",)) if lock else rows:
        by_line[version.line_id].append(version)
    return [_in_force(each) for each in by_line.values() if each[-1].outcome != LineOutcome.NOT_REQUIRED]


def _rules() -> Subquery:
    """The program's rules on the day the version begins: they do not change under a claim already posted."""
    day = OuterRef("starts_on")
    standing = ProgramRules.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=day), program_id=OuterRef("authorization__program_id"), starts_on__lte=day
    )
    fields = ("week_start", "prorate_partial_periods", "empty_modifiers_cover_any")
    return Subquery(standing.order_by("-starts_on").values(found=JSONObject(**{name: name for name in fields}))[:1])


def _latest_opening() -> Subquery:
    """Quantity as text, because a number in JSON is no decimal."""
    rows = OpeningBalance.objects.filter(line_id=OuterRef("line_id")).order_by("-recorded_at", "-id")
    fields = JSONObject(quantity=Cast("quantity", CharField()), as_of="as_of")
    return Subquery(rows.values(found=fields)[:1])


def _in_force(versions: list[_Version]) -> LineInForce:
    latest = versions[-1]
    used: dict[str, str] | None = latest.opening
    return LineInForce(
        cover=_cover(versions),
        versions=tuple(versions),
        authorization=latest.authorization,
        opening=Opening(latest.line_id, Decimal(used["quantity"])) if used else None,
        opening_day=date.fromisoformat(used["as_of"]) if used else latest.starts_on,
    )


def _cover(versions: list[_Version]) -> Cover:
    first, latest = versions[0], versions[-1]
    case = latest.authorization
    rules: dict[str, Any] = latest.rules or {}
    return Cover(
        line_id=latest.line_id,
        authorization_id=case.id,
        authorization_number=case.number,
        line_number=latest.line.number,
        payer_id=case.payer_id,
        program_id=case.program_id,
        quantity_type=latest.quantity_type,
        versions=tuple(_terms(version) for version in versions),
        basis=Basis(latest.basis),
        quantity=latest.quantity,
        caps=tuple(_cap(cap, rules, first, latest) for cap in latest.caps),
        numbers=frozenset({case.certification_number} - {""}),
        no_modifiers_is_any=bool(rules.get("empty_modifiers_cover_any", True)),
    )


def _terms(version: _Version) -> Terms:
    """A version holds for services from its first day on, whatever earlier versions said of those days, and no longer
    than the member is covered."""
    return Terms(
        number=version.number,
        starts_on=version.starts_on,
        ends_on=earlier(version.ends_on, version.authorization.coverage.ends_on),
        services=frozenset(Service(code["code"], frozenset(code["modifiers"])) for code in version.codes),
        in_force_from=version.starts_on,
        provider_id=version.provider_id,
        place=version.authorization.place_of_service or None,
        certification_number=version.certification_number,
    )


def _cap(cap: Mapping[str, str], rules: Mapping[str, Any], first: _Version, latest: _Version) -> Cap:
    return Cap(
        period=CapPeriod(cap["period"]),
        quantity=Decimal(cap["quantity"]),
        starts_on=first.starts_on,
        ends_on=latest.ends_on,
        week_start=rules.get("week_start") or latest.week_start,
        prorate=bool(rules.get("prorate_partial_periods", False)),
    )


def live_charges(member_id: uuid.UUID) -> list[Charge]:
    """The lines of the last version of every claim of the member that is not voided. One statement, or two.

    Choices of people are read only where the member has any, which is rare.
    """
    columns = (
        "id", "claim_id", "claim__number", "claim__state", "claim__payer_id", "claim__program_id", "number", "code",
        "modifiers", "first_day", "last_day", "service_time", "quantity", "quantity_type", "provider_id",
        "place_of_service", "billed", "billed_number",
    )  # fmt: skip
    rows = list(
        ClaimLine.objects.filter(member_id=member_id, version__number=F("claim__last_version"))
        .exclude(claim__state=Claim.State.VOIDED)
        .annotate(any_choice=Exists(Choice.objects.filter(claim__member_id=member_id)))
        .values_list(*columns, "any_choice", named=True)
    )
    if not any(row.any_choice for row in rows):
        return [_charge(row, {}) for row in rows]
    choices = _choices(member_id)
    return [_charge(row, choices.get((row.claim_id, row.number), {})) for row in rows]


def _choices(member_id: uuid.UUID) -> dict[tuple[uuid.UUID, int], Choices]:
    """The choices that stand, by claim and line number: the latest of a kind counts, unless it withdraws."""
    found: dict[tuple[uuid.UUID, int], dict[str, uuid.UUID | None]] = defaultdict(dict)
    for choice in Choice.objects.filter(claim__member_id=member_id).order_by("chosen_at", "id"):
        standing = found[choice.claim_id, choice.line_number]
        verdicts = {Choice.Kind.DUPLICATE, Choice.Kind.NOT_DUPLICATE}
        for kind in verdicts if choice.kind in verdicts else {choice.kind}:
            standing.pop(kind, None)
        if not choice.withdrawn:
            standing[choice.kind] = choice.service_line_id
    return dict(found)


def _charge(row: Any, choices: Choices) -> Charge:
    verdict = None
    if Choice.Kind.DUPLICATE in choices:
        verdict = DuplicateVerdict.DUPLICATE
    elif Choice.Kind.NOT_DUPLICATE in choices:
        verdict = DuplicateVerdict.DISTINCT
    return Charge(
        claim_line_id=row.id,
        claim_id=row.claim_id,
        claim_number=row.claim__number,
        line_number=row.number,
        payer_id=row.claim__payer_id,
        program_id=row.claim__program_id,
        code=row.code,
        modifiers=frozenset(row.modifiers),
        first_day=row.first_day,
        last_day=row.last_day,
        at=row.service_time,
        units=row.quantity,
        quantity_type=row.quantity_type,
        provider_id=row.provider_id,
        place=row.place_of_service or None,
        billed=row.billed,
        billed_number=row.billed_number,
        pinned_line_id=choices.get(Choice.Kind.PIN),
        split_allowed=Choice.Kind.SPLIT in choices,
        duplicate_verdict=verdict,
        hold=Hold.PARKED if row.claim__state == Claim.State.PARKED else None,
    )


def coverings(member_id: uuid.UUID, questions: Iterable[Question]) -> list[Covering]:
    """For each service to come: which line a claim for it would draw from, what is left, why not the others.

    Two statements, or three, for however many questions.
    """
    lines = lines_in_force(member_id)
    covers = [line.cover for line in lines]
    openings = [line.opening for line in lines if line.opening]
    charges = live_charges(member_id) if lines else []
    return [ask(question, covers, charges, openings) for question in questions]


def standing_draws(account_id: uuid.UUID) -> dict[Key, Amount]:
    """What the ledger says now, by charge and line; what was given back in full is left out. One statement."""
    rows = (
        LedgerEntry.objects.filter(account_id=account_id)
        .values_list("claim_line_id", "line_id")
        .annotate(Sum("quantity"), Sum("over"))
        .exclude(quantity__sum=0)
        .order_by()
    )
    return {(claim_line_id, line_id): Amount(units, over) for claim_line_id, line_id, units, over in rows}


def past_entries(account_id: uuid.UUID, keys: Collection[Key]) -> dict[Key, LedgerEntry]:
    """The last entry of each of these charges and lines. One statement."""
    claim_lines = {claim_line_id for claim_line_id, _ in keys if claim_line_id}
    opened = {line_id for claim_line_id, line_id in keys if claim_line_id is None}
    wanted = Q(claim_line_id__in=claim_lines) | Q(claim_line_id=None, line_id__in=opened)
    rows = LedgerEntry.objects.filter(wanted, account_id=account_id).order_by("sequence")
    return {(row.claim_line_id, row.line_id): row for row in rows}


def voided(claim_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the claims that are voided."""
    return set(claims_by_id(claim_ids).filter(state=Claim.State.VOIDED).values_list("id", flat=True))


# Pages -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A claim with the lines of its last version that has any, and what stands in the ledger for them.

    `unverified`: how much of it draws from approvals that one person recorded and nobody confirmed.
    """

    claim: Claim
    lines: tuple[ClaimLine, ...]
    drawn: Decimal
    over: Decimal
    unverified: Decimal

    @property
    def codes(self) -> str:
        """Every code once, in the order of the lines."""
        return ", ".join(dict.fromkeys(" ".join([line.code, *line.modifiers]) for line in self.lines))

    @property
    def first_day(self) -> date:
        """The first day of service."""
        return min(line.first_day for line in self.lines)

    @property
    def last_day(self) -> date:
        """The last day of service, included."""
        return max(line.last_day for line in self.lines)

    @property
    def billed(self) -> Decimal | None:
        """What was billed, where all lines count the same."""
        kinds = {line.quantity_type for line in self.lines}
        return sum((line.quantity for line in self.lines), Decimal(0)) if len(kinds) == 1 else None

    @property
    def undrawn(self) -> Decimal | None:
        """What a live claim billed and no authorization covers; None where nothing is to be said."""
        if self.claim.state != Claim.State.LIVE or self.billed is None or self.billed <= self.drawn:
            return None
        return self.billed - self.drawn


@dataclass(frozen=True, slots=True)
class ClaimPage:
    """Some claims, the latest posted first, and the key after which the next ones begin ("" at the end)."""

    rows: list[ClaimRow]
    next_key: str


def claim_page(*, size: int, after: str = "", member_id: uuid.UUID | None = None) -> ClaimPage:
    """One page of the list. Keys are ids of claims; unknown ones begin at the top.

    The page comes first and the names after it: a join under row-level security reads every claim before it sorts.
    """
    rows = Claim.objects.prefetch_related("member", "payer", "program").order_by("-posted_at", "-id")
    if member_id is not None:
        rows = rows.filter(member_id=member_id)
    start = _find(after)
    if start is not None:
        earlier = Q(posted_at__lt=start.posted_at) | Q(id__lt=start.id)
        rows = rows.filter(earlier, posted_at__lte=start.posted_at)
    found = list(rows[: size + 1])
    shown = found[:size]
    return ClaimPage(rows_of(shown), str(shown[-1].id) if len(found) > size else "")


def _find(claim_id: str) -> Claim | None:
    try:
        return Claim.objects.filter(id=uuid.UUID(claim_id)).first()
    except ValueError:
        return None


def claim_row(claim_id: uuid.UUID) -> ClaimRow | None:
    """One claim with its lines, or None."""
    rows = Claim.objects.select_related("member", "payer", "program", "coverage")
    return next(iter(rows_of(list(rows.filter(id=claim_id)))), None)


def rows_of(claims: list[Claim]) -> list[ClaimRow]:
    """These claims with their lines and what was drawn for them, in their order. Two statements."""
    lines: dict[uuid.UUID, list[ClaimLine]] = defaultdict(list)
    ids = [claim.id for claim in claims]
    for line in ClaimLine.objects.filter(claim_id__in=ids).order_by("version__number", "number"):
        standing = lines[line.claim_id]
        if standing and standing[0].version_id != line.version_id:
            standing.clear()
        standing.append(line)
    drawn = _sums(line.id for each in lines.values() for line in each)
    return [ClaimRow(claim, tuple(lines[claim.id]), *_total(lines[claim.id], drawn)) for claim in claims]


def _sums(line_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID | None, tuple[Decimal, ...]]:
    """Drawn, over, and drawn from unverified approvals, by claim line."""
    rows = LedgerEntry.objects.filter(claim_line_id__in=list(line_ids)).values_list("claim_line_id")
    unverified = Sum("quantity", filter=Q(authorization__unverified=True), default=Decimal(0))
    found = rows.annotate(Sum("quantity"), Sum("over"), unverified=unverified)
    return {claim_line_id: tuple(sums) for claim_line_id, *sums in found}


def _total(
    lines: Iterable[ClaimLine], drawn: Mapping[uuid.UUID | None, tuple[Decimal, ...]]
) -> tuple[Decimal, Decimal, Decimal]:
    sums = [drawn[line.id] for line in lines if line.id in drawn]
    units, over, unverified = (sum((each[at] for each in sums), Decimal(0)) for at in range(3))
    return units, over, unverified


def versions_of(claim: Claim) -> list[ClaimVersion]:
    """Every submission of a claim, the first one first."""
    return list(ClaimVersion.objects.filter(claim=claim).order_by("number"))


def entries_of(claim: Claim) -> list[LedgerEntry]:
    """Everything a claim ever drew or gave back, in the order written."""
    lines = ClaimLine.objects.filter(claim=claim).values_list("id", flat=True)
    rows = LedgerEntry.objects.filter(claim_line_id__in=list(lines)).select_related("authorization", "line")
    return list(rows.order_by("sequence"))


def authorization_numbers(authorization_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Our numbers of these authorizations."""
    rows = Authorization.objects.filter(id__in=set(authorization_ids)).values_list("id", "number")
    return dict(rows)


def lines_by_id(line_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, ClaimLine]:
    """These claim lines by their id, with code, modifiers and what was billed."""
    return {line.id: line for line in ClaimLine.objects.filter(id__in=set(line_ids))}


def claims_by_id(claim_ids: Iterable[uuid.UUID]) -> QuerySet[Claim]:
    """These claims, of the open organization."""
    return Claim.objects.filter(id__in=set(claim_ids))
