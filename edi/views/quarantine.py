"""A quarantined answer beside the requests it may belong to, and what it would do to the one that is chosen."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from accounts.access import ConflictError, OrganizationRequest, organization_view
from accounts.scopes import Scope
from authorizations.errors import NotAllowed, Refused, Stale
from authorizations.explanations import NOTE_WORDS
from authorizations.models import Authorization, LineDecision, Submission
from edi import quarantine, queries
from edi.models import Message
from edi.quarantine import Answered
from web import typed


@dataclass(frozen=True, slots=True)
class LineAfter:
    """What the answer says of one line."""

    label: str
    outcome: str
    quantity: Decimal | None
    starts_on: date | None
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What attaching would do. `repeated`: the case knows this answer already."""

    before: Authorization
    after: Authorization
    words: str
    repeated: bool
    applied: bool
    lines: Sequence[LineAfter]


@organization_view(Scope.EDI_WRITE, reads="exchange.read")
def message_attach(request: OrganizationRequest, message_id: uuid.UUID) -> HttpResponse:
    """Choose the request, look at what the answer would do to it, and say how one knows."""
    message = queries.message(message_id)
    if message is None:
        raise Http404
    answered = quarantine.answer_in(message)
    context: dict[str, Any] = {"message": message, "answered": answered, "reason": request.POST.get("reason", "")}
    if answered is None:
        return render(request, "edi/attach.html", context, status=409 if request.method == "POST" else 200)
    chosen = _chosen(request, message)
    if request.method == "POST" and chosen is not None:
        return _attach(request, message, answered, chosen, context)
    return _page(request, message, answered, chosen, context)


def _attach(
    request: OrganizationRequest, message: Message, answered: Answered, chosen: Submission, context: dict[str, Any]
) -> HttpResponse:
    access = request.access
    try:
        quarantine.attach(
            message.id,
            chosen.id,
            reason=request.POST.get("reason", ""),
            actor=access.actor,
            now=access.now,
            version=typed.version(request.POST),
        )
    except NotAllowed as error:
        raise ConflictError(str(error)) from error
    except (Refused, Stale) as error:
        context["problem"] = str(error)
        return _page(request, message, answered, chosen, context, status=409 if isinstance(error, Stale) else 422)
    messages.success(request, f"The answer was attached to {chosen.authorization.number}.")
    return redirect("exchange_message", message.id)


def _page(
    request: OrganizationRequest,
    message: Message,
    answered: Answered,
    chosen: Submission | None,
    context: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    number = request.GET.get("number", "")[:20]
    found = [] if chosen else quarantine.candidates(message, answered, number=number)
    request.reading.found(len(found))
    context |= {"number": number, "candidates": found, "chosen": chosen}
    if chosen is not None:
        case = chosen.authorization
        request.reading.of(("message", message.id), member_id=case.member_id, authorization_id=case.id)
        context["compared"] = quarantine.compared(answered, chosen)
        try:
            context["preview"] = _preview(request, message, chosen)
        except NotAllowed as error:
            context["impossible"] = str(error)
    return render(request, "edi/attach.html", context, status=status)


def _chosen(request: OrganizationRequest, message: Message) -> Submission | None:
    """The request named by the address or the form; one of another partner or organization does not exist here."""
    wanted = request.POST.get("submission") or request.GET.get("submission")
    if not wanted:
        return None
    try:
        return quarantine.sent_to(message.partner_id).filter(id=uuid.UUID(wanted)).get()
    except (ValueError, Submission.DoesNotExist) as error:
        raise Http404 from error


def _preview(request: OrganizationRequest, message: Message, chosen: Submission) -> Preview:
    """Does it and takes it back: what is shown is what would be done, by the same code."""
    before = Authorization.objects.get(id=chosen.authorization_id)
    access = request.access
    with transaction.atomic():
        recorded = quarantine.attach(message.id, chosen.id, reason="preview", actor=access.actor, now=access.now)
        after = Authorization.objects.get(id=before.id)
        decision = recorded.decision
        rows = decision.lines.select_related("line").prefetch_related("line__codes").order_by("line__number")
        lines = [_line(row) for row in rows]
        note = NOTE_WORDS[recorded.effect.note] if recorded.effect else ""
        applied = recorded.effect is not None and recorded.effect.applied
        transaction.set_rollback(True)
    return Preview(before, after, note, recorded.repeated, applied, lines)


def _line(row: LineDecision) -> LineAfter:
    codes = " / ".join(code.words for code in row.line.codes.all())
    return LineAfter(codes, row.get_outcome_display(), row.quantity, row.starts_on, row.ends_on)
