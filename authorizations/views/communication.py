"""The Communication tab: notes, and the log of contacts with the payer; both stay as they were written."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from authorizations.contacts import LONGEST_TEXT, MOST_MINUTES, Contact, log_contact
from authorizations.deadlines import START_OF_WORK
from authorizations.errors import Refused
from authorizations.models import Authorization, Note
from authorizations.services import add_note
from authorizations.views.asking import day_input, find_case

HOW = (("", "A note"), *Note.Channel.choices)


class NoteForm(forms.Form):
    """A note, or with a channel a contact."""

    channel = forms.ChoiceField(label="What is it?", choices=HOW, required=False, widget=forms.RadioSelect())
    text = forms.CharField(
        label="What was said or is to be known", max_length=LONGEST_TEXT, widget=forms.Textarea({"rows": 4})
    )
    spoken_with = forms.CharField(label="Spoken with", max_length=120, required=False)
    reference = forms.CharField(label="Reference", max_length=80, required=False)
    minutes = forms.IntegerField(label="Minutes", min_value=0, max_value=MOST_MINUTES, required=False)
    next_action = forms.CharField(label="What is done next", max_length=120, required=False)
    next_on = forms.DateField(label="on", required=False, widget=day_input())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"channel": ""})
        super().__init__(*args, **kwargs)
        self.fields["text"].error_messages["required"] = "Nothing is written here yet."
        for name in ("spoken_with", "reference", "next_action"):
            self.fields[name].widget.attrs["autocomplete"] = "off"

    @property
    def problems(self) -> list[dict[str, str]]:
        return [
            {"text": f"{self.fields[name].label}: {text}", "field_id": f"id_{name}"}
            for name, texts in self.errors.items()
            for text in texts
        ]


@organization_view(Scope.AUTHORIZATION_CONTRIBUTE, reads="authorization.read")
def authorization_note(request: OrganizationRequest, authorization_id: uuid.UUID) -> HttpResponse:
    """Keep a note or a contact; it can be corrected only by another one."""
    case = find_case(request, authorization_id)
    chosen = request.GET.get("how", "")
    form = NoteForm(initial={"channel": chosen if chosen in Note.Channel else ""})
    if request.method == "POST":
        form = NoteForm(request.POST)
        if form.is_valid() and _keep(request, case, form):
            return redirect(f"{reverse('authorization_detail', args=[case.id])}?tab=communication")
    status = 422 if form.is_bound else 200
    context = {"case": case, "note_form": form, "problems": form.problems if form.is_bound else []}
    return render(request, "authorizations/note.html", context, status=status)


def _keep(request: OrganizationRequest, case: Authorization, form: NoteForm) -> bool:
    """False when what was typed cannot be taken, which is then said beside its field."""
    given, access = form.cleaned_data, request.access
    if not given["channel"]:
        add_note(case.id, given["text"], actor=access.actor, now=access.now)
        messages.success(request, "The note is kept.")
        return True
    contact = Contact(
        **{name: given[name] for name in ("channel", "text", "spoken_with", "reference", "minutes", "next_action")},
        next_at=_at(given["next_on"], request),
    )
    try:
        log_contact(case.id, contact, actor=access.actor, now=access.now)
    except Refused as refused:
        for problem in refused.problems:
            form.add_error(problem.field, problem.message)
        return False
    messages.success(request, "The contact is kept.")
    return True


def _at(day: date | None, request: OrganizationRequest) -> datetime | None:
    """The morning of a day; for today, now."""
    if day is None:
        return None
    organization, now = request.access.organization, request.access.now
    at = datetime.combine(day, START_OF_WORK, tzinfo=organization.zone)
    return max(at, now) if day == organization.today(now) else at


def communication_part(notes: Sequence[Note]) -> dict[str, Any]:
    """What the tab shows: everything written, the minutes spent, and the form for more."""
    contacts = [note for note in notes if note.channel]
    return {
        "note_form": NoteForm(),
        "contacts": len(contacts),
        "minutes": sum(note.minutes or 0 for note in contacts),
    }
