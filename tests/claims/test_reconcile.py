"""A ledger that only ever grows says at every moment what allocation says from nothing (Hypothesis, no database).

The same property runs against the database, with fewer cases, in `test_draw_properties.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claims.allocation import Opening, allocate
from claims.matching import Charge, Cover
from claims.reconciliation import Entry, Key, missing
from tests.claims.cases import charge, cover, day, key

A, B = "PA-000001", "PA-000002"
CODES = ("H2019", "H2014", "H0032")
FIRST = day("03-01")


@dataclass
class Books:
    """Two authorizations, the claims of their member and the ledger, kept in memory as the services keep them."""

    covers: list[Cover]
    live: dict[str, Charge] = field(default_factory=dict)
    openings: list[Opening] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    def standing(self) -> dict[Key, Entry]:
        """The sum of the entries of each charge and line."""
        sums: dict[Key, Entry] = {}
        for entry in self.entries:
            before = sums.get((entry.claim_line_id, entry.line_id))
            units = entry.units + (before.units if before else 0)
            over = entry.over + (before.over if before else 0)
            sums[entry.claim_line_id, entry.line_id] = replace(entry, units=units, over=over)
        return {each: entry for each, entry in sums.items() if entry.units}

    def settle(self) -> None:
        draws = allocate(self.covers, self.live.values(), self.openings).draws
        self.entries += missing(self.standing(), draws, self.openings)

    def decide(self, at: int, units: int, ends: int | None) -> None:
        """Raise or lower what is approved, and end it earlier or later from some day on."""
        line = self.covers[at]
        last = line.versions[-1]
        closes = last.ends_on if ends is None else FIRST + timedelta(days=ends)
        version = replace(last, number=last.number + 1, ends_on=closes, in_force_from=last.starts_on)
        self.covers[at] = replace(line, versions=(*line.versions, version), quantity=Decimal(units))


def two_authorizations() -> list[Cover]:
    return [
        cover(A, 30, starts="03-01", ends="03-31", certification_number="0042"),
        cover(A, 12, starts="03-01", ends="03-31", codes=("H2014",), line_number=2),
        cover(B, 40, starts="03-10", ends="04-30", certification_number="0043"),
        cover(B, 24, starts="03-10", ends="04-30", codes=("H2014", "H0032"), line_number=2),
    ]


def from_nothing(books: Books) -> dict[Key, tuple[Decimal, Decimal]]:
    found: dict[Key, tuple[Decimal, Decimal]] = {
        (None, each.line_id): (each.units, Decimal(0)) for each in books.openings
    }
    for draw in allocate(books.covers, books.live.values(), books.openings).draws:
        found[draw.claim_line_id, draw.line_id] = (draw.units, draw.over)
    return found


posts = st.tuples(
    st.just("post"),
    st.sampled_from(CODES),
    st.integers(0, 45),
    st.integers(1, 12),
    st.sampled_from([0, 0, 0, 2]),
    st.sampled_from([True, True, True, False]),
    st.sampled_from(["", "", "0042", "0043"]),
)
operations = st.one_of(
    posts,
    posts,
    posts,
    st.tuples(st.just("void"), st.integers(0, 40)),
    st.tuples(st.just("replace"), st.integers(0, 40), st.integers(1, 12)),
    st.tuples(st.just("decide"), st.integers(0, 3), st.integers(0, 60), st.one_of(st.none(), st.integers(10, 60))),
    st.tuples(st.just("open"), st.integers(0, 3), st.integers(1, 9)),
)


def carry_out(books: Books, step: tuple[Any, ...], claims: list[Charge]) -> None:
    match step:
        case ("post", code, on, number, length, billed, billed_number):
            first = FIRST + timedelta(days=on)
            new = charge(f"C-{len(claims):03}", "03-01", number, code=code, billed=billed)
            new = replace(new, first_day=first, last_day=first + timedelta(days=length), billed_number=billed_number)
            claims.append(new)
            books.live[new.claim_number] = new
        case ("decide", at, number, ends):
            books.decide(at, number, ends)
        case ("open", at, number):
            line_id = books.covers[at].line_id
            books.openings = [each for each in books.openings if each.line_id != line_id]
            books.openings.append(Opening(line_id, Decimal(number)))
        case ("void", which) if claims:
            books.live.pop(claims[which % len(claims)].claim_number, None)
        case ("replace", which, number) if claims:
            old = claims[which % len(claims)]
            if old.claim_number in books.live:
                new_id = key(f"{old.claim_number} again {len(books.entries)}")
                books.live[old.claim_number] = replace(old, claim_line_id=new_id, units=Decimal(number))


@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(operations, min_size=30, max_size=40))
def test_whatever_happens_the_ledger_equals_allocation_from_nothing(steps: list[tuple[Any, ...]]) -> None:
    books = Books(two_authorizations())
    claims: list[Charge] = []
    for step in steps:
        carry_out(books, step, claims)
        written = list(books.entries)
        books.settle()
        assert books.entries[: len(written)] == written
        sums = {each: (entry.units, entry.over) for each, entry in books.standing().items()}
        assert sums == from_nothing(books)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(posts, min_size=8, max_size=16), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_the_history_but_not_the_sums(steps: list[tuple[Any, ...]], mix: Any) -> None:
    ledgers = []
    arrivals: list[Charge] = []
    for step in steps:
        carry_out(Books(two_authorizations()), step, arrivals)
    for order in (arrivals, mix.sample(arrivals, len(arrivals))):
        books = Books(two_authorizations())
        for each in order:
            books.live[each.claim_number] = each
            books.settle()
        ledgers.append({at: (entry.units, entry.over) for at, entry in books.standing().items()})
    assert ledgers[0] == ledgers[1]


def test_a_draw_that_changes_is_given_back_whole_and_drawn_anew() -> None:
    line, claimed = key(f"{A}/1"), key("C-1#1")
    standing: dict[Key, Entry] = {(claimed, line): Entry(claimed, line, Decimal(8), Decimal(3))}
    draws = allocate([cover(A, 8)], [charge("C-1", "03-20", 8)]).draws
    assert missing(standing, draws) == [
        Entry(claimed, line, Decimal(-8), Decimal(-3)),
        Entry(claimed, line, Decimal(8), Decimal(0)),
    ]
    assert missing({(claimed, line): Entry(claimed, line, Decimal(8))}, draws) == []


def test_a_corrected_opening_balance_appends_only_the_change() -> None:
    line: UUID = key("line")
    standing: dict[Key, Entry] = {(None, line): Entry(None, line, Decimal(30))}
    assert missing(standing, [], [Opening(line, Decimal(25))]) == [Entry(None, line, Decimal(-5))]
    assert missing(standing, [], [Opening(line, Decimal(30))]) == []
    assert missing({}, [], [Opening(line, Decimal(30))]) == [Entry(None, line, Decimal(30))]
