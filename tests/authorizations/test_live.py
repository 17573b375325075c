"""Whatever people, payers and billers do in whatever order, the whole life of a member's cases keeps its rules.

A Hypothesis state machine on the real database: drafts, edits, submissions, answers of every kind (late, repeated,
older, about nothing), corrections, recalls, marks taken back, discards, claims. LIFE_EXAMPLES=2000 in the environment
makes the long run of it.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from audit.models import AuditEvent
from authorizations.decisions import Answer, FollowUp, LineAnswer, LineOutcome
from authorizations.errors import NotAllowed, Problem, Refused, Stale
from authorizations.models import Authorization, Decision, LedgerEntry, LineVersion, Submission, UtilizationAccount
from authorizations.services import mark_submitted, note_exchange, save_draft, take_back_mark
from authorizations.states import (
    UNSENT,
    Channel,
    ExchangeState,
    Purpose,
    Status,
    SubmissionOutcome,
    is_open,
    may_become,
    may_go_back,
)
from authorizations.transitions import (
    ALLOCATE,
    SEND,
    correct_decision,
    discard,
    draft,
    recall,
    record_answer,
    record_existing,
    return_unsent,
    submit,
)
from claims.models import Claim
from claims.services import PostedLine, post_claim, replace_claim, void_claim
from claims.tasks import allocate_member
from edi.services import resend
from members.models import Coverage
from outbox.models import OutboxMessage
from payers.models import Payer, Workflow
from tests.authorizations.cases import MESSAGE, ask, opened, units
from tests.cast import NOW, TODAY, House, make_coverage, make_program
from tests.claims.stage import ledger_as_written, ledger_from_nothing

EXAMPLES = int(os.environ.get("LIFE_EXAMPLES", "6"))
STEPS = 50
MOST_CASES, MOST_CLAIMS = 4, 6
CODES = ("H2019", "H2014", "H0032")
REFUSALS = (NotAllowed, Refused, Stale)
CHANGES = {
    Purpose.ANSWER: Status.PENDED,
    Purpose.REVISE: Status.APPROVED,
    Purpose.EXTEND: Status.APPROVED,
    Purpose.CANCEL: Status.APPROVED,
    Purpose.APPEAL: Status.DENIED,
}
"""What else may be asked of a payer, and where the case then stands."""

HEARD = (ExchangeState.SENT, ExchangeState.ACKNOWLEDGED, ExchangeState.NOT_DELIVERED, ExchangeState.FAILED)
"""What transport and acknowledgments report of a 278."""

numbers = st.integers(0, 11)
asked_lines = st.lists(
    st.tuples(st.sampled_from(CODES), st.integers(1, 40)), min_size=1, max_size=2, unique_by=lambda line: line[0]
)
line_answers = st.builds(
    LineAnswer,
    line_number=st.sampled_from([1, 1, 1, 2, 2, 3]),
    outcome=st.sampled_from(LineOutcome),
    quantity=st.one_of(st.none(), st.integers(0, 40).map(Decimal)),
    ends_on=st.one_of(st.none(), st.integers(0, 90).map(lambda days: TODAY + timedelta(days))),
    follow_up=st.one_of(st.none(), st.sampled_from(FollowUp)),
)
answers = st.builds(
    Answer,
    lines=st.lists(line_answers, max_size=2, unique_by=lambda line: line.line_number).map(tuple),
    overall=st.one_of(st.none(), line_answers.map(lambda line: replace(line, line_number=None))),
    certification_number=st.sampled_from(["", "HC-1", "HC-2"]),
    decided_on=st.one_of(st.none(), st.integers(-3, 10).map(lambda days: TODAY + timedelta(days))),
    final_word=st.sampled_from([None, True, False]),
    problem=st.sampled_from([None, None, None, None, "HCR01 is ZZ"]),
    source_message_id=st.sampled_from([MESSAGE, MESSAGE, None]),
)
plain = st.sampled_from([LineOutcome.APPROVED, LineOutcome.APPROVED, LineOutcome.DENIED, LineOutcome.PENDED])
simple_answers = plain.map(
    lambda outcome: Answer(
        overall=LineAnswer(None, outcome), certification_number="HC-9", source_message_id=MESSAGE, decided_on=TODAY
    )
)


@dataclass(frozen=True)
class Standing:
    """Where a case stands, and how often it was written about."""

    status: Status
    version: int
    events: int


class Life(RuleBasedStateMachine):
    """One member's cases from nothing; everything is forgotten at the end."""

    house: House
    coverages: tuple[Any, ...]

    def __init__(self) -> None:
        super().__init__()
        self._transaction = transaction.atomic()
        self._transaction.__enter__()
        self.cases: list[uuid.UUID] = []
        self.claims: list[uuid.UUID] = []
        self.told: list[tuple[uuid.UUID, uuid.UUID | None, Answer]] = []
        self.before: dict[uuid.UUID, Standing] = {}
        self.corrected: set[uuid.UUID] = set()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self._transaction.__exit__(None, None, None)

    # what people do

    @precondition(lambda self: len(self.cases) < MOST_CASES)
    @rule(lines=asked_lines, manual=st.booleans())
    def write_draft(self, lines: list[tuple[str, int]], manual: bool) -> None:
        asked = self._asked(lines, manual)
        owner = self.house.memberships["specialist"]
        self._begin(lambda: draft(asked, owner=owner, actor=self.house.actor(), now=NOW))

    @precondition(lambda self: len(self.cases) < MOST_CASES)
    @rule(lines=asked_lines, answer=st.one_of(simple_answers, answers))
    def take_over(self, lines: list[tuple[str, int]], answer: Answer) -> None:
        asked, said = self._asked(lines, manual=False), replace(answer, source_message_id=None)
        self._begin(
            lambda: record_existing(asked, said, channel=Channel.LETTER, owner=None, actor=self.house.actor(), now=NOW)
        )

    @precondition(lambda self: self.cases)
    @rule(which=numbers, lines=asked_lines, behind=st.sampled_from([0, 0, 0, 1]))
    def edit(self, which: int, lines: list[tuple[str, int]], behind: int) -> None:
        case = self._case(which)
        asked, version = self._asked(lines, manual=False), case.version - behind
        done = self._attempt(lambda: save_draft(case.id, asked, version=version, actor=self.house.actor(), now=NOW))
        assert done == (case.status == Status.DRAFT and not behind)

    @precondition(lambda self: self.cases)
    @rule(which=numbers)
    def send(self, which: int) -> None:
        case = self._case(which)
        done = self._attempt(lambda: submit(case.id, actor=self.house.actor(), now=NOW, version=case.version))
        assert done == (case.status == Status.DRAFT)

    @precondition(lambda self: self.cases)
    @rule(which=numbers, answer=simple_answers)
    def send_and_hear(self, which: int, answer: Answer) -> None:
        self.send(which)
        self._note_standing()
        self.hear(which, 0, answer)

    @precondition(lambda self: self.cases)
    @rule(which=numbers, behind=st.sampled_from([0, 0, 1]))
    def throw_away(self, which: int, behind: int) -> None:
        case = self._case(which)
        version = case.version - behind
        done = self._attempt(lambda: discard(case.id, actor=self.house.actor(), now=NOW, version=version))
        assert done == (case.status == Status.DRAFT and not behind)

    @precondition(lambda self: self.cases)
    @rule(which=numbers, purpose=st.sampled_from(list(CHANGES)))
    def ask_for_more(self, which: int, purpose: Purpose) -> None:
        case = self._case(which)
        rows = [row for row in case.submissions.order_by("number") if row.purpose != Purpose.EXISTING]
        if case.status != CHANGES[purpose] or not rows:
            return
        pended = [row for row in rows if row.outcome == SubmissionOutcome.PENDED]
        if purpose is Purpose.ANSWER and not pended:
            return
        opened(case, purpose, parent=pended[-1] if purpose is Purpose.ANSWER else None)

    @rule(which=numbers, at=numbers)
    def enter_by_hand(self, which: int, at: int) -> None:
        submission = self._submission(which, at)
        if submission is not None:
            self._attempt(lambda: mark_submitted(submission.id, submitted_at=NOW, actor=self.house.actor(), now=NOW))

    @rule(which=numbers, at=numbers)
    def take_the_mark_back(self, which: int, at: int) -> None:
        submission = self._submission(which, at)
        if submission is not None:
            self._attempt(lambda: take_back_mark(submission.id, actor=self.house.actor(), now=NOW))

    @rule(which=numbers, at=numbers)
    def take_back(self, which: int, at: int) -> None:
        submission = self._submission(which, at)
        if submission is not None:
            unread = submission.exchange_state in UNSENT and submission.outcome == SubmissionOutcome.NONE
            assert self._attempt(lambda: recall(submission.id, actor=self.house.actor(), now=NOW)) == unread

    @precondition(lambda self: self.cases)
    @rule(which=numbers, answer=st.one_of(st.none(), simple_answers, answers))
    def correct(self, which: int, answer: Answer | None) -> None:
        """Another word for the latest entry by hand, or none at all."""
        case = self._case(which)
        wrong = Decision.standing.filter(authorization=case).order_by("-number").first()
        right = answer and replace(answer, source_message_id=None)
        if wrong is not None and self._attempt(
            lambda: correct_decision(wrong.id, right, reason="typed wrongly", actor=self.house.actor(), now=NOW)
        ):
            self.corrected.add(case.id)
            # What was taken off may be said again, and then counts.
            self.told = [each for each in self.told if each[0] != case.id]

    @precondition(lambda self: self.cases)
    @rule(which=numbers, at=numbers, typed=simple_answers, right=st.one_of(st.none(), simple_answers))
    def type_and_correct(self, which: int, at: int, typed: Answer, right: Answer | None) -> None:
        self.hear(which, at, replace(typed, source_message_id=None))
        self._note_standing()
        self.correct(which, right)

    # what the exchange and the payer do

    @rule()
    def let_the_exchange_send(self) -> None:
        for message in OutboxMessage.objects.filter(topic=SEND):
            if Submission.objects.get(id=message.subject_id).exchange_state == ExchangeState.TO_SEND:
                note_exchange(message.subject_id, ExchangeState.SENT, actor=self.house.actor(), now=NOW)
            message.delete()

    @rule(which=numbers, at=numbers)
    def mend_and_resend(self, which: int, at: int) -> None:
        submission = self._submission(which, at)
        if submission is not None:
            self._attempt(lambda: resend(submission.id, actor=self.house.actor("edi"), now=NOW))

    @rule(which=numbers, at=numbers, state=st.sampled_from(HEARD))
    def travel(self, which: int, at: int, state: ExchangeState) -> None:
        submission = self._submission(which, at)
        if submission is not None:
            status = self._case(which).status
            self._attempt(lambda: note_exchange(submission.id, state, actor=self.house.actor(), now=NOW))
            assert self._case(which).status == status, "transport decided something"

    @rule(which=numbers, at=numbers)
    def give_back(self, which: int, at: int) -> None:
        submission = self._submission(which, at)
        if submission is not None:
            problems = [Problem("diagnoses", "Enter a diagnosis.")]
            self._attempt(lambda: return_unsent(submission.id, problems, actor=self.house.actor(), now=NOW))

    @precondition(lambda self: self.cases)
    @rule(which=numbers, at=numbers, answer=st.one_of(answers, answers, simple_answers))
    def hear(self, which: int, at: int, answer: Answer) -> None:
        case, submission = self._case(which), self._submission(which, at)
        if submission is not None:
            self._hear(case.id, submission.id, answer)

    @precondition(lambda self: self.cases)
    @rule(which=numbers, answer=answers)
    def hear_out_of_the_blue(self, which: int, answer: Answer) -> None:
        self._hear(self._case(which).id, None, answer)

    @precondition(lambda self: self.told)
    @rule(which=numbers)
    def hear_the_same_again(self, which: int) -> None:
        case_id, submission_id, answer = self.told[which % len(self.told)]
        if submission_id is None:
            return  # heard by another submission meanwhile, it may mean something new
        decisions, before = Decision.objects.count(), self._standing(case_id)
        recorded = record_answer(
            case_id, answer, submission_id=submission_id, actor=self.house.actor(), now=NOW + timedelta(hours=1)
        )
        assert recorded.repeated
        assert (Decision.objects.count(), self._standing(case_id)) == (decisions, before)

    # what billing does

    @rule(code=st.sampled_from(CODES), on=st.integers(-5, 95), quantity=st.integers(1, 12), billed=st.booleans())
    def bill(self, code: str, on: int, quantity: int, billed: bool) -> None:
        if len(self.claims) >= MOST_CLAIMS:
            return
        posting = post_claim(
            number=f"C-{len(self.claims):03}",
            coverage=self.coverages[0],
            lines=[self._billed(code, TODAY + timedelta(on), quantity, billed)],
            actor=self.house.actor("biller"),
            now=NOW,
        )
        self.claims.append(posting.claim.id)

    @precondition(lambda self: self.claims)
    @rule(which=numbers)
    def void(self, which: int) -> None:
        void_claim(self.claims[which % len(self.claims)], actor=self.house.actor("biller"), now=NOW)

    @precondition(lambda self: self.claims)
    @rule(which=numbers, code=st.sampled_from(CODES), on=st.integers(0, 60), quantity=st.integers(1, 12))
    def bill_otherwise(self, which: int, code: str, on: int, quantity: int) -> None:
        claim = self.claims[which % len(self.claims)]
        line = self._billed(code, TODAY + timedelta(on), quantity, True)
        live = Claim.objects.get(id=claim).state == Claim.State.LIVE
        done = self._attempt(lambda: replace_claim(claim, lines=[line], actor=self.house.actor("biller"), now=NOW))
        assert done == live

    @rule()
    def let_the_worker_work(self) -> None:
        for message in OutboxMessage.objects.filter(topic=ALLOCATE):
            allocate_member(message)
            message.delete()

    # what always holds

    @invariant()
    def every_rule_is_kept(self) -> None:
        self.statuses_go_by_the_table_and_each_change_leaves_a_trace()
        self.one_first_request_is_open_at_most()
        self.what_is_to_be_sent_stands_in_the_outbox()
        self.nothing_is_in_force_that_nobody_decided()
        self.the_ledger_is_allocation_from_nothing()
        self.numbers_have_no_gap()

    def statuses_go_by_the_table_and_each_change_leaves_a_trace(self) -> None:
        for case_id in self.cases:
            before, after = self.before.get(case_id), self._standing(case_id)
            if before is not None and before != after:
                allowed = may_go_back if case_id in self.corrected else may_become
                assert before.status == after.status or allowed(before.status, after.status)
                assert after.version >= before.version
                if after.status != before.status:
                    assert after.version > before.version, "a change of status nobody can notice"
                if after.version != before.version:
                    assert after.events > before.events, "a change without an audit event"
        self._note_standing()
        self.corrected.clear()

    def one_first_request_is_open_at_most(self) -> None:
        for case in self._cases():
            rows = list(case.submissions.all())
            waiting = [
                row for row in rows if is_open(SubmissionOutcome(row.outcome), ExchangeState(row.exchange_state))
            ]
            assert sum(row.purpose == Purpose.INITIAL for row in waiting) <= 1
            if case.status in (Status.SUBMITTED, Status.PENDED):
                assert waiting, "nobody waits for anything, and yet it is undecided"
            if case.status == Status.CANCELLED:
                assert not waiting, "a closed case still waits"
            assert [row.number for row in sorted(rows, key=lambda row: row.number)] == list(range(1, len(rows) + 1))

    def what_is_to_be_sent_stands_in_the_outbox(self) -> None:
        wanted = Submission.objects.filter(channel=Channel.X12_278, exchange_state=ExchangeState.TO_SEND)
        queued = OutboxMessage.objects.filter(topic=SEND, dead_at=None).values_list("subject_id", flat=True)
        assert set(wanted.values_list("id", flat=True)) <= set(queued)

    def nothing_is_in_force_that_nobody_decided(self) -> None:
        assert not LineVersion.objects.filter(decision__applied=False).exists()

    def the_ledger_is_allocation_from_nothing(self) -> None:
        member = self.house.member.id
        if OutboxMessage.objects.filter(topic=ALLOCATE).exists():
            return  # a decision has just changed the cover, and the worker is told
        if UtilizationAccount.objects.filter(member_id=member).exists():
            assert ledger_as_written(member) == ledger_from_nothing(member)
        sequence = list(LedgerEntry.objects.order_by("sequence").values_list("sequence", flat=True))
        assert sequence == list(range(1, len(sequence) + 1))
        for case in self._cases():
            drawn = LedgerEntry.objects.filter(line_id=case.tight_line).aggregate(total=Sum("quantity"))["total"]
            assert case.tight_used == (drawn or 0)

    def numbers_have_no_gap(self) -> None:
        given = Authorization.objects.order_by("number").values_list("number", flat=True)
        assert list(given) == [f"PA-{number:06d}" for number in range(1, len(self.cases) + 1)]

    # how it is done

    def _begin(self, verb: Callable[[], Authorization]) -> None:
        made: list[uuid.UUID] = []
        if self._attempt(lambda: made.append(verb().id)):
            self.cases += made

    def _hear(self, case_id: uuid.UUID, submission_id: uuid.UUID | None, answer: Answer) -> None:
        heard = self._attempt(
            lambda: record_answer(case_id, answer, submission_id=submission_id, actor=self.house.actor(), now=NOW)
        )
        if heard:
            self.told.append((case_id, submission_id, answer))

    def _attempt(self, verb: Callable[[], Any]) -> bool:
        """Whether it was done; what is refused leaves nothing behind."""
        before = self._rows()
        try:
            verb()
        except REFUSALS:
            assert self._rows() == before, "a refusal left something behind"
            return False
        return True

    def _rows(self) -> list[Any]:
        counted = [Authorization, Submission, Decision, LineVersion, LedgerEntry, AuditEvent]
        states = Authorization.objects.order_by("id").values_list("id", "status", "version")
        return [*(model.objects.count() for model in counted), OutboxMessage.objects.count(), list(states)]

    def _asked(self, lines: list[tuple[str, int]], manual: bool) -> Any:
        asked = [units(code, quantity) for code, quantity in lines]
        return ask(self.house, *asked, coverage=self.coverages[1 if manual else 0])

    def _billed(self, code: str, day: date, quantity: int, billed: bool) -> PostedLine:
        return PostedLine(code=code, first_day=day, quantity=Decimal(quantity), billed=billed)

    def _cases(self) -> list[Authorization]:
        return list(Authorization.objects.prefetch_related("submissions").order_by("number"))

    def _case(self, which: int) -> Authorization:
        found: Authorization = Authorization.objects.get(id=self.cases[which % len(self.cases)])
        return found

    def _submission(self, which: int, at: int) -> Submission | None:
        rows = list(self._case(which).submissions.order_by("-number")) if self.cases else []
        return rows[at % len(rows)] if rows else None

    def _standing(self, case_id: uuid.UUID) -> Standing:
        status, version = Authorization.objects.values_list("status", "version").get(id=case_id)
        events = AuditEvent.objects.filter(authorization_id=case_id).count()
        return Standing(Status(status), version, events)

    def _note_standing(self) -> None:
        self.before = {case_id: self._standing(case_id) for case_id in self.cases}


