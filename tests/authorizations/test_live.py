"""Whatever people, payers and billers do in whatever order, the whole life of a member's cases keeps its rules.

A Hypothesis state machine on the real database: drafts, edits, submissions, answers of every kind (late, repeated,
older, about nothing), answers to pends, changes, extensions, cancellations, appeals, inquiries, renewals, corrections,
recalls, marks taken back, discards, claims. LIFE_EXAMPLES=2000 in the environment makes the long run of it.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
from authorizations.appeals import Appeal, appeal, inquire
from authorizations.cancelling import CANCELLABLE, request_cancellation
from authorizations.changes import Change, ChangedLine, amend, extend
from authorizations.decisions import Answer, Column, FollowUp, LineAnswer, LineOutcome
from authorizations.effects import CHANGING, FIRST_ASKED, TABLE, Cover
from authorizations.errors import NotAllowed, Problem, Refused, Stale
from authorizations.models import (
    Authorization,
    Decision,
    LedgerEntry,
    LineDecision,
    LineVersion,
    Submission,
    UtilizationAccount,
)
from authorizations.pends import Reply
from authorizations.renewing import CLOSED, ask_anew, renew
from authorizations.services import mark_submitted, note_exchange, save_draft, take_back_mark
from authorizations.standing import GRANTED, refused_lines
from authorizations.states import (
    UNSENT,
    AppealLevel,
    Channel,
    ExchangeState,
    Purpose,
    Status,
    SubmissionOutcome,
    WaitingOn,
    is_open,
    may_become,
    may_go_back,
)
from authorizations.terms import LineTerms
from authorizations.transitions import (
    ALLOCATE,
    SEND,
    Recorded,
    correct_decision,
    discard,
    draft,
    recall,
    record_answer,
    record_existing,
    resubmit,
    return_unsent,
    submit,
)
from authorizations.versions import terms_of
from claims.models import Claim
from claims.services import PostedLine, post_claim, replace_claim, void_claim
from claims.tasks import allocate_member
from edi.services import resend
from members.models import Coverage
from outbox.models import OutboxMessage
from payers.models import Payer, Workflow
from tests.authorizations.cases import MESSAGE, ask, units
from tests.cast import NOW, TODAY, House, make_coverage, make_program
from tests.claims.stage import ledger_as_written, ledger_from_nothing

EXAMPLES = int(os.environ.get("LIFE_EXAMPLES", "6"))
STEPS = 50
MOST_CASES, MOST_CLAIMS = 5, 6
CODES = ("H2019", "H2014", "H0032")
REFUSALS = (NotAllowed, Refused, Stale)
NEED = "The need is documented."
TAKING = frozenset({LineOutcome.DENIED, LineOutcome.CANCELLED})
ONE_AT_A_TIME = {
    Purpose.REVISE: "change",
    Purpose.EXTEND: "change",
    Purpose.CANCEL: "cancellation",
    Purpose.APPEAL: "appeal",
    Purpose.INQUIRY: "inquiry",
}
"""What is asked of a payer beside the request itself, by what there may be one of: no two are open at a time."""

WORDS = {
    Status.PENDED: LineOutcome.PENDED,
    Status.APPROVED: LineOutcome.APPROVED,
    Status.DENIED: LineOutcome.DENIED,
}
FITS = {
    "change": Status.APPROVED,
    "ask_for_longer": Status.APPROVED,
    "ask_to_cancel": Status.APPROVED,
    "speak_against_it": Status.DENIED,
    "answer_the_payer": Status.PENDED,
}
"""What more is asked of the payer, and where a case stands about which it is."""

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
any_word = st.builds(
    lambda outcome, follow_up, ends: Answer(
        overall=LineAnswer(None, outcome, follow_up=follow_up),
        certification_number="HC-9",
        source_message_id=MESSAGE,
        decided_on=TODAY,
        effective_on=ends,
    ),
    st.sampled_from([LineOutcome.APPROVED, *LineOutcome]),
    st.one_of(st.none(), st.sampled_from(FollowUp)),
    st.one_of(st.none(), st.none(), st.integers(-5, 60).map(lambda days: TODAY + timedelta(days))),
)
"""Every word a payer may say about a whole case, at times with the day from which it holds."""

sizes = st.integers(0, 40)


@dataclass(frozen=True)
class Standing:
    """Where a case stands, and how often it was written about."""

    status: Status
    version: int
    events: int


@dataclass(frozen=True)
class Picture:
    """A case before something is done to it: its status, everything asked, what is in force by line number."""

    status: Status
    rows: dict[uuid.UUID, Submission]
    cover: dict[int, LineTerms]

    def root(self, row: Submission) -> Submission:
        """What was asked at first: an answer to a pend belongs to it."""
        while row.purpose == Purpose.ANSWER and row.parent_id in self.rows:
            row = self.rows[row.parent_id]
        return row

    def thread(self, row: Submission) -> list[Submission]:
        return [each for each in self.rows.values() if self.root(each).id == self.root(row).id]

    def waiting(self, *purposes: Purpose) -> list[Submission]:
        """What waits for something, the oldest first; of these purposes where any are named."""
        return [row for row in self.rows.values() if waits(row) and (not purposes or row.purpose in purposes)]

    def granted(self) -> dict[int, LineTerms]:
        """What may be used."""
        return {at: terms for at, terms in self.cover.items() if terms.outcome in GRANTED and not terms.is_empty}


def waits(row: Submission) -> bool:
    return is_open(SubmissionOutcome(row.outcome), ExchangeState(row.exchange_state))


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
        self.parents: dict[uuid.UUID, uuid.UUID | None] = {}
        self.once_closed: set[uuid.UUID] = set()
        self.ended: dict[uuid.UUID, date] = {}

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
            self.ended.pop(case.id, None)
            # What was taken off may be said again, and then counts.
            self.told = [each for each in self.told if each[0] != case.id]

    @precondition(lambda self: self.cases)
    @rule(which=numbers, at=numbers, typed=simple_answers, right=st.one_of(st.none(), simple_answers))
    def type_and_correct(self, which: int, at: int, typed: Answer, right: Answer | None) -> None:
        self.hear(which, at, replace(typed, source_message_id=None))
        self._note_standing()
        self.correct(which, right)

    # what more people ask of the payer

    @precondition(lambda self: self.cases)
    @rule(which=numbers, size=sizes)
    def answer_the_payer(self, which: int, size: int) -> None:
        """The reply goes to the thread of any submission, while the payer waits for it."""
        submission = self._submission(which, size)
        if submission is None:
            return
        stood = self._picture(submission.authorization_id)
        open_ones = [row for row in stood.thread(submission) if waits(row)]
        wanted = bool(open_ones) and stood.status != Status.DRAFT and self._wants_something(open_ones)
        reply = Reply(f"Page {size} of the chart.")
        done = self._attempt(lambda: resubmit(submission.id, reply, actor=self.house.actor(), now=NOW))
        assert done == wanted
        first = Purpose(stood.root(submission).purpose) in FIRST_ASKED
        again = done and first and stood.status == Status.PENDED
        self._only_asks(stood, submission.authorization_id, Status.SUBMITTED if again else stood.status)
        for row in Submission.objects.filter(id__in=[row.id for row in open_ones]) if done else ():
            assert row.waiting_on == WaitingOn.PAYER, "we answered, and are still waited for"

    @precondition(lambda self: self.cases)
    @rule(which=numbers, size=sizes)
    def change(self, which: int, size: int) -> None:
        """Another total of a line, another last day, or a further service."""
        case = self._case(which)
        stood = self._picture(case.id)
        granted = sorted(stood.granted().items())
        if not granted or size % 3 == 0:
            wanted = Change(added=(units(CODES[size // 3 % len(CODES)], size + 1),))
        else:
            number, terms = granted[size // 3 % len(granted)]
            total, shorter = (terms.quantity or Decimal(0)) + 1, (terms.ends_on or TODAY) - timedelta(1)
            line = ChangedLine(number, total) if size % 3 == 1 else ChangedLine(number, total, shorter)
            wanted = Change((line,))
        done = self._attempt(lambda: amend(case.id, wanted, actor=self.house.actor(), now=NOW))
        plain = bool(granted) and size % 3 == 1
        assert done == self._changeable(stood) if plain else done <= self._changeable(stood)
        self._only_asks(stood, case.id, stood.status)

    @precondition(lambda self: self.cases)
    @rule(which=numbers, size=sizes)
    def ask_for_longer(self, which: int, size: int) -> None:
        case = self._case(which)
        stood = self._picture(case.id)
        lines = [
            ChangedLine(number, ends_on=terms.ends_on + timedelta(size + 1))
            for number, terms in stood.granted().items()
            if terms.ends_on
        ]
        done = self._attempt(lambda: extend(case.id, Change(tuple(lines)), actor=self.house.actor(), now=NOW))
        assert done == self._changeable(stood)
        self._only_asks(stood, case.id, stood.status)

    @precondition(lambda self: self.cases)
    @rule(which=numbers, size=sizes)
    def ask_to_cancel(self, which: int, size: int) -> None:
        """From a day of its cover on; what the payer never read is simply discarded."""
        case = self._case(which)
        stood = self._picture(case.id)
        first, last = case.cover_starts_on or case.starts_on, case.cover_ends_on or case.ends_on
        assert first is not None
        assert last is not None
        day = min(first + timedelta(size), max(first, last))
        how: dict[str, Any] = {"reason": "Moved away.", "effective_on": day, "actor": self.house.actor(), "now": NOW}
        done = self._attempt(lambda: request_cancellation(case.id, **how))
        unread = [row for row in stood.waiting(Purpose.INITIAL) if row.exchange_state in UNSENT]
        discarded = done and any(row.outcome == SubmissionOutcome.NONE for row in unread)
        assert done == (stood.status in CANCELLABLE and not case.not_required)
        self._only_asks(stood, case.id, Status.CANCELLED if discarded else stood.status)
        if done and not discarded:
            asked = self._picture(case.id).waiting(Purpose.CANCEL)
            assert asked[0].id in stood.rows or asked[0].content["effective_on"] == day.isoformat()

    @precondition(lambda self: self.cases)
    @rule(which=numbers, size=sizes)
    def speak_against_it(self, which: int, size: int) -> None:
        """An appeal, a reconsideration or a call between clinicians."""
        case, level = self._case(which), list(AppealLevel)[size % 3]
        stood = self._picture(case.id)
        slot = NOW + timedelta(size) if level is AppealLevel.PEER_TO_PEER else None
        wanted = Appeal(level, NEED, deadline=TODAY + timedelta(size), slot=slot, clinician="Dr. Okafor")
        denied = stood.status in (Status.DENIED, Status.APPROVED) and bool(refused_lines(case))
        standing = [row for row in stood.waiting(Purpose.APPEAL) if row.outcome != SubmissionOutcome.RETURNED]
        done = self._attempt(lambda: appeal(case.id, wanted, actor=self.house.actor(), now=NOW))
        assert done == (denied and not standing)
        self._only_asks(stood, case.id, stood.status)
        if done and level is AppealLevel.PEER_TO_PEER:
            assert self._picture(case.id).waiting(Purpose.APPEAL)[-1].channel == Channel.PHONE

    @precondition(lambda self: self.cases)
    @rule(which=numbers, size=sizes)
    def ask_where_it_stands(self, which: int, size: int) -> None:
        case, way = self._case(which), [Channel.PORTAL, Channel.PHONE, Channel.FAX][size % 3]
        stood = self._picture(case.id)
        done = self._attempt(lambda: inquire(case.id, channel=way, actor=self.house.actor(), now=NOW))
        asked = bool(stood.waiting(Purpose.INQUIRY))
        assert done == (asked or (stood.status != Status.DRAFT and bool(stood.waiting())))
        self._only_asks(stood, case.id, stood.status)

    @precondition(lambda self: self.cases)
    @rule(which=numbers)
    def renew_it(self, which: int) -> None:
        """The renewal that is open is given back; else a draft that names its parent, which it leaves as it was."""
        case = self._case(which)
        stood, before = self._picture(case.id), self._standing(case.id)
        live = case.children.exclude(status__in=sorted(CLOSED)).order_by("created_at", "id").first()
        if live is None and len(self.cases) >= MOST_CASES:
            return
        owner, made = self.house.memberships["specialist"], list[Authorization]()
        done = self._attempt(lambda: made.append(renew(case.id, owner=owner, actor=self.house.actor(), now=NOW)))
        assert self._standing(case.id) == before, "a renewal touched its parent"
        if live is not None:
            assert [each.id for each in made] == [live.id], "a second renewal beside an open one"
            return
        nothing = any(terms.quantity == 0 for terms in stood.granted().values())
        renewable = stood.status == Status.APPROVED and not case.not_required
        assert done == renewable or (renewable and (nothing or self._repeats(stood)))
        if done:
            assert (made[0].parent_id, made[0].status) == (case.id, Status.DRAFT)
            self.cases.append(made[0].id)

    @precondition(lambda self: len(self.cases) < MOST_CASES and self.cases)
    @rule(which=numbers)
    def ask_for_it_anew(self, which: int) -> None:
        case = self._case(which)
        before, owner, made = self._standing(case.id), self.house.memberships["specialist"], list[Authorization]()
        done = self._attempt(lambda: made.append(ask_anew(case.id, owner=owner, actor=self.house.actor(), now=NOW)))
        assert done <= (case.status != Status.DRAFT)
        assert self._standing(case.id) == before
        if done:
            assert (made[0].parent_id, made[0].status) == (None, Status.DRAFT)
            self.cases.append(made[0].id)

    @rule(
        which=numbers,
        asked=st.sampled_from(list(FITS)),
        sizes=st.lists(sizes, min_size=1, max_size=2),
        heard=st.lists(any_word, min_size=1, max_size=2),
        about_inquiry=st.sampled_from([False, False, True]),
    )
    def ask_and_hear(self, which: int, asked: str, sizes: list[int], heard: list[Answer], about_inquiry: bool) -> None:
        """Something more is asked, once or twice, and the payer speaks of it, at times to somebody who inquired."""
        at = self._one_that_is(FITS[asked], which)
        if at is None:
            return
        for size in sizes:
            getattr(self, asked)(at, size)
            self.every_rule_is_kept()
        if about_inquiry:
            self.ask_where_it_stands(at, sizes[0])
        for answer in heard:
            self.hear(at, 0, answer)
            self.every_rule_is_kept()

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
    @rule(which=numbers, at=numbers, answer=st.one_of(answers, answers, simple_answers, any_word))
    def hear(self, which: int, at: int, answer: Answer) -> None:
        case, submission = self._case(which), self._submission(which, at)
        if submission is not None:
            self._hear(case.id, submission.id, answer)

    @precondition(lambda self: self.cases)
    @rule(which=numbers, answer=st.one_of(answers, any_word))
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
        self.nothing_is_asked_twice_at_a_time()
        self.a_parent_has_one_open_renewal_and_stays_the_parent()
        self.what_was_cancelled_ends_as_it_was_asked()
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
                stood = self._picture(case.id)
                first = [row for row in waiting if Purpose(stood.root(row).purpose) in FIRST_ASKED]
                assert first, "nobody waits for the request itself, and yet it is undecided"
            if case.status == Status.CANCELLED:
                assert not waiting, "a closed case still waits"
            assert [row.number for row in sorted(rows, key=lambda row: row.number)] == list(range(1, len(rows) + 1))

    def nothing_is_asked_twice_at_a_time(self) -> None:
        for case_id in self.cases:
            stood = self._picture(case_id)
            roots = [row for row in stood.waiting() if stood.root(row).id == row.id]
            kinds = [ONE_AT_A_TIME[Purpose(row.purpose)] for row in roots if row.purpose in ONE_AT_A_TIME]
            assert len(kinds) == len(set(kinds)), f"open beside each other: {sorted(kinds)}"
            for root in roots:
                unanswered = [row for row in stood.thread(root) if waits(row) and row.outcome == SubmissionOutcome.NONE]
                assert len(unanswered) <= 1, "the same thing was sent twice"

    def a_parent_has_one_open_renewal_and_stays_the_parent(self) -> None:
        """One that was refused or closed may come to life again by a late yes, beside the one made meanwhile."""
        rows = Authorization.objects.values_list("id", "parent_id", "status")
        for case_id, parent_id, status in rows:
            assert self.parents.setdefault(case_id, parent_id) == parent_id
            if status in CLOSED:
                self.once_closed.add(case_id)
        live = [parent for case_id, parent, _ in rows if parent is not None and case_id not in self.once_closed]
        assert len(live) == len(set(live)), "two open renewals of one case"

    def what_was_cancelled_ends_as_it_was_asked(self) -> None:
        for case_id, day in self.ended.items():
            stood = self._picture(case_id)
            assert stood.status == Status.CANCELLED
            assert not [at for at, terms in stood.cover.items() if terms.holds_on_or_after(day)]

    def what_is_in_force_follows_the_table(self, stood: Picture, recorded: Recorded, answer: Answer) -> None:
        """Granted lines have the answer's terms, taken ones end the day before, and every other line is as it was."""
        effect, decision = recorded.effect, recorded.decision
        assert effect is not None
        target = stood.rows.get(decision.submission_id) if decision.submission_id else None
        root = stood.root(target) if target else None
        day = answer.effective_on or answer.decided_on or TODAY
        if target is not None and root is not None and waits(target) and root.purpose in ONE_AT_A_TIME:
            if root.purpose == Purpose.CANCEL and answer.effective_on is None:
                day = date.fromisoformat(root.content["effective_on"])
            if effect.applied and root.purpose in TABLE:
                assert effect.cover is TABLE[Purpose(root.purpose)][Column(decision.column)].cover
        assert effect.applied or effect.cover is Cover.KEEP
        if effect.cover is Cover.END and root is not None and root.purpose == Purpose.CANCEL:
            self.ended[decision.authorization_id] = day
        words = dict(LineDecision.objects.filter(decision=decision).values_list("line__number", "outcome"))
        stated = {line.line_number: line.quantity for line in answer.lines}
        now = self._picture(decision.authorization_id)
        assert stood.cover.keys() <= now.cover.keys(), "a line lost its terms"
        for at, terms in now.cover.items():
            before, word = stood.cover.get(at), words.get(at)
            if effect.cover is Cover.END and before is not None and before.holds_on_or_after(day):
                assert not terms.holds_on_or_after(day)
            elif word in GRANTED and effect.cover in (Cover.GRANT, Cover.REVISE, Cover.TAKE_BACK):
                assert terms.outcome == word
                assert stated.get(at) in (None, terms.quantity)
            elif word in TAKING and effect.cover in (Cover.REVISE, Cover.TAKE_BACK):
                assert not terms.holds_on_or_after(day), "taken, and still of use"
            else:
                assert terms == before, "nobody spoke of this line"

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
        stood, recorded = self._picture(case_id), list[Recorded]()
        how: dict[str, Any] = {"submission_id": submission_id, "actor": self.house.actor(), "now": NOW}
        if self._attempt(lambda: recorded.append(record_answer(case_id, answer, **how))):
            self.told.append((case_id, submission_id, answer))
            if not recorded[0].repeated:
                self.what_is_in_force_follows_the_table(stood, recorded[0], answer)

    def _only_asks(self, stood: Picture, case_id: uuid.UUID, status: Status) -> None:
        """What is asked decides nothing: the case has this status, what is in force stays."""
        now = self._picture(case_id)
        assert now.status == status
        assert now.cover == stood.cover, "asking changed what may be used"

    def _wants_something(self, open_ones: list[Submission]) -> bool:
        """Whether the payer, or what it did not review, waits for us: nothing is under way, and it was not kept."""
        kept = open_ones[-1].outcome == SubmissionOutcome.PENDED and open_ones[-1].waiting_on == WaitingOn.PAYER
        return not kept and all(row.outcome != SubmissionOutcome.NONE for row in open_ones)

    def _changeable(self, stood: Picture) -> bool:
        """Something is in force, and neither a change nor a cancellation is under way."""
        changes = [row for row in stood.waiting(*CHANGING) if row.outcome != SubmissionOutcome.RETURNED]
        free = not changes and not stood.waiting(Purpose.CANCEL)
        return stood.status == Status.APPROVED and bool(stood.granted()) and free

    def _repeats(self, stood: Picture) -> bool:
        """Whether two lines in force have a code in common, so that one request cannot name both."""
        codes = [code.code for terms in stood.granted().values() for code in terms.codes]
        return len(codes) != len(set(codes))

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

    def _one_that_is(self, status: Status, which: int) -> int | None:
        """A case that stands there, taken over from elsewhere where none does and there is room."""
        fitting = [at for at in range(len(self.cases)) if self._case(at).status == status]
        if not fitting and len(self.cases) < MOST_CASES:
            said = Answer(overall=LineAnswer(None, WORDS[status]), certification_number="HC-9")
            self.take_over([("H2019", 20), ("H2014", 10)], said)
            fitting = [len(self.cases) - 1]
        return fitting[which % len(fitting)] if fitting else None

    def _case(self, which: int) -> Authorization:
        found: Authorization = Authorization.objects.get(id=self.cases[which % len(self.cases)])
        return found

    def _submission(self, which: int, at: int) -> Submission | None:
        rows = list(self._case(which).submissions.order_by("-number")) if self.cases else []
        return rows[at % len(rows)] if rows else None

    def _picture(self, case_id: uuid.UUID) -> Picture:
        rows = {row.id: row for row in Submission.objects.filter(authorization_id=case_id).order_by("number")}
        versions = LineVersion.standing.filter(authorization_id=case_id).select_related("line").order_by("number")
        cover = {version.line.number: terms_of(version) for version in versions}
        return Picture(Status(Authorization.objects.values_list("status", flat=True).get(id=case_id)), rows, cover)

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
            # The same lives at each short run: one that fails by chance tells nothing. The long run looks for new ones.
            derandomize="LIFE_EXAMPLES" not in os.environ,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            # Making a failure small takes minutes: the long run does it, the short one prints how to repeat it.
            phases=list(Phase) if "LIFE_EXAMPLES" in os.environ else [Phase.reuse, Phase.generate],
            print_blob=True,
        ),
    )


