"""A provider or facility gets a last day, or works again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from accounts.access import OrganizationRequest
from payers.views.pages import done, refused, today
from tenancy.editing import Refused
from web import wording


def close(
    request: OrganizationRequest,
    name: str,
    last: date | None,
    *,
    action: str,
    back: str,
    running: str,
    save: Callable[[date | None], Any],
) -> HttpResponse:
    """Asks for the last day, or whether the one that stands shall go. `running` says what is on its way."""
    day = today(request)
    if request.method != "POST":
        return _ask(request, name, last, action, back, running)
    wanted = _day(request.POST.get("last", ""))
    if wanted is None and request.POST.get("again") != "yes":
        return _ask(request, name, last, action, back, running, error="Choose the last day.", status=422)
    try:
        save(wanted)
    except Refused as error:
        return refused(request, error, back)
    words = f"The last day of {name} is {wording.day(wanted, day)}." if wanted else f"{name} has no last day any more."
    return done(request, words, back)


def _ask(
    request: OrganizationRequest,
    name: str,
    last: date | None,
    action: str,
    back: str,
    running: str,
    *,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "heading": f"Let {name} work again?" if last else f"Give {name} a last day?",
        "body": "providers/_close.html",
        "last": last,
        "suggested": today(request),
        "running": running,
        "error": error,
        "action": action,
        "verb": "No last day" if last else "Set the last day",
        "hidden": {"again": "yes"} if last else {},
        "stay_url": back,
    }
    part = "#ask" if request.htmx.target == "dialog" else ""  # type: ignore[attr-defined]
    return render(request, f"confirm.html{part}", context, status=status)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
