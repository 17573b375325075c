"""The audit page: who looked at what and who changed what, with filters and an export."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.access import OrganizationRequest, organization_view
from accounts.models import Membership
from accounts.scopes import Scope
from audit import filters
from audit.filters import Asked
from audit.models import AuditEvent
from audit.queries import found, page
from audit.views.rows import event_rows
from audit.wording import WORDS, details, words
from authorizations.models import Authorization
from authorizations.queries import by_number
from imports.csv_export import write
from members import queries as members
from members.models import Member

PAGE_SIZE = 50
MOST_EXPORTED = 50_000
KIND_WORDS = (("readings", "Readings"), ("changes", "Changes"), ("refusals", "Refusals"))


@organization_view(Scope.AUDIT_READ, methods=["GET"], reads="audit.listed")
def audit_log(request: OrganizationRequest) -> HttpResponse:
    """One page of the log."""
    asked = filters.read(request.GET)
    shown = page(asked.wanted(request.access.organization.zone), size=PAGE_SIZE, after=request.GET.get("after", ""))
    request.reading.found(len(shown.events))
    context: dict[str, Any] = {
        "asked": asked,
        "rows": event_rows(shown.events, request.access),
        "people": list(Membership.objects.select_related("user").order_by("user__name")),
        "kinds": KIND_WORDS,
        "actions": _actions(asked),
        "about": _about(asked),
        "without_about": replace(asked, member="", authorization="").address(),
        "next_address": asked.address(after=shown.next_key) if shown.next_key else "",
        "first_address": asked.address() if request.GET.get("after") else "",
        "export_address": reverse("audit_export") + asked.address(),
        "query": asked.address().lstrip("?"),
    }
    return render(request, "audit/log.html", context)


@organization_view(Scope.AUDIT_READ, methods=["POST"], reads="audit.searched")
def audit_find(request: OrganizationRequest) -> HttpResponse:
    """Narrow the log to one authorization or member. What was typed never stands in an address."""
    text = request.POST.get("about", "").strip()[:80]
    asked = replace(filters.read(QueryDict(request.POST.get("query", ""))), member="", authorization="")
    cases = by_number(text) if request.access.allows(Scope.AUTHORIZATION_READ) else []
    people = members.search(text, limit=2) if request.access.allows(Scope.MEMBER_READ) else []
    request.reading.found(len(cases) + len(people), terms=text)
    if len(cases) == 1:
        asked = replace(asked, authorization=str(cases[0].id))
    elif len(people) == 1 and not cases:
        asked = replace(asked, member=str(people[0].id))
    elif cases or people:
        messages.warning(request, "More than one is meant: type the whole number, or the whole name.")
    else:
        messages.warning(request, "Nothing is found: type our number or the payer’s, a name, an MRN or a member ID.")
    return redirect(reverse("audit_log") + asked.address())


@organization_view(Scope.AUDIT_READ, methods=["GET"], reads="audit.exported")
def audit_export(request: OrganizationRequest) -> HttpResponse:
    """The same rows as a file for a spreadsheet, at most fifty thousand."""
    asked = filters.read(request.GET)
    events = list(found(asked.wanted(request.access.organization.zone))[:MOST_EXPORTED])
    request.reading.found(len(events), limit=MOST_EXPORTED)
    header = ["at (UTC)", "who", "kind", "what", "action", "authorization", "member", "subject", "details", "event"]
    response = HttpResponse(write(header, (_cells(event) for event in events)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return response


def _cells(event: AuditEvent) -> list[str]:
    """Ids, not names: whoever gets the file need not be somebody who may see members."""
    subject = f"{event.subject_type} {event.subject_id or ''}".strip()
    return [
        event.at.strftime("%Y-%m-%d %H:%M:%S"),
        event.actor_label,
        event.actor_kind,
        words(event.action),
        event.action,
        _text(event.authorization_id),
        _text(event.member_id),
        subject,
        details(event.action, event.data),
        str(event.id),
    ]


def _actions(asked: Asked) -> list[tuple[str, str]]:
    """The choices of the filter, and the one that is chosen."""
    chosen = {asked.what: words(asked.what)} if "." in asked.what else {}
    return sorted((WORDS | chosen).items(), key=lambda pair: pair[1])


def _text(value: uuid.UUID | None) -> str:
    return str(value) if value else ""


def _about(asked: Asked) -> str:
    """What the log is narrowed to. An id of another organization is as unknown as any other."""
    if asked.authorization:
        case = Authorization.objects.filter(id=asked.authorization).first()
        return case.number if case else "an unknown authorization"
    if asked.member:
        member = Member.objects.filter(id=asked.member).first()
        return member.display_name if member else "an unknown member"
    return ""
