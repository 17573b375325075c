"""Work that was given up after many tries: what it was, why, and the way to begin again."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.access import ConflictError, OrganizationRequest, organization_view
from accounts.scopes import Scope
from authorizations.documents.services import SCAN
from authorizations.models import Document, Submission
from authorizations.transitions import ALLOCATE, SEND
from edi.acknowledging import SEND_INTERCHANGE
from edi.inbox import READ
from edi.models import Interchange
from edi.polling import POLL
from edi.reading import RETRY
from imports.services import RUN
from members.models import Member
from members.services import COVERAGE_DAYS, RENAMED
from notices.daily import DAILY
from notices.services import MAIL
from outbox.models import OutboxMessage
from outbox.queries import MOST_SHOWN, dead_letter, dead_letters
from outbox.services import NotGivenUp, requeue
from payers.models import TradingPartner
from payers.services import PAYER_RENAMED, PROGRAM_RENAMED

WHAT = {
    SEND: "Send a request",
    RETRY: "Ask the payer again",
    SEND_INTERCHANGE: "Send an acknowledgment",
    READ: "Read what came in",
    POLL: "Fetch the answers that wait",
    ALLOCATE: "Allocate a member’s units",
    SCAN: "Show a document to the scanner",
    RUN: "Import a file",
    RENAMED: "Copy a member’s new name to the list",
    PAYER_RENAMED: "Copy a payer’s new name to the list",
    PROGRAM_RENAMED: "Copy a program’s new name to the list",
    COVERAGE_DAYS: "End cover with a coverage",
    MAIL: "Mail somebody their notices",
    DAILY: "Mail somebody what needs them today",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One piece of work, what it is about in words, and where to look at that."""

    letter: OutboxMessage
    what: str
    about: str = ""
    address: str = ""


@organization_view(Scope.EDI_READ, methods=["GET"], reads="exchange.listed")
def dead_letter_list(request: OrganizationRequest) -> HttpResponse:
    """What was given up, the latest first."""
    rows = _rows(dead_letters())
    request.reading.found(len(rows))
    return render(request, "edi/dead_letters.html", {"rows": rows, "cut": len(rows) == MOST_SHOWN})


@organization_view(Scope.EDI_WRITE, reads="exchange.read")
def dead_letter_requeue(request: OrganizationRequest, letter_id: uuid.UUID) -> HttpResponse:
    """Asks first; then the worker begins again with the same work."""
    letter = dead_letter(letter_id)
    if letter is None:
        raise Http404
    (row,) = _rows([letter])
    if request.method == "POST":
        return _begin_again(request, row)
    context = {
        "row": row,
        "heading": "Begin again with this?",
        "body": "edi/_requeue.html",
        "action": reverse("dead_letter_requeue", args=[letter.id]),
        "verb": "Begin again",
        "stay_url": reverse("dead_letter_list"),
        "stay_label": "Leave it",
    }
    part = "#ask" if request.htmx.target == "dialog" else ""  # type: ignore[attr-defined]
    return render(request, f"confirm.html{part}", context)


def _begin_again(request: OrganizationRequest, row: Row) -> HttpResponse:
    try:
        requeue(row.letter.id, actor=request.access.actor, now=request.access.now)
    except NotGivenUp as late:
        raise ConflictError("Somebody began again with this meanwhile. Nothing was changed.") from late
    messages.success(request, f"{row.what}: the worker begins again.")
    return redirect("dead_letter_list")


def _rows(letters: Sequence[OutboxMessage]) -> list[Row]:
    about = _cases(letters) | _members(letters) | _partners(letters) | _documents(letters)
    return [
        Row(letter, WHAT.get(letter.topic, letter.topic), *about.get(letter.subject_id, ("", ""))) for letter in letters
    ]


Named = dict[uuid.UUID, tuple[str, str]]
"""Words and address of a subject, by its id."""


def _subjects(letters: Iterable[OutboxMessage], *topics: str) -> list[uuid.UUID]:
    return [letter.subject_id for letter in letters if letter.topic in topics]


def _cases(letters: Sequence[OutboxMessage]) -> Named:
    rows = Submission.objects.filter(id__in=_subjects(letters, SEND, RETRY)).select_related("authorization")
    return {
        row.id: (
            f"{row.authorization.number}, submission {row.number}",
            reverse("authorization_detail", args=[row.authorization_id]),
        )
        for row in rows
    }


def _members(letters: Sequence[OutboxMessage]) -> Named:
    rows = Member.objects.filter(id__in=_subjects(letters, ALLOCATE))
    return {row.id: (f"MRN {row.mrn}", "") for row in rows}


def _documents(letters: Sequence[OutboxMessage]) -> Named:
    """The case of a file; its name stays on the page of the case."""
    rows = Document.objects.filter(id__in=_subjects(letters, SCAN)).select_related("authorization")
    return {
        row.id: (
            f"{row.authorization.number}, a document",
            f"{reverse('authorization_detail', args=[row.authorization_id])}?tab=documents",
        )
        for row in rows
    }


def _partners(letters: Sequence[OutboxMessage]) -> Named:
    """The partner itself, or that of an interchange with its control number."""
    frames = Interchange.objects.filter(id__in=_subjects(letters, READ, SEND_INTERCHANGE)).select_related("partner")
    named = {
        row.id: (f"{row.partner.name}, interchange {row.control_number or 'without a number'}", "")
        for row in frames.defer("body")
    }
    partners = TradingPartner.objects.filter(id__in=_subjects(letters, POLL))
    return named | {row.id: (row.name, "") for row in partners}
