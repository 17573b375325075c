"""A new member, changes of a member, and the numbers they are known by."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from members import services
from members.doubles import doubles
from members.forms import ApartForm, IdentifierForm, MemberForm, NewMemberForm
from members.models import Member, MemberIdentifier
from members.views.pages import by, find_member, find_of_member, may_see_all, member_page
from payers.views.pages import FormPage, done, show_form, take_form
from tenancy.editing import Problem, Refused


@organization_view(Scope.MEMBER_WRITE)
def member_new(request: OrganizationRequest) -> HttpResponse:
    """An empty form; where somebody of that name and birth date is in already, who that is."""
    listed = reverse("member_list")
    page = FormPage(
        "New member",
        "members",
        listed,
        "Add the member",
        [("Members", listed)],
        about="A request needs a coverage too: it is asked for next.",
        template="members/form.html",
    )
    form = NewMemberForm(request.POST or None, with_all=True)
    if request.method != "POST":
        return show_form(request, page, form)
    saved = take_form(request, page, form, lambda values, _: _added(request, page, values))
    if isinstance(saved, HttpResponse):
        return saved
    words = f"{saved.display_name} is added. Now the coverage."
    return done(request, words, reverse("coverage_new", args=[saved.id]))


def _added(request: OrganizationRequest, page: FormPage, values: dict[str, Any]) -> Member:
    """The new member. Raises Refused while somebody looks alike and nobody said that this is somebody else."""
    alike = doubles(values["last_name"], values["first_name"], values["birth_date"], values["mrn"])
    if not alike:
        return services.add_member(**by(request), **values)
    apart = ApartForm(request.POST if "apart_because" in request.POST else None)
    request.reading.found(len(alike), action="member.searched")
    page.extra |= {"alike": alike, "apart": apart}
    page.heading = "Not added"
    if apart.is_valid():
        return services.add_member(**by(request), **values, somebody_else=apart.cleaned_data["apart_because"])
    asked = [Problem("", str(text)) for texts in apart.errors.values() for text in texts]
    raise Refused(asked or [Problem("", "Somebody looks alike: is it the same person?")])


@organization_view(Scope.MEMBER_WRITE, reads="member.read")
def member_edit(request: OrganizationRequest, member_id: uuid.UUID) -> HttpResponse:
    member = find_member(member_id)
    hidden = "" if may_see_all(request) else "Date of birth and address stay as they are: your role does not show them."
    page = member_page(
        member,
        f"Edit {member.display_name}",
        about=hidden or "Requests that were sent keep the name they were sent with. The MRN stands among the numbers.",
    )
    form = MemberForm(request.POST or None, instance=member, with_all=may_see_all(request))
    if request.method != "POST":
        return show_form(request, page, form)

    def save(values: dict[str, Any], version: int | None) -> Any:
        return services.save_member(member.id, values, version=version, **by(request))

    saved = take_form(request, page, form, save)
    return saved if isinstance(saved, HttpResponse) else done(request, f"{saved.display_name} is saved.", page.back)


@organization_view(Scope.MEMBER_WRITE, reads="member.read")
def identifier_new(request: OrganizationRequest, member_id: uuid.UUID) -> HttpResponse:
    member = find_member(member_id)
    page = member_page(
        member,
        "New number",
        verb="Add the number",
        about=("A new MRN begins after the last day of the old one. The number on a card belongs to its coverage."),
    )
    form = IdentifierForm(
        request.POST or None, initial={"starts_on": request.access.organization.today(request.access.now)}
    )
    if request.method != "POST":
        return show_form(request, page, form)
    saved = take_form(request, page, form, lambda values, _: services.add_identifier(member.id, values, **by(request)))
    return saved if isinstance(saved, HttpResponse) else done(request, f"{saved} is added.", page.back)


@organization_view(Scope.MEMBER_WRITE, reads="member.read")
def identifier_edit(request: OrganizationRequest, identifier_id: uuid.UUID) -> HttpResponse:
    row = find_of_member(request, MemberIdentifier, identifier_id, "identifier")
    page = member_page(row.member, f"Edit {row}")
    form = IdentifierForm(request.POST or None, instance=row)
    if request.method != "POST":
        return show_form(request, page, form)

    def save(values: dict[str, Any], version: int | None) -> Any:
        return services.save_identifier(row.id, values, version=version, **by(request))

    saved = take_form(request, page, form, save)
    return saved if isinstance(saved, HttpResponse) else done(request, f"{saved} is saved.", page.back)
