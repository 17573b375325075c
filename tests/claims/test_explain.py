"""Every draw says why in words a biller understands, from the codes that were kept beside it."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from authorizations.decisions import Basis, CapPeriod
from claims import explanations
from claims.allocation import Outcome, Reason, allocate
from claims.caps import Cap
from claims.explanations import flags, over_words, record_of, refusals, told, why
from claims.matching import Charge, Cover, DuplicateVerdict, Hold, Rule
from tests.claims.cases import PINE, charge, cover, day, key

A, B = "PA-000001", "PA-000002"


def outcome(covers: list[Cover], *claims: Charge) -> Outcome:
    """What becomes of the last of these claims."""
    return allocate(covers, claims).outcomes[-1]


def sentence(covers: list[Cover], *claims: Charge) -> str:
    """The reason after it went through the database's JSON."""
    return why(json.loads(json.dumps(record_of(outcome(covers, *claims)))))


CLAIM = charge("C-1", "03-20", 8)
NUMBERED = charge("C-1", "03-20", 8, billed_number="0042")
CASES = [
    ([cover(A)], [CLAIM], "Only cover for this service on this date."),
    ([cover(A, certification_number="0042")], [NUMBERED], "Billed with 0042, valid on this date."),
    ([cover(A)], [charge("C-1", "03-20", 8, pinned_line_id=key(f"{A}/1"))], "Chosen by hand."),
    ([cover(A), cover(B, ends="07-31")], [CLAIM], "It ends earliest of 2 that cover it."),
    ([cover(A), cover(B, starts="01-15")], [CLAIM], "It begins earliest of 2 that cover it."),
    ([cover(A), cover(B)], [CLAIM], "It has the lowest number of 2 that cover it."),
    (
        [cover(A), cover(B, codes=("H2019", "H0032"))],
        [CLAIM],
        "It is the only one for this code alone of 2 that cover it.",
    ),
    ([cover(A, 5, ends="03-31"), cover(B)], [CLAIM], "PA-000001 has 5 of 8, so the next with room."),
    ([cover(A, 5), cover(B, 5)], [CLAIM], "None that covers it has room, so it draws whole from the first."),
    (
        [cover(A, 5), cover(B, 5)],
        [charge("C-1", "03-20", 8, split_allowed=True)],
        "Split by consent: each number is billed on a line of its own.",
    ),
    ([cover(A)], [charge("C-1", "03-20", 8, hold=Hold.DENIED)], "Draws nothing: the payer denied the line."),
    ([cover(A)], [charge("C-1", "03-20", 8, hold=Hold.PARKED)], "Draws nothing: the claim it replaces is not known."),
    (
        [cover(A)],
        [CLAIM, charge("C-2", "03-20", 8)],
        "Draws nothing: it looks like claim C-1 line 1, which has drawn. Is it another?",
    ),
    (
        [cover(A)],
        [charge("C-1", "03-20", 8, duplicate_verdict=DuplicateVerdict.DUPLICATE)],
        "Draws nothing: a person said it is a duplicate.",
    ),
    ([], [CLAIM], "Draws nothing: nothing is authorized for this member."),
    ([cover(A, payer_id=PINE)], [CLAIM], "Draws nothing: all cover is with another payer or program."),
    (
        [cover(A, codes=("H2014", "H0032"))],
        [CLAIM],
        "Draws nothing: no cover for this code; PA-000001 covers H0032, H2014.",
    ),
    (
        [cover(A, codes=("H2019 HN",))],
        [CLAIM],
        "Draws nothing: PA-000001 comes closest: covers H2019 HN: the modifiers differ.",
    ),
    (
        [cover(A, ends="03-18")],
        [CLAIM],
        "Draws nothing: PA-000001 comes closest: outside by 2 days: it ends Mar 18, 2026.",
    ),
    (
        [cover(A, starts="03-21")],
        [CLAIM],
        "Draws nothing: PA-000001 comes closest: outside by 1 day: it begins Mar 21, 2026.",
    ),
    (
        [cover(A, ends="03-31")],
        [charge("C-1", "03-30", to="04-02")],
        "Split this line: PA-000001 covers 2 of its 4 days, and a line draws only where one authorization covers all"
        " of them.",
    ),
    (
        [cover(A, None, basis=Basis.UNKNOWN)],
        [CLAIM],
        "Draws nothing: PA-000001 is approved without a quantity. Ask the payer how much.",
    ),
    (
        [cover(A, 5)],
        [charge("C-1", "03-20", 8, billed=False)],
        "Draws nothing: it is not billed yet, and none that covers it has room.",
    ),
]


