"""How Greenlight writes numbers, dates and times. Plain functions, so that a test can read like a page.

Rules: month in letters, the year only when it is not this one, the day count and the date together, last days
included, "unknown" for what nobody said and 0 for nothing.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

UNKNOWN = "unknown"

ZONE_LABELS = {
    **dict.fromkeys(("EST", "EDT"), "ET"),
    **dict.fromkeys(("CST", "CDT"), "CT"),
    **dict.fromkeys(("MST", "MDT"), "MT"),
    **dict.fromkeys(("PST", "PDT"), "PT"),
}
ZONE_NAMES = {"ET": "Eastern time", "CT": "Central time", "MT": "Mountain time", "PT": "Pacific time"}

DAYS_WITH_WEEKDAY = 13
"""Within so many days of today a weekday helps to find a date; further away it is noise."""

EXPIRY_URGENT = 7
EXPIRY_SOON = 14
EXPIRY_NOTICE = 30


@dataclass(frozen=True, slots=True)
class Clock:
    """Now, as an organization's wall clock shows it. `now` is aware."""

    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        """The organization's local date."""
        return self.now.astimezone(self.zone).date()

    @property
    def zone_label(self) -> str:
        """Short name of the zone for beside a time: "ET"."""
        name = self.now.astimezone(self.zone).tzname() or "UTC"
        return ZONE_LABELS.get(name, name)

    @property
    def zone_name(self) -> str:
        """Name of the zone in words where it has one, with the short form."""
        label = self.zone_label
        return f"{ZONE_NAMES[label]} ({label})" if label in ZONE_NAMES else label


def quantity(value: Decimal | int | None) -> str:
    """An amount without idle zeros, thousands separated: "1,200", "22.5"; not known is "unknown"."""
    if value is None:
        return UNKNOWN
    exact = Decimal(value).normalize()
    return f"{exact:,f}" if exact != 0 else "0"


def plural(count: Decimal | int, one: str, many: str = "") -> str:
    """Choose the word for an amount: "unit" for 1, "units" else."""
    return one if count == 1 else (many or f"{one}s")


def counted(count: Decimal | int | None, one: str, many: str = "") -> str:
    """An amount with its word: "1 visit", "1,200 units"."""
    if count is None:
        return UNKNOWN
    return f"{quantity(count)} {plural(count, one, many)}"


def share(part: Decimal, whole: Decimal) -> int | None:
    """Percent of the whole, rounded to a whole number; None when there is no whole."""
    if whole <= 0:
        return None
    return int((part * 100 / whole).to_integral_value())


def day(value: date, today: date) -> str:
    """A date in words: "Dec 12", with the year when it is not this one."""
    text = f"{value:%b} {value.day}"
    return text if value.year == today.year else f"{text}, {value.year}"


def weekday(value: date, today: date) -> str:
    """A date to act by, with its weekday: "Wed Nov 25"."""
    return f"{value:%a} {day(value, today)}"


def near_day(value: date, today: date) -> str:
    """A date in a history: "Today", with weekday while it is near, without when it is far."""
    if value == today:
        return "Today"
    near = abs((value - today).days) <= DAYS_WITH_WEEKDAY
    return weekday(value, today) if near else day(value, today)


def window(starts_on: date | None, ends_on: date | None, today: date) -> str:
    """First and last day, last day included: "Jun 15 – Dec 12", "from Jun 15, no end"."""
    if starts_on is None and ends_on is None:
        return "no dates yet"
    if ends_on is None or ends_on.year == date.max.year:
        assert starts_on is not None
        return f"from {day(starts_on, today)}, no end"
    if starts_on is None:
        return f"until {day(ends_on, today)}"
    first = f"{starts_on:%b} {starts_on.day}" if starts_on.year == ends_on.year else day(starts_on, today)
    if starts_on.year != ends_on.year and ends_on.year == today.year:
        first = f"{starts_on:%b} {starts_on.day}, {starts_on.year}"
    return f"{first} – {day(ends_on, today)}"


def days(count: int) -> str:
    """A number of days in words: "1 day", "19 days"."""
    return counted(count, "day")


def ends(ends_on: date, today: date) -> str:
    """How far the last day is: "ends in 19 days", "ends today", "ended 3 days ago"."""
    left = (ends_on - today).days
    if left > 1:
        return f"ends in {days(left)}"
    if left >= -1:
        return {1: "ends tomorrow", 0: "ends today", -1: "ended yesterday"}[left]
    return f"ended {days(-left)} ago"


def runs(starts_on: date | None, ends_on: date | None, today: date) -> str:
    """Where today stands in a window: "starts in 7 days" before it, else as `ends`; empty without dates."""
    if starts_on is not None and starts_on > today:
        ahead = (starts_on - today).days
        return "starts tomorrow" if ahead == 1 else f"starts in {days(ahead)}"
    if ends_on is None or ends_on.year == date.max.year:
        return ""
    return ends(ends_on, today)


def expiry_tone(ends_on: date | None, today: date) -> str:
    """How much an end presses: "" (far, past or open), "notice" 30 days, "soon" 14, "urgent" 7."""
    if ends_on is None:
        return ""
    left = (ends_on - today).days
    if left < 0 or left > EXPIRY_NOTICE:
        return ""
    if left <= EXPIRY_URGENT:
        return "urgent"
    return "soon" if left <= EXPIRY_SOON else "notice"


def clock_time(value: datetime, zone: ZoneInfo) -> str:
    """Time of day on the organization's clock: "9:42 AM"."""
    local = value.astimezone(zone)
    return f"{local:%I}".lstrip("0") + f":{local:%M} {local:%p}"


def moment(value: datetime, clock: Clock) -> str:
    """Day and time together: "Today, 8:40 AM", "Fri Nov 20, 9:42 AM"."""
    local = value.astimezone(clock.zone)
    return f"{near_day(local.date(), clock.today)}, {clock_time(value, clock.zone)}"


def moment_inside(value: datetime, clock: Clock) -> str:
    """The same within a sentence: "sent today, 8:40 AM"."""
    return moment(value, clock).replace("Today", "today")


def span(length: timedelta) -> str:
    """A length of time in the unit a person would use: "20 seconds", "14 min", "1 h 12 min", "3 days"."""
    seconds = max(0, int(length.total_seconds()))
    if seconds < 60:
        return counted(seconds, "second")
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes} min"
    hours = minutes // 60
    if hours < 48:
        return f"{hours} h {minutes % 60} min" if minutes % 60 and hours < 10 else f"{hours} h"
    return days(hours // 24)


def age_in_days(since: date, today: date) -> str:
    """How old a request is: "4 d old", "new today"."""
    count = (today - since).days
    return "new today" if count <= 0 else f"{count} d old"


def years_old(born_on: date, today: date) -> int:
    """Completed years of age."""
    before_birthday = (today.month, today.day) < (born_on.month, born_on.day)
    return today.year - born_on.year - int(before_birthday)


def join_words(words: list[str]) -> str:
    """Words in a row as a sentence has them: "A", "A and B", "A, B and C"."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
