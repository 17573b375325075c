"""The words are the meter; the bar repeats them."""

from decimal import Decimal

import pytest

from web.meter import measure

D = Decimal


@pytest.mark.parametrize(
    ("approved", "used", "words", "tone"),
    [
        (960, 100, "860 of 960 left", ""),
        (960, 768, "192 of 960 left, running low", "warn"),
        (960, 767, "193 of 960 left", ""),
        (10, 10, "0 of 10 left, used up", "warn"),
        (200, 204, "over by 4", "bad"),
        (0, 0, "Not approved", "bad"),
        (0, 3, "over by 3", "bad"),
    ],
)
def test_the_words_say_what_is_left_first(approved: int, used: int, words: str, tone: str) -> None:
    measured = measure(D(approved), D(used))
    assert (measured.words, measured.tone) == (words, tone)


def test_a_quantity_nobody_stated_is_unknown_and_has_no_bar() -> None:
    measured = measure(None, D(4))
    assert measured.words == "unknown how many are left, the payer named no quantity"
    assert measured.bar is None
    assert measured.tone == "warn"


def test_an_unlimited_line_only_counts_what_was_used() -> None:
    assert measure(None, D(5), unlimited=True, unit="visit").words == "no limit, 5 visits used"


def test_over_is_drawn_in_red_beyond_the_end() -> None:
    bar = measure(D(200), D(250)).bar
    assert bar is not None
    assert (bar.used, bar.over_from, bar.over) == ("80.00%", "80.00%", "20.00%")


def test_reserved_units_stand_after_the_used_ones_and_never_beyond_the_end() -> None:
    measured = measure(D(100), D(90), reserved=D(30))
    assert measured.bar is not None
    assert (measured.bar.reserved_from, measured.bar.reserved) == ("90.00%", "10.00%")
    assert "0 free to book" in measured.detail


def test_the_pace_is_named_when_use_is_far_from_it() -> None:
    assert "behind the even pace" in measure(D(8), D(3), elapsed=D("0.89")).detail
    assert "ahead of the even pace" in measure(D(100), D(60), elapsed=D("0.20")).detail
    assert "pace" not in measure(D(100), D(60), elapsed=D("0.60")).detail
