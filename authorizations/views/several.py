"""One thing done to several rows of the list: first what is possible and what is not, and why; then it is done."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.access import OrganizationRequest, organization_view
from accounts.models import Membership
from accounts.scopes import Scope
from authorizations import filters, handing, queries, renewing
from authorizations.deadlines import START_OF_WORK
from authorizations.errors import NotAllowed, Refused
from authorizations.models import Authorization
from authorizations.views import lines
from authorizations.worklist import NOBODY
from web.wording import counted

MOST = 100
BOARD = "workload_board"
"""Stands for the page of who has how much to do, where a hand-over began there."""
NO_OWNER = "Choose who looks after them."


class Doing(StrEnum):
    """What can be done to several."""

    ASSIGN = "assign"
    RENEW = "renew"
    NEXT = "next"


class AssignForm(forms.Form):
    """Who looks after the cases from now on."""

    owner = forms.CharField(
        label="Who looks after them from now on?",
        widget=forms.Select(attrs={"class": "form-select fit"}),
        error_messages={"required": NO_OWNER},
    )
    reason = forms.CharField(
        label="Why do they change hands?",
        max_length=handing.LONGEST_REASON,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
        error_messages={"required": "Say why they change hands."},
    )
    note = forms.CharField(
        label="Note for whoever takes over (optional)",
        max_length=handing.LONGEST_NOTE,
        required=False,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 2}),
    )

    def __init__(self, *args: Any, besides: uuid.UUID | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        able = Membership.objects.filter(active=True, role__scopes__contains=[Scope.AUTHORIZATION_WRITE])
        able = able.exclude(id=besides) if besides else able
        rows = able.select_related("user").order_by("user__name", "id")
        self.people: dict[str, Membership] = {str(row.id): row for row in rows}
        widget: Any = self.fields["owner"].widget
        widget.choices = [
            ("", "Choose"),
            *((key, row.label) for key, row in self.people.items()),
            (NOBODY, "Nobody"),
        ]

    def clean_owner(self) -> Membership | None:
        given = self.cleaned_data["owner"]
        if given != NOBODY and given not in self.people:
            raise forms.ValidationError(NO_OWNER)
        return self.people.get(given)


class NextForm(forms.Form):
    """What is done next, and on which day."""

    words = forms.CharField(
        label="What is done next?",
        max_length=handing.LONGEST,
        widget=forms.TextInput(attrs={"class": "form-control"}),
        error_messages={"required": "Say what is done next."},
    )
    day = forms.DateField(
        label="On which day?",
        widget=forms.DateInput(attrs={"class": "form-control fit", "type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Choose the day."},
    )


Given = dict[str, Any]
Said = tuple[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Preview:
    """What would come of it: the cases it fits, and the others with the reason."""

    possible: list[Authorization]
    refused: list[tuple[Authorization, str]]

    @property
    def words(self) -> str:
        """ "12 of 14 possible"."""
        return f"{len(self.possible)} of {len(self.possible) + len(self.refused)} possible"


@organization_view(Scope.AUTHORIZATION_WRITE, methods=["POST"], reads="authorization.listed")
def authorization_several(request: OrganizationRequest) -> HttpResponse:
    """Show what is possible with the ticked rows; with `sure`, do it and go back to the list."""
    back = _back(request)
    cases = list(chosen(request).select_related("program").order_by("id"))  # in the order in which they are locked
    doing = request.POST.get("do", "")
    if not cases or doing not in frozenset(Doing):
        messages.info(request, "Tick the rows first, then choose what to do with them.")
        return redirect(back)
    preview = _preview(Doing(doing), cases, owner=request.POST.get("owner", ""))
    sure = bool(request.POST.get("sure"))
    filled = {name: request.POST.get(name, "") for name in ("owner", "reason", "note")}
    form = FORMS[Doing(doing)](request.POST if sure else None, initial=filled)
    if sure and form.is_valid():
        _said(request, *DONE[Doing(doing)](request, preview, form.cleaned_data))
        return redirect(back)
    request.reading.found(len(cases))
    context = {
        "doing": doing,
        "heading": HEADINGS[Doing(doing)],
        "preview": preview,
        "chosen": cases,
        "form": form,
        "back": back,
        "back_query": request.POST.get("back", ""),
    }
    return render(request, "authorizations/several.html", context, status=422 if sure else 200)


def chosen(request: OrganizationRequest) -> QuerySet[Authorization]:
    """The ticked cases of this organization."""
    ids = []
    for text in request.POST.getlist("case")[:MOST]:
        try:
            ids.append(uuid.UUID(text))
        except ValueError:
            continue
    return Authorization.objects.filter(id__in=ids)


def _back(request: OrganizationRequest) -> str:
    """The list as it was, or the board of workload. Of what was sent only filters are taken."""
    if request.POST.get("back") == BOARD:
        return reverse(BOARD)
    address = filters.again(QueryDict(request.POST.get("back", "").removeprefix("?")))
    return f"{reverse('authorization_list')}{address}"


def _preview(doing: Doing, chosen: Sequence[Authorization], *, owner: str) -> Preview:
    renewals = queries.open_renewals(case.id for case in chosen) if doing is Doing.RENEW else {}
    found = Preview([], [])
    for case in chosen:
        reason = _why_not(doing, case, renewals.get(case.id), owner)
        if reason:
            found.refused.append((case, reason))
        else:
            found.possible.append(case)
    return found


def _why_not(doing: Doing, case: Authorization, renewal: Authorization | None, owner: str) -> str:
    if renewal is not None:
        return f"{case.number} has the renewal {renewal.number} already."
    try:
        if doing is Doing.RENEW:
            renewing.refuse_unless_renewable(case)
        if doing is Doing.NEXT:
            handing.refuse_unless_settable(case)
        if doing is Doing.ASSIGN:
            handing.refuse_unless_assignable(case)
            if owner and owner == str(case.owner_id or NOBODY):
                return f"{case.number} is with {case.owner_name or 'nobody'} already."
    except NotAllowed as error:
        return error.message
    return ""


def _renew(request: OrganizationRequest, preview: Preview, given: Given) -> Said:
    """A draft for each that fits, owned by whoever asks; what was renewed meanwhile keeps its renewal."""
    access = request.access
    today = access.organization.today(access.now)
    owner = Membership.objects.select_related("user").get(id=access.membership_id)

    def one(case: Authorization) -> bool:
        runs_out = lines.first_to_run_out(queries.balances([case.id]), today)
        renewing.renew(case.id, owner=owner, actor=access.actor, now=access.now, runs_out_on=runs_out)
        return True

    made, refused = _each(preview, one)
    return f"{counted(made, 'renewal')} drafted.", refused


def _assign(request: OrganizationRequest, preview: Preview, given: Given) -> Said:
    owner: Membership | None = given["owner"]
    actor, now = request.access.actor, request.access.now
    owner_id = owner.id if owner else None
    why = {"reason": given["reason"], "note": given["note"]}
    moved, refused = _each(preview, lambda case: handing.assign(case.id, owner_id, **why, actor=actor, now=now))
    return f"{counted(moved, 'authorization')} now with {owner.label if owner else 'nobody'}.", refused


def _set_next(request: OrganizationRequest, preview: Preview, given: Given) -> Said:
    access = request.access
    at = datetime.combine(given["day"], START_OF_WORK, tzinfo=access.organization.zone)
    at = max(at, access.now) if given["day"] == access.organization.today(access.now) else at

    def one(case: Authorization) -> bool:
        handing.set_next_action(case.id, given["words"], at=at, actor=access.actor, now=access.now)
        return True

    made, refused = _each(preview, one)
    return f"The next action of {counted(made, 'authorization')} is set.", refused


def _each(preview: Preview, do: Callable[[Authorization], bool]) -> tuple[int, list[str]]:
    """Do it to each that fits; how many were changed, and every reason why one was not."""
    changed, refused = 0, [reason for _, reason in preview.refused]
    for case in preview.possible:
        try:
            changed += do(case)
        except NotAllowed as error:
            refused.append(error.message)
        except Refused as error:
            refused.append(f"{case.number}: {error}")
    return changed, refused


def _said(request: OrganizationRequest, done: str, rest: Sequence[str]) -> None:
    messages.success(request, " ".join([done, *rest]))


FORMS: Mapping[Doing, type[forms.Form]] = {
    Doing.ASSIGN: AssignForm,
    Doing.RENEW: forms.Form,
    Doing.NEXT: NextForm,
}
DONE: Mapping[Doing, Callable[[OrganizationRequest, Preview, Given], Said]] = {
    Doing.ASSIGN: _assign,
    Doing.RENEW: _renew,
    Doing.NEXT: _set_next,
}
HEADINGS = {Doing.ASSIGN: "Assign", Doing.RENEW: "Renew to draft", Doing.NEXT: "Set the next action"}
