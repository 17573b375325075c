"""The meter: how much of an approved quantity is left, first in words, then as a bar that repeats them.

Levels: below 80 % used is normal, from 80 % "running low", at 100 % "used up", above "over by n". A quantity
nobody stated has no bar, and neither has an unlimited one.
"""

from dataclasses import dataclass
from decimal import Decimal

from web.wording import counted, quantity, share

LOW_AT_PERCENT = 80
PACE_SLACK_POINTS = 15
"""Used may differ from the even pace by so many points before the words mention it."""

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Bar:
    """Shares of the drawn width, as SVG lengths in percent; empty text means the part is not drawn."""

    used: str
    over_from: str = ""
    over: str = ""
    reserved_from: str = ""
    reserved: str = ""
    pace: str = ""


@dataclass(frozen=True, slots=True)
class Meter:
    """One line's balance, ready to show. `level`: normal, low, exhausted, over, none, open or unknown."""

    level: str
    left: str
    note: str
    detail: str
    percent: int | None = None
    bar: Bar | None = None

    @property
    def tone(self) -> str:
        """Colour of flag and bar: "" quiet, "warn", "bad"."""
        return {"low": "warn", "exhausted": "warn", "unknown": "warn", "over": "bad", "none": "bad"}.get(self.level, "")

    @property
    def words(self) -> str:
        """The whole meter as one plain sentence."""
        return ", ".join(part for part in (self.left, self.note) if part)


def measure(
    approved: Decimal | None,
    used: Decimal,
    *,
    reserved: Decimal = ZERO,
    elapsed: Decimal | None = None,
    unlimited: bool = False,
    unit: str = "unit",
) -> Meter:
    """Weigh used against approved. `elapsed` is the share of the window gone by, 0 to 1."""
    if unlimited:
        return Meter("open", "no limit", f"{counted(used, unit)} used", "")
    if approved is None:
        return Meter("unknown", "unknown how many are left", "the payer named no quantity", "")
    if approved <= 0:
        over = f"over by {quantity(used)}" if used > 0 else ""
        return Meter("over" if over else "none", over or "Not approved", "", "", percent=None)
    level = _level(approved, used)
    left = f"over by {quantity(used - approved)}" if level == "over" else _left(approved, used)
    percent = share(used, approved)
    note = {"low": "running low", "exhausted": "used up"}.get(level, "")
    bar = _bar(approved, used, reserved, elapsed)
    return Meter(level, left, note, _detail(percent, approved, used, reserved, elapsed), percent, bar)


def _left(approved: Decimal, used: Decimal) -> str:
    return f"{quantity(approved - used)} of {quantity(approved)} left"


def _level(approved: Decimal, used: Decimal) -> str:
    if used > approved:
        return "over"
    if used == approved:
        return "exhausted"
    return "low" if used * 100 >= approved * LOW_AT_PERCENT else "normal"


def _detail(percent: int | None, approved: Decimal, used: Decimal, reserved: Decimal, elapsed: Decimal | None) -> str:
    """The second line: percent used, free to book when something is reserved, and the pace when it is off."""
    if used > approved:
        return f"{quantity(used)} of {quantity(approved)} used"
    parts = [f"{percent} % used"]
    if reserved:
        parts.append(f"{quantity(max(ZERO, approved - used - reserved))} free to book")
    if elapsed is not None and percent is not None and used < approved:
        ahead = percent - int(elapsed * 100)
        if ahead > PACE_SLACK_POINTS:
            parts.append("ahead of the even pace")
        elif ahead < -PACE_SLACK_POINTS:
            parts.append("behind the even pace")
    return "; ".join(parts)


def _bar(approved: Decimal, used: Decimal, reserved: Decimal, elapsed: Decimal | None) -> Bar:
    full = max(approved, used)
    pace = _percent(elapsed * approved, full) if elapsed is not None else ""
    if used > approved:
        edge = _percent(approved, full)
        return Bar(used=edge, over_from=edge, over=_percent(used - approved, full), pace=pace)
    held = min(reserved, approved - used)
    return Bar(
        used=_percent(used, full),
        reserved_from=_percent(used, full) if held else "",
        reserved=_percent(held, full) if held else "",
        pace=pace,
    )


def _percent(part: Decimal, whole: Decimal) -> str:
    return f"{part * 100 / whole:.2f}%"
