"""A connection to a partner within one deadline: looking its name up, connecting, agreeing on TLS."""

from __future__ import annotations

import http.client
import queue
import socket
import ssl
import threading
import time
from typing import Any

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
LONGEST_CONNECT = 10.0
"""Seconds for one address to take the connection: one that is dead does not use up the time of the next."""

_Address = tuple[socket.AddressFamily, socket.SocketKind, int, str, Any]


class ClearText(Exception):
    """Health information travels in clear only to this very machine."""


class Connection(http.client.HTTPConnection):
    """One exchange with a partner; whatever it is busy with, nothing of it lasts longer than the deadline.

    Raises ClearText for an address that is neither https nor on this machine, OSError where nobody can be reached.
    """

    def __init__(self, scheme: str, host: str, port: int | None, *, deadline: float) -> None:
        if not host or scheme not in ("http", "https") or (scheme == "http" and host not in LOOPBACK):
            raise ClearText
        self._tls = ssl.create_default_context() if scheme == "https" else None
        self._end = time.monotonic() + deadline
        super().__init__(host, port or (443 if self._tls else 80), timeout=deadline)
        self._watchdog = threading.Timer(deadline, self._cut)
        self._watchdog.daemon = True
        self._wire: socket.socket | None = None

    def connect(self) -> None:
        """Called by http.client when the request begins."""
        self._watchdog.start()
        self.sock = self._wire = self._first_that_answers(_look_up(self.host, self.port, self._left()))
        self.sock.settimeout(self._left())
        if self._tls is not None:
            # Wrapped before the handshake, so that the watchdog can cut that too.
            wrapped = self._tls.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
            self.sock = self._wire = wrapped
            wrapped.do_handshake()

    def finish(self) -> None:
        """The reply is read, or nobody waits for it. (http.client closes earlier, and reads on.)"""
        self._watchdog.cancel()
        self.close()

    def _first_that_answers(self, addresses: list[_Address]) -> socket.socket:
        failure: OSError = TimeoutError()
        for family, kind, protocol, _, address in addresses:
            found = socket.socket(family, kind, protocol)
            found.settimeout(min(self._left(), LONGEST_CONNECT))
            try:
                found.connect(address)
            except OSError as error:
                found.close()
                failure = error
            else:
                return found
        raise failure

    def _left(self) -> float:
        """Seconds until the deadline. Raises TimeoutError after it."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def _cut(self) -> None:
        if self._wire is not None:
            try:
                self._wire.shutdown(socket.SHUT_RDWR)
            except OSError:
                # Closed already: the exchange is over.
                return


def _look_up(host: str, port: int, seconds: float) -> list[_Address]:
    """The addresses of a name. The system's own lookup knows no deadline, so it is left behind when it takes longer."""
    found: queue.SimpleQueue[list[_Address] | OSError | UnicodeError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found.put(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except (OSError, UnicodeError) as error:
            found.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        result = found.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(result, Exception):
        raise result
    return result
