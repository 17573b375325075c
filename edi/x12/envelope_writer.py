"""Write the envelopes around segments: one transaction set in one group in one interchange, or a lone TA1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from edi.x12.problems import Refusal
from edi.x12.tokenizer import STANDARD, Delimiters, Segment, join

ISA_QUALIFIERS = frozenset({"01", "14", "20", "27", "28", "29", "30", "33", "ZZ"})
LARGEST_CONTROL_NUMBER = 999_999_999
LARGEST_SET_NUMBER = 9_999


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """All that stands around one message: who sends to whom, the control numbers, the moment, the delimiters.

    The numbers come from the caller's counters. `prepared_at` is written as it is, so give it in the zone the
    partner expects. `usage` is `P` or `T`.
    """

    sender_qualifier: str
    sender: str
    receiver_qualifier: str
    receiver: str
    application_sender: str
    application_receiver: str
    interchange_number: int
    group_number: int
    set_number: int = 1
    prepared_at: datetime
    usage: str = "P"
    acknowledgment_requested: bool = False
    delimiters: Delimiters = STANDARD

    @property
    def interchange_control_number(self) -> str:
        """ISA13 as written."""
        return f"{self.interchange_number:09d}"

    @property
    def group_control_number(self) -> str:
        """GS06 as written."""
        return str(self.group_number)

    @property
    def set_control_number(self) -> str:
        """ST02 as written."""
        return f"{self.set_number:04d}"


def check_envelope(envelope: Envelope) -> tuple[Refusal, ...]:
    """Why these envelopes cannot be written; empty when they can."""
    return (
        *_check_parties(envelope),
        *_check_numbers(envelope),
        *_check_delimiters(envelope.delimiters),
    )


def write_set(envelope: Envelope, code: str, kind: str, version: str, body: Sequence[Segment]) -> str:
    """An interchange with one set: `code` is GS01, `kind` ST01, `version` GS08 and ST03, `body` all between.

    The envelope must have passed `check_envelope`.
    """
    number = envelope.set_control_number
    segments = [
        _isa(envelope),
        _gs(envelope, code, version),
        Segment.of("ST", kind, number, version),
        *body,
        Segment.of("SE", str(len(body) + 2), number),
        Segment.of("GE", "1", envelope.group_control_number),
        Segment.of("IEA", "1", envelope.interchange_control_number),
    ]
    return join(segments, envelope.delimiters)


def write_bare(envelope: Envelope, body: Sequence[Segment]) -> str:
    """An interchange without groups, as a TA1 travels."""
    trailer = Segment.of("IEA", "0", envelope.interchange_control_number)
    return join([_isa(envelope), *body, trailer], envelope.delimiters)


def _isa(envelope: Envelope) -> Segment:
    """Fixed width: 106 characters with the terminator."""
    elements = (
        "00",
        " " * 10,
        "00",
        " " * 10,
        envelope.sender_qualifier,
        f"{envelope.sender:<15}",
        envelope.receiver_qualifier,
        f"{envelope.receiver:<15}",
        f"{envelope.prepared_at:%y%m%d}",
        f"{envelope.prepared_at:%H%M}",
        envelope.delimiters.repetition,
        "00501",
        envelope.interchange_control_number,
        "1" if envelope.acknowledgment_requested else "0",
        envelope.usage,
        envelope.delimiters.component,
    )
    return Segment("ISA", elements, delimiters=envelope.delimiters)


def _gs(envelope: Envelope, code: str, version: str) -> Segment:
    return Segment.of(
        "GS",
        code,
        envelope.application_sender,
        envelope.application_receiver,
        f"{envelope.prepared_at:%Y%m%d}",
        f"{envelope.prepared_at:%H%M}",
        envelope.group_control_number,
        "X",
        version,
    )


def _check_parties(envelope: Envelope) -> list[Refusal]:
    refusals = []
    for path in ("sender_qualifier", "receiver_qualifier"):
        if getattr(envelope, path) not in ISA_QUALIFIERS:
            refusals.append(Refusal(path, "code", "The qualifier of the interchange id is not known."))
    lengths = (("sender", 1), ("receiver", 1), ("application_sender", 2), ("application_receiver", 2))
    for path, shortest in lengths:
        value = getattr(envelope, path)
        if not shortest <= len(value) <= 15 or not _is_safe(value, envelope.delimiters):
            text = f"The id must be {shortest} to 15 plain characters without delimiters."
            refusals.append(Refusal(path, "identifier", text))
    if envelope.usage not in {"P", "T"}:
        refusals.append(Refusal("usage", "code", "The usage is P (production) or T (test)."))
    return refusals


def _check_numbers(envelope: Envelope) -> list[Refusal]:
    limits = (
        ("interchange_number", LARGEST_CONTROL_NUMBER),
        ("group_number", LARGEST_CONTROL_NUMBER),
        ("set_number", LARGEST_SET_NUMBER),
    )
    return [
        Refusal(path, "control_number", f"The control number must lie between 1 and {largest}.")
        for path, largest in limits
        if not 1 <= getattr(envelope, path) <= largest
    ]


def _check_delimiters(delimiters: Delimiters) -> list[Refusal]:
    characters = delimiters.all()
    usable = len(characters) == 4 and len(set(characters)) == 4 and characters.isascii()
    if usable and not any(each.isalnum() or each == " " for each in characters):
        return []
    return [Refusal("delimiters", "delimiters", "The four delimiters must be different special characters.")]


def _is_safe(value: str, delimiters: Delimiters) -> bool:
    if value != value.strip() or not value.isascii() or not value.isprintable():
        return False
    return not any(character in value for character in delimiters.all())
