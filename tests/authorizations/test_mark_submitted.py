"""What a person enters in a portal, says on the telephone or faxes: marked, taken back, and asked another way."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from audit.models import AuditEvent
from authorizations.effects import Note as EffectNote
from authorizations.errors import NotAllowed, Refused
from authorizations.models import Note, Submission
from authorizations.services import change_channel, mark_submitted, note_exchange, take_back_mark
from authorizations.states import Channel, ExchangeState, Status
from authorizations.transitions import submit
from outbox.delivery import claim_due
from outbox.models import OutboxMessage
from payers.models import ProgramRules
from tests.authorizations.cases import APPROVAL, PEND, again, drafted, heard, open_tasks, submitted
from tests.cast import NOW, House, a_key, make_coverage, make_member

HOUR = timedelta(hours=1)


def by_hand(house: House) -> Submission:
    return submitted(house, coverage=make_coverage(make_member(), house.manual))


def marked(house: House, submission: Submission, **fields: object) -> Submission:
    values: dict[str, object] = {"submitted_at": NOW, "actor": house.actor(), "now": NOW} | fields
    return mark_submitted(submission.id, **values)  # type: ignore[arg-type]


def now_of(submission: Submission) -> Submission:
    fresh: Submission = Submission.objects.get(id=submission.id)
    return fresh


def test_mark_made_by_mistake_is_taken_back_whole(in_north: House) -> None:
    ProgramRules.objects.filter(program=in_north.manual).update(routine_days=7)
    submission = by_hand(in_north)
    before = now_of(submission)
    marked(in_north, submission, portal_reference="P-9")
    assert now_of(submission).due_at is not None
    take_back_mark(submission.id, actor=in_north.actor(), now=NOW)
    names = [field.attname for field in Submission._meta.local_fields]
    after = now_of(submission)
    assert [getattr(after, name) for name in names] == [getattr(before, name) for name in names]
    row = again(submission.authorization)
    assert (row.status, row.waiting_on, row.due_at) == (Status.SUBMITTED, "us", None)
    assert AuditEvent.objects.get(action="submission.mark_taken_back").actor_label == "Specialist North"


def test_mark_stays_once_the_payer_answered(in_north: House) -> None:
    for answer in (PEND, APPROVAL):
        submission = by_hand(in_north)
        marked(in_north, submission)
        heard(in_north, submission, answer)
        with pytest.raises(NotAllowed):
            take_back_mark(submission.id, actor=in_north.actor(), now=NOW)


def test_what_was_never_marked_has_no_mark_to_take_back(in_north: House) -> None:
    for submission in (by_hand(in_north), submitted(in_north)):
        with pytest.raises(NotAllowed, match="not marked"):
            take_back_mark(submission.id, actor=in_north.actor(), now=NOW)


def test_time_of_submission_lies_in_the_past(in_north: House) -> None:
    submission = by_hand(in_north)
    with pytest.raises(Refused) as refused:
        marked(in_north, submission, submitted_at=NOW + HOUR)
    assert set(refused.value.by_field()) == {"submitted_at"}
    assert now_of(submission).exchange_state == ExchangeState.TO_SUBMIT
    assert marked(in_north, submission, submitted_at=NOW - HOUR).sent_at == NOW - HOUR


def test_same_key_marks_once(in_north: House) -> None:
    submission, key = by_hand(in_north), a_key()
    for _ in range(2):
        marked(in_north, submission, portal_reference="P-9", key=key)
    assert AuditEvent.objects.filter(action="submission.submitted_by_hand").count() == 1
    with pytest.raises(NotAllowed):
        marked(in_north, submission, portal_reference="P-10", key=key)


# Another way --------------------------------------------------------------------------------------------------


def by_phone(house: House, submission: Submission, channel: Channel = Channel.PHONE, **fields: object) -> Submission:
    values: dict[str, object] = {"reason": "The gateway is down", "actor": house.actor(), "now": NOW} | fields
    return change_channel(submission.id, channel, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize("state", [ExchangeState.SENT, ExchangeState.ACKNOWLEDGED, ExchangeState.FAILED])
def test_electronic_request_that_failed_or_is_silent_is_worked_by_hand(in_north: House, state: ExchangeState) -> None:
    submission = submitted(in_north)
    note_exchange(submission.id, state, actor=in_north.actor(), now=NOW, problem="no answer")
    by_phone(in_north, submission)
    changed, row = now_of(submission), again(submission.authorization)
    assert (changed.channel, changed.exchange_state, changed.waiting_on) == ("phone", "to_submit", "us")
    assert (changed.due_at, changed.sent_at, changed.problem) == (None, None, "")
    assert (row.status, row.next_action, open_tasks(row)) == (Status.SUBMITTED, "Call the payer", set())
    note = Note.objects.get(authorization=row)
    assert (note.author, note.text) == (
        "Specialist North",
        "Goes by phone instead of 278 electronic: The gateway is down",
    )
    event = AuditEvent.objects.get(action="submission.channel_changed")
    assert (event.data["before"], event.data["after"]) == ("278", "phone")


def test_late_word_about_the_transport_no_longer_counts(in_north: House) -> None:
    submission = submitted(in_north)
    note_exchange(submission.id, ExchangeState.SENT, actor=in_north.actor(), now=NOW)
    by_phone(in_north, submission)
    note_exchange(submission.id, ExchangeState.NOT_DELIVERED, actor=in_north.actor(), now=NOW, problem="999 R")
    assert now_of(submission).exchange_state == ExchangeState.TO_SUBMIT
    assert open_tasks(submission.authorization) == set()


def test_late_278_confirms_what_was_said_by_phone_or_asks_a_person(in_north: House) -> None:
    for late, task in ((APPROVAL, set()), (PEND, {EffectNote.UNEXPECTED})):
        submission = submitted(in_north)
        note_exchange(submission.id, ExchangeState.SENT, actor=in_north.actor(), now=NOW)
        by_phone(in_north, submission)
        assert now_of(submission).trace == submission.trace
        heard(in_north, submission, APPROVAL)
        second = heard(in_north, submission, replace(late, message="by 278"))
        assert second.effect is not None
        assert not second.effect.applied
        assert open_tasks(submission.authorization) == task
        assert again(submission.authorization).status == Status.APPROVED


def test_portal_that_is_down_is_worked_by_fax(in_north: House) -> None:
    submission = by_hand(in_north)
    by_phone(in_north, submission, Channel.FAX)
    assert (now_of(submission).channel, again(submission.authorization).next_action) == ("fax", "Fax it to the payer")


def test_way_is_not_changed_once_submitted_or_answered(in_north: House) -> None:
    first, second = by_hand(in_north), submitted(in_north)
    marked(in_north, first)
    heard(in_north, second, PEND)
    for submission in (first, second):
        with pytest.raises(NotAllowed, match="cannot go another way"):
            by_phone(in_north, submission)


def test_way_is_not_changed_while_it_is_being_sent(in_north: House) -> None:
    submission = submitted(in_north)
    OutboxMessage.objects.update(due_at=NOW - timedelta(days=3650))
    assert claim_due()
    with pytest.raises(NotAllowed, match="being sent"):
        by_phone(in_north, submission)


@pytest.mark.parametrize("channel", [Channel.X12_278, Channel.LETTER, Channel.PORTAL])
def test_other_way_is_one_a_person_works_and_not_the_same(in_north: House, channel: Channel) -> None:
    with pytest.raises(Refused) as refused:
        by_phone(in_north, by_hand(in_north), channel, reason=" ")
    assert set(refused.value.by_field()) == {"channel", "reason"}


def test_work_of_another_organization_is_not_found(north: House, south: House) -> None:
    with south.scope():
        theirs = submit(
            drafted(south, coverage=make_coverage(make_member(), south.manual)).id, actor=south.actor(), now=NOW
        )
    with north.scope():
        for verb in (marked, by_phone):
            with pytest.raises(Submission.DoesNotExist):
                verb(north, theirs)
        with pytest.raises(Submission.DoesNotExist):
            take_back_mark(theirs.id, actor=north.actor(), now=NOW)
