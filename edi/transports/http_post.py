"""X12 by HTTP: one request with a deadline for the whole of it, no redirects, no cookies, no proxies.

An answer that is lost, late or no X12 leaves it unknown whether the partner has the message; only then may
the same bytes be sent again.
"""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from edi.transports.connecting import ClearText, Connection

DEADLINE = 50.0
"""Seconds for one exchange, the lookup of the name included. Shorter than the lease of the outbox."""

LARGEST_REPLY = 25 * 1024 * 1024
CONTENT_TYPE = "application/edi-x12"
# Not the request's fault: the same bytes may succeed later.
PASSING = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Delivered:
    """The partner took the bytes.

    `body` is what it said at once: acknowledgments and answers, often nothing.
    """

    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """The partner will not take these bytes, however often they are sent."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows whether the partner has the bytes. `answered`: it said something, though nothing of use."""

    reason: str
    answered: bool = field(default=False, compare=False)


Result = Delivered | Refused | Unknown


@dataclass(frozen=True, slots=True)
class Waiting:
    """One message that waits at the partner, named by the partner's own id."""

    item: str
    body: bytes = field(repr=False)


def post(url: str, body: bytes, *, deadline: float = DEADLINE) -> Result:
    """Send one interchange."""
    headers = {"Content-Type": CONTENT_TYPE, "Accept": CONTENT_TYPE}
    result = _exchange("POST", url, body, headers, deadline)
    if isinstance(result, Delivered) and result.body.strip() and not _is_x12(result.body):
        return Unknown("The reply is no X12 message.", answered=True)
    return result


def waiting(url: str, receiver: str, *, deadline: float = DEADLINE) -> tuple[Waiting, ...] | Refused | Unknown:
    """What waits at the partner for this receiver, oldest first."""
    address = f"{url.rstrip('/')}/outbox?receiver={quote(receiver)}"
    result = _exchange("GET", address, None, {"Accept": "application/json"}, deadline)
    if not isinstance(result, Delivered):
        return result
    try:
        return tuple(_item(row) for row in json.loads(result.body))
    except (ValueError, TypeError, KeyError):
        return Unknown("The list of waiting messages cannot be read.", answered=True)


def take(url: str, item: str, *, deadline: float = DEADLINE) -> Result:
    """Tell the partner that a message is stored here, so that it is not offered again."""
    return _exchange("POST", f"{url.rstrip('/')}/outbox/{quote(item)}/taken", b"", {}, deadline)


def _item(row: dict[str, Any]) -> Waiting:
    return Waiting(str(row["id"])[:80], str(row["x12"]).encode())


def _exchange(method: str, url: str, body: bytes | None, headers: dict[str, str], deadline: float) -> Result:
    """One request and its reply."""
    try:
        parts = urlsplit(url)
        connection = Connection(parts.scheme, parts.hostname or "", parts.port, deadline=deadline)
    except ClearText:
        return Refused("The partner's address must begin with https.")
    except ValueError:
        return Refused("The partner's address cannot be read.")
    try:
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, path or "/", body=body, headers=headers)
        response = connection.getresponse()
        if response.length is None and not response.chunked:
            # Its end could not be told from a connection that broke.
            return Unknown("The reply does not say how long it is.", answered=True)
        body = response.read(LARGEST_REPLY + 1)
        if response.length and len(body) <= LARGEST_REPLY:
            return Unknown("The reply was cut off.")
        return _judge(response.status, body)
    except (OSError, http.client.HTTPException, ValueError) as error:
        # The kind of error only: its text may hold an address with a secret.
        return Unknown(f"No complete reply ({type(error).__name__}).")
    except AttributeError:
        # http.client does not expect the watchdog to take its socket away.
        return Unknown("No complete reply within the deadline.")
    finally:
        connection.finish()


def _judge(status: int, body: bytes) -> Result:
    if len(body) > LARGEST_REPLY:
        return Unknown("The reply is larger than 25 MB.", answered=True)
    if 200 <= status < 300:
        return Delivered(body)
    if 300 <= status < 400:
        return Refused(f"The partner's address has moved (HTTP {status}).")
    if 400 <= status < 500 and status not in PASSING:
        return Refused(f"The partner refuses the message (HTTP {status}).")
    return Unknown(f"The partner could not take the message (HTTP {status}).", answered=True)


def _is_x12(body: bytes) -> bool:
    return body.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"ISA")
