"""The HTTP edge of the payer. Nothing of a message is written to the log: it holds health information."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from edi.simulator.payer import TEXT_TYPE, Breakage, Payer, Reply
from edi.simulator.scenarios import rows
from edi.x12.tokenizer import MAX_FILE_LENGTH

JSON_TYPE = "application/json"
ACCEPTED_TYPE = "application/edi-x12"
OUTBOX = "/x12/outbox"
MOST_OFFERED = 200


class PayerServer(ThreadingHTTPServer):
    """The listening server. `latency` and `hang` are in seconds."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], payer: Payer, *, latency: float, hang: float) -> None:
        super().__init__(address, PayerHandler)
        self.payer = payer
        self.latency = latency
        self.hang = hang
        self.stopping = threading.Event()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no news; anything else is told by its kind only."""
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError | TimeoutError):
            sys.stderr.write(f"payer simulator: {type(error).__name__} while answering\n")


class PayerHandler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "PayerSimulator"
    sys_version = ""
    timeout = 60
    server: PayerServer

    def do_GET(self) -> None:
        """Health, scenarios, ledger, outbox."""
        url = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        if url.path == "/health":
            self._json({"status": "ok"})
        elif url.path == "/scenarios":
            self._json(rows())
        elif url.path == "/ledger":
            after, limit = _number(query, "after", 0), _number(query, "limit", 1000)
            self._json(self.server.payer.store.ledger(sender=query.get("sender", ""), after=after, limit=limit))
        elif url.path == OUTBOX:
            self._offer(query)
        else:
            self._text(404, "There is nothing here.")

    def do_POST(self) -> None:
        """A message, or the word that an answer was taken."""
        body = self._body()
        if body is None:
            return
        path = urlsplit(self.path).path
        if path == "/x12":
            self._receive(body)
        elif path.startswith(OUTBOX + "/") and path.endswith("/taken"):
            self._take(path.removeprefix(OUTBOX + "/").removesuffix("/taken"))
        else:
            self._text(404, "There is nothing here.")

    def log_message(self, format: str, *args: object) -> None:
        """Silence: the request line may carry a partner's id, and nobody reads this log."""

    def _receive(self, body: bytes) -> None:
        kind = self.headers.get_content_type()
        if kind != ACCEPTED_TYPE:
            self._text(415, f"Send {ACCEPTED_TYPE}.")
            return
        if self.server.latency:
            time.sleep(self.server.latency)
        reply = self.server.payer.receive(body)
        if reply.breakage is Breakage.HANG:
            self.server.stopping.wait(self.server.hang)
        if reply.breakage is Breakage.NONE:
            self._send(reply)
        else:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    def _offer(self, query: dict[str, str]) -> None:
        receiver = query.get("receiver", "").strip()
        if not receiver:
            self._text(400, "Name the receiver.")
            return
        limit = min(_number(query, "limit", 20), MOST_OFFERED)
        self._json(self.server.payer.store.waiting(receiver, time.time_ns() // 1_000_000, limit))

    def _take(self, identifier: str) -> None:
        known = identifier.isascii() and identifier.isdigit() and len(identifier) < 19
        if known and self.server.payer.store.take(int(identifier), time.time_ns() // 1_000_000):
            self._send(Reply(204, b""))
        else:
            self._text(404, "No such answer waits.")

    def _body(self) -> bytes | None:
        """The body by its Content-Length, or None after an error reply."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            self.close_connection = True
            self._text(411, "Send a Content-Length.")
            return None
        if int(length) > MAX_FILE_LENGTH:
            self.close_connection = True
            self._text(413, "The message is too large.")
            return None
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self.close_connection = True
            return None
        return body

    def _json(self, value: object) -> None:
        self._send(Reply(200, json.dumps(value).encode(), JSON_TYPE))

    def _text(self, status: int, sentence: str) -> None:
        self._send(Reply(status, f"{sentence}\n".encode(), TEXT_TYPE))

    def _send(self, reply: Reply) -> None:
        self.send_response(HTTPStatus(reply.status))
        if reply.status != 204:
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(reply.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(reply.body)


def _number(query: dict[str, str], name: str, default: int) -> int:
    value = query.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else default
