"""What differs from what was asked is accepted or disputed; what one person recorded, another confirms."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from authorizations.changes import Change, ChangedLine, amend
from authorizations.decisions import Answer, CapPeriod, CapTerms, LineAnswer, LineOutcome, ProviderNamed
from authorizations.departures import departures
from authorizations.errors import NotAllowed, Refused
from authorizations.models import Authorization, DecisionReview
from authorizations.reviewing import (
    accept_terms,
    confirm_entry,
    dispute_terms,
    granting,
    reject_entry,
    require_second_look,
)
from authorizations.states import Channel, Status
from authorizations.transitions import correct_decision, record_answer, record_existing
from tests.authorizations.cases import APPROVAL, ENDS, again, ask, heard, message, open_tasks, said, submitted
from tests.cast import NOW, TODAY, House

FULL = {1: 80, 2: 40}


def answered(house: House, *lines: LineAnswer) -> Authorization:
    submission = submitted(house)
    named = {line.line_number for line in lines}
    rest = [said(number, LineOutcome.APPROVED, units) for number, units in FULL.items() if number not in named]
    heard(house, submission, message(*lines, *rest))
    return again(submission.authorization)


def words_of(house: House, line: LineAnswer) -> list[str]:
    return [each.words for each in departures(answered(house, line))]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (said(1, LineOutcome.APPROVED, 80), []),
        (said(2, LineOutcome.DENIED), ["H2014 not approved"]),
        (said(1, LineOutcome.MODIFIED, 60), ["60 of 80 units of H2019 (20 fewer)"]),
        (said(1, LineOutcome.MODIFIED, 100), ["100 of 80 units of H2019 (20 more)"]),
        (said(1, LineOutcome.MODIFIED, 80, code="T1019"), ["T1019 instead of H2019"]),
        (
            said(1, LineOutcome.MODIFIED, 80, ends_on=date(2026, 12, 31)),
            ["H2019 from Nov 23, 2026 to Dec 31, 2026, asked for Nov 23, 2026 to Feb 20, 2027"],
        ),
        (
            said(1, LineOutcome.MODIFIED, 80, caps=(CapTerms(CapPeriod.WEEK, Decimal(10)),)),
            ["H2019 limited to 10 a week"],
        ),
    ],
)
def test_each_way_an_approval_departs_from_the_request_is_named(
    in_north: House, line: LineAnswer, words: list[str]
) -> None:
    assert words_of(in_north, line) == words


def test_another_provider_than_asked_for_is_named_and_the_same_one_is_not(in_north: House) -> None:
    other = ProviderNamed("Elm Group", "1999999984")
    [found] = words_of(in_north, said(1, LineOutcome.APPROVED, 80, provider=other))
    assert found.startswith("H2019 for Elm Group, asked for ")
    assert str(in_north.facility) in found
    same = ProviderNamed("As their system writes it", in_north.clinician.npi)
    assert words_of(in_north, said(1, LineOutcome.APPROVED, 80, provider=same)) == []


def test_what_a_change_asked_for_and_got_is_no_departure(in_north: House) -> None:
    case = answered(in_north)
    change = Change((ChangedLine(1, Decimal(120)),))
    asked = amend(case.id, change, actor=in_north.actor(), now=NOW)
    heard(in_north, asked, message(said(1, LineOutcome.APPROVED, 120), decided_on=TODAY))
    assert not departures(again(case))
    assert not again(case).to_acknowledge


def test_less_than_asked_waits_until_somebody_accepts_it(in_north: House) -> None:
    case = answered(in_north, said(1, LineOutcome.MODIFIED, 60))
    assert case.to_acknowledge
    assert open_tasks(case) >= {"shortfall"}
    review = accept_terms(case.id, actor=in_north.actor(), now=NOW)
    assert (review.verdict, review.reviewed_by) == ("accepted", "Specialist North")
    assert not again(case).to_acknowledge
    assert "shortfall" not in open_tasks(case)
    with pytest.raises(NotAllowed, match="accepted or disputed this already"):
        accept_terms(case.id, actor=in_north.actor(), now=NOW)


def test_a_dispute_keeps_the_cover_and_asks_for_what_is_done_about_it(in_north: House) -> None:
    case = answered(in_north, said(1, LineOutcome.MODIFIED, 80, code="T1019"))
    assert "other_terms" in open_tasks(case)
    who: Any = {"actor": in_north.actor(), "now": NOW}
    with pytest.raises(Refused) as refused:
        dispute_terms(case.id, reason=" ", follow="sue", **who)
    assert set(refused.value.by_field()) == {"reason", "follow"}
    dispute_terms(case.id, reason="We never render T1019", follow="call", **who)
    after = again(case)
    assert (after.status, after.to_acknowledge) == (Status.APPROVED, False)
    assert open_tasks(case) & {"dispute", "other_terms"} == {"dispute"}
    assert DecisionReview.objects.get(authorization=case).reason == "We never render T1019"


def recorded(house: House) -> Authorization:
    submission = submitted(house)
    answer = Answer(
        overall=LineAnswer(None, LineOutcome.APPROVED),
        certification_number="HC-1",
        decided_on=TODAY,
        channel=Channel.PORTAL,
    )
    record_answer(submission.authorization_id, answer, submission_id=submission.id, actor=house.actor(), now=NOW)
    return again(submission.authorization)


def test_who_recorded_an_approval_cannot_confirm_it(in_north: House) -> None:
    assert not recorded(in_north).unverified, "no second person is asked for unless the organization wants one"
    require_second_look(True, actor=in_north.actor("admin"), now=NOW)
    case = recorded(in_north)
    assert case.unverified
    decision = granting(case)
    assert decision is not None
    with pytest.raises(NotAllowed, match="another person confirms it"):
        confirm_entry(decision.id, actor=in_north.actor(), now=NOW)
    confirm_entry(decision.id, actor=in_north.actor("supervisor"), now=NOW)
    assert not again(case).unverified
    assert "second_look" not in open_tasks(case)


def test_a_rejected_entry_stays_unverified_until_its_correction_is_confirmed(in_north: House) -> None:
    require_second_look(True, actor=in_north.actor("admin"), now=NOW)
    case = recorded(in_north)
    wrong = granting(case)
    assert wrong is not None
    other = in_north.actor("supervisor")
    reject_entry(wrong.id, reason="The letter says HC-2", actor=other, now=NOW)
    assert again(case).unverified
    assert "entry_rejected" in open_tasks(case)
    right = Answer(
        overall=LineAnswer(None, LineOutcome.APPROVED), certification_number="HC-2", decided_on=TODAY, channel="portal"
    )
    correct_decision(wrong.id, right, reason="Mistyped", actor=other, now=NOW + timedelta(minutes=1))
    assert again(case).unverified
    assert "entry_rejected" not in open_tasks(case), "what was asked about the wrong entry is done with it"
    corrected = granting(case)
    assert corrected is not None
    confirm_entry(corrected.id, actor=in_north.actor(), now=NOW)
    assert not again(case).unverified


def test_what_the_payer_sent_is_never_unverified(in_north: House) -> None:
    require_second_look(True, actor=in_north.actor("admin"), now=NOW)
    submission = submitted(in_north)
    heard(in_north, submission, APPROVAL)
    assert not again(submission.authorization).unverified
    assert again(submission.authorization).cover_ends_on == ENDS


@pytest.mark.parametrize("channel", [Channel.LETTER, Channel.PREVIOUS_SYSTEM, Channel.OTHER_HOLDER, Channel.IMPORT])
def test_only_a_file_is_taken_over_without_a_second_person(in_north: House, channel: Channel) -> None:
    """A file was looked at as a file; whatever else somebody types in as known from elsewhere, another confirms."""
    require_second_look(True, actor=in_north.actor("admin"), now=NOW)
    typed = replace(APPROVAL, source_message_id=None)
    case = record_existing(ask(in_north), typed, channel=channel, owner=None, actor=in_north.actor(), now=NOW)
    assert again(case).unverified == (channel != Channel.IMPORT)


def test_nobody_confirms_their_own_entry_by_confirming_what_came_on_top(in_north: House) -> None:
    require_second_look(True, actor=in_north.actor("admin"), now=NOW)
    case = recorded(in_north)
    asked = amend(case.id, Change((ChangedLine(1, Decimal(120)),)), actor=in_north.actor(), now=NOW)
    more = Answer(
        lines=(said(1, LineOutcome.APPROVED, 120),), certification_number="HC-1", decided_on=TODAY, channel="portal"
    )
    record_answer(case.id, more, submission_id=asked.id, actor=in_north.actor("supervisor"), now=NOW)
    latest = granting(again(case))
    assert latest is not None
    for role in ("specialist", "supervisor"):
        with pytest.raises(NotAllowed, match="another person confirms it"):
            confirm_entry(latest.id, actor=in_north.actor(role), now=NOW)
    confirm_entry(latest.id, actor=in_north.actor("biller"), now=NOW)
    assert not again(case).unverified
