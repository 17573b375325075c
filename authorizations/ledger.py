"""How much of each line was used: the member's lock, the append-only ledger, and the copies on the wide row.

Lock order everywhere: the member's account first, then authorizations by id. `claims` computes what must be
drawn; here it is written and summed.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet, Sum

from audit.actors import Actor
from authorizations.models import Authorization, Decision, LedgerEntry, LineVersion, ServiceLine, UtilizationAccount
from authorizations.models.authorization import NO_END
from authorizations.states import Status

ZERO = Decimal(0)
WIDE_ROW = [
    "codes",
    "line_count",
    "cover_starts_on",
    "cover_ends_on",
    "list_date",
    "exhausted",
    "tight_line",
    "tight_code",
    "tight_quantity_type",
    "tight_requested",
    "tight_approved",
    "tight_used",
    "tight_remaining",
    "tight_remaining_milli",
]
"""The columns of Authorization that repeat its lines, kept by `refresh_wide_rows`."""


@dataclass(frozen=True, slots=True)
class Usage:
    """A line, what is in force of it (None: nothing), what was drawn from it, and how long the member is covered."""

    line: ServiceLine
    versions: Sequence[LineVersion]
    used: Decimal
    covered_until: date | None = None

    @property
    def in_force(self) -> LineVersion | None:
        """The latest version: its quantity and caps are those that count."""
        return self.versions[-1] if self.versions else None

    @property
    def approved(self) -> Decimal | None:
        """None where nothing is in force, or no quantity stands behind the approval."""
        return self.in_force.quantity if self.in_force else None

    @property
    def remaining(self) -> Decimal | None:
        """Below zero when more was drawn than approved."""
        return None if self.approved is None else self.approved - self.used

    @property
    def ends_on(self) -> date | None:
        """The last day it may be used: approved, and still covered. None where nothing is in force, or without end."""
        return earlier(self.in_force.ends_on, self.covered_until) if self.in_force else None

    @property
    def words(self) -> str:
        """The codes that count: those approved, else those asked."""
        if self.in_force:
            return " / ".join(" ".join([code["code"], *code["modifiers"]]) for code in self.in_force.codes)
        return " / ".join(code.words for code in self.line.codes.all())


def lock_account(member_id: uuid.UUID) -> UtilizationAccount:
    """Take the member's units for the rest of the transaction. Always before any authorization is locked."""
    rows = UtilizationAccount.objects.select_for_update().filter(member_id=member_id)
    account: UtilizationAccount | None = rows.first()
    if account is None:
        UtilizationAccount.objects.bulk_create([UtilizationAccount(member_id=member_id)], ignore_conflicts=True)
        account = rows.get()
    return account


def append(
    account: UtilizationAccount, entries: Iterable[LedgerEntry], *, actor: Actor, now: datetime
) -> list[LedgerEntry]:
    """Write new, unsaved entries after the last one of a locked account, and remember its new end.

    Sequence, account, time and person are filled in; the wide rows are the caller's to refresh.
    """
    rows = list(entries)
    for sequence, entry in enumerate(rows, start=account.last_entry + 1):
        entry.account = account
        entry.sequence = sequence
        entry.recorded_at = now
        entry.recorded_by = actor.label
    if rows:
        LedgerEntry.objects.bulk_create(rows)
        account.last_entry += len(rows)
        account.save(update_fields=["last_entry"])
    return rows


def used_by_line(line_ids: Iterable[uuid.UUID], *, until: datetime | None = None) -> dict[uuid.UUID, Decimal]:
    """What the ledger says was drawn from each line, or said at a moment; lines without an entry are zero."""
    ids = list(line_ids)
    rows = LedgerEntry.objects.filter(line_id__in=ids)
    rows = rows if until is None else rows.filter(recorded_at__lte=until)
    sums = rows.values_list("line_id").annotate(Sum("quantity"))
    return dict.fromkeys(ids, ZERO) | dict(sums)


