"""When an answer is due, and by which rule."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from authorizations.deadlines import (
    Calendar,
    Clock,
    Measure,
    Receipt,
    Source,
    clocks,
    ends_at,
    next_action_at,
    runs,
    strictest,
    turnaround,
)

EASTERN = ZoneInfo("America/New_York")
CALENDAR = Calendar(EASTERN)
FRIDAY = datetime(2026, 1, 9, 16, 30, tzinfo=EASTERN)


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=EASTERN)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("clock", "received", "due"),
    [
        (Clock(Measure.HOURS, 72, ""), FRIDAY, local(2026, 1, 12, 16, 30)),
        (Clock(Measure.CALENDAR_DAYS, 7, ""), FRIDAY, local(2026, 1, 16, 23, 59, 59)),
        (Clock(Measure.BUSINESS_DAYS, 2, ""), FRIDAY, local(2026, 1, 13, 16, 30)),
        (Clock(Measure.BUSINESS_DAYS, 2, ""), local(2026, 1, 10, 9), local(2026, 1, 13, 23, 59, 59)),
    ],
    ids=["72 hours over a weekend", "7 days to the end of day", "2 business days", "received on a Saturday"],
)
def test_each_measure_ends_when_its_rule_says(clock: Clock, received: datetime, due: datetime) -> None:
    assert ends_at(clock, received, CALENDAR) == due


def test_holiday_is_no_business_day() -> None:
    closed = Calendar(EASTERN, holidays=frozenset({date(2026, 1, 12)}))
    assert ends_at(Clock(Measure.BUSINESS_DAYS, 2, ""), FRIDAY, closed) == local(2026, 1, 14, 16, 30)


def test_elapsed_hours_ignore_the_change_to_summer_time() -> None:
    before = local(2026, 3, 7, 12)
    assert ends_at(Clock(Measure.HOURS, 72, ""), before, CALENDAR) == local(2026, 3, 10, 13)


def test_elapsed_hours_ignore_the_change_to_winter_time() -> None:
    before = local(2026, 10, 31, 12)
    assert ends_at(Clock(Measure.HOURS, 72, ""), before, CALENDAR) == local(2026, 11, 3, 11)


def test_days_end_at_the_local_end_of_day_on_both_sides_of_a_change_of_time() -> None:
    week = Clock(Measure.CALENDAR_DAYS, 7, "")
    assert ends_at(week, local(2026, 3, 4, 12), CALENDAR) == datetime(2026, 3, 12, 3, 59, 59, tzinfo=UTC)
    assert ends_at(week, local(2026, 10, 28, 12), CALENDAR) == datetime(2026, 11, 5, 4, 59, 59, tzinfo=UTC)


def test_local_time_that_the_clocks_skip_is_an_hour_later() -> None:
    received = local(2026, 3, 6, 2, 30)
    every_day = Calendar(EASTERN, weekend=frozenset())
    due = ends_at(Clock(Measure.BUSINESS_DAYS, 2, ""), received, every_day)
    assert due.astimezone(EASTERN) == local(2026, 3, 8, 3, 30)


def test_day_is_the_payers_not_that_of_greenwich() -> None:
    late_evening = datetime(2026, 1, 10, 3, 0, tzinfo=UTC)
    due = ends_at(Clock(Measure.CALENDAR_DAYS, 1, ""), late_evening, CALENDAR)
    assert due == local(2026, 1, 10, 23, 59, 59)


def test_strictest_rule_wins_and_is_named() -> None:
    running = clocks(urgent=False, regulation="medicaid", routine_days=3, routine_days_are_business=True)
    due = strictest(running, FRIDAY, CALENDAR)
    assert due is not None
    assert due.at == local(2026, 1, 14, 16, 30)
    assert due.rule == "3 business days, the program's turnaround"


def test_federal_clock_wins_over_a_slower_program() -> None:
    due = strictest(clocks(urgent=True, regulation="medicare_advantage", urgent_hours=96), FRIDAY, CALENDAR)
    assert due is not None
    assert due.at == local(2026, 1, 12, 16, 30)
    assert due.rule == "72 hours, federal rule for urgent requests"


@pytest.mark.parametrize("regulation", ["marketplace", "commercial"])
def test_federal_clocks_do_not_bind_other_plans(regulation: str) -> None:
    assert strictest(clocks(urgent=True, regulation=regulation), FRIDAY, CALENDAR) is None


def test_routine_turnaround_does_not_run_for_an_urgent_request() -> None:
    assert clocks(urgent=True, routine_days=1) == []
    assert clocks(urgent=False, urgent_hours=1) == []


def test_urgent_request_is_looked_at_next_business_morning() -> None:
    due = local(2026, 1, 12, 16, 30)
    assert next_action_at(urgent=True, due_at=due, asked_at=FRIDAY, calendar=CALENDAR) == local(2026, 1, 12, 8)


def test_routine_request_is_looked_at_the_day_after_it_was_due() -> None:
    due = local(2026, 1, 16, 23, 59, 59)
    assert next_action_at(urgent=False, due_at=due, asked_at=FRIDAY, calendar=CALENDAR) == local(2026, 1, 17, 8)


def test_request_nobody_sets_a_clock_for_is_looked_at_after_a_working_week() -> None:
    looked_at = next_action_at(urgent=False, due_at=None, asked_at=FRIDAY, calendar=CALENDAR)
    assert looked_at == local(2026, 1, 16, 8)


# Every clock of one request -----------------------------------------------------------------------------------


def test_every_clock_of_a_request_is_worked_out_and_the_strictest_stands_first() -> None:
    """The sixth worked example of the requirements: received by the payer on a Friday at 16:30 Eastern."""
    asked = {"regulation": "medicare_advantage", "follows_core": True, "playbook": "3 to 5 business days"}
    urgent = runs(clocks(urgent=True, **asked, urgent_hours=48), Receipt(FRIDAY, FRIDAY), CALENDAR)  # type: ignore[arg-type]
    assert [(run.clock.source, run.ends_at.astimezone(EASTERN)) for run in urgent] == [
        (Source.PROGRAM, local(2026, 1, 11, 16, 30)),
        (Source.FEDERAL, local(2026, 1, 12, 16, 30)),
        (Source.CORE, local(2026, 1, 13, 16, 30)),
        (Source.PLAYBOOK, local(2026, 1, 16, 16, 30)),
    ]
    routine = runs(clocks(urgent=False, regulation="medicaid", contract="HL-26", routine_days=3), receipt(), CALENDAR)
    assert [(run.clock.rule, run.ends_at.astimezone(EASTERN)) for run in routine] == [
        ("3 calendar days, contract HL-26", local(2026, 1, 12, 23, 59, 59)),
        ("7 calendar days, federal rule", local(2026, 1, 16, 23, 59, 59)),
    ]
    assert "438.210(d)" in routine[1].clock.basis
    closed = Calendar(EASTERN, holidays=frozenset({date(2026, 1, 12)}))
    [core] = runs(clocks(urgent=False, follows_core=True), Receipt(FRIDAY, FRIDAY), closed)
    assert core.ends_at == local(2026, 1, 14, 16, 30)


def receipt(paused: timedelta = timedelta(0), *, runs_on: bool = False) -> Receipt:
    return Receipt(FRIDAY, FRIDAY + paused + timedelta(hours=1), paused, runs_on)


def test_pend_stops_a_clock_or_not_by_rule_and_both_ends_are_known() -> None:
    waited = timedelta(days=3)
    week = clocks(urgent=False, regulation="medicaid")
    [stopped] = runs(week, receipt(waited), CALENDAR)
    [going] = runs(week, receipt(waited, runs_on=True), CALENDAR)
    assert stopped.ends_at == going.otherwise_at == local(2026, 1, 19, 23, 59, 59)
    assert going.ends_at == stopped.otherwise_at == local(2026, 1, 16, 23, 59, 59)
    [core] = runs(clocks(urgent=False, follows_core=True), receipt(waited), CALENDAR)
    assert (core.starts_at, core.otherwise_at) == (FRIDAY + waited + timedelta(hours=1), None), "counts from the answer"


def test_days_end_in_the_zone_of_the_payer() -> None:
    pacific = Calendar(ZoneInfo("America/Los_Angeles"))
    [run] = runs(clocks(urgent=False, regulation="medicaid"), receipt(), pacific)
    assert run.ends_at == datetime(2026, 1, 17, 7, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("72 hours", (Measure.HOURS, 72)),
        ("7 days", (Measure.CALENDAR_DAYS, 7)),
        ("3 to 5 business days.", (Measure.BUSINESS_DAYS, 5)),
        ("2-3 working days", (Measure.BUSINESS_DAYS, 3)),
        ("answered during the call", None),
        ("call after 2 days", None),
        ("0 days", None),
        ("", None),
    ],
)
def test_time_of_a_playbook_counts_only_where_the_whole_text_is_one(
    text: str, found: tuple[Measure, int] | None
) -> None:
    assert turnaround(text) == found
