"""Cut X12 text into segments, each interchange by the delimiters its own ISA declares.

Input is untrusted: sizes are capped, and what is wrong comes back as a `Problem` beside what could be read.
A segment that is read always writes back as the same text (`join`), apart from line breaks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from edi.x12.problems import Problem, Severity

MAX_FILE_LENGTH = 25 * 1024 * 1024
MAX_SEGMENT_LENGTH = 64 * 1024
# Reading an interchange stops after so many findings: what follows is not X12, and each finding costs memory.
MAX_PROBLEMS = 100
# "ISA", 16 separators, and at least the component separator and the terminator.
ISA_ELEMENTS = 16
# A real ISA has 106 characters; some senders do not pad, none needs more than this.
ISA_SEARCH_LENGTH = 400
LINE_BREAKS = "\r\n"


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The four characters of one interchange. `repetition` is empty where the ISA declares none."""

    element: str = "*"
    repetition: str = "^"
    component: str = ":"
    segment: str = "~"

    def all(self) -> str:
        """The characters no element may hold, for X12 has no escape character."""
        return self.element + self.repetition + self.component + self.segment

    def composite(self, *parts: str) -> str:
        """The components as one element, without trailing separators."""
        return self.component.join(_trimmed(parts))

    def repeated(self, *values: str) -> str:
        """Several values as one repeating element."""
        return self.repetition.join(values)


STANDARD = Delimiters()


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment. `elements[0]` is the first element after the tag; the methods count from 1.

    `position` counts the segments of the interchange, the ISA being 1 (0 for one not read from text). The
    elements are kept out of `repr`, because they hold health information.
    """

    tag: str
    elements: tuple[str, ...] = field(repr=False)
    position: int = 0
    delimiters: Delimiters = field(default=STANDARD, repr=False)

    @classmethod
    def of(cls, tag: str, *elements: str, delimiters: Delimiters = STANDARD) -> Segment:
        """A segment to be written, without trailing empty elements."""
        return cls(tag, _trimmed(elements), delimiters=delimiters)

    def element(self, number: int) -> str:
        """The whole element, empty when absent."""
        return self.elements[number - 1] if 0 < number <= len(self.elements) else ""

    def repetitions(self, number: int) -> tuple[str, ...]:
        """The values of a repeating element; none when it is empty."""
        value = self.element(number)
        if not value:
            return ()
        separator = self.delimiters.repetition
        return tuple(value.split(separator)) if separator else (value,)

    def components(self, number: int, repetition: int = 1) -> tuple[str, ...]:
        """The components of one repetition of an element; none when it is empty or absent."""
        values = self.repetitions(number)
        if not 0 < repetition <= len(values):
            return ()
        return tuple(values[repetition - 1].split(self.delimiters.component))

    def component(self, number: int, part: int, repetition: int = 1) -> str:
        """One component, empty when absent; component 1 of a simple element is its value."""
        parts = self.components(number, repetition)
        return parts[part - 1] if 0 < part <= len(parts) else ""

    def text(self) -> str:
        """The segment as it stands on the wire, without its terminator."""
        return self.delimiters.element.join((self.tag, *self.elements))


@dataclass(frozen=True, slots=True)
class TokenizedInterchange:
    """The segments from one ISA to its IEA, or to where the text stopped making sense."""

    delimiters: Delimiters
    segments: tuple[Segment, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class TokenizedFile:
    """A whole file. `problems` are those that belong to no interchange."""

    interchanges: tuple[TokenizedInterchange, ...]
    problems: tuple[Problem, ...] = ()


def decode(raw: bytes) -> str:
    """Bytes as text: UTF-8 with or without a byte order mark, else Latin-1, which reads any byte."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def join(segments: Iterable[Segment], delimiters: Delimiters = STANDARD, *, line_breaks: bool = False) -> str:
    """The segments as text. Elements are written as they are, so composites must use these delimiters."""
    end = delimiters.segment + ("\n" if line_breaks and delimiters.segment not in LINE_BREAKS else "")
    separator = delimiters.element
    return "".join(separator.join((segment.tag, *segment.elements)) + end for segment in segments)


def read_delimiters(text: str, start: int = 0) -> Delimiters | Problem:
    """The delimiters declared by the ISA at `start`, found by counting separators, not by column.

    ISA11 is the repetition separator from version 00402 on; a letter, a digit, a blank or one of the other
    three characters there means that the interchange has none.
    """
    if text[start : start + 3] != "ISA":
        return Problem("isa_missing", "The text does not begin with an ISA segment.")
    head = text[start : start + ISA_SEARCH_LENGTH]
    separator = head[3:4]
    fields = head.split(separator, ISA_ELEMENTS) if separator else []
    if len(fields) <= ISA_ELEMENTS or len(fields[ISA_ELEMENTS]) < 2:
        return Problem("isa_cut_off", "The ISA segment is not complete.", position=1)
    component, terminator = fields[ISA_ELEMENTS][0], fields[ISA_ELEMENTS][1]
    if not _may_delimit(separator, component, terminator):
        return Problem("isa_delimiters", "The ISA segment does not declare usable delimiters.", position=1)
    repetition = fields[11].strip(LINE_BREAKS)
    taken = separator + component + terminator
    if len(repetition) != 1 or repetition.isalnum() or repetition in taken + " ":
        repetition = ""
    return Delimiters(separator, repetition, component, terminator)