def usage_of(authorization_ids: Iterable[uuid.UUID], *, until: datetime | None = None) -> dict[uuid.UUID, list[Usage]]:
    """Every line of these authorizations in its order, with its versions in theirs. Four statements.

    `until`: as what was recorded up to a moment said it (requirements N6).
    """
    ids = list(authorization_ids)
    lines: list[Any] = list(
        ServiceLine.objects.filter(authorization_id__in=ids, removed_at=None)
        .annotate(covered_until=F("authorization__coverage__ends_on"))
        .order_by("authorization_id", "number")
        .prefetch_related("codes")
    )
    versions: dict[uuid.UUID, list[LineVersion]] = {}
    for version in _versions(until).filter(authorization_id__in=ids).order_by("number"):
        versions.setdefault(version.line_id, []).append(version)
    used = used_by_line((line.id for line in lines), until=until)
    found: dict[uuid.UUID, list[Usage]] = {authorization_id: [] for authorization_id in ids}
    for line in lines:
        usage = Usage(line, versions.get(line.id, []), used[line.id], line.covered_until)
        found[line.authorization_id].append(usage)
    return found


def _versions(until: datetime | None) -> QuerySet[LineVersion]:
    """Those that stand, or stood at a moment: what was corrected later still counted."""
    if until is None:
        return LineVersion.standing.all()
    corrected = Decision.objects.filter(supersedes=OuterRef("decision"), recorded_at__lte=until)
    return LineVersion.objects.filter(~Exists(corrected), created_at__lte=until)


def refresh_wide_row(authorization: Authorization) -> None:
    """Copy what the lines say onto one locked authorization."""
    write_wide_row(authorization, usage_of([authorization.id])[authorization.id])
    authorization.save(update_fields=WIDE_ROW)


def refresh_wide_rows(authorization_ids: Iterable[uuid.UUID]) -> None:
    """Lock these authorizations in the order of their ids and copy what their lines say onto them."""
    locked = Authorization.objects.select_related("coverage").select_for_update(of=("self",))
    rows = list(locked.filter(id__in=list(authorization_ids)).order_by("id"))
    usages = usage_of(row.id for row in rows)
    for row in rows:
        write_wide_row(row, usages[row.id])
    Authorization.objects.bulk_update(rows, WIDE_ROW)


def write_wide_row(row: Authorization, usages: Sequence[Usage]) -> None:
    """Set the columns of `WIDE_ROW`; the caller saves."""
    row.codes = ", ".join(usage.words for usage in usages)[:400]
    row.line_count = len(usages)
    covered = [usage for usage in usages if usage.in_force]
    row.cover_starts_on = min((usage.versions[0].starts_on for usage in covered), default=None)
    row.cover_ends_on = earlier(_last_day(covered), row.coverage.ends_on) if covered else None
    row.list_date = _list_date(row, covered)
    row.exhausted = bool(covered) and all(usage.remaining is not None and usage.remaining <= 0 for usage in covered)
    _write_tightest(row, tightest(usages))


def tightest(usages: Sequence[Usage]) -> Usage | None:
    """The line that runs out first: the smallest share left, then the lower number.

    Lines in force come before lines only asked for, counted ones before those without a quantity.
    """
    return min(usages, key=_tightness, default=None)


def _tightness(usage: Usage) -> tuple[int, Decimal, int]:
    rank = 2 if usage.in_force is None else 1 if usage.remaining is None else 0
    share = ZERO
    if usage.approved and usage.remaining is not None:
        share = usage.remaining / usage.approved
    return rank, share, usage.line.number


def _write_tightest(row: Authorization, tight: Usage | None) -> None:
    remaining = tight.remaining if tight else None
    version = tight.in_force if tight else None
    row.tight_line = tight.line.id if tight else None
    row.tight_code = tight.words[:40] if tight else ""
    row.tight_quantity_type = (version or tight.line).quantity_type if tight else ""
    row.tight_requested = tight.line.quantity if tight else None
    row.tight_approved = tight.approved if tight else None
    row.tight_used = tight.used if tight else ZERO
    row.tight_remaining = remaining
    row.tight_remaining_milli = None if remaining is None else int(remaining * 1000)


def earlier(day: date | None, other: date | None) -> date | None:
    """The first of two last days; None is no end. Cover ends with the coverage it stands on (requirements D35)."""
    return min((each for each in (day, other) if each is not None), default=None)


def _last_day(covered: Sequence[Usage]) -> date | None:
    """The last day any line may still be used; None when one has no end, or none is in force."""
    ends = [usage.in_force.ends_on for usage in covered if usage.in_force]
    return None if None in ends else max((end for end in ends if end), default=None)


def _list_date(row: Authorization, covered: Sequence[Usage]) -> date:
    """What lists sort by: the end of cover, before a decision the end asked for, without one the last of days."""
    if row.not_required:
        return NO_END
    if covered:
        return row.cover_ends_on or NO_END
    return NO_END if row.status == Status.APPROVED else row.ends_on or NO_END
