"""The ledger is summed right, and the wide row says what the lines say."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from authorizations.decisions import LineOutcome
from authorizations.ledger import append, lock_account, refresh_wide_rows, tightest, usage_of, used_by_line
from authorizations.models import Authorization, LedgerEntry
from authorizations.states import Status
from tests.authorizations.cases import (
    APPROVAL,
    DENIAL,
    again,
    drafted,
    heard,
    in_status,
    message,
    said,
    submitted,
    units,
)
from tests.cast import NOW, TODAY, House


def draw(house: House, authorization: Authorization, number: int, quantity: int) -> list[LedgerEntry]:
    line = authorization.lines.get(number=number, removed_at=None)
    entry = LedgerEntry(
        authorization=authorization,
        line=line,
        kind="draw",
        quantity=quantity,
        quantity_type="units",
        service_date=TODAY,
    )
    account = lock_account(authorization.member_id)
    rows = append(account, [entry], actor=house.actor(), now=NOW)
    refresh_wide_rows([authorization.id])
    return rows


def test_used_is_the_sum_of_draws_and_reversals(in_north: House) -> None:
    row = in_status(in_north, Status.APPROVED)
    for quantity in (40, -40, 32):
        draw(in_north, row, 1, quantity)
    lines = {line.number: line.id for line in row.lines.all()}
    assert used_by_line(lines.values()) == {lines[1]: Decimal(32), lines[2]: Decimal(0)}
    assert list(LedgerEntry.objects.order_by("sequence").values_list("sequence", flat=True)) == [1, 2, 3]


def test_account_is_made_once_and_numbers_without_gap(in_north: House) -> None:
    first, second = lock_account(in_north.member.id), lock_account(in_north.member.id)
    assert (first.id, second.last_entry) == (second.id, 0)


def test_tightest_line_is_the_one_with_the_smallest_share_left(in_north: House) -> None:
    row = in_status(in_north, Status.APPROVED)
    assert again(row).tight_code == "H2019"
    draw(in_north, row, 2, 30)
    wide = again(row)
    assert (wide.tight_code, wide.tight_approved, wide.tight_used) == ("H2014", Decimal(40), Decimal(30))
    assert (wide.tight_remaining, wide.tight_remaining_milli) == (Decimal(10), 10_000)


def test_overdrawn_line_is_below_zero(in_north: House) -> None:
    row = in_status(in_north, Status.APPROVED)
    draw(in_north, row, 2, 43)
    assert (again(row).tight_remaining, again(row).tight_remaining_milli) == (Decimal(-3), -3000)


def test_exhausted_means_every_line(in_north: House) -> None:
    row = in_status(in_north, Status.APPROVED)
    draw(in_north, row, 1, 80)
    assert not again(row).exhausted
    draw(in_north, row, 2, 40)
    assert again(row).exhausted
    draw(in_north, row, 2, -1)
    assert not again(row).exhausted


def test_line_without_a_known_quantity_is_never_the_tightest_while_another_is_counted(in_north: House) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, message(said(1, LineOutcome.MODIFIED), said(2, LineOutcome.APPROVED)))
    assert again(submission.authorization).tight_code == "H2014"


def test_denied_case_shows_what_was_asked_and_nothing_approved(in_north: House) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, DENIAL)
    row = again(submission.authorization)
    assert (row.tight_requested, row.tight_approved, row.tight_remaining, row.exhausted) == (
        Decimal(80),
        None,
        None,
        False,
    )


def test_code_that_replaced_another_is_the_one_shown(in_north: House) -> None:
    submission = submitted(in_north, units("H2019"))
    heard(in_north, submission, message(said(1, LineOutcome.MODIFIED, 80, code="H2014", modifiers=("HO",))))
    assert again(submission.authorization).codes == "H2014 HO"


def test_many_wide_rows_cost_a_fixed_number_of_statements(in_north: House) -> None:
    rows = [in_status(in_north, Status.APPROVED) for _ in range(3)]
    with CaptureQueriesContext(connection) as few:
        refresh_wide_rows([rows[0].id])
    with CaptureQueriesContext(connection) as many:
        refresh_wide_rows([row.id for row in rows])
    assert len(many) == len(few) <= 6


def test_draft_without_lines_has_no_tightest_line(in_north: House) -> None:
    row = drafted(in_north)
    row.lines.update(removed_at=NOW)
    refresh_wide_rows([row.id])
    assert (again(row).tight_line, again(row).codes, tightest(usage_of([row.id])[row.id])) == (None, "", None)


def test_other_organization_has_accounts_and_numbers_of_its_own(north: House, south: House) -> None:
    with north.scope():
        mine = in_status(north, Status.APPROVED)
    with south.scope():
        theirs = submitted(south)
        assert theirs.authorization.number == mine.number
        assert not Authorization.objects.filter(id=mine.id).exists()
        with pytest.raises(Authorization.DoesNotExist):
            heard(south, mine.submissions.model(authorization_id=mine.id), APPROVAL)
