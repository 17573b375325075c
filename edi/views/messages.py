"""Messages of the exchange: the latest ones, and one with its bytes beside plain words."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpResponse
from django.shortcuts import render

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from edi import queries
from edi.models import Interchange, Message
from edi.quarantine import answer_in
from edi.views.segments import rows

PAGE_SIZE = 50
MOST_SEGMENTS = 2000

TITLES = {
    Message.Kind.REQUEST: "278 request",
    Message.Kind.RESPONSE: "278 response",
    Message.Kind.ACKNOWLEDGMENT: "Acknowledgment (999)",
    Message.Kind.INTERCHANGE_ACKNOWLEDGMENT: "Interchange acknowledgment (TA1)",
}


@organization_view(Scope.EDI_READ, methods=["GET"], reads="exchange.listed")
def message_list(request: OrganizationRequest) -> HttpResponse:
    """What went out and came in lately; ids are in the order of time."""
    quarantined = request.GET.get("state") == "quarantined"
    before = _uuid(request.GET.get("before", ""))
    found = queries.latest(PAGE_SIZE + 1, before=before, quarantined=quarantined)
    request.reading.found(min(len(found), PAGE_SIZE))
    context = {
        "messages_shown": found[:PAGE_SIZE],
        "quarantined": quarantined,
        "next": found[PAGE_SIZE - 1].id if len(found) > PAGE_SIZE else "",
        "first": before is None,
    }
    return render(request, "edi/messages.html", context)


@organization_view(Scope.EDI_READ, methods=["GET"], reads="exchange.read")
def exchange_message(request: OrganizationRequest, message_id: uuid.UUID) -> HttpResponse:
    """One message: raw X12 beside words."""
    found = queries.message(message_id)
    if found is None:
        raise Http404
    authorization = found.submission.authorization if found.submission else None
    if authorization is not None:
        request.reading.of(("message", found.id), member_id=authorization.member_id, authorization_id=authorization.id)
    today = request.access.organization.today(request.access.now)
    shown, problems = rows(queries.interchange_text(found.interchange), today)
    context = {
        "message": found,
        "interchange": found.interchange,
        "case": authorization,
        "title": TITLES.get(Message.Kind(found.kind), "Message"),
        "incoming": found.interchange.direction == Interchange.Direction.IN,
        "rows": shown[:MOST_SEGMENTS],
        "cut": max(len(shown) - MOST_SEGMENTS, 0),
        "problems": problems,
        "exchange": queries.exchange_of(found),
        "attachable": answer_in(found) is not None,
    }
    return render(request, "edi/message.html", context)


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
