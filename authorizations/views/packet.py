"""All papers of a case as one PDF, for whoever sends or prints them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import date

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from authorizations import queries
from authorizations.documents import storage
from authorizations.documents.packet import Cover, Paper, compose
from authorizations.documents.services import may_be_had
from authorizations.models import Authorization, Document
from authorizations.views.asking import clock_of, find_case
from authorizations.views.documents import saved
from web.wording import Clock


@organization_view(Scope.AUTHORIZATION_READ, reads="authorization.read")
def authorization_packet_choose(request: OrganizationRequest, authorization_id: uuid.UUID) -> HttpResponse:
    """Which papers go into the packet, and in which order; leads to the packet of those that were given a place."""
    case = find_case(request, authorization_id)
    documents = _papers(case)
    if request.method == "POST":
        chosen = _chosen(request.POST, documents)
        if chosen:
            papers = urlencode([("paper", str(each.id)) for each in chosen])
            return redirect(f"{reverse('authorization_packet', args=[case.id])}?{papers}")
        messages.warning(request, "No paper has a place: give at least one of them a number.")
        return redirect("authorization_packet_choose", case.id)
    return render(request, "authorizations/packet.html", {"case": case, "documents": documents})


@organization_view(Scope.AUTHORIZATION_READ, methods=["GET"], reads="authorization.printed")
def authorization_packet(request: OrganizationRequest, authorization_id: uuid.UUID) -> HttpResponse:
    """Cover sheet, contents and pictures; what cannot be printed is named. Files filed by mistake stay out.

    `?paper=` names those that go into it, in their order; without it all do, the first filed first.
    """
    case = find_case(request, authorization_id)
    known = {str(each.id): each for each in _papers(case)}
    named = dict.fromkeys(request.GET.getlist("paper"))
    documents = [known[each] for each in named if each in known] if named else list(known.values())
    request.reading.data["documents"] = [str(each.id) for each in documents]
    born = request.access.allows(Scope.MEMBER_PHI)
    cover = Cover(
        organization=request.access.organization.name,
        title=f"Prior authorization {case.number}",
        number=case.number,
        facts=list(_facts(case, clock_of(request), born=born)),
        made_at=request.access.now,
    )
    return saved(compose(cover, [_paper(each) for each in documents]), "application/pdf", f"{case.number}.pdf")


def _papers(case: Authorization) -> list[Document]:
    """The first filed first."""
    return [each for each in reversed(queries.documents(case.id)) if each.mistaken_at is None]


def _chosen(given: QueryDict, documents: Sequence[Document]) -> list[Document]:
    """Those with a number, in the order of the numbers; equal ones as they were filed."""
    places = {each.id: given.get(f"place_{each.id}", "").strip() for each in documents}
    chosen = [each for each in documents if places[each.id].isascii() and places[each.id].isdecimal()]
    return sorted(chosen, key=lambda each: int(places[each.id][:9]))


def _facts(case: Authorization, clock: Clock, *, born: bool) -> Iterator[tuple[str, str]]:
    """What the payer needs to find the request; `born`: with the date of birth."""
    yield "To", f"{case.reviewer_name or case.payer_name}, {case.program_name}"
    yield "Member", case.member_name
    if born:
        yield "Born", _day(case.member.birth_date)
    if case.coverage and case.coverage.number:
        yield "Member ID", case.coverage.number
    yield "Our number", case.number
    yield "Request ID", _request_id(case) or "not sent yet"
    if case.administrative_number:
        yield "Payer's working number", case.administrative_number
    if case.certification_number:
        yield "Payer's number", case.certification_number
    yield "Services", case.codes or "none yet"
    if case.starts_on and case.ends_on:
        yield "Asked for", f"{_day(case.starts_on)} to {_day(case.ends_on)}"
    yield "Made", _day(clock.today)


def _day(value: date) -> str:
    """With the year: paper is read in another one."""
    return f"{value:%b} {value.day}, {value.year}"


def _request_id(case: Authorization) -> str:
    """By which the payer knows what was asked last: the trace of a message, or the reference its portal gave."""
    rows = (row.trace or row.portal_reference for row in queries.submissions(case.id))
    return next((found for found in rows if found), "")


def _paper(document: Document) -> Paper:
    def read() -> bytes | None:
        try:
            return storage.read(document.storage_name, document.sha256)
        except storage.Missing:
            return None

    closed = "" if may_be_had(document) else "not found clean"
    return Paper(document.name, str(document.get_kind_display()), document.content_type, read, closed)
