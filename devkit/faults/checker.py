"""Compares the three ledgers. Plain values in, sentences out: a finding is a broken promise.

Every ok survives, no failed one appears, an unknown one may go either way, once (as Jepsen judges histories).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from devkit.faults.history import Operation, Told

DELIVERED = frozenset({"sent", "acknowledged", "answered"})
"""Where a submission may stand when all has settled."""


@dataclass(frozen=True)
class Submitted:
    """One submission as the database has it. ``events``: audit events that say it was submitted."""

    key: str
    sender: str
    reference: str
    exchange_state: str
    events: int


@dataclass(frozen=True)
class Sent:
    """One outbound interchange as the database has it; ``reference`` is empty for an acknowledgment of ours."""

    sender: str
    number: int
    sha256: str
    state: str
    reference: str


@dataclass(frozen=True)
class Books:
    """What the database says. ``claims``: live ones by number. ``outbox``: what is left but the polls.

    ``counters``: the last control number given out, by sender. ``unequal``: members whose ledger of units is not
    allocation from nothing. ``broken_chains``: what `audit_verify` found.
    """

    submitted: Sequence[Submitted] = ()
    sent: Sequence[Sent] = ()
    claims: Mapping[str, int] = field(default_factory=dict)
    outbox: Sequence[str] = ()
    counters: Mapping[str, int] = field(default_factory=dict)
    unequal: Sequence[str] = ()
    broken_chains: Sequence[str] = ()


@dataclass(frozen=True)
class Findings:
    """Sentences by kind of broken promise."""

    lost: Sequence[str]
    excess: Sequence[str]
    other: Sequence[str]

    def __bool__(self) -> bool:
        return bool(self.lost or self.excess or self.other)

    def __iter__(self) -> Any:
        return iter([*self.lost, *self.excess, *self.other])


def compare(told: Iterable[Operation], received: Sequence[Mapping[str, Any]], books: Books) -> Findings:
    """``received``: rows of the payer's ledger, in its own words."""
    operations = list(told)
    return Findings(
        lost=[*_lost_submissions(operations, received, books), *_lost_claims(operations, books)],
        excess=[*_excess_effects(received), *_excess_writes(operations, books)],
        other=[
            *_control_numbers(books),
            *_bytes(received, books),
            *(f"left in the outbox: {each}" for each in books.outbox),
            *(f"units of {member} are not what allocation says" for member in books.unequal),
            *books.broken_chains,
        ],
    )


def effects(received: Iterable[Mapping[str, Any]]) -> Counter[tuple[str, str]]:
    """How many reviews began for each reference of each sender."""
    return Counter((row["sender"], reference) for row in received if row["effect"] for reference in row["bht03s"])


def _lost_submissions(told: Iterable[Operation], received: Sequence[Mapping[str, Any]], books: Books) -> Iterable[str]:
    by_key = {each.key: each for each in books.submitted}
    began = effects(received)
    for operation in told:
        if operation.kind == "submit" and operation.told is Told.OK and operation.key not in by_key:
            yield f"submission {operation.key} was confirmed and is not in the database"
    for each in books.submitted:
        if not began[each.sender, each.reference]:
            yield f"submission {each.reference} of {each.sender} never reached the payer"
        elif each.exchange_state not in DELIVERED:
            yield f"submission {each.reference} of {each.sender} is {each.exchange_state}, and the payer has it"
        if not each.events:
            yield f"submission {each.reference} of {each.sender} has no audit event"


def _lost_claims(told: Iterable[Operation], books: Books) -> Iterable[str]:
    for operation in told:
        if operation.kind == "claim" and operation.told is Told.OK and not books.claims.get(operation.key):
            yield f"claim {operation.key} was confirmed and is not in the database"


def _excess_effects(received: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    for (sender, reference), count in effects(received).items():
        if count > 1:
            yield f"submission {reference} of {sender} had {count} effects at the payer"


def _excess_writes(told: Iterable[Operation], books: Books) -> Iterable[str]:
    """What was refused appears nowhere, what was done appears once."""
    keys = Counter(each.key for each in books.submitted)
    for operation in told:
        found = keys[operation.key] if operation.kind == "submit" else books.claims.get(operation.key, 0)
        if operation.told is Told.FAILED and found:
            yield f"{operation.kind} {operation.key} was refused and is in the database"
        if found > 1:
            yield f"{operation.kind} {operation.key} was done {found} times"
    for each in books.submitted:
        if each.events > 1:
            yield f"submission {each.reference} of {each.sender} has {each.events} audit events"


def _control_numbers(books: Books) -> Iterable[str]:
    taken: dict[str, list[int]] = defaultdict(list)
    for each in books.sent:
        taken[each.sender].append(each.number)
    for sender in sorted({*taken, *books.counters}):
        numbers = sorted(taken[sender])
        if len(set(numbers)) < len(numbers):
            yield f"{sender} used a control number twice"
        missing = set(range(1, books.counters.get(sender, 0) + 1)) - set(numbers)
        if missing:
            yield f"{sender} has a gap in its control numbers at {min(missing)}"


def _bytes(received: Sequence[Mapping[str, Any]], books: Books) -> Iterable[str]:
    """A repeat has the bytes of the first time, and they are those the database froze."""
    frozen = {(each.sender, each.number): each for each in books.sent}
    arrived = set()
    for row in received:
        number = (row["sender"], int(row["isa13"]))
        arrived.add(number)
        if number not in frozen:
            yield f"{number[0]} sent number {number[1]}, which the database does not know"
        elif frozen[number].sha256 != row["sha256"]:
            yield f"{number[0]} sent number {number[1]} with other bytes than were frozen"
    for number, each in frozen.items():
        if each.state == "sent" and number not in arrived:
            yield f"{number[0]} counts number {number[1]} as sent, and the payer never saw it"
        if each.state != "sent":
            yield f"number {number[1]} of {number[0]} is still {each.state}"
