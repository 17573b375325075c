"""Sending somebody to the sign-in page, with the way back and with what they typed."""

from __future__ import annotations

import uuid
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect

from accounts.keeping import keep


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Where a request without a signed-in person goes.

    A form that was sent after the sign-in had ended is kept, and found again after signing in. Cross-site forms do
    not come so far: their token was checked before the view.
    """
    reason = getattr(request, "session_ended", "")
    query = {"reason": reason} if reason else {}
    if kept := _kept(request):
        return to_page(request, _address(reverse("kept_form", args=[kept]), query | {"kept": "yes"}))
    if by_script(request):
        return HttpResponseClientRedirect(_address(_page_behind(request), query))
    return redirect(_address(request.get_full_path() if request.method in {"GET", "HEAD"} else "", query))


def to_page(request: HttpRequest, address: str) -> HttpResponse:
    """Another page instead of this one, also where a script of ours asked for a part."""
    return HttpResponseClientRedirect(address) if by_script(request) else redirect(address)


def by_script(request: HttpRequest) -> bool:
    """Whether htmx asked: it would follow a plain redirect and put the whole sign-in page into a part of ours."""
    return bool(getattr(request, "htmx", None))


def _kept(request: HttpRequest) -> uuid.UUID | None:
    """The id of the form that was kept. What a script asks while somebody types is no form that was sent."""
    ended = getattr(request, "ended_user_id", None)
    if request.method != "POST" or ended is None:
        return None
    if by_script(request) and not request.htmx.boosted:  # type: ignore[attr-defined]
        return None
    return keep(request, ended, request.ended_organization, now=timezone.now())  # type: ignore[attr-defined]


def _page_behind(request: HttpRequest) -> str:
    """The page whose script asked, if it is one of ours."""
    behind = request.headers.get("HX-Current-URL", "")
    if not url_has_allowed_host_and_scheme(behind, allowed_hosts={request.get_host()}):
        return ""
    parts = urlsplit(behind)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _address(back: str, query: dict[str, str]) -> str:
    pairs = {REDIRECT_FIELD_NAME: back, **query} if back else query
    sign_in = resolve_url(settings.LOGIN_URL)
    return f"{sign_in}?{urlencode(pairs)}" if pairs else sign_in
