"""A later request about a case: answers to a pend, revision, extension, renewal, cancellation, appeal."""

from __future__ import annotations

import pytest

from tests.edi.simulator.conftest import picked_up
from tests.edi.simulator.test_answer import certification, decision, segment_of
from tests.edi.simulator.wire import Partner, Received


def approve(partner: Partner, *codes: str) -> str:
    """Ask, and give back the certification number."""
    return certification(partner.ask(*(codes or ("H2019",))).answer.level("EV"))


def reference_of(answer: Received) -> str:
    """The administrative reference of a pend or a denial."""
    return segment_of(answer.level("EV"), "REF")[2]


def follow_up(partner: Partner, purpose: str, reference: str, *codes: str) -> Received:
    extra = (reference,) if reference else ()
    return partner.ask(*codes, purpose=purpose, extra=extra, reference="LATER").answer


def rejected(answer: Received) -> list[str]:
    return answer.one("AAA")[3:]


def test_a_cancellation_closes_the_case(partner: Partner) -> None:
    number = approve(partner)
    answer = follow_up(partner, "3", f"REF*BB*{number}")
    assert answer.one("HCR")[1:] == ["C", number]
    assert rejected(follow_up(partner, "4", f"REF*BB*{number}", "H2019")) == ["AA", "N"]


def test_a_cancellation_twice_is_answered_twice(partner: Partner) -> None:
    number = approve(partner)
    answers = [follow_up(partner, "3", f"REF*BB*{number}", "H2019") for _ in range(2)]
    assert [decision(answer.level("SS")) for answer in answers] == [["C"], ["C"]]


def test_a_cancellation_may_be_refused_and_the_case_lives_on(partner: Partner) -> None:
    number = approve(partner, "T2022")
    assert decision(follow_up(partner, "3", f"REF*BB*{number}").level("EV")) == ["A3", "09"]
    assert certification(follow_up(partner, "4", f"REF*BB*{number}", "H2019").level("EV")) == number


@pytest.mark.parametrize("purpose", ["3", "S", "4", "R", "1", "2", "N", "I"])
def test_a_number_the_payer_does_not_hold_comes_back(partner: Partner, purpose: str) -> None:
    assert rejected(follow_up(partner, purpose, "REF*BB*NOSUCHNUMBER", "H2019")) == ["AA", "C"]


@pytest.mark.parametrize("purpose", ["3", "S", "4", "R", "1", "2", "N"])
def test_a_follow_up_must_name_its_case(partner: Partner, purpose: str) -> None:
    assert rejected(follow_up(partner, purpose, "", "H2019")) == ["15", "C"]


def test_a_number_of_another_sender_is_unknown(partner: Partner, rival: Partner) -> None:
    number = approve(rival)
    assert rejected(follow_up(partner, "3", f"REF*BB*{number}")) == ["AA", "C"]


@pytest.mark.parametrize("purpose", ["S", "I"])
def test_documents_turn_a_pend_into_an_approval(partner: Partner, purpose: str) -> None:
    pended = partner.ask("H2019", "G0299").answer
    answer = follow_up(partner, purpose, f"REF*NT*{reference_of(pended)}", "H2019", "G0299")
    assert decision(answer.level("EV")) == ["A1"]
    assert decision(answer.level("SS", 1)) == ["A1"]


def test_some_pends_stay_pended(partner: Partner) -> None:
    pended = partner.ask("G0300").answer
    answer = follow_up(partner, "S", f"REF*NT*{reference_of(pended)}", "G0300")
    assert decision(answer.level("EV")) == ["A4", "0U"]
    assert reference_of(answer) == reference_of(pended)


def test_a_pended_case_is_cancelled_by_its_reference(partner: Partner) -> None:
    pended = partner.ask("G0299").answer
    answer = follow_up(partner, "3", f"REF*NT*{reference_of(pended)}")
    assert decision(answer.level("EV")) == ["C"]


@pytest.mark.parametrize("purpose", ["S", "4"])
def test_a_change_keeps_the_number(partner: Partner, purpose: str) -> None:
    number = approve(partner)
    answer = follow_up(partner, purpose, f"REF*BB*{number}", "H2019", "H2014")
    assert certification(answer.level("EV")) == number
    assert decision(answer.level("SS", 1)) == ["A6"]


def test_a_renewal_gets_a_new_number(partner: Partner) -> None:
    number = approve(partner)
    renewed = certification(follow_up(partner, "R", f"REF*BB*{number}", "H2019").level("EV"))
    assert renewed
    assert renewed != number
    assert decision(follow_up(partner, "3", f"REF*BB*{number}").level("EV")) == ["C"]
    assert decision(follow_up(partner, "3", f"REF*BB*{renewed}").level("EV")) == ["C"]


@pytest.mark.parametrize("purpose", ["1", "2", "N"])
def test_an_appeal_is_granted(partner: Partner, purpose: str) -> None:
    denied = partner.ask("T1019").answer
    answer = follow_up(partner, purpose, f"REF*NT*{reference_of(denied)}", "T1019")
    assert decision(answer.level("SS")) == ["A1"]
    assert certification(answer.level("EV"))


def test_an_appeal_is_refused(partner: Partner) -> None:
    denied = partner.ask("T1020").answer
    for codes in ((), ("T1020",)):
        answer = follow_up(partner, "2", f"REF*NT*{reference_of(denied)}", *codes)
        assert decision(answer.level("EV")) == ["A3", "0C^0D"]


def test_a_case_pended_then_approved_can_be_cancelled_by_its_number(partner: Partner) -> None:
    partner.ask("T2003")
    (approved,) = picked_up(partner)
    number = certification(approved.level("EV"))
    assert follow_up(partner, "3", f"REF*BB*{number}").one("HCR")[1:] == ["C", number]
