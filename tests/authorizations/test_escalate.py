"""Times that passed: each told once, to the right people, with the evidence, whatever became of the ticks."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection

import edi.tasks  # noqa: F401
from accounts.absences import announce
from accounts.scopes import Scope
from audit.sealing import seal_waiting
from authorizations.escalation import close_mended, escalate, find_breaches, payer_overdue
from authorizations.models import Authorization, Escalation, Submission, Task
from authorizations.services import mark_submitted, note_exchange
from authorizations.states import ExchangeState, WaitingOn
from authorizations.tasks import escalate_breaches
from authorizations.transitions import submit
from authorizations.work import close_task
from notices.models import Notice
from notices.tasks import plan_day
from outbox.models import OutboxMessage
from tenancy.models import Organization
from tests.authorizations.cases import APPROVAL, drafted, heard, submitted
from tests.cast import NOW, TODAY, House, make_coverage, make_member
from tests.web.stage import by_hand

DAY = timedelta(days=1)


def received(house: House, **fields: Any) -> Submission:
    """A routine request at a payer that promised an answer in 7 days, and has acknowledged it."""
    house.electronic.rules.update(routine_days=7)
    submission = submitted(house, **fields)
    note_exchange(submission.id, ExchangeState.SENT, actor=house.actor(), now=NOW)
    return note_exchange(submission.id, ExchangeState.ACKNOWLEDGED, actor=house.actor(), now=NOW)


def tick(now: datetime) -> int:
    """One round over the open organization."""
    close_mended(now=now)
    return sum(escalate(breach, now=now) is not None for breach in find_breaches(now))


def told() -> dict[str, list[str]]:
    """Who has which notices of a time that passed."""
    found: dict[str, list[str]] = {}
    for notice in Notice.objects.filter(kind="escalated").select_related("to__user").order_by("to__user__name", "id"):
        found.setdefault(notice.to.user.name, []).append(notice.words)
    return found


def test_payer_that_misses_its_time_is_told_once_with_the_evidence_and_called(in_north: House) -> None:
    submission = received(in_north)
    assert submission.due_at is not None
    late = submission.due_at + timedelta(hours=26)
    assert tick(submission.due_at - timedelta(seconds=1)) == 0
    assert (tick(late), tick(late + DAY)) == (1, 0), "a tick that was missed loses nothing, a later one doubles nothing"
    row = Escalation.objects.get()
    assert (row.kind, row.due_at, row.rule) == ("payer_overdue", submission.due_at, submission.due_rule)
    assert row.evidence["minutes_late"] == 26 * 60
    assert row.evidence["received"] == NOW.isoformat()
    assert row.evidence["reference"] == submission.reference
    case = Authorization.objects.get(id=submission.authorization_id)
    assert (case.waiting_on, case.next_action, case.next_action_at) == (
        "us",
        "Call the payer: its time has passed",
        late,
    )
    words = f"{case.number}: The payer missed its time ({submission.due_rule}): call and ask for the decision"
    assert told() == {"Specialist North": [words], "Supervisor North": [words]}
    assert list(payer_overdue(late)) == [submission]


def test_after_the_call_the_payer_is_waited_for_and_looked_at_the_next_morning(in_north: House) -> None:
    submission = received(in_north)
    assert submission.due_at is not None
    late = submission.due_at + timedelta(hours=1)
    tick(late)
    close_task(Task.objects.get(kind="payer_overdue").id, actor=in_north.actor(), now=late)
    submission.refresh_from_db()
    assert (submission.waiting_on, submission.next_action) == (WaitingOn.PAYER, "Wait for the payer")
    assert submission.next_action_at is not None
    assert submission.next_action_at > late
    assert tick(late + DAY / 24) == 0


def test_answer_ends_the_task_about_the_late_payer(in_north: House) -> None:
    submission = received(in_north)
    assert submission.due_at is not None
    tick(submission.due_at + DAY)
    heard(in_north, submission, APPROVAL)
    assert not Task.objects.filter(kind="payer_overdue", closed_at=None).exists()
    assert list(payer_overdue(submission.due_at + 2 * DAY)) == []


def test_own_step_that_is_overdue_is_told_to_its_owner_alone_and_ends_when_it_is_done(in_north: House) -> None:
    submission = by_hand(in_north)
    assert submission.next_action_at is not None
    late = submission.next_action_at + timedelta(minutes=1)
    assert (tick(late), tick(late)) == (1, 0)
    assert list(told()) == ["Specialist North"]
    mark_submitted(submission.id, submitted_at=late, actor=in_north.actor(), now=late)
    assert tick(late) == 0
    assert not Task.objects.filter(kind="action_overdue", closed_at=None).exists()


def test_urgent_that_has_not_left_by_the_cut_off_is_told_to_the_supervisor(in_north: House) -> None:
    draft = drafted(in_north, priority="urgent")
    drafted(in_north)
    cut_off = datetime(2026, 11, 23, 21, 0, tzinfo=UTC)
    assert tick(cut_off) == 0
    assert tick(cut_off + timedelta(minutes=2)) == 1
    assert set(told()) == {"Specialist North", "Supervisor North"}
    note = cut_off + timedelta(minutes=5)
    sent = submit(draft.id, actor=in_north.actor(), now=note)
    note_exchange(sent.id, ExchangeState.SENT, actor=in_north.actor(), now=note)
    tick(note)
    assert not Task.objects.filter(kind="urgent_unsent", closed_at=None).exists()


def test_what_comes_after_the_cut_off_has_until_that_of_the_next_day(in_north: House) -> None:
    evening = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
    draft = drafted(in_north, priority="urgent")
    Authorization.objects.filter(id=draft.id).update(created_at=evening)
    assert tick(datetime(2026, 11, 21, 21, 30, tzinfo=UTC)) == 0, "Saturday is no day of work"
    assert tick(datetime(2026, 11, 23, 21, 30, tzinfo=UTC)) == 1


def test_deputy_is_told_while_the_owner_is_away_and_nobody_who_left_is(in_north: House) -> None:
    owner, deputy = in_north.memberships["specialist"], in_north.memberships["clinician"]
    deputy.role.scopes = [*deputy.role.scopes, Scope.AUTHORIZATION_WRITE]
    deputy.role.save()
    announce(owner.id, deputy.id, starts_on=TODAY, ends_on=TODAY + 30 * DAY, actor=in_north.actor(), now=NOW)
    in_north.memberships["supervisor"].active = False
    in_north.memberships["supervisor"].save()
    submission = received(in_north)
    assert submission.due_at is not None
    tick(submission.due_at + DAY)
    assert set(told()) == {"Clinician North", "Specialist North"}
    assert Notice.objects.get(to=deputy, kind="escalated").stands_in_for == owner


def test_escalation_is_mailed_at_once_and_once(in_north: House) -> None:
    for _ in range(2):
        received(in_north, coverage=make_coverage(make_member(), in_north.electronic))
    late = NOW + 9 * DAY
    assert tick(late) == 2
    waiting = OutboxMessage.objects.filter(topic="notice.mail").values_list("subject_id", flat=True)
    assert set(waiting) == {in_north.memberships["specialist"].id, in_north.memberships["supervisor"].id}


def test_job_looks_at_every_organization_whether_its_events_are_sealed_or_not(north: House, south: House) -> None:
    for house in (north, south):
        with house.scope():
            received(house)
            received(house, coverage=make_coverage(make_member(), house.electronic))
    seal_waiting(north.organization.id, now=NOW)
    with time_machine.travel(NOW + 9 * DAY, tick=False):
        assert escalate_breaches() == 4
        assert escalate_breaches() == 0
    for house in (north, south):
        with house.scope():
            assert Escalation.objects.count() == 2


def test_an_organization_that_cannot_be_looked_at_keeps_no_other_back(north: House, south: House) -> None:
    for house in (north, south):
        with house.scope():
            received(house)
    with north.scope():
        drafted(north, priority="urgent")
        Organization.objects.filter(id=north.organization.id).update(time_zone="Nowhere/Lost")
    with time_machine.travel(NOW + 9 * DAY, tick=False):
        assert escalate_breaches() == 1
        assert plan_day() == len(south.memberships)
    with south.scope():
        assert Escalation.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_rounds_at_once_tell_each_breach_once(north: House) -> None:
    with north.scope():
        submission = received(north)
        assert submission.due_at is not None
        late = submission.due_at + DAY
        breaches = find_breaches(late)
    barrier, made = threading.Barrier(2), []

    def run() -> None:
        try:
            barrier.wait(10)
            for breach in breaches:
                with north.scope():
                    made.append(escalate(breach, now=late))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len([each for each in made if each is not None]) == 1
    with north.scope():
        assert (Escalation.objects.count(), Task.objects.filter(kind="payer_overdue").count()) == (1, 1)
