"""A trading partner written for these tests alone: text by hand, split by hand, over real HTTP."""

from __future__ import annotations

import http.client
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

NPI = "1234567893"
OUR_COMPANY = "9GREENTEST"
GUIDE = "005010X217"
numbers = itertools.count(1)


def head(*, reference: str = "CASE1", purpose: str = "I", extra: Sequence[str] = ()) -> list[str]:
    """The segments from BHT to the event, before its lines. `extra` are REF segments of the event."""
    return [
        f"BHT*0007*13*{reference}*20260105*1030",
        "HL*1**20*1",
        "NM1*X3*2*EXAMPLE HEALTH PLAN*****PI*54321",
        "HL*2*1*21*1",
        f"NM1*1P*2*NORTH CLINIC*****XX*{NPI}",
        "HL*3*2*22*1",
        "NM1*IL*1*SAMPLE*PATIENT****MI*M0001",
        "DMG*D8*20100203*F",
        "HL*4*3*EV*1",
        f"TRN*1*{reference}-T*{OUR_COMPANY}",
        f"UM*HS*{purpose}*A4*11:B*****Y",
        *extra,
        "DTP*AAH*RD8*20260105-20260404",
        "HI*ABK:F840",
        f"NM1*SJ*2*NORTH CLINIC*****XX*{NPI}",
    ]


def line(number: int, code: str, units: str = "40", *, reference: str = "CASE1") -> list[str]:
    """One service line; the event is HL 4."""
    amount = f"**UN*{units}" if units else ""
    return [
        f"HL*{number + 4}*4*SS*0",
        f"TRN*1*{reference}-{number}*{OUR_COMPANY}",
        "DTP*472*RD8*20260105-20260404",
        f"SV1*HC:{code}{amount}",
    ]


def request(
    *codes: str,
    units: Sequence[str] = (),
    reference: str = "CASE1",
    purpose: str = "I",
    extra: Sequence[str] = (),
) -> list[str]:
    """A request for these service codes, 40 units each unless told."""
    segments = head(reference=reference, purpose=purpose, extra=extra)
    for number, code in enumerate(codes, start=1):
        amount = units[number - 1] if units else "40"
        segments += line(number, code, amount, reference=reference)
    if not codes:
        segments[8] = "HL*4*3*EV*0"
    return segments


def transaction(segments: Sequence[str], control: str = "0001") -> list[str]:
    """The segments between ST and SE, counted."""
    return [f"ST*278*{control}*{GUIDE}", *segments, f"SE*{len(segments) + 2}*{control}"]


def interchange(*sets: Sequence[str], sender: str, isa13: int, usage: str = "T", wants_ta1: bool = False) -> list[str]:
    """A whole interchange, one segment an entry. Sets come from `transaction`."""
    control = f"{isa13:09d}"
    isa = "*".join(
        [
            *("ISA", "00", " " * 10, "00", " " * 10, "ZZ", sender.ljust(15), "ZZ", "PAYER01".ljust(15)),
            *("260105", "1030", "^", "00501", control, "1" if wants_ta1 else "0", usage, ":"),
        ]
    )
    return [
        isa,
        f"GS*HI*{sender}*PAYER01*20260105*1030*{isa13}*X*{GUIDE}",
        *[segment for item in sets for segment in item],
        f"GE*{len(sets)}*{isa13}",
        f"IEA*1*{control}",
    ]


def wire(segments: Sequence[str]) -> bytes:
    """The bytes that go out."""
    return "".join(segment + "~" for segment in segments).encode("ascii")


@dataclass(frozen=True)
class Received:
    """One interchange of the payer, cut at its delimiters."""

    text: str

    @property
    def segments(self) -> list[list[str]]:
        return [segment.split("*") for segment in self.text.split("~") if segment]

    def all(self, tag: str) -> list[list[str]]:
        return [segment for segment in self.segments if segment[0] == tag]

    def one(self, tag: str) -> list[str]:
        (found,) = self.all(tag)
        return found

    @property
    def set_kind(self) -> str:
        return next((segment[1] for segment in self.segments if segment[0] == "ST"), "TA1")

    def level(self, code: str, index: int = 0) -> list[list[str]]:
        """The segments of the index-th HL loop of that level."""
        loops: list[list[list[str]]] = []
        inside = False
        for segment in self.segments:
            if segment[0] == "HL":
                inside = segment[3] == code
                if inside:
                    loops.append([])
            if segment[0] == "SE":
                break
            if inside:
                loops[-1].append(segment)
        return loops[index]


@dataclass(frozen=True)
class Reply:
    """An HTTP reply; the interchanges of its body."""

    status: int
    body: bytes
    content_type: str

    @property
    def interchanges(self) -> list[Received]:
        return split(self.body.decode("ascii"))

    def of_kind(self, kind: str) -> list[Received]:
        return [item for item in self.interchanges if item.set_kind == kind]

    @property
    def acknowledgement(self) -> Received:
        return self.interchanges[0]

    @property
    def answer(self) -> Received:
        (found,) = self.of_kind("278")
        return found


def split(text: str) -> list[Received]:
    """The interchanges of a body."""
    found = []
    while text:
        end = text.index("~", text.index("~IEA*") + 1) + 1
        found.append(Received(text[:end]))
        text = text[end:]
    return found


def http_call(url: str, method: str, path: str, body: bytes | None = None, kind: str = "") -> Reply:
    """One HTTP exchange on a connection of its own."""
    host = urlsplit(url).netloc
    connection = http.client.HTTPConnection(host, timeout=10)
    try:
        connection.request(method, path, body, {"Content-Type": kind} if kind else {})
        response = connection.getresponse()
        return Reply(response.status, response.read(), response.headers.get_content_type())
    finally:
        connection.close()


@dataclass(frozen=True)
class Partner:
    """A sender with an id of its own, so that tests share a payer without meeting."""

    url: str
    sender: str

    def send_bytes(self, raw: bytes) -> Reply:
        return http_call(self.url, "POST", "/x12", raw, "application/edi-x12")

    def envelope(self, segments: Sequence[str], **options: Any) -> list[str]:
        return interchange(transaction(segments), sender=self.sender, isa13=next(numbers), **options)

    def send(self, segments: Sequence[str], **options: Any) -> Reply:
        """Send one transaction set in an interchange of its own."""
        return self.send_bytes(wire(self.envelope(segments, **options)))

    def ask(self, *codes: str, **options: Any) -> Reply:
        return self.send(request(*codes, **options))

    def waiting(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(f"/x12/outbox?receiver={self.sender}&limit=50")
        return found

    def take(self, identifier: int) -> int:
        return http_call(self.url, "POST", f"/x12/outbox/{identifier}/taken", b"").status

    def ledger(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(f"/ledger?sender={self.sender}")
        return found

    def get(self, path: str) -> Any:
        return json.loads(http_call(self.url, "GET", path).body)
