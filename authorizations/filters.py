"""The list's filters as an address and back. An address holds ids, words and numbers; never a name."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from accounts.access import Access
from authorizations import columns as list_columns
from authorizations.columns import Column
from authorizations.models.choices import Priority
from authorizations.orders import Sort
from authorizations.states import LIST_DEFAULT, Status, WaitingOn
from authorizations.worklist import ME, NOBODY, Due, ListFilter, State, Viewpoint
from web import signs, wording

NAMES = frozenset(
    {
        "status",
        "payer",
        "program",
        "expiring",
        "owner",
        "priority",
        "waiting",
        "due",
        "state",
        "code",
        "ended",
        "sort",
        "rows",
        "column",
    }
)
"""What of an address is kept when a member is chosen."""

EXPIRING_CHOICES = (7, 14, 30, 60, 90)
OTHER_DAYS = "other"
MOST_DAYS = 730
SIZES = (25, 50, 100)
EVERY_STATUS = frozenset(Status)
LONGEST_CODE = 12

DUE_WORDS = {
    Due.OVERDUE: "Overdue",
    Due.TODAY: "Due today",
    Due.WEEK: "Due this week",
    Due.SOON: "Due in 1 to 7 days",
    Due.LATER: "Due in more than 7 days",
}
STATE_WORDS = {
    State.ACTIVE: ("Active", "is active"),
    State.FUTURE: ("Not started", "is approved and not started"),
    State.EXPIRED: ("Expired", "is expired"),
    State.EXHAUSTED: ("Exhausted", "is exhausted"),
    State.ONE_EXHAUSTED: ("One code exhausted", "has one of its codes exhausted"),
    State.PARTLY: ("Partly approved", "is partly approved"),
    State.MODIFIED: ("Other terms than asked", "was approved on other terms than asked"),
    State.ENDS_EARLY: ("Ends earlier than asked", "ends earlier than asked"),
    State.COVER_ENDED: ("Cover ended", "has cover that ended with the member’s coverage"),
    State.TO_ACKNOWLEDGE: ("To accept or dispute", "is to be accepted or disputed"),
    State.UNVERIFIED: ("Unverified", "was recorded by hand and not confirmed"),
    State.APPEAL: ("Appeal open", "has an open appeal"),
    State.NOT_RENEWED: ("Without a renewal", "is without a renewal"),
}
"""Each state as a filter, and as a sentence says it."""

SORT_LABELS = {
    Sort.EXPIRY: "Ends first",
    Sort.RENEW_BY: "Renew by",
    Sort.DUE: "Due first",
    Sort.AGE: "Oldest first",
    Sort.TIGHTEST: "Tightest first",
}
SORT_WORDS = {
    Sort.EXPIRY: "what ends first stands first",
    Sort.RENEW_BY: "what must be renewed first stands first",
    Sort.DUE: "what is due first stands first",
    Sort.AGE: "the oldest stands first",
    Sort.TIGHTEST: "the smallest share left stands first",
}


def read(query: QueryDict) -> ListFilter:
    """The filter an address means. What cannot be read is left out; no status at all means the default four."""
    statuses = frozenset(Status(value) for value in query.getlist("status") if value in EVERY_STATUS)
    return ListFilter(
        statuses=statuses or LIST_DEFAULT,
        member_id=_uuid(query.get("member", "")),
        payer_ids=_uuids(query.getlist("payer")),
        expiring_days=_days(query),
        waiting_on=_known(query, "waiting", frozenset(WaitingOn)),
        with_ended=query.get("ended") == "all",
        owner=_owner(query.get("owner", "")),
        priority=_known(query, "priority", frozenset(Priority.values)),
        due=_known(query, "due", frozenset(Due)),
        state=_known(query, "state", frozenset(State)),
        program_ids=_uuids(query.getlist("program")),
        code=_code(query.get("code", "")),
    )


def viewpoint(access: Access) -> Viewpoint:
    """Whoever asks, at the moment of asking."""
    return Viewpoint(access.now, access.organization.zone, access.membership_id)


def read_sort(query: QueryDict) -> Sort:
    """The order an address means: what ends first, unless another is asked for."""
    return Sort(_known(query, "sort", frozenset(Sort)) or Sort.EXPIRY)


def read_size(query: QueryDict) -> int:
    """How many rows a page has: 25 unless another offered size is asked for."""
    size = _whole(query.get("rows", ""))
    return size if size in SIZES else SIZES[0]


def address(
    wanted: ListFilter,
    *,
    sort: Sort = Sort.EXPIRY,
    columns: frozenset[Column] = list_columns.USUAL,
    size: int = 0,
    **more: object,
) -> str:
    """The query text of a filter, defaults left out: "?" or "?status=pended&payer=…". `size` 0: the usual one."""
    pairs: list[tuple[str, object]] = []
    if wanted.statuses != LIST_DEFAULT:
        pairs += [("status", status.value) for status in Status if status in wanted.statuses]
    pairs += [("payer", payer_id) for payer_id in sorted(wanted.payer_ids)]
    pairs += [("program", program_id) for program_id in sorted(wanted.program_ids)]
    single = {
        "member": wanted.member_id,
        "owner": wanted.owner,
        "priority": wanted.priority,
        "waiting": wanted.waiting_on,
        "due": wanted.due,
        "state": wanted.state,
        "code": wanted.code,
        "ended": "all" if wanted.with_ended else "",
        "sort": "" if sort is Sort.EXPIRY else sort.value,
        "rows": "" if size == SIZES[0] else size,
        **more,
    }
    if wanted.expiring_days is not None:
        pairs.append(("expiring", wanted.expiring_days))
    pairs += [("column", name) for name in list_columns.named(columns)]
    pairs += [(name, value) for name, value in single.items() if value]
    return f"?{urlencode(pairs)}" if pairs else "?"


def again(query: QueryDict) -> str:
    """The list an address means, written anew: of what was sent only what the list knows is taken."""
    return address(read(query), sort=read_sort(query), columns=list_columns.read(query), size=read_size(query))


@dataclass(frozen=True, slots=True)
class Part:
    """One active filter: its chip's words, how a sentence says it, and the list without it."""

    name: str
    label: str
    clause: str
    without: ListFilter


