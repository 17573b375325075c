"""What is wrong with a payer, its rules, its routes, a partner or a playbook: the same for a form and for a file."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from datetime import date
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from payers.models import Payer, Playbook, Program, ProgramRules, ReviewRoute, TradingPartner
from tenancy.editing import Problem, field_faults

LONGEST_WINDOW = 1095
"""Days. A longer approval than three years is a slip of the keyboard."""

QUALIFIERS = ("01", "14", "20", "27", "28", "29", "30", "33", "ZZ")
"""What an interchange may call the kind of an ID (005010X217 guide, ISA05 and ISA07)."""

FOLLOW_UP_TYPES = {"S": "Revised", "4": "Extension", "R": "Renewal", "I": "Initial"}
DELIMITERS = frozenset("*~:^|")
MOST_ENTRIES = 30


def payer_faults(payer: Payer) -> Iterator[Problem]:
    yield from field_faults(payer)
    yield from _wire_faults("identifier", payer.identifier)
    yield from _window_faults(payer.default_window_days)
    yield from _portal_faults(payer.portal_url)


def program_faults(program: Program) -> Iterator[Problem]:
    yield from field_faults(program)


def rules_faults(rules: ProgramRules) -> Iterator[Problem]:
    """A set of rules by itself; how it lies beside others is looked at by the services."""
    yield from field_faults(rules)
    yield from _range_faults(rules.starts_on, rules.ends_on)
    yield from _window_faults(rules.default_window_days)
    for name in ("urgent_hours", "routine_days"):
        if getattr(rules, name) == 0:
            yield Problem(name, "0 would be over at once. Leave it empty when the payer promises nothing.")
    if rules.weekly_cap is not None and not (rules.weekly_cap.is_finite() and 0 < rules.weekly_cap < 10**12):
        yield Problem("weekly_cap", "Give a number above 0, or leave it empty.")


def route_faults(route: ReviewRoute) -> Iterator[Problem]:
    yield from field_faults(route)
    yield from _code_faults(route)
    yield from _range_faults(route.starts_on, route.ends_on)
    yield from _portal_faults(route.portal_url)
    if route.reviewer_identifier and not route.reviewer_qualifier:
        yield Problem("reviewer_qualifier", "Say what kind of number that is.")
    for name in ("reviewer_name", "reviewer_identifier"):
        yield from _wire_faults(name, getattr(route, name))


def partner_faults(partner: TradingPartner) -> Iterator[Problem]:
    """Names and numbers that fit an interchange, and an address that is safe to send health data to."""
    yield from field_faults(partner)
    yield from _identity_faults(partner)
    unknown = sorted(set(partner.capabilities) - set(TradingPartner.Capability.values))
    if unknown:
        yield Problem("capabilities", f"{unknown[0]} is no transaction we know.")
    if partner.follow_up_certification_type not in FOLLOW_UP_TYPES:
        yield Problem("follow_up_certification_type", "Choose one of the kinds.")
    words = endpoint_problem(partner.endpoint_url) if partner.endpoint_url else ""
    if words:
        yield Problem("endpoint_url", words)


def playbook_faults(playbook: Playbook) -> Iterator[Problem]:
    yield from field_faults(playbook)
    yield from _portal_faults(playbook.portal_url)
    if not playbook.owner_id:
        yield Problem("owner", "Choose the one person who keeps this playbook true.")
    for name in ("documents", "triggers"):
        yield from _entry_faults(playbook, name)
    if len(set(playbook.field_order)) != len(playbook.field_order):
        yield Problem("field_order", "A field stands twice in the order.")
    if not 1 <= playbook.review_days <= 730:
        yield Problem("review_days", "Review it every 1 to 730 days.")


def endpoint_problem(address: str) -> str:
    """Why health data may not be sent to this address; "" when it may.

    https, or http to this machine or to the simulator of the demonstration; nothing secret in the address, because
    addresses stand in logs.
    """
    parts = _parts(address)
    if parts is None or not parts.hostname:
        return "This is no address. Write it like https://gateway.payer.example/x12."
    if parts.username is not None or parts.password is not None:
        return "Leave user name and password out of the address: it is shown and logged."
    if parts.query or parts.fragment:
        return "Leave out what follows ? or #: keys do not belong into an address, it is shown and logged."
    if parts.scheme == "https":
        return ""
    if parts.scheme == "http" and (_is_loopback(parts.hostname) or _is_simulator(parts)):
        return ""
    return "Only https is safe for health data; http is for this machine alone (127.0.0.1, localhost)."


def web_address_problem(address: str) -> str:
    """Why a link may not lead there; "" when it may."""
    parts = _parts(address)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        return "This is no web address. Write it like https://portal.payer.example."
    if parts.username is not None or parts.password is not None:
        return "Leave user name and password out of the address."
    return ""


def _parts(address: str) -> SplitResult | None:
    """The parts of a web address; None for anything that two readers could take differently."""
    if not re.fullmatch(r"https?://[!-~]+", address) or "\\" in address:
        return None
    try:
        parts = urlsplit(address)
        _ = parts.port
        host = parts.hostname or ""
        if ":" in host:
            ipaddress.IPv6Address(host)
        elif not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", host):
            return None
    except ValueError:
        return None
    return parts


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_simulator(parts: SplitResult) -> bool:
    known = urlsplit(settings.SIMULATOR_URL)
    return bool(known.netloc) and parts.netloc == known.netloc


def _portal_faults(address: str) -> Iterator[Problem]:
    words = web_address_problem(address) if address else ""
    if words:
        yield Problem("portal_url", words)


def _window_faults(days: int | None) -> Iterator[Problem]:
    if days is not None and not 1 <= days <= LONGEST_WINDOW:
        yield Problem(
            "default_window_days", f"A window has 1 to {LONGEST_WINDOW} days. Leave it empty for the default."
        )


def _range_faults(starts_on: date | None, ends_on: date | None) -> Iterator[Problem]:
    if starts_on is not None and ends_on is not None and ends_on < starts_on:
        yield Problem("ends_on", "The last day is before the first.")


def _identity_faults(partner: TradingPartner) -> Iterator[Problem]:
    for name in ("our_qualifier", "their_qualifier"):
        value = getattr(partner, name)
        if value and value not in QUALIFIERS:
            yield Problem(name, f"{value} is no qualifier. Known are {', '.join(QUALIFIERS)}.")
    for name in ("our_identifier", "their_identifier", "our_application", "their_application", "trace_identifier"):
        yield from _wire_faults(name, getattr(partner, name))
    for name in ("our_application", "their_application"):
        if len(getattr(partner, name)) == 1:
            yield Problem(name, "An application name has 2 to 15 characters.")
    if partner.trace_identifier and len(partner.trace_identifier) != 10:
        yield Problem("trace_identifier", "A trace ID has 10 characters: 1 and the tax number, or 9 and a number.")


def _code_faults(route: ReviewRoute) -> Iterator[Problem]:
    for name in ("code_from", "code_to"):
        value = getattr(route, name)
        if value and not re.fullmatch(r"[A-Z0-9]{2,12}", value):
            yield Problem(name, f"{value} is no code: letters and digits only.")
    if route.code_to and not route.code_from:
        yield Problem("code_from", "Give the first code of the range too.")
    elif route.code_to and (len(route.code_to) != len(route.code_from) or route.code_to < route.code_from):
        yield Problem("code_to", f"A range runs upwards between codes of one length: {route.code_from} to what?")


def _wire_faults(name: str, value: str) -> Iterator[Problem]:
    """What goes onto the wire is printable ASCII without the characters that part its elements."""
    wrong = sorted({character for character in value if not " " <= character <= "~" or character in DELIMITERS})
    if wrong:
        yield Problem(name, f"The character {wrong[0]} cannot be sent. Leave it out.")


def _entry_faults(playbook: Playbook, name: str) -> Iterator[Problem]:
    entries: list[str] = getattr(playbook, name)
    longest = 200 if name == "documents" else 120
    if len(entries) > MOST_ENTRIES:
        yield Problem(name, f"At most {MOST_ENTRIES} entries. You gave {len(entries)}.")
    if any(len(entry) > longest for entry in entries):
        yield Problem(name, f"An entry takes at most {longest} characters. Split the long one.")
