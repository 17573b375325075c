"""What is counted on somebody's first page: each figure with the list it counts, all of them in one statement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from accounts.access import Access
from accounts.scopes import Scope
from authorizations import escalation, filters, playbook_findings, publishing, worklist
from authorizations.models import Submission
from authorizations.models.submission import OPEN_OUTCOMES
from authorizations.queries import Count, capped_counts
from authorizations.states import Channel, Status, WaitingOn
from authorizations.worklist import NOBODY, Due, ListFilter, Viewpoint
from edi.models import Message
from edi.queries import STUCK
from outbox.queries import dead

UNDECIDED = frozenset({Status.DRAFT, Status.SUBMITTED, Status.PENDED})


@dataclass(frozen=True, slots=True)
class Wanted:
    """Something to count: its words, the rows, where they are listed, and who asks ("team", "exchange")."""

    section: str
    words: str
    rows: QuerySet[Any]
    address: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of the first page."""

    section: str
    words: str
    count: Count
    address: str


def figures(access: Access, seen: Viewpoint) -> list[Figure]:
    """What this person looks after beyond their own cases, counted in one statement."""
    wanted = list(_wanted(access, seen))
    counts = capped_counts({str(place): each.rows for place, each in enumerate(wanted)})
    return [Figure(each.section, each.words, counts[str(place)], each.address) for place, each in enumerate(wanted)]


def _wanted(access: Access, seen: Viewpoint) -> Iterator[Wanted]:
    if access.allows(Scope.WORK_SUPERVISE):
        yield from _team(seen)
    if access.allows(Scope.EDI_WRITE):
        yield from _exchange(seen)
    if access.allows(Scope.AUTHORIZATION_CONTRIBUTE) and not access.allows(Scope.AUTHORIZATION_WRITE):
        yield _listed("care", "Payers ask for more", ListFilter(statuses=frozenset({Status.PENDED})), seen)
        yield _listed("care", "Ending within 30 days", ListFilter(expiring_days=30), seen)
    if access.allows(Scope.CLAIM_WRITE):
        denied = ListFilter(statuses=frozenset({Status.DENIED}))
        yield _listed("billing", "Denied", denied, seen)


def _team(seen: Viewpoint) -> Iterator[Wanted]:
    """What goes wrong today if nobody looks."""
    yield Wanted("team", "Payer is late", escalation.payer_overdue(seen.now), reverse("payer_overdue"))
    yield _listed("team", "Overdue with us", ListFilter(due=Due.OVERDUE, waiting_on=WaitingOn.US), seen)
    yield _listed("team", "Without an owner", ListFilter(owner=NOBODY, statuses=UNDECIDED), seen)
    yield Wanted("team", "Approved, not passed on for a day", publishing.late(seen.now), reverse("publication_list"))
    gaps = playbook_findings.late_gaps(seen.now)
    yield Wanted("team", "Denials without a look at the playbook", gaps, reverse("playbook_gaps"))


def _exchange(seen: Viewpoint) -> Iterator[Wanted]:
    open_ones = Submission.objects.filter(OPEN_OUTCOMES, channel=Channel.X12_278, outcome="none")
    silent = escalation.payer_overdue(seen.now).filter(channel=Channel.X12_278)
    stuck = open_ones.filter(exchange_state__in=sorted(STUCK))
    kept = Message.objects.filter(state=Message.State.QUARANTINED)
    yield Wanted("exchange", "278s without an answer in time", silent, reverse("payer_overdue"))
    yield Wanted("exchange", "Not delivered", stuck, reverse("undelivered_list"))
    yield Wanted("exchange", "Answers in quarantine", kept, f"{reverse('message_list')}?state=quarantined")
    yield Wanted("exchange", "Given up", dead(), reverse("dead_letter_list"))


def _listed(section: str, words: str, wanted: ListFilter, seen: Viewpoint) -> Wanted:
    address = f"{reverse('authorization_list')}{filters.address(wanted)}"
    return Wanted(section, words, worklist.listed(wanted, seen), address)
