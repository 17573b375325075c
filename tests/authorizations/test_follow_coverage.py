"""Cover ends with the member's coverage, whatever was approved, and comes back when the coverage does."""

from __future__ import annotations

from datetime import date

from authorizations import tasks as _handlers  # noqa: F401
from authorizations.cover_end import follow_coverage
from authorizations.models import Task
from authorizations.queries import balances
from claims.services import reallocate_member
from members.services import COVERAGE_DAYS, save_coverage
from outbox.models import OutboxMessage
from outbox.tasks import handle
from tests.authorizations.cases import again
from tests.cast import NOW, House
from tests.claims.stage import WORKER, authorize, bill, drawn_from, post


def test_cover_ends_with_the_coverage_and_what_was_drawn_after_it_is_given_back(in_north: House) -> None:
    case = authorize(in_north, ("H2019", 80), starts="11-01", ends="12-31", number="HC-1")
    late = post(in_north, bill("H2019", "12-10", 8)).claim
    assert drawn_from(late) == {case.number: "8"}
    save_coverage(in_north.coverage.id, {"ends_on": date(2026, 11, 30)}, version=None, actor=in_north.actor(), now=NOW)
    handle(OutboxMessage.objects.get(topic=COVERAGE_DAYS, subject_id=in_north.coverage.id))
    reallocate_member(in_north.member.id, actor=WORKER, now=NOW)
    ended = again(case)
    assert (ended.cover_ends_on, ended.list_date) == (date(2026, 11, 30), date(2026, 11, 30))
    assert [line.ends_on for line in balances([case.id])] == [date(2026, 11, 30)]
    assert drawn_from(late) == {}
    task = Task.objects.get(authorization=case, closed_at=None, kind="ends_early")
    assert "Coverage ends Nov 30, 2026, approved to Dec 31, 2026" in task.words
    assert follow_coverage(in_north.coverage.id, actor=WORKER, now=NOW) == 0
    save_coverage(in_north.coverage.id, {"ends_on": None}, version=None, actor=in_north.actor(), now=NOW)
    assert follow_coverage(in_north.coverage.id, actor=WORKER, now=NOW) == 1
    reallocate_member(in_north.member.id, actor=WORKER, now=NOW)
    assert again(case).cover_ends_on == date(2026, 12, 31)
    assert drawn_from(late) == {case.number: "8"}
    assert not Task.objects.filter(authorization=case, closed_at=None, kind="ends_early").exists()


def test_an_approval_beyond_the_coverage_says_at_once_that_it_ends_early(in_north: House) -> None:
    in_north.coverage.ends_on = date(2026, 12, 1)
    in_north.coverage.save()
    case = authorize(in_north, ("H2019", 80), starts="11-01", ends="12-31", number="HC-2")
    assert again(case).cover_ends_on == date(2026, 12, 1)
    assert again(case).next_action.startswith("Coverage ends Dec 1, 2026")
