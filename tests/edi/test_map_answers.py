"""A payer's answer in the words of the domain: lines matched, units understood, nothing guessed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from authorizations.decisions import Answer, Basis, CapPeriod, CapTerms, FollowUp, LineOutcome, RequestedDocument
from edi.answers import AskedOf, answer_of
from edi.x12.outcome import outcomes
from edi.x12.review_response import read_response
from tests.edi.x12.samples import interchange_of, text_of


def frozen(number: int, code: str, *modifiers: str, **fields: Any) -> dict[str, Any]:
    """A line as it is frozen at submit."""
    return {
        "number": number,
        "quantity": "480",
        "quantity_type": "units",
        "unit_minutes": 15,
        "codes": [{"system": "HCPCS", "code": code, "modifiers": list(modifiers)}],
        "caps": [],
        **fields,
    }


ASKED = AskedOf(
    lines=(frozen(1, "H2019", "HO"), frozen(2, "H0032")),
    trace="PA-000101",
    originator="9GREENLGHT",
    provider_npi="1992345672",
)


def answered(name: str, *changes: tuple[str, str], asked: AskedOf = ASKED) -> Answer:
    text = text_of(name)
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after)
    read = read_response(interchange_of(text).sets[0])
    assert read.response is not None
    (outcome,) = outcomes(read.response)
    return answer_of(outcome, asked, message_id=None)


PARTLY = "one-line-denied-response.edi"
FEWER = "approved-with-fewer-units-response.edi"
SUPPORT = "SV1*HC:H2019:HO**UN*480"


def test_lines_are_known_by_our_traces() -> None:
    answer = answered(FEWER)
    assert [(line.line_number, line.outcome) for line in answer.lines] == [
        (1, LineOutcome.MODIFIED),
        (2, LineOutcome.APPROVED),
    ]
    support = answer.lines[0]
    assert (support.quantity, support.basis, support.quantity_type) == (Decimal(320), Basis.STATED, "units")
    assert (support.starts_on, support.ends_on) == (date(2026, 1, 12), date(2026, 3, 31))
    assert support.certification_number == "AUTH-7001-A"
    assert (support.code, support.modifiers) == ("", None)
    assert answer.decided_on == date(2026, 1, 4)
    assert answer.final_word is True
    assert answer.problem is None


def test_a_cap_that_counts_something_else_than_the_line_is_said_in_words_and_never_counted() -> None:
    support = answered(FEWER).lines[0]
    assert support.caps == ()
    assert support.message == "The payer sets a rhythm: 2 visits every 1 weeks."


def test_a_cap_in_the_units_of_the_line_holds() -> None:
    support = answered(FEWER, ("HSD*VS*2*WK", "HSD*FL*8*WK")).lines[0]
    assert support.caps == (CapTerms(CapPeriod.WEEK, Decimal(8)),)
    fortnight = answered(FEWER, ("HSD*VS*2*WK**35*11", "HSD*FL*8*WK*2*35*12")).lines[0]
    assert fortnight.caps == ()
    assert "8 units every 2 weeks" in fortnight.message


@pytest.mark.parametrize(
    ("segment", "line", "expected"),
    [
        ("SV1*HC:H2019:HO**UN*12", {"quantity_type": "visits"}, ("visits", Decimal(12))),
        ("SV1*HC:H2019:HO**UN*12", {"quantity_type": "hours"}, ("units", Decimal(12))),
        ("SV1*HC:H2019:HO**MJ*150", {"quantity_type": "hours"}, ("hours", Decimal("2.5"))),
        ("SV1*HC:H2019:HO**MJ*150", {}, ("units", Decimal(10))),
        ("SV1*HC:H2019:HO**MJ*100", {}, ("hours", Decimal(100) / 60)),
        ("SV1*HC:H2019:HO~\nHSD*VS*12", {}, ("visits", Decimal(12))),
        ("SV1*HC:H2019:HO*250.5", {"quantity_type": "money"}, ("money", Decimal("250.5"))),
    ],
)
def test_an_amount_is_read_in_what_was_asked(segment: str, line: dict[str, Any], expected: tuple[str, Decimal]) -> None:
    asked = replace(ASKED, lines=(frozen(1, "H2019", "HO", **line), ASKED.lines[1]))
    support = answered(PARTLY, (SUPPORT, segment), asked=asked).lines[0]
    assert (support.quantity_type, support.quantity) == expected
    assert support.basis is Basis.STATED


def test_an_amount_in_a_unit_nothing_can_be_made_of_is_unknown() -> None:
    support = answered(PARTLY, (SUPPORT, "SV1*HC:H2019:HO~\nHSD*MN*3")).lines[0]
    assert (support.quantity, support.basis) == (None, Basis.UNKNOWN)


def test_an_amount_that_is_not_said_is_as_requested() -> None:
    support = answered(PARTLY, (SUPPORT, "SV1*HC:H2019:HO")).lines[0]
    assert (support.quantity, support.basis) == (None, Basis.AS_REQUESTED)


NO_TRACES = (("TRN*2*PA-000101-1*9GREENLGHT~\n", ""), ("TRN*2*PA-000101-2*9GREENLGHT~\n", ""))


def test_lines_without_traces_are_known_by_code_and_modifiers() -> None:
    answer = answered(PARTLY, *NO_TRACES)
    assert [line.line_number for line in answer.lines] == [1, 2]


def test_two_lines_with_one_code_are_told_apart_by_modifiers_or_not_at_all() -> None:
    asked = replace(ASKED, lines=(frozen(1, "H2019", "HN"), frozen(2, "H2019", "HO"), frozen(3, "H0032")))
    assert answered(PARTLY, *NO_TRACES, asked=asked).lines[0].line_number == 2
    bare = answered(PARTLY, *NO_TRACES, (SUPPORT, "SV1*HC:H2019**UN*480"), asked=asked)
    assert (bare.lines[0].line_number, bare.lines[0].code) == (None, "H2019")


def test_a_code_the_payer_adds_is_a_line_of_its_own() -> None:
    added = answered(PARTLY, NO_TRACES[0], (SUPPORT, "SV1*HC:T1019**UN*40")).lines[0]
    assert (added.line_number, added.code, added.code_system, added.modifiers) == (None, "T1019", "HCPCS", ())
    assert added.quantity == Decimal(40)


def test_another_code_on_our_line_is_named_and_other_modifiers_too() -> None:
    other = answered(PARTLY, (SUPPORT, "SV1*HC:H2014**UN*480")).lines[0]
    assert (other.line_number, other.code, other.modifiers) == (1, "H2014", ())
    modified = answered(PARTLY, (SUPPORT, "SV1*HC:H2019:HN**UN*480")).lines[0]
    assert (modified.code, modified.modifiers) == ("H2019", ("HN",))
    bare = answered(PARTLY, (SUPPORT, "SV1*HC:H2019**UN*480")).lines[0]
    assert (bare.code, bare.modifiers) == ("", None)


def test_one_line_answered_twice_is_left_to_a_person() -> None:
    answer = answered(PARTLY, ("TRN*2*PA-000101-2*", "TRN*2*PA-000101-1*"))
    assert answer.problem == "The payer answers one of our lines more than once."


def test_a_line_that_names_nothing_is_left_to_a_person() -> None:
    answer = answered(PARTLY, NO_TRACES[1], ("SV1*HC:H0032**UN*4~\n", ""), ("SE*23*", "SE*21*"))
    assert answer.problem == "A line of the answer names nothing that was asked."


def test_dates_that_contradict_each_other_are_left_to_a_person() -> None:
    answer = answered(PARTLY, ("DTP*036*D8*20260411", "DTP*036*D8*20251231"))
    assert answer.problem == "The dates of the certification contradict each other."


def test_a_case_pended_with_every_line_decided_is_left_to_a_person() -> None:
    answer = answered(PARTLY, ("UM*HS*I*A4*12:B~", "UM*HS*I*A4*12:B~\nHCR*A4~"))
    assert answer.problem == "The payer pends the case, and yet decides every line."


def test_an_unknown_action_is_left_to_a_person() -> None:
    assert answered("denied-response.edi", ("HCR*A3*", "HCR*ZZ*")).problem == "The answer does not decide. HCR01 is ZZ."


def test_a_pend_carries_what_is_wanted_and_where_to_send_it() -> None:
    answer = answered("pended-for-documents-response.edi")
    assert answer.overall is not None
    assert answer.overall.outcome is LineOutcome.PENDED
    assert answer.lines == ()
    assert (answer.administrative_number, answer.final_word, answer.reasons) == ("CEDAR-PEND-55", False, ("0U",))
    assert answer.requested_documents == (
        RequestedDocument("18776-5", "", "LOINC"),
        RequestedDocument("34117-2", "", "LOINC"),
        RequestedDocument("M1", "", "PWK01"),
        RequestedDocument("RB", "", "PWK01"),
    )
    assert answer.contact is not None
    assert (answer.contact.fax, answer.contact.name) == ("8005550199", "RECORDS")
    assert answer.contact.address == "PO BOX 900, PEORIA, IL, 61602"
    assert answer.message == "Send the plan of care within 14 days."


def test_call_the_payer_says_how() -> None:
    answer = answered("call-the-payer-response.edi")
    assert answer.overall is not None
    assert answer.overall.outcome is LineOutcome.CONTACT_PAYER
    assert answer.contact is not None
    assert answer.contact.phone == "8005550142"


def test_the_number_of_a_denial_is_not_one_to_bill_with() -> None:
    answer = answered("denied-response.edi")
    assert (answer.certification_number, answer.administrative_number) == ("", "DEN-31")
    assert answer.overall is not None
    assert answer.overall.certification_number == ""


@pytest.mark.parametrize(
    ("code", "follow_up"),
    [
        ("C", FollowUp.FIX_AND_RESEND),
        ("R", FollowUp.FIX_AND_RESEND),
        ("N", FollowUp.NOT_TAKEN_AGAIN),
        ("P", FollowUp.RESEND_UNCHANGED),
        ("Y", FollowUp.HELD),
    ],
)
def test_a_rejection_says_whose_data_and_what_to_do(code: str, follow_up: FollowUp) -> None:
    answer = answered("subscriber-not-found-response.edi", ("AAA*N**75*C", f"AAA*N**75*{code}"))
    assert answer.overall is not None
    assert (answer.overall.outcome, answer.overall.follow_up) == (LineOutcome.RETURNED, follow_up)
    assert [(each.subject, each.code) for each in answer.rejections] == [("member", "75")]


def test_a_rejection_of_the_subscriber_is_not_one_of_a_dependent_member() -> None:
    answer = answered("subscriber-not-found-response.edi", asked=replace(ASKED, dependent=True))
    assert answer.rejections[0].subject == "subscriber"


def test_another_provider_is_named_only_when_the_payer_names_another() -> None:
    said = "NM1*SJ*1*OKAFOR*LINDA****XX*1876543210"
    changes = ((SUPPORT, f"{SUPPORT}~\n{said}"),)
    named = answered(PARTLY, *changes).lines[0].provider
    assert named is not None
    assert (named.npi, named.name) == ("1876543210", "LINDA OKAFOR")
    assert answered(PARTLY, *changes, asked=replace(ASKED, provider_npi="1876543210")).lines[0].provider is None
