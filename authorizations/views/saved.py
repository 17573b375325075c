"""Views of the list that people keep: saved under a name, renamed, shared, put in order, taken away."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from authorizations import filters, queries, saving, worklist
from authorizations.models import SavedView
from authorizations.models.saved import NAME_LENGTH
from tenancy.editing import Refused, Stale
from web.wording import Clock, moment

NO_READS = "shows names of views and how many rows they hold, no health data"


class ViewForm(forms.Form):
    """A view's name, and who sees it where. Sharing is for those who see everybody's work."""

    name = forms.CharField(
        label="Name",
        max_length=NAME_LENGTH,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
        error_messages={"required": "Give the view a name."},
    )
    pinned = forms.BooleanField(label="Show it above the list", required=False, initial=True)
    shared = forms.BooleanField(label="Share it with everybody who sees authorizations", required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, may_share: bool, was_shared: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.was_shared = was_shared
        if not may_share:
            del self.fields["shared"]

    def values(self) -> dict[str, Any]:
        """What the services take: who may not share leaves it as it was."""
        given = self.cleaned_data
        return {"name": given["name"], "pinned": given["pinned"], "shared": given.get("shared", self.was_shared)}


@organization_view(Scope.AUTHORIZATION_READ, methods=["GET"], no_reads=NO_READS)
def view_list(request: OrganizationRequest) -> HttpResponse:
    """Every view somebody has, with how many rows it holds, and which one their list opens with."""
    access = request.access
    views = list(saving.visible_to(access.membership_id))
    seen = filters.viewpoint(access)
    counts = queries.capped_counts({str(view.id): worklist.listed(_filter(view), seen) for view in views})
    context = {
        "views": [(view, counts[str(view.id)], _may_change(request, view)) for view in views],
        "me": access.membership_id,
        "first": saving.first_view(access.membership_id),
    }
    return render(request, "authorizations/views.html", context)


@organization_view(Scope.AUTHORIZATION_READ, no_reads=NO_READS)
def view_new(request: OrganizationRequest) -> HttpResponse:
    """Keep the list that the address of this page means."""
    query = filters.again(QueryDict(request.POST.get("query", ""))) if request.POST else filters.again(request.GET)
    form = _form(request)
    if request.method == "POST" and form.is_valid():
        access = request.access
        try:
            view = saving.save_view(
                access.membership_id, form.values(), query=query, actor=access.actor, now=access.now
            )
        except Refused as error:
            _put(form, error)
        else:
            messages.success(request, f"“{view.name}” is saved.")
            return redirect(f"{reverse('authorization_list')}{view.query}")
    context = {"form": form, "query": query.removeprefix("?"), "title": "Save this view", "back": _list_at(query)}
    return render(request, "authorizations/view_form.html", context, status=422 if form.is_bound else 200)


@organization_view(Scope.AUTHORIZATION_READ, no_reads=NO_READS)
def view_edit(request: OrganizationRequest, view_id: uuid.UUID) -> HttpResponse:
    """Rename, share or pin a view; of a colleague's, keep a copy."""
    view = _visible(request, view_id)
    mine = _may_change(request, view)
    form = _form(request, view)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _save(request, view, form, mine=mine)
            except Refused as error:
                _put(form, error)
            except Stale as stale:
                form, status = _overtaken(request, view, stale), 409
            else:
                messages.success(request, f"“{form.cleaned_data['name']}” is saved.")
                return redirect("view_list")
    title = f"Change “{view.name}”" if mine else f"Keep a copy of “{view.name}”"
    context = {
        "form": form,
        "title": title,
        "back": reverse("view_list"),
        "copied_from": "" if mine else view.owner.label,
    }
    return render(request, "authorizations/view_form.html", context, status=status)


@organization_view(Scope.AUTHORIZATION_READ, methods=["POST"], no_reads=NO_READS)
def view_up(request: OrganizationRequest, view_id: uuid.UUID) -> HttpResponse:
    """One place further up among its owner's."""
    view = _visible(request, view_id)
    if not _may_change(request, view):
        return _refused(request, view)
    saving.move_view_up(view.id, actor=request.access.actor, now=request.access.now)
    return redirect("view_list")