@contextmanager
def brought_to(house: House, status: Status) -> Iterator[Life]:
    """A life whose only case was sent, and answered as the status says."""
    life = type("North", (Life,), {"house": house, "coverages": (house.coverage, house.coverage)})()
    try:
        life.write_draft([("H2019", 20)], False)
        life.send(0)
        if status in WORDS:
            said = Answer(overall=LineAnswer(None, WORDS[status]), certification_number="1", source_message_id=MESSAGE)
            life.hear(0, 0, said)
        yield life
        life.every_rule_is_kept()
    finally:
        life.teardown()


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.PENDED, Status.APPROVED, Status.DENIED])
def test_the_machine_reaches_every_status(in_north: House, status: Status) -> None:
    """A machine that only drafts would prove nothing: the plain road leads everywhere within three steps."""
    with brought_to(in_north, status) as life:
        assert life._case(0).status == status


@pytest.mark.parametrize(
    ("status", "asks", "size", "purpose", "level"),
    [
        (Status.PENDED, "answer_the_payer", 0, Purpose.ANSWER, ""),
        (Status.APPROVED, "change", 0, Purpose.INITIAL, ""),
        (Status.APPROVED, "change", 1, Purpose.REVISE, ""),
        (Status.APPROVED, "change", 2, Purpose.REVISE, ""),
        (Status.APPROVED, "change", 3, Purpose.REVISE, ""),
        (Status.APPROVED, "ask_for_longer", 9, Purpose.EXTEND, ""),
        (Status.APPROVED, "ask_to_cancel", 9, Purpose.CANCEL, ""),
        (Status.PENDED, "ask_to_cancel", 9, Purpose.CANCEL, ""),
        (Status.DENIED, "speak_against_it", 0, Purpose.APPEAL, "appeal"),
        (Status.DENIED, "speak_against_it", 1, Purpose.APPEAL, "reconsideration"),
        (Status.DENIED, "speak_against_it", 2, Purpose.APPEAL, "peer_to_peer"),
        (Status.PENDED, "ask_where_it_stands", 0, Purpose.INQUIRY, ""),
    ],
)
def test_the_machine_asks_for_all_there_is(
    in_north: House, status: Status, asks: str, size: int, purpose: Purpose, level: str
) -> None:
    """Verbs that were refused each time would prove as little; only a code that is covered is not asked for again."""
    with brought_to(in_north, status) as life:
        getattr(life, asks)(0, size)
        latest = life._submission(0, 0)
        assert latest is not None
        assert (latest.purpose, latest.appeal_level) == (purpose, level)


@pytest.mark.parametrize(
    ("status", "asks", "parents"), [(Status.APPROVED, "renew_it", 1), (Status.DENIED, "ask_for_it_anew", 0)]
)
def test_the_machine_makes_cases_of_cases(in_north: House, status: Status, asks: str, parents: int) -> None:
    with brought_to(in_north, status) as life:
        getattr(life, asks)(0)
        assert Authorization.objects.count() == len(life.cases) == 2
        assert Authorization.objects.exclude(parent=None).count() == parents
