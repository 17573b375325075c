"""The tree of HL loops in a 278, the same for a request and for its response.

Inside a loop the order of the segments is not trusted: a segment that cannot belong to the party it follows
is given to the loop, because payers write HCR or MSG after the providers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from edi.x12.problems import Problem, Severity
from edi.x12.tokenizer import Segment

PARENTS = {
    "20": frozenset({""}),
    "21": frozenset({"20"}),
    "22": frozenset({"21"}),
    "23": frozenset({"22"}),
    "EV": frozenset({"22", "23"}),
    "SS": frozenset({"EV", "SS"}),
}
LEVEL_NAMES = {"20": "2000A", "21": "2000B", "22": "2000C", "23": "2000D", "EV": "2000E", "SS": "2000F"}
PARTY_TAGS = frozenset({"NM1", "N2", "N3", "N4", "PER", "REF", "PRV", "AAA", "DMG", "INS"})
# REF BB and NT are numbers of the case; no party has them.
CASE_NUMBERS = frozenset({"BB", "NT"})
# Loop 2010EC, another reviewer, is the only party with a date of its own.
OTHER_REVIEWERS = frozenset({"00", "CA", "GG"})


@dataclass(slots=True, eq=False, repr=False)
class Loop:
    """One HL with its own segments and its parties, each a list that begins with its NM1."""

    header: Segment
    level: str
    number: str
    parent: Loop | None = None
    segments: list[Segment] = field(default_factory=list)
    parties: list[list[Segment]] = field(default_factory=list)
    children: list[Loop] = field(default_factory=list)

    def first(self, tag: str, *qualifiers: str) -> Segment | None:
        """The first own segment of that tag, and of one of those codes in element 1 if any are given."""
        return next(self.all(tag, *qualifiers), None)

    def all(self, tag: str, *qualifiers: str) -> Iterator[Segment]:
        """Own segments of that tag, in order."""
        for segment in self.segments:
            if segment.tag == tag and (not qualifiers or segment.element(1) in qualifiers):
                yield segment


@dataclass(frozen=True, slots=True)
class Tree:
    """The segments before the first HL, and every loop in the order of the text."""

    head: tuple[Segment, ...]
    loops: tuple[Loop, ...]
    problems: tuple[Problem, ...]

    def of_level(self, level: str) -> tuple[Loop, ...]:
        """All loops of a level (`20` `21` `22` `23` `EV` `SS`)."""
        return tuple(loop for loop in self.loops if loop.level == level)


def read_tree(segments: Sequence[Segment]) -> Tree:
    """The loops of one set, given from ST to SE. A loop that hangs nowhere is kept, with a problem."""
    head: list[Segment] = []
    loops: list[Loop] = []
    for segment in segments:
        if segment.tag in {"ST", "SE"}:
            continue
        if segment.tag == "HL":
            loops.append(Loop(segment, segment.element(3), segment.element(1)))
        elif loops:
            _add(loops[-1], segment)
        else:
            head.append(segment)
    problems = [*_hang(loops), *_check_children(loops)]
    return Tree(tuple(head), tuple(loops), tuple(problems))


def _add(loop: Loop, segment: Segment) -> None:
    if segment.tag == "NM1":
        loop.parties.append([segment])
    elif loop.parties and _belongs_to(loop.parties[-1][0], segment):
        loop.parties[-1].append(segment)
    else:
        loop.segments.append(segment)


def _belongs_to(party: Segment, segment: Segment) -> bool:
    if segment.tag == "REF":
        return segment.element(1) not in CASE_NUMBERS
    if segment.tag == "DTP":
        return party.element(1) in OTHER_REVIEWERS
    return segment.tag in PARTY_TAGS


def _hang(loops: list[Loop]) -> Iterator[Problem]:
    """Give each loop to its parent, which must come before it and be of the right level."""
    numbered: dict[str, Loop] = {}
    for index, loop in enumerate(loops, start=1):
        position = loop.header.position
        if loop.number != str(index):
            yield Problem("hl_number", "The levels are not numbered 1, 2, 3 ...", position, 1, Severity.TOLERATED)
        if loop.level not in PARENTS:
            yield Problem("hl_level", "The level is not one of a services review.", position, 3)
        parent = numbered.get(loop.header.element(2))
        if parent is None and loop.header.element(2):
            yield Problem("hl_parent", "The parent named by the level does not come before it.", position, 2)
        elif (parent.level if parent else "") not in PARENTS.get(loop.level, frozenset()):
            yield Problem("hl_parent_level", "The level stands under the wrong kind of parent.", position, 2)
        else:
            loop.parent = parent
            if parent:
                parent.children.append(loop)
        if loop.number in numbered:
            yield Problem("hl_number_used", "The number of the level was used before.", position, 1)
        numbered[loop.number] = loop


def _check_children(loops: list[Loop]) -> Iterator[Problem]:
    for loop in loops:
        if loop.header.element(4) != ("1" if loop.children else "0"):
            text = "HL04 does not tell whether levels stand below."
            yield Problem("hl_child", text, loop.header.position, 4, Severity.TOLERATED)
