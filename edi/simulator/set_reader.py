"""Walk one transaction set along the guide: loops, order, counts, the HL tree, then each element.

What does not fit becomes a fault with the place a 999 names: segment, position (ST is 1), loop. IK304 codes:
1 unknown segment, 2 unexpected, 3 mandatory segment missing, 4 loop too often, 5 segment too often, 7 out of
order, 8 element errors, I4 not used by the guide, I6 missing in this situation, I7 loop missing, I8 segment
missing, I9 not used in this situation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from edi.simulator.element_checks import check_segment
from edi.simulator.faults import ElementFault, SegmentFault
from edi.simulator.request_rules import (
    BHT,
    ELSEWHERE_IN_278,
    GUIDE_TAGS,
    LEVEL_ORDER,
    LEVELS,
    REQUIRED_LEVELS,
    SERVICES,
)
from edi.simulator.rule_types import LoopRule, Need, SegmentRule
from edi.x12.tokenizer import Segment

HEADER = LoopRule("", Need.REQUIRED, 1, (BHT,))
# What can only begin a service line, so that its absence of an HL is recognised.
BEGINS_A_LINE = ("TRN", *SERVICES)


@dataclass(slots=True)
class Loop:
    """One loop as it was found: its segments in order, its name loops, and where it began."""

    rule: LoopRule
    level: str
    position: int
    segments: list[Segment] = field(default_factory=list)
    entities: list[Loop] = field(default_factory=list)
    used: Counter[SegmentRule] = field(default_factory=Counter)
    rank: int = 0
    end: int = 0

    def first(self, tag: str, code: str = "") -> Segment | None:
        """The first segment of that tag, and of that first element when one is given."""
        return next((s for s in self.segments if s.tag == tag and code in ("", s.element(1))), None)

    def all(self, tag: str) -> list[Segment]:
        """Every segment of that tag."""
        return [segment for segment in self.segments if segment.tag == tag]


@dataclass(frozen=True, slots=True)
class ReadSet:
    """A transaction set as read: its BHT (None when missing), its levels in order, and the faults."""

    header: Segment | None
    levels: tuple[Loop, ...]
    faults: tuple[SegmentFault, ...]

    def level(self, code: str) -> Loop | None:
        """The first loop of that HL level."""
        return next((loop for loop in self.levels if loop.level == code), None)


def read_set(segments: Sequence[Segment]) -> ReadSet:
    """Read the segments from ST to SE, both included."""
    walk = _Walk()
    for position, segment in enumerate(segments[1:-1], start=2):
        walk.take(segment, position)
    walk.finish(len(segments))
    return ReadSet(walk.header.first("BHT"), tuple(walk.levels), _in_order(walk.faults))


def _in_order(faults: list[SegmentFault]) -> tuple[SegmentFault, ...]:
    """The faults by position, the element errors of one segment told together."""
    merged: dict[tuple[int, str, str, str], SegmentFault] = {}
    for fault in faults:
        key = (fault.position, fault.tag, fault.loop, fault.code)
        before = merged[key].elements if key in merged else ()
        merged[key] = replace(fault, elements=before + fault.elements)
    return tuple(sorted(merged.values(), key=lambda fault: fault.position))


class _Walk:
    """The state of the walk: the loops found so far and the one that is open."""

    def __init__(self) -> None:
        self.header = Loop(HEADER, "", 1)
        self.levels: list[Loop] = []
        self.faults: list[SegmentFault] = []
        self.parents: list[str] = []
        self.tree_holds = True
        self.missing_hl: set[str] = set()

    def take(self, segment: Segment, position: int) -> None:
        if segment.tag == "HL":
            self._open_level(segment, position)
        elif level := self._level_without_hl(segment):
            self._open_without_hl(level, segment, position)
        elif segment.tag == "NM1" and self.levels:
            self._open_entity(segment, position)
        else:
            self._place(segment, position)

    def finish(self, end: int) -> None:
        """Once all is read: what is missing, and whether each HL told the truth about its children."""
        self._close(end)
        self._miss_segments(self.header, end if not self.levels else self.levels[0].position)
        for loop in self.levels:
            self._miss_segments(loop, loop.end)
            self._miss_entities(loop)
            for entity in loop.entities:
                self._miss_segments(entity, entity.end)
            if loop.level == "SS":
                self._check_services(loop)
        self._miss_levels(end)
        self._check_children()

    def _fault(self, tag: str, position: int, loop: str, code: str, elements: tuple[ElementFault, ...] = ()) -> None:
        self.faults.append(SegmentFault(tag, position, loop, code, elements))

    # -- levels

    def _open_level(self, segment: Segment, position: int) -> None:
        self._close(position)
        code = segment.element(3)
        if code in LEVELS:
            self._check_turn(code, position)
        else:
            # Read on as the level that would come next: there the code is the one fault, not all that follows.
            code = self._next_levels()[-1]
        loop = Loop(LEVELS[code].loop, code, position)
        self.levels.append(loop)
        self._enter(loop, LEVELS[code].loop.segments[0], segment, position)
        self._check_numbers(segment, position, loop)

    def _check_turn(self, code: str, position: int) -> None:
        """The levels come once each and in order; only service lines repeat."""
        last = self.levels[-1].level if self.levels else ""
        place = LEVEL_ORDER.index(code)
        before = LEVEL_ORDER.index(last) if last else -1
        if place < before or (place == before and code != "SS"):
            self._fault("HL", position, LEVELS[code].loop.name, "4")
        for skipped in LEVEL_ORDER[before + 1 : place]:
            if skipped in REQUIRED_LEVELS:
                self._fault("HL", position, LEVELS[skipped].loop.name, "I7")
                self.missing_hl.add(skipped)

    def _check_numbers(self, segment: Segment, position: int, loop: Loop) -> None:
        """HL01 counts from 1; HL02 names the HL of the level above."""
        wrong = []
        number, parent = segment.element(1), segment.element(2)
        if number and number != str(len(self.parents) + 1):
            wrong.append(ElementFault(1, "I12", reference="628"))
        expected = self._expected_parent(loop.level)
        if parent and expected and parent != expected:
            wrong.append(ElementFault(2, "I12", reference="734"))
        self.parents.append(parent)
        if wrong:
            self.tree_holds = False
            self._fault("HL", position, loop.rule.name, "8", tuple(wrong))

    def _expected_parent(self, level: str) -> str:
        for above in LEVELS[level].parents:
            for loop in self.levels[:-1]:
                if loop.level == above and (hl := loop.first("HL")):
                    return hl.element(1)
        return ""

    def _next_levels(self) -> tuple[str, ...]:
        last = self.levels[-1].level if self.levels else ""
        following = {"": ("20",), "20": ("21",), "21": ("22",), "22": ("23", "EV"), "23": ("EV",)}
        return following.get(last, ("SS",))

    def _level_without_hl(self, segment: Segment) -> str:
        """The level that the segment can only belong to, when the HL that should open it is not there."""
        here = self.levels[-1] if self.levels else None
        if here is not None and segment.tag == "NM1" and self._entity_rule(here, segment):
            return ""
        return next((level for level in self._next_levels() if self._begins(level, here, segment)), "")

    def _begins(self, level: str, here: Loop | None, segment: Segment) -> bool:
        following = LEVELS[level].loop
        if segment.tag == "NM1":
            return any(rule.segments[0].qualifies(segment) for rule in following.entities)
        if here is None or level not in ("EV", "SS"):
            return False
        if level == "EV":
            return following.rank(segment.tag) >= 0 and not self._fits_open_entity(segment)
        late = here.rank > here.rule.rank(segment.tag) or bool(here.entities)
        unfit = here.rule.rank(segment.tag) < 0 or (segment.tag == "TRN" and late)
        return segment.tag in BEGINS_A_LINE and unfit

    def _fits_open_entity(self, segment: Segment) -> bool:
        here = self.levels[-1]
        return bool(here.entities) and here.entities[-1].rule.rank(segment.tag) >= 0

    def _open_without_hl(self, level: str, segment: Segment, position: int) -> None:
        self._close(position)
        self._fault("HL", position, LEVELS[level].loop.name, "3")
        self.missing_hl.add(level)
        self.tree_holds = False
        self.parents.append("")
        self.levels.append(Loop(LEVELS[level].loop, level, position))
        self.take(segment, position)

    # -- name loops and segments

    def _entity_rule(self, here: Loop, segment: Segment) -> LoopRule | None:
        return next((rule for rule in here.rule.entities if rule.segments[0].qualifies(segment)), None)

    def _open_entity(self, segment: Segment, position: int) -> None:
        here = self.levels[-1]
        if here.entities:
            here.entities[-1].end = position
        rule = self._entity_rule(here, segment) or here.rule.entities[0]
        if sum(entity.rule is rule for entity in here.entities) >= rule.most:
            self._fault("NM1", position, rule.name, "4")
        entity = Loop(rule, here.level, position)
        here.entities.append(entity)
        self._enter(entity, rule.segments[0], segment, position)

    def _place(self, segment: Segment, position: int) -> None:
        here = self.levels[-1] if self.levels else self.header
        inner = here.entities[-1] if here.entities else here
        loop = inner if inner.rule.rank(segment.tag) >= 0 else here
        if loop.rule.rank(segment.tag) < 0:
            self._fault(segment.tag, position, self._here(), _stranger(segment.tag))
            return
        rules = loop.rule.rules_for(segment.tag)
        rule = next((rule for rule in rules if rule.qualifies(segment)), rules[0])
        if loop is not inner or loop.rule.rank(segment.tag) < loop.rank:
            self._fault(segment.tag, position, loop.rule.name, "7")
        self._enter(loop, rule, segment, position)

    def _enter(self, loop: Loop, rule: SegmentRule, segment: Segment, position: int) -> None:
        loop.segments.append(segment)
        loop.rank = max(loop.rank, loop.rule.rank(segment.tag))
        if rule.qualifies(segment):
            loop.used[rule] += 1
            if loop.used[rule] > rule.most:
                self._fault(segment.tag, position, loop.rule.name, "5")
        elements = check_segment(segment, rule)
        if elements:
            self._fault(segment.tag, position, loop.rule.name, "8", elements)

    def _close(self, position: int) -> None:
        if self.levels:
            self.levels[-1].end = position
            if self.levels[-1].entities:
                self.levels[-1].entities[-1].end = position

    def _here(self) -> str:
        if not self.levels:
            return ""
        here = self.levels[-1]
        return here.entities[-1].rule.name if here.entities else here.rule.name

    # -- what is missing

    def _miss_segments(self, loop: Loop, end: int) -> None:
        for rule in loop.rule.segments:
            if rule.need is Need.SITUATIONAL or loop.first(rule.tag):
                continue
            if rule.tag == "HL" and loop.level in self.missing_hl:
                continue
            code = "3" if rule.need is Need.MANDATORY else "I8"
            self._fault(rule.tag, self._place_of(rule.tag, loop, end), loop.rule.name, code)

    def _place_of(self, tag: str, loop: Loop, end: int) -> int:
        """Where a missing segment should have stood: at the first one that comes after it in the order."""
        for offset, segment in enumerate(loop.segments):
            if loop.rule.rank(segment.tag) > loop.rule.rank(tag):
                return loop.position + offset
        return loop.position + len(loop.segments) if loop.segments else end

    def _miss_entities(self, loop: Loop) -> None:
        for rule in loop.rule.entities:
            if rule.need is Need.REQUIRED and not any(entity.rule is rule for entity in loop.entities):
                self._fault("NM1", loop.position + len(loop.segments), rule.name, "I7")

    def _miss_levels(self, end: int) -> None:
        found = {loop.level for loop in self.levels} | self.missing_hl
        for code in REQUIRED_LEVELS:
            if code not in found:
                self._fault("HL", end, LEVELS[code].loop.name, "I7")
                self.tree_holds = False

    def _check_services(self, loop: Loop) -> None:
        """One service segment a line; tooth information only beside a dental one."""
        services = [segment for segment in loop.segments if segment.tag in SERVICES]
        if not services:
            self._fault("SV1", self._place_of("SV1", loop, loop.end), loop.rule.name, "I6")
        if len({segment.tag for segment in services}) > 1:
            extra = services[1]
            position = loop.position + loop.segments.index(extra)
            self._fault(extra.tag, position, loop.rule.name, "I9")
        tooth = loop.first("TOO")
        if tooth and not loop.first("SV3"):
            self._fault("TOO", loop.position + loop.segments.index(tooth), loop.rule.name, "I9")

    def _check_children(self) -> None:
        """HL04 is 1 for a level that others name as their parent, and 0 for one without children."""
        if not self.tree_holds:
            return
        named = {parent for parent in self.parents if parent}
        for loop in self.levels:
            hl = loop.first("HL")
            told = hl.element(4) if hl else ""
            if hl and told in ("0", "1") and (told == "1") != (hl.element(1) in named):
                fault = ElementFault(4, "I12", reference="736")
                self._fault("HL", loop.position, loop.rule.name, "8", (fault,))


def _stranger(tag: str) -> str:
    if tag in GUIDE_TAGS or tag == "BHT":
        return "2"
    return "I4" if tag in ELSEWHERE_IN_278 else "1"
