"""Renewing: a draft of what is approved that names its parent, once; and asking anew without one."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from authorizations.appeals import Appeal, appeal
from authorizations.changes import Change, amend
from authorizations.decisions import LineOutcome
from authorizations.errors import NotAllowed
from authorizations.models import Authorization
from authorizations.renewing import Joint, ask_anew, joint, renew, renew_by
from authorizations.states import AppealLevel, Status
from authorizations.transitions import discard, submit
from payers.models import ProgramRules
from tests.authorizations.cases import (
    APPROVAL,
    ENDS,
    NOT_REQUIRED,
    again,
    heard,
    in_status,
    message,
    said,
    submitted,
    units,
)
from tests.authorizations.test_race import house, together
from tests.cast import NOW, TODAY, House, a_key

__all__ = ["house"]


def renewed(house: House, case: Authorization, **how: Any) -> Authorization:
    return renew(case.id, **{"owner": house.memberships["specialist"], "actor": house.actor(), "now": NOW, **how})


def half_approved(house: House) -> Authorization:
    """80 of 80 and 20 of 40."""
    submission = submitted(house)
    heard(house, submission, message(said(1, LineOutcome.APPROVED, 80), said(2, LineOutcome.MODIFIED, 20)))
    return again(submission.authorization)


def test_what_is_approved_is_copied_and_what_belongs_to_the_old_case_is_not(in_north: House) -> None:
    case = half_approved(in_north)
    child = renewed(in_north, case)
    lines = [(line.quantity, line.codes.get().code) for line in child.lines.order_by("number")]
    assert (child.status, child.parent_id, child.owner_id) == (
        Status.DRAFT,
        case.id,
        in_north.memberships["specialist"].id,
    )
    assert lines == [(Decimal(80), "H2019"), (Decimal(20), "H2014")]
    assert [row.code for row in child.diagnoses.all()] == ["F84.0"]
    copied = ("member_id", "coverage_id", "program_id", "place_of_service", "rendering_provider_id", "facility_id")
    assert [getattr(child, name) for name in copied] == [getattr(case, name) for name in copied]
    assert (child.certification_number, child.submissions.count(), child.decisions.count()) == ("", 0, 0)


def test_it_starts_the_day_after_the_end_for_as_long_as_the_payer_gives(in_north: House) -> None:
    child = renewed(in_north, in_status(in_north, Status.APPROVED))
    assert (child.starts_on, child.ends_on) == (ENDS + timedelta(days=1), ENDS + timedelta(days=90))


@pytest.mark.parametrize(
    ("runs_out_on", "starts_on"),
    [(TODAY + timedelta(days=9), TODAY + timedelta(days=9)), (TODAY - timedelta(days=9), TODAY)],
)
def test_it_starts_when_the_units_run_out_but_not_before_today(
    in_north: House, runs_out_on: date, starts_on: date
) -> None:
    child = renewed(in_north, in_status(in_north, Status.APPROVED), runs_out_on=runs_out_on)
    assert child.starts_on == starts_on


def test_second_renewal_is_the_first_until_that_is_closed(in_north: House) -> None:
    case = in_status(in_north, Status.APPROVED)
    first = renewed(in_north, case)
    assert renewed(in_north, case) == first
    discard(first.id, actor=in_north.actor(), now=NOW)
    second = renewed(in_north, case)
    assert (second.id != first.id, Authorization.objects.filter(parent=case).count()) == (True, 2)


def test_eight_presses_at_once_make_one_renewal(house: House) -> None:
    with house.scope():
        case = in_status(house, Status.APPROVED)
    results = together(house, lambda _: renewed(house, case, owner=None, key=a_key()).id)
    with house.scope():
        assert set(results) == {Authorization.objects.get(parent=case).id}


def test_the_renewal_of_a_renewal_names_its_own_parent(in_north: House) -> None:
    case = in_status(in_north, Status.APPROVED)
    child = renewed(in_north, case)
    heard(in_north, submit(child.id, actor=in_north.actor(), now=NOW), APPROVAL)
    grandchild = renewed(in_north, again(child))
    assert (grandchild.parent_id, again(child).parent_id, again(case).parent_id) == (child.id, case.id, None)


def test_a_chain_cannot_bite_its_own_tail(in_north: House) -> None:
    case = in_status(in_north, Status.APPROVED)
    child = renewed(in_north, case)
    for row, parent in ((case, child), (case, case), (child, None)):
        with pytest.raises(DatabaseError, match="parent"), transaction.atomic():
            Authorization.objects.filter(id=row.id).update(parent=parent)


@pytest.mark.parametrize("status", [Status.DRAFT, Status.SUBMITTED, Status.PENDED, Status.DENIED, Status.CANCELLED])
def test_only_what_is_approved_is_renewed(in_north: House, status: Status) -> None:
    case = in_status(in_north, status)
    with pytest.raises(NotAllowed, match="cannot be renewed"):
        renewed(in_north, case)
    assert not Authorization.objects.filter(parent=case).exists()


def test_where_none_is_required_nothing_is_renewed(in_north: House) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, NOT_REQUIRED)
    with pytest.raises(NotAllowed, match="nothing to renew"):
        renewed(in_north, submission.authorization)


@pytest.mark.parametrize("status", [Status.DENIED, Status.CANCELLED, Status.APPROVED])
def test_a_new_request_from_any_case_has_what_was_asked_and_no_parent(in_north: House, status: Status) -> None:
    case, key = in_status(in_north, status), a_key()
    how: dict[str, Any] = {"owner": None, "actor": in_north.actor(), "now": NOW, "key": key}
    made = ask_anew(case.id, **how)
    assert (made.status, made.parent_id, again(case).status) == (Status.DRAFT, None, status)
    assert [line.quantity for line in made.lines.order_by("number")] == [Decimal(80), Decimal(40)]
    assert ask_anew(case.id, **how) == made


def test_what_was_granted_with_nothing_is_asked_for_again(in_north: House) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, message(said(1, LineOutcome.APPROVED, 80), said(2, LineOutcome.MODIFIED, 0)))
    child = renewed(in_north, submission.authorization)
    assert [line.quantity for line in child.lines.order_by("number")] == [Decimal(80), Decimal(40)]


def test_a_code_on_two_lines_is_asked_for_on_one(in_north: House) -> None:
    """H2014 was refused, then added by a change, then granted on appeal: the lines of the case name it twice."""
    submission = submitted(in_north)
    heard(in_north, submission, message(said(1, LineOutcome.APPROVED), said(2, LineOutcome.DENIED)))
    case = again(submission.authorization)
    who: dict[str, Any] = {"actor": in_north.actor(), "now": NOW}
    more = amend(case.id, Change(added=(units("H2014", 25),)), **who)
    heard(in_north, more, message(said(3, LineOutcome.APPROVED)))
    anew = ask_anew(case.id, owner=None, actor=in_north.actor(), now=NOW)
    assert [(line.quantity, line.codes.get().code) for line in anew.lines.order_by("number")] == [
        (Decimal(80), "H2019"),
        (Decimal(25), "H2014"),
    ]
    appealed = appeal(case.id, Appeal(AppealLevel.APPEAL, "The need is documented."), **who)
    heard(in_north, appealed, message(said(2, LineOutcome.APPROVED), message="won"))
    assert [line.quantity for line in renewed(in_north, case).lines.order_by("number")] == [Decimal(80), Decimal(65)]


def test_a_draft_is_completed_not_copied(in_north: House) -> None:
    case = in_status(in_north, Status.DRAFT)
    with pytest.raises(NotAllowed, match="complete it"):
        ask_anew(case.id, owner=None, actor=in_north.actor(), now=NOW)


def test_it_is_renewed_in_time_when_asked_before_the_payers_lead(in_north: House) -> None:
    case = in_status(in_north, Status.APPROVED)
    assert renew_by(case, TODAY) == ENDS - timedelta(days=14)
    ProgramRules.objects.filter(program=in_north.electronic).update(renewal_lead_days=30)
    assert renew_by(case, TODAY) == ENDS - timedelta(days=30)


@pytest.mark.parametrize(
    ("starts_on", "found"),
    [
        (date(2027, 2, 21), Joint()),
        (date(2027, 2, 24), Joint(gap_days=3)),
        (date(2027, 2, 20), Joint(overlap_days=1)),
        (date(2027, 2, 11), Joint(overlap_days=10)),
        (None, Joint()),
    ],
)
def test_gap_and_overlap_count_whole_days(starts_on: date | None, found: Joint) -> None:
    assert joint(ENDS, starts_on) == found
