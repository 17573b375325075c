"""How people come in: by invitation only."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class InvitationOnly(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


def login_name(request: HttpRequest | None, credentials: dict[str, Any] | None = None) -> str:
    """The name a failed sign-in is counted under: allauth passes `email`, its form posts `login`."""
    given = credentials or {}
    name = given.get("username") or given.get("email") or given.get("login") or ""
    if not name and request is not None:
        name = request.POST.get("login") or request.POST.get("username") or ""
    return str(name).strip().lower()
