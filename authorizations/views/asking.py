"""What every page has that asks something more of a payer: the way it goes, what is wrong, two people at once."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from accounts.access import OrganizationRequest
from authorizations import queries
from authorizations.channels import ways
from authorizations.errors import Problem, Refused, Stale
from authorizations.models import Authorization, Submission
from authorizations.states import Channel
from authorizations.views.way_in import WayIn, ways_in
from edi.lint import submission_problems
from web import signs
from web.wording import Clock

AskedOf = Callable[[dict[str, Any], "How"], Submission | None]


@dataclass(frozen=True, slots=True)
class How:
    """Who asks, when, by which way, and from which state of the case: what every verb takes."""

    actor: Any
    now: datetime
    channel: Channel | None
    version: int | None
    key: str

    def as_arguments(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


class AskForm(forms.Form):
    """By which way the payer is asked; each verb adds its own fields."""

    channel = forms.ChoiceField(label="How is the payer asked?", widget=forms.RadioSelect())
    version = forms.IntegerField(required=False, widget=forms.HiddenInput())
    key = forms.CharField(max_length=40, widget=forms.HiddenInput())

    def __init__(self, *args: Any, open_ways: list[Channel], way: WayIn, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channel: Any = self.fields["channel"]
        channel.choices = [(str(each), _way_words(each, way)) for each in open_ways]
        channel.initial = str(open_ways[0])

    @property
    def problems(self) -> list[dict[str, str]]:
        """Every error, for the summary on top."""
        return [
            {"text": str(text) if name == "__all__" else f"{self._label(name)}: {text}", "field_id": self._anchor(name)}
            for name, texts in self.errors.items()
            for text in texts
        ]

    def _label(self, name: str) -> str:
        return str(self.fields[name].label or name.replace("_", " ").capitalize())

    def _anchor(self, name: str) -> str:
        return "" if name == "__all__" else f"id_{name}"

    def put(self, problems: tuple[Problem, ...]) -> None:
        """Hang what the rules found on the fields that mend it."""
        for problem in problems:
            name = _field_of(problem.field)
            self.add_error(name if name in self.fields else None, problem.message)


@dataclass
class AskPage:
    """One page that asks: its words, its form, and what it does. `body` is the template of what is special to it."""

    case: Authorization
    form: AskForm
    heading: str
    verb: str
    body: str
    done: str
    more: dict[str, Any] = field(default_factory=dict)


def find_case(request: OrganizationRequest, authorization_id: uuid.UUID) -> Authorization:
    """The case of the page, read by this person. Raises Http404 for an unknown or foreign one."""
    found = queries.case(authorization_id)
    if found is None:
        raise Http404
    request.reading.of(found.subject, member_id=found.member_id, authorization_id=found.id)
    return found


def clock_of(request: OrganizationRequest) -> Clock:
    return Clock(request.access.now, request.access.organization.zone)


def ask_form(
    request: OrganizationRequest,
    case: Authorization,
    kind: type[AskForm],
    *,
    initial: dict[str, Any] | None = None,
    open_ways: list[Channel] | None = None,
    **extra: Any,
) -> Any:
    """The form of a page: bound to what was sent, or filled with what is known."""
    choices = open_ways or ways(case, now=request.access.now)
    way = ways_in([case], clock_of(request).today)[case.id]
    if request.method == "POST":
        return kind(request.POST, request.FILES, open_ways=choices, way=way, **extra)
    start = {"version": case.version, "key": uuid.uuid4().hex, **(initial or {})}
    return kind(initial=start, open_ways=choices, way=way, **extra)


def work(request: OrganizationRequest, page: AskPage, ask: AskedOf) -> HttpResponse:
    """Show the page, or do what it asks. What cannot be taken comes back with everything that was typed."""
    if request.method != "POST" or not page.form.is_valid():
        return show(request, page, status=200 if request.method != "POST" else 422)
    try:
        with transaction.atomic():
            submission = ask(page.form.cleaned_data, _how(request, page.form.cleaned_data))
            _check(submission, request.access.now)
    except Refused as refused:
        page.form.put(refused.problems)
        return show(request, page, status=422)
    except Stale as stale:
        return _overtaken(request, page, stale)
    messages.success(request, f"{page.case.number}: {page.done}")
    return redirect("authorization_detail", page.case.id)


def show(request: OrganizationRequest, page: AskPage, *, status: int = 200) -> HttpResponse:
    context = {"case": page.case, "page": page, "form": page.form, "problems": page.form.problems, **page.more}
    return render(request, "authorizations/ask.html", context, status=status)


def _how(request: OrganizationRequest, cleaned: dict[str, Any]) -> How:
    access = request.access
    return How(access.actor, access.now, Channel(cleaned["channel"]), cleaned["version"], f"ask-{cleaned['key']}")


def _check(submission: Submission | None, now: datetime) -> None:
    """Raise Refused for a message that the composer would not write: nothing is asked then."""
    if submission is None or submission.channel != Channel.X12_278:
        return
    problems = submission_problems(submission, now=now)
    if problems:
        raise Refused(problems)


def _overtaken(request: OrganizationRequest, page: AskPage, stale: Stale) -> HttpResponse:
    """Somebody changed the case in between: what was typed stays, and a second press is a decision."""
    latest = Authorization.objects.get(id=page.case.id)
    data: Any = page.form.data.copy()  # type: ignore[attr-defined]
    data["version"] = str(latest.version)
    page.form.data = data
    page.form.add_error(None, f"{stale} What you typed is below: look before you send it.")
    return show(request, page, status=409)


def _way_words(channel: Channel, way: WayIn) -> str:
    contact = "" if channel is Channel.X12_278 or channel is Channel.PORTAL else way.of(channel)
    return f"{signs.CHANNEL[channel]}, {contact}" if contact else signs.CHANNEL[channel]


def _field_of(name: str) -> str:
    """`lines-2.quantity` stands in the field `line_2_quantity`, `added.codes` in `added_code`."""
    found = re.fullmatch(r"lines-(\d+)(?:\.(\w+))?", name)
    if found:
        return f"line_{found[1]}_{found[2] or 'quantity'}"
    return {"added.codes": "added_code", "added.quantity": "added_quantity"}.get(name, name)


def day_input() -> forms.DateInput:
    return forms.DateInput({"type": "date"}, "%Y-%m-%d")


def whole_number(text: str) -> str:
    """A number that an address carries into a form; "" for anything else."""
    return text if text.isascii() and text.isdecimal() and len(text) < 10 else ""
