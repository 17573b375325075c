"""Recalculate: a figure that is wrong is derived anew from the claims, said with before and after, and kept."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest
from django.db import OperationalError, connection

from audit.models import AuditEvent
from authorizations.ledger import lock_account
from authorizations.models import Authorization
from claims.recalculating import recalculate
from claims.services import NewClaim, post_claims, void_claim
from tests.cast import NOW, House
from tests.claims.stage import WORKER, authorize, bill, change_terms, post, used
from tests.claims.test_post_concurrently import assert_books_are_true, at_once
from tests.web.conftest import SignIn
from tests.web.pages import text


def test_a_wrong_counter_and_a_draw_that_no_longer_stands_are_mended_and_said(north: House, sign_in: SignIn) -> None:
    with north.scope():
        case = authorize(north, ("H2019", 8), starts="10-01", ends="12-31", number="A")
        post(north, bill("H2019", "11-20", 8), number="C-1")
        void_claim(post(north, bill("H2019", "11-21", 4), number="C-2").claim.id, actor=north.actor(), now=NOW)
        change_terms(case, quantity=Decimal(4))
        Authorization.objects.filter(id=case.id).update(tight_used=99)
    client = sign_in(north)
    asked = client.get(f"/authorizations/{case.id}/recalculate").content.decode()
    assert "Pressed twice it changes nothing more" in text(asked)
    page = text(client.post(f"/authorizations/{case.id}/recalculate").content.decode())
    assert "The figures changed." in page
    assert "Lists showed 99 used of the tightest line; they show 8 now." in page
    assert "C-1 line 1, Fri Nov 20, H2019 -8 : Given back, because the member was allocated anew." in page
    again = text(client.post(f"/authorizations/{case.id}/recalculate").content.decode())
    assert "Nothing changed." in again
    with north.scope():
        events = AuditEvent.objects.filter(action="utilization.recalculated")
        [first, second] = sorted(events, key=lambda event: -event.data["entries"])
        assert [first.data["entries"], second.data["entries"]] == [2, 0]
        assert (first.data["shown"], first.data["after"]) == (["99.000", "8.000"], ["8.000"])
        assert first.actor_label == "Specialist North"
        assert Authorization.objects.get(id=case.id).tight_used == used(case) == 8
        Authorization.objects.filter(id=case.id).update(tight_used=77)
        alone = recalculate(case.id, actor=north.actor(), now=NOW)
        assert not alone.entries
        assert alone.shown == (Decimal(77), Decimal(8)), "a list that is wrong by itself is mended too"


@pytest.mark.django_db(transaction=True)
def test_recalculating_while_claims_are_imported_comes_to_the_same_figure(north: House) -> None:
    with north.scope():
        case = authorize(north, ("H2019", 200))
        post(north, bill("H2019", "03-02", 6))
        days = [[f"03-{10 + piece * 5 + at}" for at in range(5)] for piece in range(2)]
        new = [[NewClaim(f"I-{on}", north.coverage, [bill("H2019", on, 3)], NOW) for on in piece] for piece in days]
        Authorization.objects.filter(id=case.id).update(tight_used=99)
    member_id = north.member.id
    imports = [lambda piece=piece: post_claims(member_id, piece, actor=WORKER, now=NOW) for piece in new]
    pressed = [lambda: recalculate(case.id, actor=north.actor(), now=NOW)] * 3
    at_once(north, [*imports, *pressed])
    assert_books_are_true(north)
    with north.scope():
        assert used(case) == Decimal(36)
        assert Authorization.objects.get(id=case.id).tight_used == 36
        assert not recalculate(case.id, actor=north.actor(), now=NOW).changed


@pytest.mark.django_db(transaction=True)
def test_recalculating_waits_for_whoever_moves_units_of_the_member(north: House) -> None:
    with north.scope():
        case = authorize(north, ("H2019", 8))
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with north.scope():
                lock_account(north.member.id)
                held.set()
                done.wait(10)
        finally:
            connection.close()

    other = threading.Thread(target=hold)
    other.start()
    try:
        assert held.wait(10)
        with pytest.raises(OperationalError, match="lock timeout"), north.scope():
            connection.cursor().execute("SET LOCAL lock_timeout = '50ms'")
            recalculate(case.id, actor=north.actor(), now=NOW)
    finally:
        done.set()
        other.join(10)
