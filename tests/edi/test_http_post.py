"""The transport: one deadline for all of it, no redirects, nothing in clear over a network."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from edi.transports.http_post import Delivered, Refused, Unknown, post, waiting

OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"


@contextmanager
def partner(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A partner that takes one connection and does with it what the test says."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(5)
                connection.recv(65536)
                answer(connection)
        except OSError:
            return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/x12"
    finally:
        listener.close()
        thread.join(5)


def replying(raw: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(raw)


def status(line: str, body: bytes = b"") -> Callable[[socket.socket], None]:
    head = f"HTTP/1.1 {line}\r\nContent-Length: {len(body)}\r\nLocation: http://127.0.0.1:1/\r\n\r\n"
    return replying(head.encode() + body)


def test_an_accepted_message_brings_back_what_the_partner_said() -> None:
    with partner(replying(OK % (4, b"ISA*"))) as url:
        assert post(url, b"ISA*") == Delivered(b"ISA*")
    with partner(status("202 Accepted")) as url:
        assert post(url, b"ISA*") == Delivered(b"")


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("301 Moved Permanently", Refused),
        ("307 Temporary Redirect", Refused),
        ("400 Bad Request", Refused),
        ("401 Unauthorized", Refused),
        ("404 Not Found", Refused),
        ("408 Request Timeout", Unknown),
        ("429 Too Many Requests", Unknown),
        ("500 Internal Server Error", Unknown),
        ("503 Service Unavailable", Unknown),
    ],
)
def test_a_status_says_whether_the_same_bytes_may_go_again(line: str, kind: type) -> None:
    with partner(status(line)) as url:
        result = post(url, b"ISA*")
    assert isinstance(result, kind)
    assert line[:3] in getattr(result, "reason", "")


def test_a_web_page_instead_of_x12_leaves_it_unknown() -> None:
    with partner(status("200 OK", b"<html>Sign in</html>")) as url:
        assert post(url, b"ISA*") == Unknown("The reply is no X12 message.")


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nConnection: close\r\n"])
def test_a_partner_that_sends_drop_by_drop_is_cut_off_at_the_deadline(head: bytes) -> None:
    def dribble(connection: socket.socket) -> None:
        connection.sendall(head + b"Content-Length: 1000\r\n\r\n")
        for _ in range(40):
            connection.sendall(b"x")
            time.sleep(0.1)

    began = time.monotonic()
    with partner(dribble) as url:
        result = post(url, b"ISA*", deadline=0.6)
    assert isinstance(result, Unknown)
    assert time.monotonic() - began < 3


def test_a_partner_that_drips_its_header_is_cut_off_too() -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for number in range(40):
            connection.sendall(b"X-%d: y\r\n" % number)
            time.sleep(0.1)

    began = time.monotonic()
    with partner(drip) as url:
        assert isinstance(post(url, b"ISA*", deadline=0.6), Unknown)
    assert time.monotonic() - began < 3


def test_a_name_that_takes_too_long_to_look_up_is_given_up_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: released.wait(20) and [])
    began = time.monotonic()
    try:
        assert post("https://payer.example/x12", b"ISA*", deadline=0.5) == Unknown("No complete reply (TimeoutError).")
    finally:
        released.set()
    assert time.monotonic() - began < 3


def test_a_partner_that_never_agrees_on_encryption_is_cut_off_at_the_deadline() -> None:
    def drip(connection: socket.socket) -> None:
        # A handshake record announced with 16 kB, and then a byte at a time.
        connection.sendall(b"\x16\x03\x03\x3f\xff")
        for _ in range(40):
            connection.sendall(b"\x02")
            time.sleep(0.1)

    began = time.monotonic()
    with partner(drip) as url:
        assert isinstance(post(url.replace("http:", "https:"), b"ISA*", deadline=0.6), Unknown)
    assert time.monotonic() - began < 3


def test_a_name_nobody_knows_leaves_it_unknown() -> None:
    assert isinstance(post("https://payer.invalid/x12", b"ISA*", deadline=5), Unknown)


def test_an_address_that_cannot_be_read_is_refused() -> None:
    assert post("https://payer.example:70000/x12", b"ISA*") == Refused("The partner's address cannot be read.")


def test_a_connection_closed_in_the_middle_leaves_it_unknown() -> None:
    with partner(replying(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nISA")) as url:
        assert isinstance(post(url, b"ISA*"), Unknown)
    with partner(lambda connection: connection.close()) as url:
        assert isinstance(post(url, b"ISA*"), Unknown)


def test_nobody_listening_leaves_it_unknown() -> None:
    assert isinstance(post("http://127.0.0.1:1/x12", b"ISA*", deadline=2), Unknown)


@pytest.mark.parametrize("url", ["http://payer.example/x12", "ftp://payer.example/x12", "file:///etc/passwd", "x12"])
def test_health_information_does_not_leave_this_machine_in_clear(url: str) -> None:
    assert post(url, b"ISA*") == Refused("The partner's address must begin with https.")


def test_a_list_that_cannot_be_read_is_no_empty_list() -> None:
    with partner(status("200 OK", b'{"not": "a list of messages"}')) as url:
        assert isinstance(waiting(url, "US"), Unknown)
    with partner(status("200 OK", b'[{"id": 7, "x12": "ISA*"}]')) as url:
        found = waiting(url, "US")
    assert isinstance(found, tuple)
    assert [(each.item, each.body) for each in found] == [("7", b"ISA*")]


def test_what_travels_is_kept_out_of_repr() -> None:
    assert "MEMBER" not in repr(Delivered(b"NM1*IL*1*MEMBER"))
