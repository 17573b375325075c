"""Put segments into an interchange of the payer's own: addresses turned round, own control numbers, own counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from edi.simulator.envelope import ID_QUALIFIERS, Address
from edi.x12.tokenizer import STANDARD, Segment, join


@dataclass(frozen=True, slots=True)
class Addressee:
    """To whom an interchange goes: the ISA of the request, and the GS02 and GS03 of its group."""

    address: Address
    group_sender: str
    group_receiver: str


@dataclass(frozen=True, slots=True)
class ControlNumbers:
    """The payer's own numbers for one outgoing interchange."""

    interchange: int
    group: int


def segment(tag: str, *elements: str) -> Segment:
    """A segment to be written, without trailing empty elements."""
    return Segment.of(tag, *elements)


def echo(original: Segment, *, elements: int = 0) -> Segment:
    """A segment of the request in the payer's own delimiters, cut to so many elements when a number is given."""
    values = original.elements[:elements] if elements else original.elements
    return Segment.of(original.tag, *(_redelimited(original, number) for number in range(1, len(values) + 1)))


def plain(value: str) -> str:
    """A value in ASCII without the payer's delimiters, which other delimiters may have allowed in the request."""
    return value.translate({ord(mark): "-" for mark in STANDARD.all()}).encode("ascii", "replace").decode()


def write_interchange(
    to: Addressee,
    numbers: ControlNumbers,
    now: datetime,
    *,
    kind: str,
    guide: str,
    sets: list[list[Segment]],
    ta1: Segment | None = None,
) -> str:
    """The whole text. `sets` hold the segments between ST and SE; none of them makes an interchange of TA1 only."""
    body = [ta1] if ta1 else []
    if sets:
        body += _group(to, numbers, now, kind, guide, sets)
    isa = _isa(to.address, numbers, now)
    iea = segment("IEA", "1" if sets else "0", f"{numbers.interchange:09d}")
    return join([isa, *body, iea])


def _isa(address: Address, numbers: ControlNumbers, now: datetime) -> Segment:
    """The ISA of a reply; what the sender wrote so badly that it fits no ISA is cut or replaced."""
    usage = address.usage if address.usage in ("T", "P") else "T"
    return segment(
        "ISA",
        *("00", " " * 10, "00", " " * 10),
        *(_qualifier(address.receiver_qualifier), _identifier(address.receiver)),
        *(_qualifier(address.sender_qualifier), _identifier(address.sender)),
        *(now.strftime("%y%m%d"), now.strftime("%H%M")),
        *(STANDARD.repetition, "00501", f"{numbers.interchange:09d}", "0", usage),
        STANDARD.component,
    )


def _qualifier(value: str) -> str:
    return value if value in ID_QUALIFIERS else "ZZ"


def _identifier(value: str) -> str:
    return plain(value)[:15].ljust(15)


def _group(
    to: Addressee,
    numbers: ControlNumbers,
    now: datetime,
    kind: str,
    guide: str,
    sets: list[list[Segment]],
) -> list[Segment]:
    identifier = {"HI": "278", "FA": "999"}[kind]
    group = str(numbers.group)
    date, time = now.strftime("%Y%m%d"), now.strftime("%H%M")
    body = [segment("GS", kind, plain(to.group_receiver), plain(to.group_sender), date, time, group, "X", guide)]
    for index, content in enumerate(sets, start=1):
        control = f"{index:04d}"
        end = segment("SE", str(len(content) + 2), control)
        body += [segment("ST", identifier, control, guide), *content, end]
    return [*body, segment("GE", str(len(sets)), group)]


def _redelimited(original: Segment, number: int) -> str:
    parts = original.components(number)
    return STANDARD.composite(*(plain(part) for part in parts)) if parts else ""