@pytest.mark.parametrize(("covers", "claims", "says"), CASES)
def test_each_outcome_has_its_sentence(covers: list[Cover], claims: list[Charge], says: str) -> None:
    assert sentence(covers, *claims) == says


def test_no_reason_and_no_rule_is_without_words() -> None:
    shown = {outcome(covers, *claims).reason for covers, claims, _ in CASES}
    assert shown == set(Reason)
    assert set(explanations.RULES) == set(Rule)


def test_the_others_are_named_with_the_rule_that_refused_them() -> None:
    weekly = Cap(CapPeriod.WEEK, Decimal(4), day("01-01"), week_start=7)
    covers = [
        cover(A, 5, ends="03-25"),
        cover(B, caps=(weekly,), ends="03-31"),
        cover("PA-000003"),
        cover("PA-000004", ends="07-31"),
        cover("PA-000005", place="12"),
        cover("PA-000006", quantity_type="hours"),
        cover("PA-000007", program_id=key("Medicare")),
        cover("PA-000008", provider_id=key("Reyes")),
    ]
    claimed = charge("C-1", "03-20", 8, place="11", program_id=key("Medicaid"), provider_id=key("Okafor"))
    assert refusals(record_of(outcome(covers, claimed))) == [
        "PA-000001 line 1: has 5 of 8",
        "PA-000002 line 1: has 4 of 8 in the week",
        "PA-000004 line 1: ends Jul 31, 2026, later than Mar 25, 2026",
        "PA-000005 line 1: approved for place of service 12",
        "PA-000006 line 1: counts hours",
        "PA-000007 line 1: another program of the payer",
        "PA-000008 line 1: approved for another provider",
    ]


def beyond(line: Cover) -> str:
    over = outcome([line], CLAIM)
    return over_words(record_of(over), over.draws[0].over)


def test_what_is_beyond_names_the_limit() -> None:
    caps = {period: Cap(period, Decimal(5), day("01-05")) for period in CapPeriod}
    assert beyond(cover(A, 5)) == "Over by 3: all that was approved is used."
    assert beyond(cover(A, caps=(caps[CapPeriod.MONTH],))) == (
        "Over by 3: the cap of the month Mar 1, 2026 to Mar 31, 2026 is used."
    )
    assert beyond(cover(A, caps=(caps[CapPeriod.AUTHORIZATION_MONTH],))) == (
        "Over by 3: the cap of the month Mar 5, 2026 to Apr 4, 2026 is used."
    )
    assert beyond(cover(A, caps=(caps[CapPeriod.DAY],))) == "Over by 3: the cap of Mar 20, 2026 is used."
    assert beyond(cover(A)) == ""


def test_what_a_person_must_look_at_is_flagged() -> None:
    wrong = record_of(outcome([cover(A, certification_number="0043")], NUMBERED))
    assert flags(wrong, covered_by="0043") == ["Billed with 0042, covered by 0043: replace the claim."]
    assert flags(record_of(outcome([], NUMBERED))) == ["Billed with 0042: no cover under that number."]
    pinned = record_of(outcome([cover(A)], charge("C-1", "03-20", 8, pinned_line_id=key("elsewhere"))))
    assert flags(pinned) == ["The line chosen by hand does not cover this service, so it was matched by rule."]
    assert flags(record_of(outcome([cover(A)], CLAIM))) == []


def test_what_is_given_back_says_why() -> None:
    assert told({"reason": "voided"}) == "Given back: the claim was voided."
    assert told({"reason": "replaced"}) == "Given back: the claim was replaced."
    assert told({"reason": "used_before"}) == "Used before we counted."
    moved = {"reason": "allocated_anew", "now": record_of(outcome([cover(A)], CLAIM))}
    assert told(moved) == (
        "Given back, because the member was allocated anew. Now: Only cover for this service on this date."
    )
    assert told(record_of(outcome([cover(A)], CLAIM))) == "Only cover for this service on this date."
