"""The renewal chains of a member as a drawing and as a table."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from authorizations.chain import Chain, Link, chains
from authorizations.models import Authorization
from authorizations.queries import LineBalance
from authorizations.renewing import Joint
from authorizations.views.lines import unit
from members.views.cover import ASKED
from web import wording
from web.cover import CoverRow, Frame, Span, cover_row

LONGEST = timedelta(days=366 * 5)
"""A chain that reaches further back is drawn from there on; the table has all of it."""


@dataclass(frozen=True, slots=True)
class ShownLink:
    """One row of the table. `meets` are the words of the seam before it, `tone` their colour."""

    case: Authorization
    starts_on: date | None
    ends_on: date | None
    units: str
    meets: str
    tone: str


@dataclass(frozen=True, slots=True)
class ShownChain:
    """A chain with its drawing; None where no link has days to draw."""

    name: str
    links: tuple[ShownLink, ...]
    row: CoverRow | None
    summary: str


def shown_chains(cases: Iterable[Authorization], balances: Sequence[LineBalance], today: date) -> list[ShownChain]:
    """Every chain of a member, the latest first."""
    units = _units(balances)
    return [_shown(chain, units, today) for chain in chains(cases)]


def _shown(chain: Chain, units: Mapping[uuid.UUID, str], today: date) -> ShownChain:
    links = tuple(_link(link, units.get(link.case.id, "")) for link in chain.links)
    return ShownChain(chain.name, links, _drawn(chain, today), _summary(chain))


def _link(link: Link, units: str) -> ShownLink:
    tone = "bad" if link.meets and link.meets.gap_days else "warn" if link.meets and link.meets.overlap_days else ""
    return ShownLink(link.case, link.starts_on, link.ends_on, units, _seam(link.meets), tone)


def _seam(meets: Joint | None) -> str:
    if meets is None:
        return ""
    if meets.gap_days:
        return f"{wording.days(meets.gap_days)} without cover"
    return f"{wording.days(meets.overlap_days)} covered twice" if meets.overlap_days else "follows at once"


def _summary(chain: Chain) -> str:
    parts = [f"{wording.days(chain.gap_days)} without cover"] if chain.gap_days else []
    parts += [f"{wording.days(chain.overlap_days)} covered twice"] if chain.overlap_days else []
    return wording.join_words(parts) or "without a gap"


def _units(balances: Sequence[LineBalance]) -> dict[uuid.UUID, str]:
    """ "H2019 HN 960 units, 76 left" of each line, by authorization."""
    found: dict[uuid.UUID, list[str]] = {}
    for balance in balances:
        much = balance.approved if balance.in_force else balance.asked
        words = "no limit" if much is None else wording.counted(much, unit(balance.quantity_type))
        counted = balance.in_force and balance.remaining is not None
        left = f", {wording.quantity(balance.remaining)} left" if counted else ""
        state = "" if balance.in_force else " asked"
        found.setdefault(balance.authorization_id, []).append(f"{balance.label} {words}{state}{left}")
    return {case_id: "; ".join(words) for case_id, words in found.items()}


def _drawn(chain: Chain, today: date) -> CoverRow | None:
    """Each link as a bar on the span of days of the chain alone."""
    spans = [span for link in chain.links if (span := _span(link, today)) is not None]
    if not spans:
        return None
    last = max(span.ends_on for span in spans)
    first = max(min(span.starts_on for span in spans), last - LONGEST)
    return cover_row(chain.name, spans, Frame(first, last), today)


def _span(link: Link, today: date) -> Span | None:
    if link.is_closed or link.starts_on is None or link.ends_on is None or link.ends_on < link.starts_on:
        return None
    kind = "draft" if link.case.status in ASKED else "past" if link.ends_on < today else "force"
    return Span(link.case.number, link.starts_on, link.ends_on, kind)
