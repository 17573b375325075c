"""Which status may become which: by the verbs, and by SQL whoever writes it."""

import uuid
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from itertools import product

import pytest
from django.db import IntegrityError, connection, transaction

from authorizations.appeals import Appeal, appeal
from authorizations.cancelling import request_cancellation
from authorizations.changes import Change, ChangedLine, amend
from authorizations.decisions import Answer
from authorizations.errors import NotAllowed, Problem, Refused
from authorizations.models import Authorization, Decision, LedgerEntry, LineDecision, LineVersion, Submission
from authorizations.pends import Reply
from authorizations.renewing import renew
from authorizations.services import save_draft
from authorizations.states import BORN_AS, PAIRS, WAYS_BACK, AppealLevel, Status, may_become, may_go_back
from authorizations.transitions import discard, record_answer, resubmit, return_unsent, submit
from tests.authorizations.cases import (
    APPROVAL,
    CLOSURE,
    DENIAL,
    HOLD,
    NOT_REQUIRED,
    PEND,
    RETURN,
    RIDDLE,
    again,
    ask,
    in_status,
)
from tests.cast import NOW, TODAY, House

D, S, A, N, P, C = Status.DRAFT, Status.SUBMITTED, Status.APPROVED, Status.DENIED, Status.PENDED, Status.CANCELLED

# Once more from the design's words, and not from the code.
EXPECTED = {(D, S), (D, C), (S, D), (S, P), (S, A), (S, N), (S, C), (P, S), (P, A), (P, N), (P, C), (A, C), (N, A)}
ANSWERS = (APPROVAL, DENIAL, PEND, HOLD, RETURN, CLOSURE, NOT_REQUIRED, RIDDLE)


def test_pairs_are_those_of_the_design() -> None:
    assert set(PAIRS) == EXPECTED
    assert set(BORN_AS) == {D, A}


@pytest.mark.parametrize(("before", "after"), list(product(Status, Status)))
def test_way_back_needs_more_than_a_verb(before: Status, after: Status) -> None:
    assert may_become(before, after) is ((before, after) in EXPECTED)
    if before is not after:
        assert may_go_back(before, after) is ((before, after) in EXPECTED or before is not S)
    assert not WAYS_BACK & PAIRS


@pytest.mark.parametrize("before", list(Status))
def test_every_pair_by_sql(in_north: House, before: Status) -> None:
    row = in_status(in_north, before)
    allowed = set()
    for after in Status:
        if after is not before and sql_moves(row, after):
            allowed.add(after)
    assert allowed == {after for first, after in EXPECTED if first is before}


def sql_moves(row: Authorization, after: Status) -> bool:
    """Whether plain SQL of the runtime role can move the row; it is moved back by undoing."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE authorizations_authorization SET status = %s WHERE id = %s", [after, row.id])
            assert cursor.rowcount == 1
            raise Undo
    except Undo:
        return True
    except IntegrityError as error:
        if "status may not go from" not in str(error):
            raise
        return False


class Undo(Exception):
    """Rolls a savepoint back."""


@pytest.mark.parametrize("status", list(Status))
def test_every_first_status_by_sql(in_north: House, status: Status) -> None:
    row = in_status(in_north, D)
    row.id, row.number, row.status = in_north.member.id, "PA-999999", status
    if status in (D, A):
        row.save(force_insert=True)
    else:
        with pytest.raises(IntegrityError, match="may not begin as"), transaction.atomic():
            row.save(force_insert=True)


@pytest.mark.parametrize("before", list(Status))
def test_every_verb_from_every_status_moves_by_a_listed_pair_or_not_at_all(in_north: House, before: Status) -> None:
    actor = in_north.actor()
    verbs: list[Callable[[Authorization], object]] = [
        lambda row: submit(row.id, actor=actor, now=NOW),
        lambda row: discard(row.id, actor=actor, now=NOW),
        lambda row: save_draft(row.id, ask(in_north), version=None, actor=actor, now=NOW),
        lambda row: return_unsent(sent(row), [Problem("lines", "No.")], actor=actor, now=NOW),
        lambda row: resubmit(sent(row), Reply("News."), actor=actor, now=NOW),
        lambda row: request_cancellation(row.id, reason="Moved.", effective_on=TODAY, actor=actor, now=NOW),
        lambda row: amend(row.id, Change((ChangedLine(1, Decimal(90)),)), actor=actor, now=NOW),
        lambda row: appeal(row.id, Appeal(AppealLevel.APPEAL, "Documented."), actor=actor, now=NOW),
        lambda row: renew(row.id, owner=None, actor=actor, now=NOW),
        *[partial(recorded, said=said, house=in_north) for said in ANSWERS],
    ]
    for verb in verbs:
        row = in_status(in_north, before)
        try:
            verb(row)
        except (NotAllowed, Refused, Submission.DoesNotExist):
            assert again(row).status == before
        after = again(row).status
        assert after == before or (before, Status(after)) in EXPECTED


def recorded(row: Authorization, *, said: Answer, house: House) -> object:
    return record_answer(row.id, said, actor=house.actor(), now=NOW)


def sent(row: Authorization) -> uuid.UUID:
    """The one submission of the case; a draft has none."""
    return uuid.UUID(str(row.submissions.get().id))


@pytest.mark.parametrize("model", [Decision, LineDecision, LineVersion])
def test_what_was_decided_is_written_once(in_north: House, model: type[Decision]) -> None:
    in_status(in_north, A)
    table = model._meta.db_table
    for statement in (f"UPDATE {table} SET certification_number = 'X'", f"DELETE FROM {table}"):
        with pytest.raises(Exception, match=r"permission denied|written once"), transaction.atomic():
            connection.cursor().execute(statement)
    assert model.objects.exists()


def test_ledger_is_written_once(in_north: House) -> None:
    with pytest.raises(Exception, match="permission denied"), transaction.atomic():
        connection.cursor().execute(f"UPDATE {LedgerEntry._meta.db_table} SET quantity = 0")
