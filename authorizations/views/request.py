"""The request form: a new draft, its edits, Submit and Discard."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.access import ConflictError, OrganizationRequest, organization_view
from accounts.scopes import Scope
from authorizations import forms, queries, services, transitions
from authorizations.asked import Asked, faults
from authorizations.checks import duplicate_problems
from authorizations.coverings import duplicates_of
from authorizations.errors import NotAllowed, Refused, Stale
from authorizations.form_problems import listed, put
from authorizations.models import Authorization
from authorizations.repeating import note_repeated
from authorizations.splitting import split
from authorizations.states import Status
from authorizations.views.request_page import Page, blank, rearranged, stored, suggested
from authorizations.views.request_shown import show
from edi.lint import draft_problems
from members.models import Member
from tenancy.services import KeyReused
from web import typed

REASONS = ("unchecked_reason", "duplicate_reason")
"""Typed for one press of Submit, and kept as notes once it went out."""


@organization_view(Scope.AUTHORIZATION_WRITE, methods=["GET"], no_reads="asks whom the request is for; shows nobody")
def authorization_new(request: OrganizationRequest) -> HttpResponse:
    """A new request begins with its member."""
    return render(request, "members/pick.html", {"for": "new", "query": "", "q": "", "shortest": 2, "begins": True})


@organization_view(Scope.AUTHORIZATION_WRITE, reads="request.read")
def member_authorization_new(request: OrganizationRequest, member_id: uuid.UUID) -> HttpResponse:
    """A new request for this member."""
    member = Member.objects.filter(id=member_id).first()
    if member is None:
        raise Http404
    if request.method == "POST":
        return _posted(request, member, None)
    return show(request, blank(member, _today(request)))


@organization_view(Scope.AUTHORIZATION_WRITE, reads="authorization.read")
def authorization_edit(request: OrganizationRequest, authorization_id: uuid.UUID) -> HttpResponse:
    """The form of a stored draft. Anything but a draft has no form: its page is shown."""
    found = queries.case(authorization_id)
    if found is None:
        raise Http404
    request.reading.of(found.subject, member_id=found.member_id, authorization_id=found.id)
    if request.method == "POST":
        return _posted(request, found.member, found)
    if found.status != Status.DRAFT:
        return redirect("authorization_detail", found.id)
    return show(request, stored(found, _today(request)))


@organization_view(Scope.AUTHORIZATION_WRITE, reads="authorization.read")
def authorization_discard(request: OrganizationRequest, authorization_id: uuid.UUID) -> HttpResponse:
    """Asks first; then the draft is closed, and stays in the history."""
    found = queries.case(authorization_id)
    if found is None:
        raise Http404
    request.reading.of(found.subject, member_id=found.member_id, authorization_id=found.id)
    if request.method == "POST":
        transitions.discard(
            found.id,
            actor=request.access.actor,
            now=request.access.now,
            version=_version(typed.version(request.POST)),
        )
        messages.success(request, f"{found.number} is discarded. It stays in the history.")
        return redirect("authorization_detail", found.id)
    if found.status != Status.DRAFT:
        raise ConflictError(f"{found.number} is no draft any more, so it cannot be discarded.")
    context = {
        "case": found,
        "heading": f"Discard the draft {found.number}?",
        "body": "authorizations/_discard.html",
        "action": reverse("authorization_discard", args=[found.id]),
        "verb": "Discard the draft",
        "hidden": {"version": found.version},
        "stay_url": reverse("authorization_detail", args=[found.id]),
    }
    part = "#ask" if request.htmx.target == "dialog" else ""  # type: ignore[attr-defined]
    return render(request, f"confirm.html{part}", context)


# What a button does ------------------------------------------------------------------------------------------


def _posted(request: OrganizationRequest, member: Member, draft: Authorization | None) -> HttpResponse:
    action = request.POST.get("do", "save")
    if action in ("save", "submit", "split", "documents"):
        return _save(request, Page(member, _today(request), draft, {}, [], data=request.POST), action)
    if action == "check":
        return _checked(request, member, draft)
    return show(request, rearranged(member, draft, request.POST, action, _today(request)))


def _save(request: OrganizationRequest, page: Page, action: str) -> HttpResponse:
    """Keep the draft and, when asked, send it. Whatever is wrong comes back with all that was typed."""
    form, lines = page.forms()
    if not (form.is_valid() & lines.is_valid()):
        page.problems = listed(form, lines)
        return show(request, page, form, lines, status=422)
    asked = forms.asked(form, lines)
    try:
        if action == "split":
            return _split(request, asked, page.authorization, form.cleaned_data)
        kept = _store(request, asked, page.authorization, form.cleaned_data)
    except Refused as refused:
        page.problems = put(refused.problems, form, lines)
        return show(request, page, form, lines, status=422)
    except (NotAllowed, Stale) as late:
        return _late(request, page, form, lines, late)
    except KeyReused as reused:
        raise ConflictError(f"{str(reused).capitalize()}. Nothing was saved.") from reused
    if action == "submit" and kept.status == Status.DRAFT:
        return _submit(request, kept, form.cleaned_data)
    return _kept(request, kept, action)


def _kept(request: OrganizationRequest, kept: Authorization, action: str) -> HttpResponse:
    if kept.status != Status.DRAFT:
        return redirect("authorization_detail", kept.id)
    messages.success(request, f"{kept.number} is saved as a draft.")
    return redirect("document_upload" if action == "documents" else "authorization_edit", kept.id)


def _checked(request: OrganizationRequest, member: Member, draft: Authorization | None) -> HttpResponse:
    """Say what Save and Submit would refuse in what is typed, beside its fields. Nothing is saved."""
    today, data = _today(request), request.POST.copy()
    fields = {name: data.get(name, "") for name in forms.RequestForm.base_fields}
    for name, value in suggested(member, fields, today).items():
        data[name] = value
    page = Page(member, today, draft, {}, [], data=data, heading="Checked, nothing is saved")
    form, lines = page.forms()
    valid = form.is_valid() & lines.is_valid()
    page.problems = put(faults(forms.asked(form, lines)), form, lines) if valid else listed(form, lines)
    return show(request, page, form, lines)


def _store(
    request: OrganizationRequest, asked: Asked, draft: Authorization | None, cleaned: dict[str, Any]
) -> Authorization:
    actor, now = request.access.actor, request.access.now
    if draft is not None:
        return services.save_draft(draft.id, asked, version=_version(cleaned["version"]), actor=actor, now=now)
    owner = services.owner_of(request.access.membership_id)
    return transitions.draft(asked, owner=owner, actor=actor, now=now, key=f"draft-{cleaned['key']}"[:64])


def _split(
    request: OrganizationRequest, asked: Asked, draft: Authorization | None, cleaned: dict[str, Any]
) -> HttpResponse:
    """A draft for each way the lines go. The first is opened, the others are named."""
    made = split(
        asked,
        owner=services.owner_of(request.access.membership_id),
        actor=request.access.actor,
        now=request.access.now,
        standing=draft.id if draft else None,
        version=_version(cleaned["version"]) if draft else None,
        key=f"split-{cleaned['key']}"[:60],
    )
    names = ", ".join(f"{each.number} ({each.codes})" for each in made)
    messages.success(request, f"Saved as {len(made)} drafts, each going its own way: {names}.")
    return redirect("authorization_edit", made[0].id)


def _submit(request: OrganizationRequest, kept: Authorization, cleaned: dict[str, Any]) -> HttpResponse:
    """Send a stored draft. What stops it is shown on the form of the draft, which is kept."""
    actor, now, why = request.access.actor, request.access.now, cleaned["duplicate_reason"]
    repeated = duplicates_of(kept)
    try:
        with transaction.atomic():
            lint = [*draft_problems(kept, now=now), *duplicate_problems(repeated, why)]
            transitions.submit(
                kept.id,
                actor=actor,
                now=now,
                key=_send_key(cleaned["key"]),
                lint=lint,
                unchecked_reason=cleaned["unchecked_reason"],
            )
            if repeated:
                note_repeated(kept.id, [each.case.number for each in repeated], why, actor=actor, now=now)
    except Refused as refused:
        page = stored(queries.case(kept.id) or kept, _today(request))
        page.fields |= {name: cleaned[name] for name in REASONS}
        page.heading = "Saved as a draft, not submitted"
        form, lines = page.forms()
        page.problems = put(refused.problems, form, lines)
        return show(request, page, form, lines, status=422)
    return redirect("authorization_detail", kept.id)


def _late(request: OrganizationRequest, page: Page, form: Any, lines: Any, late: ConflictError) -> HttpResponse:
    """Somebody was faster: a draft somebody saved can be saved over, a request sent already is shown.

    A second press of Submit finds the first one's work done; with another key it is refused.
    """
    if page.authorization is None:
        raise late
    latest = Authorization.objects.get(id=page.authorization.id)
    if isinstance(late, Stale) and latest.status == Status.DRAFT:
        return _overtaken(request, page, form, lines, late)
    key = _send_key(form.cleaned_data["key"])
    submission = transitions.submit(latest.id, actor=request.access.actor, now=request.access.now, key=key)
    return redirect("authorization_detail", submission.authorization_id)


def _send_key(key: str) -> str:
    return f"send-{key}"[:64]


def _version(shown: int | None) -> int:
    """The version a form carries. One that carries none showed nobody's draft, so it is older than any."""
    return typed.UNREADABLE if shown is None else shown


def _overtaken(request: OrganizationRequest, page: Page, form: Any, lines: Any, stale: Stale) -> HttpResponse:
    """Somebody saved in between: everything typed stays, and a second Save is a decision."""
    assert page.authorization is not None
    latest = Authorization.objects.get(id=page.authorization.id)
    form.data = form.data.copy()
    form.data["version"] = latest.version
    page.authorization = latest
    page.heading = "Not saved: this draft was changed meanwhile"
    at = reverse("authorization_detail", args=[latest.id])
    words = f"{stale.message} What you typed is below; saving again replaces what {stale.changed_by} wrote."
    page.problems = [{"text": f"{words} See how it stands now.", "address": at}]
    return show(request, page, form, lines, status=409)


def _today(request: OrganizationRequest) -> date:
    return request.access.organization.today(request.access.now)