def by_hand(house: House) -> Coverage:
    """The member's second cover, with a payer whose portal a person works."""
    payer = Payer(name="Pinewood Mutual", identifier="PINE")
    payer.save()
    return make_coverage(house.member, make_program(payer, "Commercial", Workflow.MANUAL_PENDING))


def test_no_order_of_events_breaks_a_rule(in_north: House) -> None:
    class North(Life):
        house = in_north
        coverages = (in_north.coverage, by_hand(in_north))

    run_state_machine_as_test(
        North,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            # Making a failure small takes minutes: the long run does it, the short one prints how to repeat it.
            phases=list(Phase) if "LIFE_EXAMPLES" in os.environ else [Phase.reuse, Phase.generate],
            print_blob=True,
        ),
    )


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.PENDED, Status.APPROVED, Status.DENIED])
def test_the_machine_reaches_every_status(in_north: House, status: Status) -> None:
    """A machine that only drafts would prove nothing: the plain road leads everywhere within three steps."""
    life = type("North", (Life,), {"house": in_north, "coverages": (in_north.coverage, in_north.coverage)})()
    words = {
        Status.PENDED: LineOutcome.PENDED,
        Status.APPROVED: LineOutcome.APPROVED,
        Status.DENIED: LineOutcome.DENIED,
    }
    try:
        life.write_draft([("H2019", 20)], False)
        life.send(0)
        if status in words:
            said = Answer(overall=LineAnswer(None, words[status]), certification_number="1", source_message_id=MESSAGE)
            life.hear(0, 0, said)
        life.statuses_go_by_the_table_and_each_change_leaves_a_trace()
        assert life._case(0).status == status
    finally:
        life.teardown()
