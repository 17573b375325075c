"""By which way something more is asked about a case: as it was asked at first, unless a person chooses another.

A 278 about a case needs a number that the payer gave (005010X217 guide, 2000E REF BB and REF NT). Without one the
payer is called: a message that names no case is never composed.
"""

from __future__ import annotations

from datetime import datetime

from authorizations.asked import lines_of
from authorizations.checks import routes_of
from authorizations.errors import Problem, Refused
from authorizations.models import Authorization
from authorizations.moving import copy_route
from authorizations.states import Channel, Purpose
from payers.rules import Route

BY_PERSON = (Channel.PORTAL, Channel.PHONE, Channel.FAX)


def has_number(case: Authorization) -> bool:
    """Whether the payer gave a number that a later message can refer to."""
    return bool(case.certification_number or case.administrative_number)


def ways(case: Authorization, *, now: datetime) -> list[Channel]:
    """The ways open for asking more about a case, the usual one first."""
    route = _route(case, now)
    partner = case.partner if route is None else route.partner
    electronic = partner is not None and partner.can_278 and has_number(case)
    usual = _usual(case, route)
    if usual not in BY_PERSON and not electronic:
        usual = Channel.PHONE
    open_ways = ((Channel.X12_278,) if electronic else ()) + BY_PERSON
    return [usual, *(way for way in open_ways if way is not usual)]


def choose(case: Authorization, wanted: Channel | None, *, now: datetime) -> Channel:
    """The way a person wants, else the usual one. Raises Refused for one that is not open.

    A case taken over from elsewhere has no route yet: it gets that of today.
    """
    found = ways(case, now=now)
    if wanted is not None and wanted not in found:
        raise Refused([Problem("channel", "This way is not open: the payer gave no number to refer to.")])
    route = _route(case, now)
    if route is not None:
        submitted_at = case.submitted_at
        copy_route(case, route, now=now)
        case.submitted_at = submitted_at
    return wanted or found[0]


def _usual(case: Authorization, route: Route | None) -> Channel:
    """How the case was asked for the last time, else how a new one would be."""
    asked = case.submissions.filter(purpose=Purpose.INITIAL).order_by("-number").first()
    if asked is not None:
        return Channel(asked.channel)
    return Channel(route.channel) if route and route.channel else Channel.PHONE


def _route(case: Authorization, now: datetime) -> Route | None:
    """The route of today for a case that never was submitted from here; None where it has its own."""
    if case.workflow:
        return None
    found = routes_of(case, lines_of(case), case.organization.today(now))
    return found[0][1] if found else None
