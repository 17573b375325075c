"""Will it last: the pace of the last four weeks carried to the end of the window."""

from datetime import date
from decimal import Decimal

from web.forecast import forecast, look_back, what_if
from web.months import by_month

TODAY = date(2026, 11, 23)
ENDS = date(2026, 12, 12)
SPAN = (date(2026, 10, 27), TODAY)


def test_units_run_out_on_the_day_the_pace_reaches_the_total() -> None:
    ahead = forecast(Decimal(76), Decimal(152), SPAN, ENDS)
    assert ahead.weekly == Decimal("38.0")
    assert ahead.runs_out_on == date(2026, 12, 7)
    assert ahead.days_early == 5
    assert ahead.lasting == Decimal(28)


def test_a_slow_pace_leaves_units_over() -> None:
    ahead = forecast(Decimal(76), Decimal(28), SPAN, ENDS)
    assert ahead.runs_out_on is None
    assert ahead.left_over == Decimal(57)
    assert what_if(Decimal(84), ahead.per_day * 7, Decimal(160), TODAY, ENDS).left_over == Decimal(57)


def test_nothing_used_lately_leaves_everything_over() -> None:
    assert forecast(Decimal(5), Decimal(0), SPAN, ENDS).left_over == Decimal(5)


def test_units_given_back_do_not_make_the_pace_negative() -> None:
    assert forecast(Decimal(5), Decimal(-8), SPAN, ENDS).left_over == Decimal(5)


def test_there_is_no_forecast_before_a_week_of_the_window_is_behind() -> None:
    assert look_back(date(2026, 11, 18), TODAY) is None
    assert look_back(date(2026, 11, 17), TODAY) == (date(2026, 11, 17), TODAY)
    assert look_back(date(2026, 1, 1), TODAY) == SPAN


def test_more_a_week_runs_out_early_and_says_how_many_are_short() -> None:
    ahead = what_if(Decimal(84), Decimal(56), Decimal(160), TODAY, ENDS)
    assert (ahead.needed, ahead.short, ahead.left_over) == (Decimal(236), Decimal(76), Decimal(0))
    assert (ahead.runs_out_on, ahead.gap_days) == (date(2026, 12, 3), 9)


def test_another_last_day_or_another_total_changes_what_is_missing() -> None:
    longer = what_if(Decimal(84), Decimal(28), Decimal(160), TODAY, date(2026, 12, 31))
    assert (longer.needed, longer.short, longer.gap_days) == (Decimal(236), Decimal(76), 19)
    enough = what_if(Decimal(84), Decimal(28), Decimal(240), TODAY, date(2026, 12, 31))
    assert (enough.runs_out_on, enough.short, enough.left_over) == (None, Decimal(0), Decimal(4))


def test_what_is_used_beyond_the_total_is_short_from_today() -> None:
    over = what_if(Decimal(170), Decimal(7), Decimal(160), TODAY, ENDS)
    assert (over.runs_out_on, over.short) == (TODAY, Decimal(29))
    assert what_if(Decimal(170), Decimal(0), Decimal(160), TODAY, ENDS).short == Decimal(10)


def test_every_month_of_the_window_is_shown_and_the_sum_is_the_total() -> None:
    used = {date(2026, 9, 1): Decimal(10), date(2026, 11, 1): Decimal(5)}
    months = by_month(used, Decimal(90), date(2026, 9, 15), ENDS, TODAY)
    assert [month.label for month in months] == ["Sep (from 15)", "Oct", "Nov (to 23)", "Dec (to 12)"]
    assert [month.used for month in months] == [Decimal(10), Decimal(0), Decimal(5), Decimal(0)]
    assert months[-1].so_far == Decimal(15)
    assert months[-1].left == Decimal(75)


def test_a_draw_outside_the_window_still_has_its_month() -> None:
    months = by_month({date(2026, 8, 1): Decimal(2)}, Decimal(90), date(2026, 9, 15), ENDS, TODAY)
    assert (months[0].label, months[0].used) == ("Aug", Decimal(2))
