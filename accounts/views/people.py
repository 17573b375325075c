"""The organization's people: list, role, leaving and coming back, invitations, the second step for all."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts import invitations, queries, services
from accounts.access import ConflictError, OrganizationRequest, organization_view
from accounts.forms import AssignForm, InviteForm
from accounts.models import Invitation, Membership
from accounts.scopes import Scope

STAFF = "people who work here, no member's data"
NOBODY_LEFT = "Then nobody could invite people and change roles any more. Give another person such a role first."


@organization_view(Scope.ACCOUNT_WRITE, methods=["GET"], no_reads=STAFF)
def people(request: OrganizationRequest) -> HttpResponse:
    """Everybody, and who is invited."""
    context = {
        "people": queries.people(),
        "invitations": queries.open_invitations(request.access.now),
        "organization": request.access.organization,
    }
    return render(request, "accounts/people.html", context)


@organization_view(Scope.ACCOUNT_WRITE, no_reads=STAFF)
def invite(request: OrganizationRequest) -> HttpResponse:
    """Offer somebody a place. The link is sent, and shown once to hand it over otherwise."""
    form = InviteForm(request.POST or None, initial={"role": None})
    if request.method != "POST" or not form.is_valid():
        return render(request, "accounts/invite.html", {"form": form}, status=422 if form.errors else 200)
    try:
        invitation, link = invitations.invite(
            form.cleaned_data["email"], form.cleaned_data["role"], actor=request.access.actor, now=request.access.now
        )
    except invitations.AlreadyHere as here:
        words = "has a place here" if here.active else "had a place here: let them back in on the list"
        form.add_error("email", f"This person {words}.")
        return render(request, "accounts/invite.html", {"form": form}, status=422)
    address = request.build_absolute_uri(reverse("invitation", args=[link]))
    invitations.mail(invitation, address)
    return render(request, "accounts/invited.html", {"invitation": invitation, "address": address})


@organization_view(Scope.ACCOUNT_WRITE, methods=["POST"], no_reads=STAFF)
def invitation_withdraw(request: OrganizationRequest, invitation_id: uuid.UUID) -> HttpResponse:
    found = Invitation.objects.select_for_update().filter(id=invitation_id).first()
    if found is None:
        raise Http404
    if not found.is_open(request.access.now):
        raise ConflictError("This invitation is not open any more.")
    invitations.withdraw(found, actor=request.access.actor, now=request.access.now)
    messages.success(request, f"The invitation of {found.email} is withdrawn.")
    return redirect("people")


@organization_view(Scope.ACCOUNT_WRITE, no_reads=STAFF)
def person(request: OrganizationRequest, membership_id: uuid.UUID) -> HttpResponse:
    """One person: the role, and whether they still belong here."""
    found = _find(membership_id)
    form = AssignForm(request.POST or None, initial={"role": found.role_id})
    if request.method == "POST" and form.is_valid():
        role = form.cleaned_data["role"]
        try:
            services.assign_role(found.id, role, actor=request.access.actor, now=request.access.now)
        except services.NobodyLeft as error:
            raise ConflictError(NOBODY_LEFT) from error
        messages.success(request, f"{found.user.name} is now {role.name}, from their next click on.")
        return redirect("people")
    context = {"person": found, "form": form, "roles": queries.roles()}
    return render(request, "accounts/person.html", context, status=422 if form.errors else 200)


@organization_view(Scope.ACCOUNT_WRITE, no_reads=STAFF)
def person_close(request: OrganizationRequest, membership_id: uuid.UUID) -> HttpResponse:
    """Asks first; then the person has no place here from the next click on."""
    found = _find(membership_id)
    if request.method == "POST":
        try:
            services.end_membership(found.id, actor=request.access.actor, now=request.access.now)
        except services.NobodyLeft as error:
            raise ConflictError(NOBODY_LEFT) from error
        messages.success(request, f"{found.user.name} has no place here any more.")
        return redirect("people")
    context = {
        "person": found,
        "heading": f"Close {found.user.name}’s place here?",
        "body": "accounts/_close.html",
        "action": reverse("person_close", args=[found.id]),
        "verb": "Close it",
        "stay_url": reverse("person", args=[found.id]),
    }
    part = "#ask" if request.htmx.target == "dialog" else ""  # type: ignore[attr-defined]
    return render(request, f"confirm.html{part}", context)


@organization_view(Scope.ACCOUNT_WRITE, methods=["POST"], no_reads=STAFF)
def person_reopen(request: OrganizationRequest, membership_id: uuid.UUID) -> HttpResponse:
    found = _find(membership_id)
    services.reopen_membership(found.id, actor=request.access.actor, now=request.access.now)
    messages.success(request, f"{found.user.name} is back as {found.role.name}.")
    return redirect("people")


@organization_view(Scope.ACCOUNT_WRITE, methods=["POST"], no_reads=STAFF)
def second_factor_rule(request: OrganizationRequest) -> HttpResponse:
    """Whether everybody needs a second step."""
    required = request.POST.get("required") == "yes"
    services.require_second_factor(required, actor=request.access.actor, now=request.access.now)
    words = "needs a second step" if required else "may sign in with the password alone"
    messages.success(request, f"Everybody in {request.access.organization.name} now {words}.")
    return redirect("people")


def _find(membership_id: uuid.UUID) -> Membership:
    found = Membership.objects.select_related("user", "role").filter(id=membership_id).first()
    if found is None:
        raise Http404
    return found
