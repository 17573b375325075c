"""Dates, amounts and times read the way the house writes them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from web import wording
from web.wording import Clock

TODAY = date(2026, 11, 23)
CLOCK = Clock(datetime(2026, 11, 23, 15, 18, tzinfo=UTC), ZoneInfo("America/New_York"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1200.000"), "1,200"),
        (Decimal("22.500"), "22.5"),
        (Decimal("0.000"), "0"),
        (Decimal("1000000"), "1,000,000"),
        (None, "unknown"),
    ],
)
def test_quantities_have_no_idle_zeros_and_unknown_is_not_zero(value: Decimal | None, text: str) -> None:
    assert wording.quantity(value) == text


def test_the_year_is_written_only_when_it_is_another() -> None:
    assert wording.day(date(2026, 12, 12), TODAY) == "Dec 12"
    assert wording.day(date(2027, 1, 31), TODAY) == "Jan 31, 2027"


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "text"),
    [
        (date(2026, 6, 15), date(2026, 12, 12), "Jun 15 – Dec 12"),
        (date(2026, 11, 20), date(2027, 1, 18), "Nov 20 – Jan 18, 2027"),
        (date(2025, 12, 15), date(2026, 6, 12), "Dec 15, 2025 – Jun 12"),
        (date(2027, 1, 5), date(2027, 3, 4), "Jan 5 – Mar 4, 2027"),
        (date(2026, 6, 15), None, "from Jun 15, no end"),
        (None, None, "no dates yet"),
    ],
)
def test_a_window_names_first_and_last_day(starts_on: date | None, ends_on: date | None, text: str) -> None:
    assert wording.window(starts_on, ends_on, TODAY) == text


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (19, "ends in 19 days"),
        (1, "ends tomorrow"),
        (0, "ends today"),
        (-1, "ended yesterday"),
        (-22, "ended 22 days ago"),
    ],
)
def test_the_last_day_is_included(days: int, text: str) -> None:
    assert wording.ends(TODAY + timedelta(days=days), TODAY) == text


def test_a_window_ahead_says_when_it_starts() -> None:
    assert wording.runs(date(2026, 11, 30), date(2027, 2, 27), TODAY) == "starts in 7 days"


@pytest.mark.parametrize(
    ("days", "tone"),
    [(0, "urgent"), (7, "urgent"), (8, "soon"), (14, "soon"), (15, "notice"), (30, "notice"), (31, "")],
)
def test_an_end_presses_at_7_14_and_30_days(days: int, tone: str) -> None:
    assert wording.expiry_tone(TODAY + timedelta(days=days), TODAY) == tone


def test_times_are_on_the_organizations_clock_with_its_zone() -> None:
    at = datetime(2026, 11, 20, 14, 42, tzinfo=UTC)
    assert wording.moment(at, CLOCK) == "Fri Nov 20, 9:42 AM"
    assert CLOCK.zone_label == "ET"
    assert CLOCK.today == TODAY


def test_the_organizations_day_is_not_the_servers() -> None:
    late = Clock(datetime(2026, 11, 24, 3, 0, tzinfo=UTC), ZoneInfo("America/New_York"))
    assert late.today == date(2026, 11, 23)


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(seconds=20), "20 seconds"),
        (timedelta(minutes=14), "14 min"),
        (timedelta(hours=1, minutes=12), "1 h 12 min"),
        (timedelta(hours=26), "26 h"),
        (timedelta(days=3), "3 days"),
    ],
)
def test_a_length_of_time_is_in_the_unit_a_person_would_use(length: timedelta, text: str) -> None:
    assert wording.span(length) == text
