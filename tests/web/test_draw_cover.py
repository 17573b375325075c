"""Cover over time: gaps and overlaps are said in words beside the bars."""

from datetime import date

from web.cover import Span, cover_row, frame

TODAY = date(2026, 11, 23)
SHOWN = frame(TODAY)


def test_the_frame_is_five_whole_months_back_and_four_ahead() -> None:
    assert (SHOWN.first, SHOWN.last) == (date(2026, 6, 1), date(2027, 3, 31))


def test_a_gap_between_two_authorizations_is_named_with_its_days() -> None:
    row = cover_row(
        "H2019",
        [
            Span("PA-1", date(2026, 6, 1), date(2026, 6, 12), "past"),
            Span("PA-2", date(2026, 6, 15), date(2027, 3, 31), "force"),
        ],
        SHOWN,
        TODAY,
    )
    assert row.words == "gap Jun 13 to Jun 14"
    assert [bar.css for bar in row.bars] == ["cv-past", "cv", "cv-gap"]


def test_days_after_the_last_cover_are_a_gap_ahead() -> None:
    row = cover_row("H0032", [Span("PA-1", date(2026, 6, 15), date(2027, 1, 31), "force")], SHOWN, TODAY)
    assert row.words == "gap from Feb 1, 2027"


def test_cover_that_ended_leaves_none_since() -> None:
    row = cover_row("T1019", [Span("PA-1", date(2026, 6, 15), date(2026, 10, 31), "past")], SHOWN, TODAY)
    assert row.words == "no cover since Nov 1"


def test_overlapping_authorizations_stand_below_each_other() -> None:
    row = cover_row(
        "H2019",
        [
            Span("PA-1", date(2026, 6, 1), date(2026, 12, 12), "force"),
            Span("PA-2", date(2026, 12, 1), date(2027, 3, 31), "draft"),
        ],
        SHOWN,
        TODAY,
    )
    assert "overlap Dec 1 to Dec 12" in row.words
    assert [bar.y for bar in row.bars[:2]] == [2, 22]


def test_a_request_not_yet_approved_covers_no_gap() -> None:
    row = cover_row(
        "H2019",
        [
            Span("PA-1", date(2026, 6, 1), date(2026, 12, 12), "force"),
            Span("PA-2", date(2026, 12, 13), date(2027, 3, 31), "draft"),
        ],
        SHOWN,
        TODAY,
    )
    assert "gap from Dec 13" in row.words
