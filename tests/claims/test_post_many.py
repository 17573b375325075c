"""Claims that come many at once draw as if they had come one after the other."""

from __future__ import annotations

import pytest

from audit.models import AuditEvent
from authorizations.errors import Refused
from claims.models import Claim
from claims.services import NewClaim, PostedLine, post_claims
from tests.cast import NOW, House
from tests.claims.stage import authorize, bill, drawn_from, ledger_as_written, ledger_from_nothing, post, used


def wanted(house: House, **lines: PostedLine) -> list[NewClaim]:
    return [NewClaim(number, house.coverage, [line], NOW) for number, line in lines.items()]


def post_all(house: House, claims: list[NewClaim]) -> list[Claim]:
    return post_claims(house.member.id, claims, actor=house.actor("biller"), now=NOW)


def test_many_claims_draw_by_their_days_whatever_their_order(in_north: House) -> None:
    case = authorize(in_north, ("H2019", 100))
    made = post_all(
        in_north,
        wanted(in_north, A2=bill("H2019", "03-22", 60), A1=bill("H2019", "03-20", 30), A3=bill("H2014", "03-20", 4)),
    )
    assert [claim.number for claim in made] == ["A2", "A1", "A3"]
    assert [drawn_from(claim) for claim in made] == [{case.number: "60"}, {case.number: "30"}, {}]
    case.refresh_from_db()
    assert [case.tight_used, case.tight_remaining] == [90, 10]
    assert ledger_as_written(in_north.member.id) == ledger_from_nothing(in_north.member.id)


def test_each_of_them_leaves_its_event(in_north: House) -> None:
    authorize(in_north, ("H2019", 100))
    made = post_all(in_north, wanted(in_north, A1=bill("H2019", "03-20", 30), A2=bill("H2014", "03-20", 4)))
    told = AuditEvent.objects.filter(action="claim.posted").values_list("subject_id", "data")
    assert dict(told) == {made[0].id: {"version": 1, "entries": 1}, made[1].id: {"version": 1, "entries": 0}}


def test_a_number_that_stands_or_comes_twice_is_posted_once(in_north: House) -> None:
    case = authorize(in_north, ("H2019", 100))
    standing = post(in_north, bill("H2019", "03-20", 40)).claim
    again = [
        *wanted(in_north, A1=bill("H2019", "03-21", 5)) * 2,
        NewClaim(standing.number, in_north.coverage, [bill("H2019", "03-20", 9)], NOW),
    ]
    assert [claim.number for claim in post_all(in_north, again)] == ["A1"]
    assert used(case) == 45
    assert post_all(in_north, again) == []


def test_one_claim_at_fault_refuses_all(in_north: House, south: House) -> None:
    with pytest.raises(Refused, match="Enter more than 0"):
        post_all(in_north, wanted(in_north, A1=bill("H2019", "03-20", 4), A2=bill("H2019", "03-20", 0)))
    with pytest.raises(Refused, match="A3 is of another member"):
        post_all(in_north, [NewClaim("A3", south.coverage, [bill("H2019", "03-20", 4)], NOW)])
    assert not Claim.objects.exists()
