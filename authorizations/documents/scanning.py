"""Who looks at a file before anybody may have it: a scanner behind an address, or nobody, which is then said.

The scanner is ClamAV's daemon, spoken to by TCP (clamd(8), INSTREAM): the bytes travel, no path does.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO, Final, Protocol

from django.conf import settings

_CHUNK: Final = 64 * 1024
_LONGEST_REPLY: Final = 4096
PATIENCE: Final = 60.0
"""Seconds without a word from the scanner; shorter than the lease of the outbox."""


class Unreachable(Exception):
    """The scanner does not answer, or not whole: the file is looked at later."""


class Verdict(StrEnum):
    CLEAN = "clean"
    INFECTED = "infected"
    FAILED = "failed"
    """The scanner answers, and will not look at this file."""


class Scanner(Protocol):
    def scan(self, file: BinaryIO) -> Verdict:
        """Look at a file. Raises Unreachable."""


@dataclass(frozen=True, slots=True)
class Clamd:
    """ClamAV's daemon at `host`:`port`."""

    host: str
    port: int

    def scan(self, file: BinaryIO) -> Verdict:
        try:
            with socket.create_connection((self.host, self.port), timeout=PATIENCE) as line:
                return _verdict(_ask(line, file))
        except OSError as error:
            raise Unreachable(type(error).__name__) from None


def scanner() -> Scanner | None:
    """The scanner of this installation; None where none is set."""
    host, _, port = settings.CLAMD_ADDRESS.rpartition(":")
    return Clamd(host, int(port)) if host else None


def _ask(line: socket.socket, file: BinaryIO) -> str:
    try:
        line.sendall(b"zINSTREAM\0")
        for chunk in _chunks(file):
            line.sendall(struct.pack("!L", len(chunk)) + chunk)
        line.sendall(struct.pack("!L", 0))
    except (BrokenPipeError, ConnectionResetError):
        # It has stopped listening, because the file is too large for it, and says so in what is read next.
        pass
    reply = b""
    while not reply.endswith(b"\0") and len(reply) < _LONGEST_REPLY:
        received = line.recv(_LONGEST_REPLY)
        if not received:
            break
        reply += received
    return reply.rstrip(b"\0").decode(errors="replace").strip()


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


def _verdict(reply: str) -> Verdict:
    """What "stream: OK", "stream: Name FOUND" or "... ERROR" mean; anything else is no answer."""
    if reply == "stream: OK":
        return Verdict.CLEAN
    if reply.endswith(" FOUND"):
        return Verdict.INFECTED
    if reply.endswith("ERROR"):
        return Verdict.FAILED
    raise Unreachable("no answer")
