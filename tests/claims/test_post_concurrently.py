"""Several people and the worker at one member's units at the same time: every order ends with the same truth."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from authorizations.models import Authorization, LedgerEntry
from claims.models import Claim
from claims.services import PostedLine, post_claim, reallocate_member, void_claim
from tests.cast import NOW, House
from tests.claims.stage import (
    WORKER,
    authorize,
    bill,
    change_terms,
    day,
    ledger_as_written,
    ledger_from_nothing,
    post,
)

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(house: House, jobs: Sequence[Callable[[], Any]]) -> None:
    """Run each job on a connection of its own, in a scope of its own, all starting together."""
    barrier = Barrier(len(jobs))

    def run(job: Callable[[], Any]) -> None:
        try:
            barrier.wait(timeout=20)
            with house.scope():
                job()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        for future in [pool.submit(run, job) for job in jobs]:
            future.result(timeout=60)


def assert_books_are_true(house: House) -> None:
    with house.scope():
        member_id = house.member.id
        assert ledger_as_written(member_id) == ledger_from_nothing(member_id)
        sequence = list(LedgerEntry.objects.order_by("sequence").values_list("sequence", flat=True))
        assert sequence == list(range(1, len(sequence) + 1))


def poster(house: House, number: str, units: int) -> Callable[[], Any]:
    line = PostedLine(code="H2019", first_day=day("03-20"), quantity=Decimal(units))
    return lambda: post_claim(number=number, coverage=house.coverage, lines=[line], actor=WORKER, now=NOW)


def test_eight_claims_at_once_never_draw_too_much_unseen(north: House) -> None:
    """40 approved, 8 claims of 8 to 15 units: what does not fit is drawn, as the payer counts it, and flagged."""
    with north.scope():
        case = authorize(north, ("H2019", 40))
    at_once(north, [poster(north, f"C-{at}", 8 + at) for at in range(8)])
    assert_books_are_true(north)
    with north.scope():
        entries = LedgerEntry.objects.filter(authorization=case)
        drawn = sum(entries.values_list("quantity", flat=True))
        assert drawn == sum(range(8, 16))
        assert sum(entries.values_list("over", flat=True)) == drawn - 40
        row = Authorization.objects.get(id=case.id)
        assert [row.tight_used, row.tight_remaining] == [drawn, 40 - drawn]


def test_posts_voids_and_decisions_at_once_leave_the_books_true(north: House) -> None:
    with north.scope():
        first = authorize(north, ("H2019", 30), ends="03-31")
        authorize(north, ("H2019", 60))
        claims = [post(north, bill("H2019", f"03-{10 + at}", 5 + at)).claim for at in range(4)]

    def decide(units: int) -> Callable[[], Any]:
        def job() -> None:
            from authorizations.ledger import lock_account

            lock_account(north.member.id)
            change_terms(first, quantity=Decimal(units))
            reallocate_member(north.member.id, actor=WORKER, now=NOW)

        return job

    def void(claim_id: uuid.UUID) -> Callable[[], Any]:
        return lambda: void_claim(claim_id, actor=WORKER, now=NOW)

    jobs = [*(poster(north, f"N-{at}", 9 + at) for at in range(4)), void(claims[0].id), void(claims[2].id)]
    at_once(north, [*jobs, decide(12), decide(50)])
    assert_books_are_true(north)


def test_one_claim_posted_twice_at_once_is_one_claim(north: House) -> None:
    with north.scope():
        case = authorize(north, ("H2019", 40))
    at_once(north, [poster(north, "C-1", 8) for _ in range(4)])
    with north.scope():
        assert Claim.objects.count() == 1
        assert sum(LedgerEntry.objects.filter(authorization=case).values_list("quantity", flat=True)) == 8


def test_one_claim_voided_twice_at_once_is_given_back_once(north: House) -> None:
    with north.scope():
        authorize(north, ("H2019", 40))
        claim = post(north, bill("H2019", "03-20", 8)).claim
    at_once(north, [lambda: void_claim(claim.id, actor=WORKER, now=NOW) for _ in range(4)])
    with north.scope():
        assert list(claim.versions.order_by("number").values_list("frequency", flat=True)) == ["1", "8"]
        assert [
            int(units) for units in LedgerEntry.objects.values_list("quantity", flat=True).order_by("sequence")
        ] == [
            8,
            -8,
        ]