@organization_view(Scope.AUTHORIZATION_READ, methods=["POST"], no_reads=NO_READS)
def view_first(request: OrganizationRequest, view_id: uuid.UUID) -> HttpResponse:
    """Let one's list open with this view; pressed again, with the usual statuses."""
    access = request.access
    first = saving.first_view(access.membership_id)
    wanted = None if first is not None and first.id == view_id else view_id
    try:
        saving.open_with(access.membership_id, wanted, actor=access.actor, now=access.now)
    except SavedView.DoesNotExist:
        raise Http404 from None
    return redirect("view_list")


@organization_view(Scope.AUTHORIZATION_READ, no_reads=NO_READS)
def view_remove(request: OrganizationRequest, view_id: uuid.UUID) -> HttpResponse:
    """Take a view away, after asking."""
    view = _visible(request, view_id)
    mine = _may_change(request, view)
    if request.method == "POST" and not mine:
        return _refused(request, view)
    if request.method == "POST":
        saving.remove_view(view.id, actor=request.access.actor, now=request.access.now)
        messages.success(request, f"“{view.name}” is removed.")
        return redirect("view_list")
    context = {
        "heading": f"Remove “{view.name}”?",
        "body": "authorizations/_view_remove.html",
        "view": view,
        "mine": mine,
        "action": request.path,
        "verb": "Remove it",
        "stay_url": reverse("view_list"),
    }
    part = "#ask" if request.htmx.target == "dialog" else ""  # type: ignore[attr-defined]
    return render(request, f"confirm.html{part}", context)


def _visible(request: OrganizationRequest, view_id: uuid.UUID) -> SavedView:
    """A view that whoever asks has; a colleague's own, or one taken away, is not found."""
    view = saving.visible_to(request.access.membership_id).filter(id=view_id).first()
    if view is None:
        raise Http404
    return view


def _may_change(request: OrganizationRequest, view: SavedView) -> bool:
    """One's own; and what is for everybody, for those who see everybody's work: its owner may have left."""
    return view.owner_id == request.access.membership_id or request.access.allows(Scope.WORK_SUPERVISE)


def _refused(request: OrganizationRequest, view: SavedView) -> HttpResponse:
    words = f"Nothing was changed: “{view.name}” is {view.owner.label}’s. Keep a copy of your own instead."
    messages.error(request, words)
    return redirect("view_list")


def _save(request: OrganizationRequest, view: SavedView, form: ViewForm, *, mine: bool) -> None:
    access = request.access
    if mine:
        version = form.cleaned_data["version"]
        saving.change_view(view.id, form.values(), version=version, actor=access.actor, now=access.now)
        return
    values = {**form.values(), "shared": False}
    saving.save_view(access.membership_id, values, query=view.query, actor=access.actor, now=access.now)


def _form(request: OrganizationRequest, view: SavedView | None = None, **more: Any) -> ViewForm:
    stands: dict[str, Any] = {"name": view.name, "pinned": view.pinned, "shared": view.shared} if view else {}
    if view and _may_change(request, view):
        stands["version"] = view.version
    return ViewForm(
        more.get("data", request.POST if request.method == "POST" else None),
        initial=stands,
        may_share=request.access.allows(Scope.WORK_SUPERVISE),
        was_shared=bool(view and view.shared),
    )


def _put(form: ViewForm, error: Refused) -> None:
    for problem in error.problems:
        form.add_error(problem.field or None, problem.message)


def _overtaken(request: OrganizationRequest, view: SavedView, stale: Stale) -> ViewForm:
    """What was typed stays; saving again replaces what was saved meanwhile."""
    data = request.POST.copy()
    data["version"] = str(view.version)
    form = _form(request, view, data=data)
    clock = Clock(request.access.now, request.access.organization.zone)
    when = f", {moment(stale.changed_at, clock)}" if stale.changed_at else ""
    form.add_error(None, f"{stale.changed_by} changed it{when}. Saving again replaces what was written.")
    return form


def _filter(view: SavedView) -> worklist.ListFilter:
    return filters.read(QueryDict(view.query.removeprefix("?")))


def _list_at(query: str) -> str:
    return f"{reverse('authorization_list')}{query}"
