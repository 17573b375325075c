"""How long a sign-in lasts: so many minutes without a hand on it, so many hours at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

SEEN = "seen_at"
STARTED = "started_at"
POLL_HEADER = "X-Status-Poll"
# Written at most this often: reading a page is not worth a row version each time.
GRAIN = 30


def session_limits(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """End the session after the idle or the absolute limit. A page asking for its status is no hand."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = timezone.now().timestamp()
            started = float(request.session.setdefault(STARTED, now))
            seen = float(request.session.setdefault(SEEN, now))
            idle = timedelta(minutes=settings.SESSION_IDLE_MINUTES).total_seconds()
            absolute = timedelta(hours=settings.SESSION_ABSOLUTE_HOURS).total_seconds()
            if now - seen > idle or now - started > absolute:
                logout(request)
            elif POLL_HEADER not in request.headers and now - seen > GRAIN:
                request.session[SEEN] = now
        response = get_response(request)
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware
