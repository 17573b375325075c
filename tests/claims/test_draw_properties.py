"""Whatever happens to a member's claims and approvals, the ledger equals allocation from nothing (on the database)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from authorizations.models import Authorization, LedgerEntry, LineVersion
from claims.models import Choice, Claim
from claims.services import PostedLine, reallocate_member, replace_claim, void_claim
from tests.cast import NOW, House
from tests.claims.stage import (
    WORKER,
    authorize,
    change_terms,
    day,
    ledger_as_written,
    ledger_from_nothing,
    post,
)

CODES = ("H2019", "H2014", "H0032")
FIRST = day("03-01")
PARTS, CASES_EACH = 2, 15
"""Cases of at least 30 operations, in parts so that several workers can share them. 500 more run in memory, in
`test_reconcile.py`."""

quantities = st.integers(1, 12)
days = st.integers(0, 45)


@dataclass(frozen=True)
class Post:
    code: str
    on: int
    units: int
    length: int
    billed: bool
    number: str

    def line(self) -> PostedLine:
        return PostedLine(
            code=self.code,
            first_day=FIRST + timedelta(days=self.on),
            last_day=FIRST + timedelta(days=self.on + self.length),
            quantity=Decimal(self.units),
            billed=self.billed,
            billed_number=self.number,
        )


@dataclass(frozen=True)
class Void:
    which: int


@dataclass(frozen=True)
class Replace:
    which: int
    units: int


@dataclass(frozen=True)
class Decide:
    case: int
    line: int
    units: int
    ends: int | None


@dataclass(frozen=True)
class Choose:
    which: int
    kind: str
    line: int


posts = st.builds(
    Post,
    code=st.sampled_from(CODES),
    on=days,
    units=quantities,
    length=st.sampled_from([0, 0, 0, 2]),
    billed=st.sampled_from([True, True, True, False]),
    number=st.sampled_from(["", "", "0042", "0043"]),
)
operations = st.one_of(
    posts,
    posts,
    posts,
    st.builds(Void, st.integers(0, 40)),
    st.builds(Replace, st.integers(0, 40), quantities),
    st.builds(
        Decide, st.integers(0, 1), st.integers(1, 2), st.integers(0, 60), st.one_of(st.none(), st.integers(10, 60))
    ),
    st.builds(Choose, st.integers(0, 40), st.sampled_from(Choice.Kind.values), st.integers(0, 3)),
)


@contextmanager
def forgotten() -> Iterator[None]:
    """Whatever happens inside is rolled back: one case after another starts from the same rows."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def two_cases(house: House) -> tuple[Authorization, Authorization]:
    """Two authorizations over three codes: single lines, a pool, windows that overlap."""
    first = authorize(house, ("H2019", 30), ("H2014", 12), starts="03-01", ends="03-31", number="0042")
    second = authorize(house, ("H2019", 40), ("H2014,H0032", 24), starts="03-10", ends="04-30", number="0043")
    reallocate_member(house.member.id, actor=WORKER, now=NOW)
    return first, second


def carry_out(house: House, cases: tuple[Authorization, Authorization], step: Any, claims: list[Claim]) -> None:
    if isinstance(step, Post):
        claims.append(post(house, step.line(), number=f"C-{len(claims):03}").claim)
        return
    if isinstance(step, Decide):
        ends = None if step.ends is None else FIRST + timedelta(days=step.ends)
        terms: dict[str, Any] = {"quantity": Decimal(step.units)} | ({"ends_on": ends} if ends else {})
        change_terms(cases[step.case], step.line, **terms)
        reallocate_member(house.member.id, actor=WORKER, now=NOW)
        return
    if not claims:
        return
    claim = claims[step.which % len(claims)]
    claim.refresh_from_db()
    if isinstance(step, Void):
        void_claim(claim.id, actor=WORKER, now=NOW)
    elif isinstance(step, Replace) and claim.state == Claim.State.LIVE:
        line = claim.lines.filter(version__number=claim.last_version).get()
        again = PostedLine(code=line.code, first_day=line.first_day, quantity=Decimal(step.units))
        replace_claim(claim.id, lines=[again], actor=WORKER, now=NOW)
    elif isinstance(step, Choose):
        lines = LineVersion.objects.filter(number=1).order_by("authorization__number", "line__number")
        pinned = lines[step.line].line if step.kind == Choice.Kind.PIN else None
        choice = Choice(claim=claim, line_number=1, kind=step.kind, service_line=pinned)
        choice.chosen_at, choice.chosen_by = NOW, WORKER.label
        choice.save()
        reallocate_member(house.member.id, actor=WORKER, now=NOW)


@pytest.mark.parametrize("part", range(PARTS))
def test_the_ledger_equals_allocation_from_nothing(in_north: House, part: int) -> None:
    cases = two_cases(in_north)

    @settings(
        max_examples=CASES_EACH,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(st.lists(operations, min_size=30, max_size=34))
    def check(steps: list[Any]) -> None:
        with forgotten():
            claims: list[Claim] = []
            for step in steps:
                carry_out(in_north, cases, step, claims)
            assert ledger_as_written(in_north.member.id) == ledger_from_nothing(in_north.member.id)
            sequence = list(LedgerEntry.objects.order_by("sequence").values_list("sequence", flat=True))
            assert sequence == list(range(1, len(sequence) + 1))
            assert_rows_repeat_the_ledger()

    check()


def assert_rows_repeat_the_ledger() -> None:
    """The list's copy of the tightest line is what the ledger sums to."""
    for case in Authorization.objects.all():
        drawn = LedgerEntry.objects.filter(line_id=case.tight_line).aggregate(total=Sum("quantity"))["total"]
        assert case.tight_used == (drawn or 0)


@settings(max_examples=6, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def _claims_in_any_order(house: House, data: st.DataObject) -> None:
    wanted = data.draw(st.lists(posts, min_size=5, max_size=8))
    numbered = [(f"C-{at:03}", step) for at, step in enumerate(wanted)]
    results = []
    for order in (numbered, data.draw(st.permutations(numbered))):
        with forgotten():
            for number, step in order:
                post(house, step.line(), number=number)
            rows = LedgerEntry.objects.values_list("claim_number", "authorization__number", "line__number")
            totals = rows.annotate(units=Sum("quantity"), beyond=Sum("over")).exclude(units=0)
            results.append(sorted(totals))
    assert results[0] == results[1]


def test_claims_may_arrive_in_any_order(in_north: House) -> None:
    two_cases(in_north)
    _claims_in_any_order(in_north)
