"""How much a check of eligibility is worth today. Pure: values in, values and sentences out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Found(StrEnum):
    """What a check found."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    UNKNOWN = "unknown"

    @property
    def words(self) -> str:
        return {"active": "Active", "inactive": "Not active", "unknown": "Could not tell"}[self]


class Freshness(StrEnum):
    """How old the latest check is, by the rule of the organization."""

    NEVER = "never"
    FRESH = "fresh"
    STALE = "stale"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Rule:
    """Days for which a check is fresh, and until which it is stale; whether Submit insists on a fresh one."""

    fresh_days: int = 30
    stale_days: int = 60
    insists: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """The latest check of a coverage as it counts today; no day where there was none."""

    freshness: Freshness
    checked_on: date | None = None
    found: Found | None = None
    age: int = 0

    @property
    def is_sound(self) -> bool:
        """Whether a request may go out on it without a word."""
        return self.freshness is Freshness.FRESH and self.found is Found.ACTIVE

    @property
    def state(self) -> str:
        """The word a sign stands for: what was found, or that it is too old to say."""
        if self.found is None or (self.freshness is not Freshness.FRESH and self.found is Found.ACTIVE):
            return self.freshness.value
        return self.found.value

    @property
    def words(self) -> str:
        """ "Checked Nov 16, 2026, 7 days ago: active." """
        if self.checked_on is None or self.found is None:
            return "Eligibility was never checked."
        day = f"{self.checked_on:%b} {self.checked_on.day}, {self.checked_on.year}"
        ago = {0: "today", 1: "yesterday"}.get(self.age, f"{self.age} days ago")
        said = {
            Found.ACTIVE: "active",
            Found.INACTIVE: "not active",
            Found.UNKNOWN: "the payer could not tell",
        }[self.found]
        worth = "" if self.freshness is Freshness.FRESH else f", {self.freshness} by now"
        return f"Checked {day}, {ago}: {said}{worth}."


def standing(checked_on: date | None, found: Found | None, rule: Rule, today: date) -> Standing:
    """What a check of that local day is worth today. A check dated ahead of today counts as made today."""
    if checked_on is None or found is None:
        return Standing(Freshness.NEVER)
    age = max((today - checked_on).days, 0)
    if age <= rule.fresh_days:
        freshness = Freshness.FRESH
    elif age <= rule.stale_days:
        freshness = Freshness.STALE
    else:
        freshness = Freshness.EXPIRED
    return Standing(freshness, checked_on, found, age)
