"""The list's filters as an address and back. An address holds ids, words and numbers; never a name."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.http import QueryDict

from authorizations.queries import ListFilter
from authorizations.states import LIST_DEFAULT, Status, WaitingOn
from payers.models import Payer
from web import signs, wording

EXPIRING_CHOICES = (7, 14, 30, 60, 90)
MOST_DAYS = 730
SIZES = (25, 50, 100)
EVERY_STATUS = frozenset(Status)


def read(query: QueryDict) -> ListFilter:
    """The filter an address means. What cannot be read is left out; no status at all means the default four."""
    statuses = frozenset(Status(value) for value in query.getlist("status") if value in EVERY_STATUS)
    days = _whole(query.get("expiring", ""))
    waiting_on = query.get("waiting", "")
    return ListFilter(
        statuses=statuses or LIST_DEFAULT,
        member_id=_uuid(query.get("member", "")),
        payer_ids=frozenset(found for value in query.getlist("payer") if (found := _uuid(value)) is not None),
        expiring_days=days if days is not None and 0 <= days <= MOST_DAYS else None,
        waiting_on=waiting_on if waiting_on in frozenset(WaitingOn) else "",
        with_ended=query.get("ended") == "all",
    )


def read_size(query: QueryDict) -> int:
    """How many rows a page has: 25 unless another offered size is asked for."""
    size = _whole(query.get("rows", ""))
    return size if size in SIZES else SIZES[0]


def address(wanted: ListFilter, **more: object) -> str:
    """The query text of a filter, defaults left out: "" or "?status=pended&payer=…"."""
    pairs: list[tuple[str, object]] = []
    if wanted.statuses != LIST_DEFAULT:
        pairs += [("status", status.value) for status in Status if status in wanted.statuses]
    if wanted.member_id is not None:
        pairs.append(("member", wanted.member_id))
    pairs += [("payer", payer_id) for payer_id in sorted(wanted.payer_ids)]
    if wanted.expiring_days is not None:
        pairs.append(("expiring", wanted.expiring_days))
    if wanted.waiting_on:
        pairs.append(("waiting", wanted.waiting_on))
    if wanted.with_ended:
        pairs.append(("ended", "all"))
    pairs += [(name, value) for name, value in more.items() if value]
    return f"?{urlencode(pairs)}" if pairs else "?"


@dataclass(frozen=True, slots=True)
class Part:
    """One active filter: its chip's words, how a sentence says it, and the list without it."""

    name: str
    label: str
    clause: str
    without: ListFilter


def parts(wanted: ListFilter, payers: Iterable[Payer], member_name: str) -> list[Part]:
    """The filters that differ from the default, in the order of the chips."""
    found = []
    if wanted.statuses != LIST_DEFAULT:
        names = [signs.AUTHORIZATION[status.value].words for status in Status if status in wanted.statuses]
        label = "Status: all" if wanted.statuses == EVERY_STATUS else f"Status: {', '.join(names)}"
        clause = f"is {wording.join_words([name.lower() for name in names])}"
        found.append(Part("status", label, clause, replace(wanted, statuses=LIST_DEFAULT)))
    if wanted.member_id is not None:
        without = replace(wanted, member_id=None)
        found.append(Part("member", f"Member: {member_name}", f"is for {member_name}", without))
    if wanted.payer_ids:
        names = [payer.name for payer in payers if payer.id in wanted.payer_ids]
        label = f"Payer: {', '.join(names)}" if len(names) < 3 else f"Payer: {len(names)} chosen"
        clause = f"is with {' or '.join(names) or 'this payer'}"
        found.append(Part("payer", label, clause, replace(wanted, payer_ids=frozenset())))
    if wanted.expiring_days is not None:
        days = wording.days(wanted.expiring_days)
        without = replace(wanted, expiring_days=None)
        found.append(Part("expiring", f"Expiring within {days}", f"ends within {days}", without))
    if wanted.waiting_on:
        who = signs.WAITING[wanted.waiting_on].words if wanted.waiting_on in signs.WAITING else "Nobody"
        clause = f"waits on {who.lower()}"
        found.append(Part("waiting", f"Waiting on: {who}", clause, replace(wanted, waiting_on="")))
    if wanted.with_ended:
        found.append(Part("ended", "Long ended: shown", "", replace(wanted, with_ended=False)))
    return found


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None
