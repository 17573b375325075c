"""The keys that work on the pages, and the switch that turns them off: speech input types letters too (WCAG 2.1.4)."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope

COOKIE = "greenlight_keys"
OFF = "off"
A_YEAR = 365 * 24 * 3600

KEYS = (
    ("/", "Search"),
    ("n", "New: the first thing a page offers to make"),
    ("j", "Next row of a list"),
    ("k", "Row before it"),
    ("Enter", "Open the row"),
    ("e", "Edit: the draft of the row, or what the page shows"),
    ("s", "Submit the request of the page, after asking"),
    ("?", "These keys"),
    ("Esc", "Close a menu or a dialog"),
)


@organization_view(Scope.WORK_READ, no_reads="shows the keys, no health data")
def keyboard(request: OrganizationRequest) -> HttpResponse:
    """Which key does what; switched off and on for this browser."""
    if request.method == "POST":
        response = redirect("keyboard")
        off = OFF if request.POST.get("keys") == OFF else "on"
        response.set_cookie(
            COOKIE, off, max_age=A_YEAR, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
        )
        return response
    context = {"keys": KEYS, "off": request.COOKIES.get(COOKIE) == OFF}
    part = "#keys" if request.htmx.target == "dialog" else ""  # type: ignore[attr-defined]
    return render(request, f"web/keyboard.html{part}", context)
