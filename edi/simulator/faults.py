"""What the payer finds wrong, as values: with an interchange (TA1), a group (AK9) or a transaction set (999)."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ElementFault:
    """One element in error. `component` is 0 for the whole element; `bad` is filled for code values only."""

    element: int
    code: str
    component: int = 0
    reference: str = ""
    bad: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SegmentFault:
    """One segment in error. `position` counts in the set with ST as 1; `code` is that of IK304."""

    tag: str
    position: int
    loop: str
    code: str
    elements: tuple[ElementFault, ...] = ()


@dataclass(frozen=True, slots=True)
class SetVerdict:
    """What a 999 says of one transaction set: its header, and why it is refused, if it is.

    `set_codes` are those of IK502 on; a set with neither codes nor segment faults is accepted.
    """

    identifier: str
    control: str
    guide: str
    segments: tuple[SegmentFault, ...] = ()
    set_codes: tuple[str, ...] = ()
    code: str = ""

    @property
    def action(self) -> str:
        """IK501: `A` accepted or `R` rejected, unless a scenario decided otherwise."""
        if self.code:
            return self.code
        return "R" if self.segments or self.set_codes else "A"


@dataclass(frozen=True, slots=True)
class GroupVerdict:
    """What a 999 says of one functional group."""

    identifier: str
    control: str
    guide: str
    included: str
    sets: tuple[SetVerdict, ...] = ()
    group_codes: tuple[str, ...] = ()

    @property
    def accepted(self) -> int:
        """How many sets of the group went through."""
        return sum(verdict.action in "AE" for verdict in self.sets) if not self.group_codes else 0

    @property
    def action(self) -> str:
        """AK901 for the whole group."""
        if not self.accepted:
            return "R"
        if self.accepted < len(self.sets):
            return "P"
        return "E" if any(verdict.action == "E" for verdict in self.sets) else "A"
