"""Cover over time: for each code, bars of the authorizations that hold it, the gaps between them and today.

Percents of the drawn width, ready for SVG attributes; the sentence beside each bar says the gaps in words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from web import wording
from web.months import next_month

ROW_HEIGHT = 20
LABEL_FITS = 12.0
"""A bar narrower than so many percent has no room for a number."""

MONTHS_BACK = 5
MONTHS_AHEAD = 5


class Span(NamedTuple):
    """One authorization's cover of a code, last day included. `kind`: past, force or draft (asked or drafted)."""

    number: str
    starts_on: date
    ends_on: date
    kind: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle of a row: `css` and the text on it ("" where it does not fit)."""

    css: str
    x: str
    width: str
    y: int
    text: str
    text_x: str
    text_y: int
    text_css: str


class Stretch(NamedTuple):
    """The same as a row of a table: what stands on these days, both included, and how many services nothing covers."""

    words: str
    first: date
    last: date
    kind: str
    outside: int = 0

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class CoverRow:
    """One code: its bars, the words about gaps and overlaps, the whole as one sentence, and as rows of a table."""

    code: str
    words: str
    label: str
    height: int
    bars: tuple[Bar, ...]
    stretches: tuple[Stretch, ...] = ()


@dataclass(frozen=True, slots=True)
class Month:
    """A month's name on the axis; every third is shown on narrow screens too."""

    x: str
    name: str
    wide_only: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """The span of days that is drawn, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def at(self, day: date) -> float:
        """Where a day begins, in percent."""
        return max(0.0, min(100.0, (day - self.first).days * 100 / self.days))


def frame(today: date) -> Frame:
    """Some months back and ahead, whole."""
    first = today.replace(day=1)
    for _ in range(MONTHS_BACK):
        first = (first - timedelta(days=1)).replace(day=1)
    last = today.replace(day=1)
    for _ in range(MONTHS_AHEAD):
        last = next_month(last)
    return Frame(first, last - timedelta(days=1))


def months(shown: Frame) -> tuple[Month, ...]:
    """The axis."""
    found: list[Month] = []
    month = shown.first
    while month <= shown.last:
        found.append(Month(f"{shown.at(month):.2f}%", f"{month:%b}", len(found) % 3 != 0))
        month = next_month(month)
    return tuple(found)


def cover_row(code: str, spans: Sequence[Span], shown: Frame, today: date, outside: Sequence[date] = ()) -> CoverRow:
    """Place the spans of one code; those that overlap go below each other, uncovered days become gaps.

    `outside` are days of services that no authorization covers: a mark each.
    """
    ordered = sorted(
        (span for span in spans if span.ends_on >= shown.first and span.starts_on <= shown.last),
        key=lambda span: (span.starts_on, span.ends_on),
    )
    lanes: list[date] = []
    bars: list[Bar] = []
    for span in ordered:
        lane = next((index for index, end in enumerate(lanes) if end < span.starts_on), len(lanes))
        lanes[lane : lane + 1] = [span.ends_on]
        bars.append(_bar(span, lane, shown))
    gaps = _gaps([span for span in ordered if span.kind != "draft"], shown, today)
    bars += [_gap_bar(first, last, shown) for first, last in gaps]
    missed = [day for day in outside if shown.first <= day <= shown.last]
    bars += [_missed_bar(day, shown) for day in sorted(set(missed))]
    words = _words(ordered, gaps, shown, today)
    if missed:
        without = f"{wording.counted(len(missed), 'service')} without cover"
        words = f"{words}; {without}" if words else without
    told = [_told(span, today) for span in ordered] + ([words] if words else [])
    label = f"{code}: {'; '.join(told)}"
    return CoverRow(code, words, label, max(len(lanes), 1) * ROW_HEIGHT, tuple(bars), _stretches(ordered, gaps, missed))


def _missed_bar(day: date, shown: Frame) -> Bar:
    left = shown.at(day)
    return _placed("cv-out", left, left + 0.5, 2, "", "")


def _stretches(
    ordered: Sequence[Span], gaps: Sequence[tuple[date, date]], missed: Sequence[date]
) -> tuple[Stretch, ...]:
    """Covers, gaps and overlaps in the order of their first days; a service outside stands in the gap that holds it."""
    found = [Stretch(f"{span.number} {_kind(span)}", span.starts_on, span.ends_on, span.kind) for span in ordered]
    found += [Stretch("no cover", first, last, "gap", _within(missed, first, last)) for first, last in gaps]
    found += [
        Stretch(f"{one.number} and {other.number} overlap", other.starts_on, min(one.ends_on, other.ends_on), "overlap")
        for one, other in pairwise(ordered)
        if other.starts_on <= one.ends_on
    ]
    told = sum(stretch.outside for stretch in found)
    if told < len(missed):
        held = [day for day in missed if not any(first <= day <= last for first, last in gaps)]
        found.append(Stretch("services that no authorization covers", min(held), max(held), "outside", len(held)))
    return tuple(sorted(found, key=lambda stretch: (stretch.first, stretch.last)))


def _within(days: Sequence[date], first: date, last: date) -> int:
    return sum(first <= day <= last for day in days)


def _bar(span: Span, lane: int, shown: Frame) -> Bar:
    left, right = shown.at(span.starts_on), shown.at(span.ends_on + timedelta(days=1))
    fits = right - left >= LABEL_FITS and span.kind != "draft"
    css = {"past": "cv-past", "draft": "cv-draft"}.get(span.kind, "cv")
    top = lane * ROW_HEIGHT + 2
    text = span.number if fits else ""
    return _placed(css, left, right, top, text, "wide on")


def _gap_bar(first: date, last: date, shown: Frame) -> Bar:
    left, right = shown.at(first), shown.at(last + timedelta(days=1))
    text = "no cover" if right - left >= LABEL_FITS else ""
    return _placed("cv-gap", left, right, 2, text, "wide bad")


def _placed(css: str, left: float, right: float, top: int, text: str, text_css: str) -> Bar:
    return Bar(
        css, f"{left:.2f}%", f"{max(right - left, 0.3):.2f}%", top, text, f"{left + 0.6:.2f}%", top + 12, text_css
    )


def _gaps(covered: Sequence[Span], shown: Frame, today: date) -> list[tuple[date, date]]:
    """Days without cover between the first cover drawn and the end of the frame."""
    found = []
    free_from: date | None = None
    for span in covered:
        if free_from is not None and span.starts_on > free_from:
            found.append((free_from, span.starts_on - timedelta(days=1)))
        after = span.ends_on + timedelta(days=1)
        free_from = after if free_from is None else max(free_from, after)
    if free_from is not None and free_from <= shown.last:
        found.append((free_from, shown.last))
    return [gap for gap in found if gap[1] >= shown.first]


def _words(ordered: Sequence[Span], gaps: Sequence[tuple[date, date]], shown: Frame, today: date) -> str:
    """Gaps and overlaps, as a person would note them beside the bar."""
    parts = []
    for first, last in gaps:
        if last < shown.last:
            parts.append(f"gap {_range(first, last, today)}")
        elif first <= today:
            parts.append(f"no cover since {wording.day(first, today)}")
        else:
            parts.append(f"gap from {wording.day(first, today)}")
    for one, other in pairwise(ordered):
        if other.starts_on <= one.ends_on:
            parts.append(f"overlap {_range(other.starts_on, min(one.ends_on, other.ends_on), today)}")
    return "; ".join(parts)


def _range(first: date, last: date, today: date) -> str:
    if first == last:
        return wording.day(first, today)
    return f"{wording.day(first, today)} to {wording.day(last, today)}"


def _told(span: Span, today: date) -> str:
    return f"{span.number} {_kind(span)}, {_range(span.starts_on, span.ends_on, today)}"


def _kind(span: Span) -> str:
    return {"past": "ended", "draft": "asked or drafted"}.get(span.kind, "in force")
