"""Where a person is signed in, and ending it. A session's own key never leaves the server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.http import HttpRequest

from accounts.models import User


@dataclass(frozen=True, slots=True)
class SignIn:
    """One browser a person is signed in with. `id` names it on the page."""

    id: int
    began_at: datetime
    address: str
    browser: str
    is_this: bool


def sign_ins(user: User, current_key: str | None, now: datetime) -> list[SignIn]:
    """The live sessions of a person, the latest first. Removes nothing: this is a reading."""
    rows = list(UserSession.objects.filter(user=user).order_by("-created_at"))
    live = Session.objects.filter(session_key__in=[row.session_key for row in rows], expire_date__gt=now)
    alive = set(live.values_list("session_key", flat=True))
    return [
        SignIn(row.pk, row.created_at, row.ip, browser_words(row.user_agent), row.session_key == current_key)
        for row in rows
        if row.session_key in alive
    ]


def end_session(user: User, session_id: int) -> bool:
    """End one session of this person. False when there is none."""
    found = UserSession.objects.filter(user=user, pk=session_id).first()
    if found is None:
        return False
    found.end()
    return True


def end_other_sessions(request: HttpRequest) -> int:
    """End every session of the person but the one that asks. Returns how many."""
    user = request.user
    if not user.is_authenticated:
        return 0
    others = list(UserSession.objects.filter(user=user).exclude(session_key=request.session.session_key))
    for each in others:
        each.end()
    return len(others)


def end_all_sessions(user: User) -> None:
    """End every session of the person."""
    for each in UserSession.objects.filter(user=user):
        each.end()


_BROWSERS = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def browser_words(user_agent: str) -> str:
    """ "Firefox on Windows"; what is not known is not guessed."""
    browser = next((words for sign, words in _BROWSERS if sign in user_agent), "Another browser")
    system = next((words for sign, words in _SYSTEMS if sign in user_agent), "")
    return f"{browser} on {system}" if system else browser
