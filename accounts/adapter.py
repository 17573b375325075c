"""How people come in: by invitation only, and by our words. Also where allauth and axes ask what they need to know."""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.internal.httpkit import get_client_ip
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.http import HttpRequest
from django.utils import timezone

from accounts import vault
from accounts.models import Membership, User
from accounts.security import is_guessing
from tenancy.scoping import user_scope


class InvitationOnly(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs up; refusals say the same for every name."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "E-mail and password do not match.",
        "enter_current_password": "This is not your present password.",
        "incorrect_password": "This is not your password.",
        "too_many_login_attempts": "Too many tries. Wait a while, then try again.",
        "rate_limited": "Too many tries. Wait a minute, then try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse to look at a password where passwords are being guessed."""
        super().pre_authenticate(request, **credentials)
        name = login_name(request, credentials)
        user_id = User.objects.filter(email=name).values_list("id", flat=True).first()
        if is_guessing(name, user_id, client_address(request), timezone.now()):
            raise self.validation_error("too_many_login_attempts")

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """To the address that is kept, not as it was typed."""
        super().send_password_reset_mail(user, user.email, context)

    def reauthenticate(self, user: User, password: str) -> bool:
        """By the address people sign in with; wrong passwords count as in signing in."""
        found = self.authenticate(context.request, email=user.email, password=password)
        return found is not None and found.pk == user.pk


class SecondFactor(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets are encrypted; nobody drops a second factor that one of their organizations requires."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "This code does not fit. Codes change every 30 seconds, and each works once.",
        "cannot_delete_authenticator": "Your organization requires a second step, so it stays.",
        "too_many_codes": "Too many wrong codes. Wait 15 minutes, then try again.",
    }

    def encrypt(self, text: str) -> str:
        return vault.close(text).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        return vault.open_text(encrypted_text.encode("ascii"))

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return not is_required_of(authenticator.user)

    def build_totp_svg(self, url: str) -> str:
        """The picture of the address, with a white ground: it must be readable on a dark page."""
        svg = super().build_totp_svg(url)
        return str(svg).replace("<path ", '<rect width="100%" height="100%" fill="#fff"/><path ', 1)


def has_second_factor(user: User) -> bool:
    return bool(Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).exists())


def is_required_of(user: User) -> bool:
    """Whether any organization the person works for requires a second factor."""
    with user_scope(user.pk):
        places = Membership.of_person.filter(user=user, active=True, organization__second_factor_required=True)
        return places.exists()


def login_name(request: HttpRequest | None, credentials: dict[str, Any] | None = None) -> str:
    """The name a failed sign-in is counted under: allauth passes `email`, its form posts `login`."""
    given = credentials or {}
    name = given.get("username") or given.get("email") or given.get("login") or ""
    if not name and request is not None:
        name = request.POST.get("login") or request.POST.get("username") or ""
    return str(name).strip().lower()


def client_address(request: HttpRequest) -> str | None:
    """The same address for every count; headers are believed only from as many proxies as the settings name."""
    found: str | None = get_client_ip(request)
    return found