def tokenize(text: str) -> TokenizedFile:
    """Every interchange of the text. Never raises: what cannot be read is told in `problems`."""
    if len(text) > MAX_FILE_LENGTH:
        return TokenizedFile((), (Problem("file_too_large", "The file is larger than 25 MB."),))
    at = _skip_filler(text, 1 if text.startswith("\ufeff") else 0)
    if at >= len(text):
        return TokenizedFile((), (Problem("file_empty", "The file holds no segments."),))
    interchanges: list[TokenizedInterchange] = []
    while at < len(text):
        delimiters = read_delimiters(text, at)
        if isinstance(delimiters, Problem):
            return TokenizedFile(tuple(interchanges), (_outside(delimiters, bool(interchanges)),))
        interchange, at = _read_interchange(text, at, delimiters)
        interchanges.append(interchange)
        at = _skip_filler(text, at)
    return TokenizedFile(tuple(interchanges))


def split_interchanges(raw: bytes) -> tuple[bytes, ...]:
    """The bytes of each interchange, and what is no interchange at the end; together they are all the
    bytes.
    """
    text = raw.decode("latin-1")
    pieces: list[bytes] = []
    start = at = _skip_filler(text, len("\xef\xbb\xbf") if text.startswith("\xef\xbb\xbf") else 0)
    while at < len(text) and len(text) <= MAX_FILE_LENGTH:
        delimiters = read_delimiters(text, at)
        if isinstance(delimiters, Problem):
            break
        _, end = _read_interchange(text, at, delimiters)
        at = _skip_filler(text, end)
        pieces.append(raw[start:at])
        start = at
    return (*pieces, raw[start:]) if raw[start:].strip() else tuple(pieces)


def _read_interchange(text: str, start: int, delimiters: Delimiters) -> tuple[TokenizedInterchange, int]:
    """The segments from `start` up to the IEA or the next ISA, and where the reading stopped."""
    segments: list[Segment] = []
    problems: list[Problem] = []
    at, position = start, 0
    while at < len(text):
        if segments and (_isa_begins(text, at) or len(problems) >= MAX_PROBLEMS):
            break
        end = text.find(delimiters.segment, at)
        body = text[at : end if end >= 0 else len(text)]
        at = end + 1 if end >= 0 else len(text)
        body = _without_line_breaks(body)
        if not body and end < 0:
            break
        segment = _read_segment(body, position + 1, delimiters, problems)
        if segment is None:
            continue
        position += 1
        segments.append(segment)
        if end < 0:
            problems.append(_unterminated(segment))
        if segment.tag == "IEA":
            break
    return TokenizedInterchange(delimiters, tuple(segments), tuple(problems)), at


def _read_segment(body: str, position: int, delimiters: Delimiters, problems: list[Problem]) -> Segment | None:
    """One segment, or None for an empty one; what is odd about it is added to `problems`."""
    if not body.strip():
        _note_empty(position, problems)
        return None
    if len(body) > MAX_SEGMENT_LENGTH:
        problems.append(Problem("segment_too_long", "The segment is longer than 64 kB.", position))
        body = body[:MAX_SEGMENT_LENGTH]
    tag, *elements = body.split(delimiters.element)
    if not _is_tag(tag):
        problems.append(Problem("segment_tag", "The segment does not begin with a segment name.", position))
    return Segment(tag, tuple(elements), position, delimiters)


def _note_empty(position: int, problems: list[Problem]) -> None:
    """Told once an interchange, for a sender that doubles its terminators does so everywhere."""
    if not any(problem.code == "segment_empty" for problem in problems):
        text = "An empty segment was skipped; later ones are not listed."
        problems.append(Problem("segment_empty", text, position, severity=Severity.TOLERATED))


def _unterminated(segment: Segment) -> Problem:
    """Harmless after a complete IEA, whose number the envelope check compares in full."""
    severity = Severity.TOLERATED if segment.tag == "IEA" else Severity.DEFECT
    text = "The last segment has no terminator: the text may have been cut off."
    return Problem("segment_not_terminated", text, segment.position, severity=severity)


def _outside(problem: Problem, after_interchange: bool) -> Problem:
    if after_interchange and problem.code == "isa_missing":
        return Problem("text_after_interchange", "Text that is no interchange follows the last IEA segment.")
    return problem


def _isa_begins(text: str, at: int) -> bool:
    start = _skip_filler(text, at)
    follower = text[start + 3 : start + 4]
    return text.startswith("ISA", start) and bool(follower) and not follower.isalnum()


def _skip_filler(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n\x00\x1a":
        at += 1
    return at


def _without_line_breaks(body: str) -> str:
    """Files are broken into lines after each segment or every 80 characters; a break is never data in X12."""
    if "\n" in body or "\r" in body:
        return body.replace("\r", "").replace("\n", "")
    return body


def _is_tag(tag: str) -> bool:
    return 2 <= len(tag) <= 3 and tag.isascii() and tag.isalnum() and tag[0].isalpha() and tag.isupper()


def _may_delimit(separator: str, component: str, terminator: str) -> bool:
    characters = separator + component + terminator
    if len(set(characters)) != 3:
        return False
    return not any(character.isalnum() or character == " " for character in characters) and (
        separator not in LINE_BREAKS and component not in LINE_BREAKS
    )


def _trimmed(values: tuple[str, ...]) -> tuple[str, ...]:
    """The values up to the last that is not empty: guides forbid trailing separators (RFI 1498)."""
    last = len(values)
    while last and not values[last - 1]:
        last -= 1
    return values[:last]
