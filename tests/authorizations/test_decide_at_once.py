"""Two people press at the same moment: one wins, the other is told, and what stands is what the winner did."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from django.db import connections

from accounts.access import ConflictError
from authorizations.decisions import Answer, LineAnswer, LineOutcome
from authorizations.errors import Refused
from authorizations.models import Authorization, Decision, Submission
from authorizations.services import mark_submitted, take_back_mark
from authorizations.states import Status
from authorizations.transitions import correct_decision, discard, recall, record_answer, submit
from tests.authorizations.cases import APPROVAL, DENIAL, PEND, drafted, submitted
from tests.cast import NOW, TODAY, House, a_key, found_house
from tests.web.stage import by_hand

ROUNDS = 100 if os.environ.get("GREENLIGHT_LONG") else 6
"""GREENLIGHT_LONG=1 lets each pair race a hundred times."""

Work = Callable[[], Any]
Race = tuple[Authorization, Work, Work]


@pytest.fixture
def house(transactional_db: None) -> House:
    return found_house("north", "Cedar Bay Care")


def at_once(house: House, *works: Work) -> list[Any]:
    """What each got, an exception where it was refused."""
    start = threading.Barrier(len(works))

    def run(work: Work) -> Any:
        try:
            with house.scope():
                start.wait(timeout=20)
                return work()
        except (ConflictError, Refused) as refused:
            return refused
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def recorded(house: House, row: Authorization, said: Answer, role: str = "specialist") -> Work:
    answer = replace(said, source_message_id=None)
    version = row.version
    return lambda: record_answer(row.id, answer, version=version, actor=house.actor(role), now=NOW)


def approve_against_deny(house: House) -> Race:
    row = Authorization.objects.get(id=submitted(house).authorization_id)
    return row, recorded(house, row, APPROVAL), recorded(house, row, DENIAL, "supervisor")


def pend_against_deny(house: House) -> Race:
    row = Authorization.objects.get(id=submitted(house).authorization_id)
    return row, recorded(house, row, PEND), recorded(house, row, DENIAL, "supervisor")


def submit_against_discard(house: House) -> Race:
    row = drafted(house)
    actor = house.actor()
    return (
        row,
        lambda: submit(row.id, version=row.version, actor=actor, now=NOW),
        lambda: discard(row.id, version=row.version, actor=actor, now=NOW),
    )


def recall_against_answer(house: House) -> Race:
    submission = submitted(house)
    row = Authorization.objects.get(id=submission.authorization_id)
    take_back: Work = lambda: recall(submission.id, version=row.version, actor=house.actor(), now=NOW)  # noqa: E731
    return row, take_back, recorded(house, row, APPROVAL, "supervisor")


def correct_against_record(house: House) -> Race:
    """A decision entered by hand is corrected while a colleague writes down the next letter."""
    submission = by_hand(house)
    said = Answer(overall=LineAnswer(None, LineOutcome.APPROVED), certification_number="HC-1", decided_on=TODAY)
    record_answer(submission.authorization_id, said, submission_id=submission.id, actor=house.actor(), now=NOW)
    row = Authorization.objects.get(id=submission.authorization_id)
    wrong = Decision.objects.get(authorization=row)
    actor, version = house.actor(), row.version
    correct: Work = lambda: correct_decision(  # noqa: E731
        wrong.id, None, reason="Mistyped", version=version, actor=actor, now=NOW
    )
    return row, correct, recorded(house, row, DENIAL, "supervisor")


def mark_against_recall(house: House) -> Race:
    submission = by_hand(house)
    row = Authorization.objects.get(id=submission.authorization_id)
    actor = house.actor()
    return (
        row,
        lambda: mark_submitted(submission.id, submitted_at=NOW, actor=actor, now=NOW, key=a_key()),
        lambda: recall(submission.id, actor=actor, now=NOW),
    )


RACES = (
    approve_against_deny,
    pend_against_deny,
    submit_against_discard,
    recall_against_answer,
    correct_against_record,
    mark_against_recall,
)


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
def test_one_wins_and_the_other_is_told(house: House, race: Callable[[House], Race]) -> None:
    for number in range(ROUNDS):
        with house.scope():
            row, *works = race(house)
            before = Decision.objects.filter(authorization=row).count()
        results = at_once(house, *works)
        lost = [result for result in results if isinstance(result, ConflictError | Refused)]
        assert len(lost) == 1, f"round {number}: {results}"
        assert str(lost[0])
        with house.scope():
            stands = Authorization.objects.get(id=row.id)
            assert Decision.objects.filter(authorization=row).count() <= before + 1
            assert stands.status != row.status or stands.version != row.version or _marked(row)


def _marked(row: Authorization) -> bool:
    """Marking moves neither status nor version of the case."""
    return Submission.objects.filter(authorization=row, exchange_state="submitted").exists()


def test_the_loser_of_two_decisions_hears_who_was_faster_and_when(house: House) -> None:
    with house.scope():
        row, *works = approve_against_deny(house)
    results = at_once(house, *works)
    (lost,) = [result for result in results if isinstance(result, ConflictError)]
    winner = "Specialist North" if isinstance(results[1], ConflictError) else "Supervisor North"
    assert f"Changed by {winner} on Nov 23, 10:18 AM" in lost.message
    with house.scope():
        assert Authorization.objects.get(id=row.id).status in (Status.APPROVED, Status.DENIED)


def test_two_marks_and_one_taking_back_leave_one_state(house: House) -> None:
    """Of the same key once; of two keys the second is told."""
    with house.scope():
        submission = by_hand(house)
    keys = [a_key(), a_key()]
    actor = house.actor()
    works = [
        lambda key=key: mark_submitted(submission.id, submitted_at=NOW, actor=actor, now=NOW, key=key) for key in keys
    ]
    results = at_once(house, *works)
    assert sum(isinstance(result, ConflictError) for result in results) == 1
    with house.scope():
        take_back_mark(submission.id, actor=actor, now=NOW)
        assert Submission.objects.get(id=submission.id).exchange_state == "to_submit"
