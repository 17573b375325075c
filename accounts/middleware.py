"""How long a sign-in lasts: so many minutes without a hand on it, so many hours at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.access import SESSION_KEY

SEEN = "seen_at"
STARTED = "started_at"
POLL_HEADER = "X-Status-Poll"
# Written at most this often: reading a page is not worth a row version each time.
GRAIN = 30


def session_limits(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """End the session after the idle or the absolute limit. A page asking for its status is no hand.

    Whoever was signed in is told to the view, so that a form they sent can be kept for them.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            _end_or_extend(request)
        was_signed_in = request.user.is_authenticated
        response = get_response(request)
        is_signed_in = request.user.is_authenticated
        if is_signed_in or was_signed_in:
            response.headers.setdefault("Cache-Control", "no-store")
        if not is_signed_in and (was_signed_in or hasattr(request, "session_ended")):
            # What the browser still holds of our pages goes with the sign-in.
            response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response

    return middleware


def begin_session(request: HttpRequest) -> None:
    """Both clocks start at the sign-in, not at the first page after it."""
    request.session[STARTED] = request.session[SEEN] = timezone.now().timestamp()


def _end_or_extend(request: HttpRequest) -> None:
    now = timezone.now().timestamp()
    # A session without its clocks was not begun by a sign-in of ours.
    seen, started = float(request.session.get(SEEN, 0)), float(request.session.get(STARTED, 0))
    if reason := _over(now - seen, now - started):
        request.session_ended = reason  # type: ignore[attr-defined]
        request.ended_user_id = request.user.pk  # type: ignore[attr-defined]
        request.ended_organization = str(request.session.get(SESSION_KEY, ""))  # type: ignore[attr-defined]
        logout(request)
    elif POLL_HEADER not in request.headers and now - seen > GRAIN:
        request.session[SEEN] = now


def _over(idle: float, whole: float) -> str:
    """Which limit is passed: "idle", "long" or none."""
    if whole > timedelta(hours=settings.SESSION_ABSOLUTE_HOURS).total_seconds():
        return "long"
    return "idle" if idle > timedelta(minutes=settings.SESSION_IDLE_MINUTES).total_seconds() else ""
