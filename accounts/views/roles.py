"""Roles: named sets of rights, in the organization's own words."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from accounts import queries, services
from accounts.access import ConflictError, OrganizationRequest, organization_view
from accounts.forms import RoleForm
from accounts.models import Role
from accounts.scopes import Scope
from accounts.views.people import NOBODY_LEFT, STAFF


@organization_view(Scope.ACCOUNT_WRITE, methods=["GET"], no_reads=STAFF)
def role_list(request: OrganizationRequest) -> HttpResponse:
    return render(request, "accounts/roles.html", {"roles": queries.roles()})


@organization_view(Scope.ACCOUNT_WRITE, no_reads=STAFF)
def role_new(request: OrganizationRequest) -> HttpResponse:
    form = RoleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            role = services.add_role(**form.cleaned_data, actor=request.access.actor, now=request.access.now)
        except services.NameTaken:
            form.add_error("name", "Another role has this name.")
        else:
            messages.success(request, f"The role {role.name} is added.")
            return redirect("role_list")
    return _show(request, form, None)


@organization_view(Scope.ACCOUNT_WRITE, no_reads=STAFF)
def role_edit(request: OrganizationRequest, role_id: uuid.UUID) -> HttpResponse:
    """Another name or other rights; whoever has the role feels it on the next click."""
    role = Role.objects.filter(id=role_id).first()
    if role is None:
        raise Http404
    form = RoleForm(request.POST or None, initial={"name": role.name, "scopes": role.scopes})
    if request.method == "POST" and form.is_valid():
        try:
            services.change_role(role.id, **form.cleaned_data, actor=request.access.actor, now=request.access.now)
        except services.NameTaken:
            form.add_error("name", "Another role has this name.")
        except services.NobodyLeft as error:
            raise ConflictError(NOBODY_LEFT) from error
        else:
            messages.success(request, f"The role {form.cleaned_data['name']} is changed, from the next click on.")
            return redirect("role_list")
    return _show(request, form, role)


def _show(request: OrganizationRequest, form: RoleForm, role: Role | None) -> HttpResponse:
    return render(request, "accounts/role.html", {"form": form, "role": role}, status=422 if form.errors else 200)