@dataclass(frozen=True, slots=True)
class Names:
    """What the ids of a filter are called."""

    member: str = ""
    payers: Mapping[uuid.UUID, str] = field(default_factory=dict)
    programs: Mapping[uuid.UUID, str] = field(default_factory=dict)
    owners: Mapping[uuid.UUID, str] = field(default_factory=dict)


def parts(wanted: ListFilter, names: Names) -> list[Part]:
    """The filters that differ from the default, in the order of the chips."""
    found = [*_of_the_case(wanted, names), *_of_the_work(wanted, names)]
    if wanted.with_ended:
        found.append(Part("ended", "Long ended: shown", "", replace(wanted, with_ended=False)))
    return found


def _of_the_case(wanted: ListFilter, names: Names) -> Iterator[Part]:
    if wanted.statuses != LIST_DEFAULT:
        words = [signs.AUTHORIZATION[status.value].words for status in Status if status in wanted.statuses]
        label = "Status: all" if wanted.statuses == EVERY_STATUS else f"Status: {', '.join(words)}"
        clause = f"is {wording.join_words([word.lower() for word in words])}"
        yield Part("status", label, clause, replace(wanted, statuses=LIST_DEFAULT))
    if wanted.member_id is not None:
        yield _part(wanted, "member", f"Member: {names.member}", f"is for {names.member}", member_id=None)
    if wanted.payer_ids:
        label, clause = _several("Payer", names.payers, wanted.payer_ids)
        yield _part(wanted, "payer", label, f"is with {clause}", payer_ids=frozenset())
    if wanted.program_ids:
        label, clause = _several("Program", names.programs, wanted.program_ids)
        yield _part(wanted, "program", label, f"is of the program {clause}", program_ids=frozenset())
    if wanted.expiring_days is not None:
        days = wording.days(wanted.expiring_days)
        yield _part(wanted, "expiring", f"Expiring within {days}", f"ends within {days}", expiring_days=None)
    if wanted.state:
        label, clause = STATE_WORDS[State(wanted.state)]
        yield _part(wanted, "state", label, clause, state="")
    if wanted.code:
        yield _part(wanted, "code", f"Code: {wanted.code}", f"has the code {wanted.code}", code="")


def _of_the_work(wanted: ListFilter, names: Names) -> Iterator[Part]:
    if wanted.owner:
        who = owner_words(wanted.owner, names)
        yield _part(wanted, "owner", f"Owner: {who}", f"is looked after by {who}", owner="")
    if wanted.priority:
        word = Priority(wanted.priority).label
        yield _part(wanted, "priority", word, f"is {word.lower()}", priority="")
    if wanted.waiting_on:
        who = signs.WAITING[wanted.waiting_on].words if wanted.waiting_on in signs.WAITING else "Nobody"
        yield _part(wanted, "waiting", f"Waiting on: {who}", f"waits on {who.lower()}", waiting_on="")
    if wanted.due:
        label = DUE_WORDS[Due(wanted.due)]
        yield _part(wanted, "due", label, f"is {label.lower()}", due="")


def owner_words(owner: str, names: Names) -> str:
    """Whom an owner filter means: "me", "nobody", a name."""
    return owner if owner in (ME, NOBODY) else names.owners.get(uuid.UUID(owner), "somebody else")


def _part(wanted: ListFilter, name: str, label: str, clause: str, **without: Any) -> Part:
    return Part(name, label, clause, replace(wanted, **without))


def _several(what: str, names: Mapping[uuid.UUID, str], ids: Collection[uuid.UUID]) -> tuple[str, str]:
    """A chip's words for several of a kind, and how a sentence names them."""
    known = [name for row_id, name in names.items() if row_id in ids]
    if len(known) < len(ids):
        known.append(f"{len(ids) - len(known)} that is not there any more")
    label = f"{what}: {', '.join(known)}" if len(known) < 3 else f"{what}: {len(known)} chosen"
    return label, " or ".join(known)


def _known(query: QueryDict, name: str, values: Collection[str]) -> str:
    value = query.get(name, "")
    return value if value in values else ""


def _days(query: QueryDict) -> int | None:
    """7, 14, 30 and so on, or another number typed beside them."""
    text, typed = query.get("expiring", ""), query.get("within", "")
    days = _whole(typed if text == OTHER_DAYS else text)
    return days if days is not None and days <= MOST_DAYS else None


def _owner(text: str) -> str:
    if text in (ME, NOBODY):
        return text
    found = _uuid(text)
    return str(found) if found else ""


def _code(text: str) -> str:
    """A code as it is stored; nothing that is none: every code has a digit."""
    code = text.strip().upper()
    plain = code.isascii() and code.isalnum() and len(code) <= LONGEST_CODE
    return code if plain and any(character.isdigit() for character in code) else ""


def _uuids(values: list[str]) -> frozenset[uuid.UUID]:
    return frozenset(found for value in values if (found := _uuid(value)) is not None)


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None
