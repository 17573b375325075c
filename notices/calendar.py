"""Follow-ups as a calendar (RFC 5545): UTC times, stable ids, lines folded at 75 octets, ended by CRLF."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

LENGTH = timedelta(minutes=15)
OCTETS = 75


@dataclass(frozen=True, slots=True)
class Event:
    """Something to do at an instant. `words` and `address` hold no health data: a calendar is read by many programs."""

    id: uuid.UUID
    at: datetime
    words: str
    address: str


def calendar_text(events: Iterable[Event], *, name: str, now: datetime) -> str:
    """The whole calendar as a calendar program takes it."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Greenlight//Follow-ups//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_escaped(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
    ]
    for event in events:
        lines += _lines(event, now)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _lines(event: Event, now: datetime) -> list[str]:
    return [
        "BEGIN:VEVENT",
        f"UID:{event.id}@greenlight",
        f"DTSTAMP:{_instant(now)}",
        f"DTSTART:{_instant(event.at)}",
        f"DTEND:{_instant(event.at + LENGTH)}",
        f"SUMMARY:{_escaped(event.words)}",
        f"URL:{event.address}",
        "CLASS:PRIVATE",
        "END:VEVENT",
    ]


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _escaped(text: str) -> str:
    for sign in ("\\", ";", ","):
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\r\n", "\\n").replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """Pieces of at most 75 octets, each but the first begun by a space; no character is cut."""
    piece, size = "", 0
    for character in line:
        length = len(character.encode())
        if size + length > OCTETS:
            yield piece
            piece, size = " ", 1
        piece, size = piece + character, size + length
    yield piece
