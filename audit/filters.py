"""The audit page's filters as an address and back. An address holds ids, words and days; never a name or number."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import QueryDict

from audit.queries import KINDS, MACHINES, EventFilter

_ACTION = re.compile(r"[a-z_]{2,40}\.[a-z_]{2,40}")


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters as typed. Days are the organization's, the last one included."""

    who: str = ""
    what: str = ""
    member: str = ""
    authorization: str = ""
    first: str = ""
    last: str = ""

    @property
    def is_empty(self) -> bool:
        return self == Asked()

    def address(self, **more: str) -> str:
        """ "?who=…&first=2026-11-01", or "?" without a filter."""
        pairs = [(name, getattr(self, name)) for name in ("who", "what", "member", "authorization", "first", "last")]
        pairs += list(more.items())
        return f"?{urlencode([(name, value) for name, value in pairs if value])}"

    def wanted(self, zone: ZoneInfo) -> EventFilter:
        first, last = _day(self.first), _day(self.last)
        return EventFilter(
            who=self.who,
            what=self.what,
            member_id=_uuid(self.member),
            authorization_id=_uuid(self.authorization),
            since=datetime.combine(first, time(), zone) if first else None,
            until=datetime.combine(last + timedelta(days=1), time(), zone) if last else None,
        )


def read(query: QueryDict) -> Asked:
    """What an address asks for; what cannot be read is left out."""
    who, what = query.get("who", ""), query.get("what", "")
    return Asked(
        who=who if who == MACHINES or _uuid(who) else "",
        what=what if what in KINDS or _ACTION.fullmatch(what) else "",
        member=_kept(query, "member"),
        authorization=_kept(query, "authorization"),
        first=query.get("first", "") if _day(query.get("first", "")) else "",
        last=query.get("last", "") if _day(query.get("last", "")) else "",
    )


def _kept(query: QueryDict, name: str) -> str:
    found = _uuid(query.get(name, ""))
    return str(found) if found else ""


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _day(text: str) -> date | None:
    """A day of our calendar; the last one has no morning after it."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if date.min < found < date.max else None
