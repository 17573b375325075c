"""One thing to do as a button: what is pressed for a case as it stands, and where that leads."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse

from accounts.absences import Covered
from authorizations.models import Authorization, Submission
from authorizations.states import BY_HAND, Channel, ExchangeState, Status, SubmissionOutcome, WaitingOn
from authorizations.views.rows import Row, row
from web.wording import Clock

ENTER = {Channel.PORTAL: ("Enter in portal", "out"), Channel.PHONE: ("Call", "phone"), Channel.FAX: ("Fax it", "send")}


@dataclass(frozen=True, slots=True)
class Verb:
    """A button: its words, where it leads, its icon."""

    words: str
    address: str
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing to do, and by when. `cover`: for whom, who is away; `late`: urgent, and not sent by the cut-off."""

    verb: Verb
    row: Row
    cover: Covered | None
    due_at: datetime | None
    late: bool
    payer_late: bool
    settable: bool

    @property
    def case(self) -> Authorization:
        return self.row.authorization


def todos(
    cases: Iterable[Authorization],
    asked: Mapping[uuid.UUID, Submission],
    covered: Sequence[Covered],
    leave: Mapping[uuid.UUID, datetime],
    clock: Clock,
) -> list[Todo]:
    """The cases as things to do, in their order. `asked`: what each is worked by; `leave`: by when urgent ones go."""
    away = {each.membership_id: each for each in covered}
    found = []
    for case in cases:
        row_asked = asked.get(case.id)
        open_there = row_asked is not None and row_asked.outcome == SubmissionOutcome.NONE
        payer_late = open_there and case.due_at is not None and case.due_at < clock.now
        steps = [case.next_action_at or case.due_at, case.due_at if payer_late else None, leave.get(case.id)]
        todo = Todo(
            verb=verb_of(case, row_asked),
            row=row(case, clock.today),
            cover=away.get(case.owner_id) if case.owner_id else None,
            due_at=min((at for at in steps if at is not None), default=None),
            late=case.id in leave and leave[case.id] < clock.now,
            payer_late=payer_late,
            settable=case.status != Status.DRAFT and case.id in asked,
        )
        found.append(todo)
    return found


def verb_of(case: Authorization, asked: Submission | None) -> Verb:
    """What is pressed for a case: the shortest way to the form that is filled in next."""
    if case.status == Status.DRAFT:
        words = "Fix and resend" if case.returned else "Continue"
        return Verb(words, reverse("authorization_edit", args=[case.id]), "edit")
    page = reverse("authorization_detail", args=[case.id])
    if asked is None:
        return _verb_of_task(case, page)
    if asked.outcome != SubmissionOutcome.NONE:
        if asked.waiting_on == WaitingOn.US:
            return Verb("Answer the payer", reverse("submission_resubmit", args=[asked.id]), "send")
        return Verb("Look at it", page)
    if asked.channel in BY_HAND and asked.exchange_state == ExchangeState.TO_SUBMIT:
        words, icon = ENTER.get(Channel(asked.channel), ("Submit it", "send"))
        return Verb(words, f"{reverse('manual_queue')}?open={asked.id}#work", icon)
    if asked.channel in BY_HAND:
        return Verb("Record the answer", reverse("submission_response", args=[asked.id]), "edit")
    if asked.exchange_state in (ExchangeState.NOT_DELIVERED, ExchangeState.FAILED):
        return Verb("Look at it", page)
    return Verb("Chase the payer", page, "phone")


def _verb_of_task(case: Authorization, page: str) -> Verb:
    """Where nothing is open with the payer: an approval on other terms is accepted or disputed."""
    if case.to_acknowledge:
        return Verb("Accept or dispute", reverse("authorization_terms", args=[case.id]))
    return Verb("Look at it", page)


def grouped(found: Sequence[Todo], clock: Clock) -> list[tuple[str, list[Todo]]]:
    """Overdue, today, next; a group without anything is left out."""
    groups: dict[str, list[Todo]] = {"Overdue": [], "Today": [], "Next": []}
    for each in found:
        groups[_group(each, clock)].append(each)
    return [(name, rows) for name, rows in groups.items() if rows]


def first_due(found: Iterable[Todo]) -> datetime | None:
    """When the first of them is due."""
    return min((each.due_at for each in found if each.due_at is not None), default=None)


def _group(each: Todo, clock: Clock) -> str:
    if each.due_at is not None and each.due_at < clock.now:
        return "Overdue"
    return "Today" if each.due_at is not None and _day(each.due_at, clock) == clock.today else "Next"


def _day(at: datetime, clock: Clock) -> date:
    return at.astimezone(clock.zone).date()
