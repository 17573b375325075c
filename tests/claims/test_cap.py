"""Caps per day, week, month and authorization month (requirements D14, D15; worked example 3)."""

from datetime import date
from decimal import Decimal

import pytest

from authorizations.decisions import CapPeriod as Period
from claims.caps import Cap
from tests.claims.cases import day

MONDAY, SUNDAY = 1, 7
WEDNESDAY = day("01-07")


def cap(period: Period, starts: date = WEDNESDAY, **changes: object) -> Cap:
    return Cap(period, Decimal(40), starts, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("week_start", "first", "last"),
    [(SUNDAY, "01-11", "01-17"), (MONDAY, "01-12", "01-18"), (None, "01-07", "01-13")],
)
def test_a_week_begins_where_the_payer_says(week_start: int | None, first: str, last: str) -> None:
    """None counts weeks from the day the line starts, here a Wednesday."""
    on = day("01-13") if week_start is not None else day("01-12")
    assert cap(Period.WEEK, week_start=week_start).span(on) == (day(first), day(last))


def test_the_first_partial_week_is_prorated_down_to_whole_units() -> None:
    """Example 3: 40 a week, Sunday to Saturday, from a Wednesday: 40 x 4/7 = 22.9, shown as 22."""
    weekly = cap(Period.WEEK, week_start=SUNDAY, prorate=True)
    assert weekly.span(WEDNESDAY) == (day("01-04"), day("01-10"))
    assert weekly.allowance(WEDNESDAY) == Decimal(22)
    assert weekly.allowance(day("01-11")) == Decimal(40)


def test_without_prorating_the_first_partial_week_is_whole() -> None:
    assert cap(Period.WEEK, week_start=SUNDAY).allowance(WEDNESDAY) == Decimal(40)


def test_the_last_partial_week_is_prorated_too() -> None:
    weekly = cap(Period.WEEK, week_start=SUNDAY, prorate=True, ends_on=day("01-27"))
    assert weekly.allowance(day("01-26")) == Decimal(17), "Sunday, Monday, Tuesday: 40 x 3/7"
    assert weekly.allowance(day("01-24")) == Decimal(40)


def test_a_calendar_month_ends_with_the_month() -> None:
    assert cap(Period.MONTH).span(day("02-10")) == (day("02-01"), day("02-28"))


def test_a_day_is_a_day() -> None:
    assert cap(Period.DAY).span(day("02-10")) == (day("02-10"), day("02-10"))


@pytest.mark.parametrize(
    ("starts", "on", "first", "last"),
    [
        ("01-07", "01-07", "01-07", "02-06"),
        ("01-07", "02-06", "01-07", "02-06"),
        ("01-07", "02-07", "02-07", "03-06"),
        ("01-31", "02-27", "01-31", "02-27"),
        ("01-31", "02-28", "02-28", "03-30"),
        ("01-31", "03-31", "03-31", "04-29"),
        ("01-07", "12-31", "12-07", "2027-01-06"),
    ],
)
def test_an_authorization_month_runs_from_the_day_the_line_starts(starts: str, on: str, first: str, last: str) -> None:
    end = date.fromisoformat(last) if len(last) > 5 else day(last)
    assert cap(Period.AUTHORIZATION_MONTH, day(starts)).span(day(on)) == (day(first), end)
