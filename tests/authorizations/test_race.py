"""Two people, eight threads, a broken connection: one of them counts, or none does."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections

from audit.models import AuditEvent
from authorizations.appeals import Appeal, appeal
from authorizations.cancelling import request_cancellation
from authorizations.changes import Change, ChangedLine, amend
from authorizations.errors import NotAllowed, Stale
from authorizations.models import (
    Authorization,
    Decision,
    Diagnosis,
    LineDecision,
    LineVersion,
    ServiceLine,
    Submission,
    Task,
    UtilizationAccount,
)
from authorizations.pends import Reply
from authorizations.services import save_draft
from authorizations.states import AppealLevel, Status
from authorizations.transitions import discard, draft, record_answer, resubmit, submit
from outbox.models import OutboxMessage
from tenancy.models import OrganizationModel
from tests.authorizations.cases import APPROVAL, DENIAL, ask, drafted, in_status, submitted, units
from tests.cast import NOW, TODAY, House, a_key, found_house

THREADS = 8
WRITTEN: list[type[OrganizationModel] | type[OutboxMessage]] = [
    Authorization,
    ServiceLine,
    Diagnosis,
    Submission,
    Decision,
    LineDecision,
    LineVersion,
    Task,
    AuditEvent,
    OutboxMessage,
    UtilizationAccount,
]


@pytest.fixture
def house(transactional_db: None) -> House:
    return found_house("north", "Cedar Bay Care")


def together(house: House, work: Callable[[int], Any], threads: int = THREADS) -> list[Any]:
    """The results of one piece of work done by all threads at the same moment, exceptions among them."""
    start = threading.Barrier(threads)

    def run(number: int) -> Any:
        try:
            with house.scope():
                start.wait(timeout=20)
                return work(number)
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


def test_eight_submits_with_one_key_send_one_request(house: House) -> None:
    with house.scope():
        row, key = drafted(house), a_key()
    results = together(house, lambda _: submit(row.id, actor=house.actor(), now=NOW, version=row.version, key=key).id)
    with house.scope():
        assert set(results) == {Submission.objects.get().id}
        assert OutboxMessage.objects.filter(topic="submission.send").count() == 1
        assert AuditEvent.objects.filter(action="authorization.submitted").count() == 1


def test_eight_submits_without_a_key_send_one_request_and_tell_the_others(house: House) -> None:
    with house.scope():
        row = drafted(house)
    results = together(house, lambda _: submit(row.id, actor=house.actor(), now=NOW))
    assert sum(isinstance(result, Submission) for result in results) == 1
    assert sum(isinstance(result, NotAllowed) for result in results) == THREADS - 1


def test_eight_drafts_with_one_key_are_one_draft(house: House) -> None:
    key = a_key()
    results = together(house, lambda _: draft(ask(house), owner=None, actor=house.actor(), now=NOW, key=key).id)
    with house.scope():
        assert set(results) == {Authorization.objects.get().id}


def test_numbers_of_drafts_made_at_once_have_no_gap(house: House) -> None:
    results = together(house, lambda _: drafted(house).number)
    assert sorted(results) == [f"PA-{number:06d}" for number in range(1, THREADS + 1)]


def test_of_two_people_who_decide_at_once_one_is_told_about_the_other(house: House) -> None:
    with house.scope():
        submission = submitted(house)
        version = Authorization.objects.get().version
    answers = [replace(said, source_message_id=None) for said in (APPROVAL, DENIAL)]
    results = together(
        house,
        lambda number: record_answer(
            submission.authorization_id, answers[number], actor=house.actor(), now=NOW, version=version
        ),
        threads=2,
    )
    assert sum(isinstance(result, Stale) for result in results) == 1
    with house.scope():
        assert Decision.objects.count() == 1


def test_same_message_read_by_eight_workers_counts_once(house: House) -> None:
    with house.scope():
        submission = submitted(house)
    together(
        house,
        lambda _: record_answer(
            submission.authorization_id, APPROVAL, submission_id=submission.id, actor=house.actor(), now=NOW
        ),
    )
    with house.scope():
        assert (Decision.objects.count(), LineVersion.objects.count()) == (1, 2)


def test_edit_and_submit_at_once_leave_what_was_submitted(house: House) -> None:
    with house.scope():
        row = drafted(house)

    def work(number: int) -> Any:
        if number:
            return submit(row.id, actor=house.actor(), now=NOW, version=row.version)
        asked = ask(house, units(quantity=60))
        return save_draft(row.id, asked, version=row.version, actor=house.actor(), now=NOW)

    results = together(house, work, threads=2)
    assert sum(isinstance(result, Stale | NotAllowed) for result in results) == 1
    with house.scope():
        for submission in Submission.objects.all():
            assert submission.content["lines"][0]["quantity"] == "80"


def test_eight_cancellations_at_once_are_one(house: House) -> None:
    with house.scope():
        case = in_status(house, Status.APPROVED)
    how: dict[str, Any] = {"reason": "Moved.", "effective_on": TODAY, "actor": house.actor(), "now": NOW}
    results = together(house, lambda _: request_cancellation(case.id, key=a_key(), **how))
    with house.scope():
        (only,) = Submission.objects.filter(purpose="cancel")
        assert {getattr(result, "id", result) for result in results} == {only.id}


@pytest.mark.parametrize("verb", ["amend", "appeal", "resubmit"])
def test_of_eight_who_ask_at_once_one_asks_and_the_others_are_told(house: House, verb: str) -> None:
    status = {"amend": Status.APPROVED, "appeal": Status.DENIED, "resubmit": Status.PENDED}[verb]
    with house.scope():
        case = in_status(house, status)
        first = case.submissions.get()
    how: dict[str, Any] = {"actor": house.actor(), "now": NOW}
    verbs: dict[str, Callable[[], Any]] = {
        "amend": lambda: amend(case.id, Change((ChangedLine(1, Decimal(90)),)), **how),
        "appeal": lambda: appeal(case.id, Appeal(AppealLevel.APPEAL, "Documented."), **how),
        "resubmit": lambda: resubmit(first.id, Reply("News."), **how),
    }
    results = together(house, lambda _: verbs[verb]())
    assert sum(isinstance(result, Submission) for result in results) == 1
    assert sum(isinstance(result, NotAllowed) for result in results) == THREADS - 1
    with house.scope():
        assert Submission.objects.count() == 2


class Broken(DatabaseError):
    """The connection is lost."""


def breaking_at(count: int) -> Callable[..., Any]:
    """Raises instead of the `count`-th statement that writes."""
    seen = iter(range(count))

    def execute(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")) and next(seen, None) is None:
            raise Broken
        return execute(sql, params, many, context)

    return execute


def content(house: House) -> dict[str, list[str]]:
    """Every row that the verbs write."""
    with house.scope():
        return {model.__name__: sorted(str(row) for row in model.objects.values_list()) for model in WRITTEN}


def steps(house: House) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Each verb on a case of its own."""
    actor = house.actor()
    with house.scope():
        first, second, third = drafted(house), drafted(house), drafted(house)
        submission = submitted(house)
    yield "draft", lambda: draft(ask(house), owner=None, actor=actor, now=NOW, key=a_key())
    yield "save", lambda: save_draft(first.id, ask(house, units("T1019")), version=None, actor=actor, now=NOW)
    yield "submit", lambda: submit(second.id, actor=actor, now=NOW, key=a_key())
    yield "discard", lambda: discard(third.id, actor=actor, now=NOW)
    yield (
        "record",
        lambda: record_answer(submission.authorization_id, APPROVAL, submission_id=submission.id, actor=actor, now=NOW),
    )


def breaks(house: House, step: Callable[[], Any], at: int) -> bool:
    """Whether the verb broke at that statement. The caller swallows the error and commits: the verb alone must
    leave nothing."""
    with house.scope(), connection.execute_wrapper(breaking_at(at)):
        try:
            step()
        except Broken:
            return True
    return False


def test_break_at_any_statement_of_any_verb_leaves_nothing(house: House) -> None:
    for name, step in steps(house):
        before, at = content(house), 0
        while breaks(house, step, at):
            assert content(house) == before, f"{name}, statement {at}"
            at += 1
        assert at >= 3
        assert content(house) != before
