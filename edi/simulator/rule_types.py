"""The shapes in which `request_rules.py` writes down what the guide asks of each element, segment and loop."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from edi.x12.tokenizer import Segment


class Need(StrEnum):
    """How much an element, segment or loop is wanted."""

    MANDATORY = "M"  # by the X12 standard itself
    REQUIRED = "R"  # by the guide
    SITUATIONAL = "S"
    NOT_USED = "-"


@dataclass(frozen=True, slots=True)
class ElementRule:
    """A simple element, or one component of a composite. `reference` is its X12 data element number."""

    reference: str
    kind: str
    least: int
    most: int
    need: Need
    codes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CompositeRule:
    """A composite element.

    `date_at` = (format, value) component numbers; `icd_at` and `hcpcs_at` = (qualifier, code).
    """

    reference: str
    need: Need
    parts: tuple[ElementRule, ...]
    date_at: tuple[int, int] | None = None
    icd_at: tuple[int, int] | None = None
    hcpcs_at: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class SegmentRule:
    """One segment of a loop, told apart from others of the same tag by the codes of its first element.

    pairs: elements that stand together or not at all. needs: (a, b) when a asks for b. any_of: at least one of.
    date_at: (format qualifier, value) elements. npi_at: (identifier qualifier, identifier) elements.
    """

    tag: str
    need: Need
    most: int
    elements: tuple[ElementRule | CompositeRule, ...]
    pairs: tuple[tuple[int, int], ...] = ()
    needs: tuple[tuple[int, int], ...] = ()
    any_of: tuple[int, ...] = ()
    date_at: tuple[int, int] | None = None
    npi_at: tuple[int, int] | None = None
    taxonomy_at: int | None = None

    def qualifies(self, segment: Segment) -> bool:
        """Whether the segment's first element is one of this rule's codes (always, when it names none)."""
        first = self.elements[0]
        return isinstance(first, CompositeRule) or not first.codes or segment.element(1) in first.codes


@dataclass(frozen=True, slots=True)
class LoopRule:
    """A loop: its segments in order, the one that opens it first, then the name loops inside it."""

    name: str
    need: Need
    most: int
    segments: tuple[SegmentRule, ...]
    entities: tuple[LoopRule, ...] = ()

    def rank(self, tag: str) -> int:
        """The place of a tag in the order of the loop; -1 when the loop has no such segment."""
        return next((place for place, rule in enumerate(self.segments) if rule.tag == tag), -1)

    def rules_for(self, tag: str) -> tuple[SegmentRule, ...]:
        """Every rule of the loop for segments of this tag."""
        return tuple(rule for rule in self.segments if rule.tag == tag)


@dataclass(frozen=True, slots=True)
class LevelRule:
    """A level of the HL tree: its code in HL03, and the levels it may stand under."""

    code: str
    parents: tuple[str, ...]
    loop: LoopRule


def element(text: str) -> ElementRule:
    """An element from its short form: `reference kind least/most need codes...`, or `-` for one not used."""
    if text == "-":
        return ElementRule("", "AN", 0, 0, Need.NOT_USED)
    reference, kind, length, need, *codes = text.split()
    least, most = length.split("/")
    return ElementRule(reference, kind, int(least), int(most), Need(need), frozenset(codes))


def composite(
    reference: str,
    need: str,
    *parts: str,
    date_at: tuple[int, int] | None = None,
    icd_at: tuple[int, int] | None = None,
    hcpcs_at: tuple[int, int] | None = None,
) -> CompositeRule:
    """A composite element from the short forms of its components."""
    rules = tuple(element(part) for part in parts)
    return CompositeRule(reference, Need(need), rules, date_at, icd_at, hcpcs_at)


def elements(*items: str | CompositeRule) -> tuple[ElementRule | CompositeRule, ...]:
    """The elements of a segment, short forms and composites mixed."""
    return tuple(element(item) if isinstance(item, str) else item for item in items)
