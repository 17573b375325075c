"""What the libraries of signing in tell us, kept as security events. The only signals of the product."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import password_changed, password_reset
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
)
from axes.signals import user_locked_out
from axes.utils import reset as forget_wrong_passwords
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.utils import timezone

from accounts.adapter import login_name
from accounts.codes import LAST_PERIOD
from accounts.middleware import begin_session
from accounts.models import User
from accounts.security import hashed_name, note
from accounts.sessions import end_all_sessions, end_other_sessions


def _whose(name: str) -> dict[str, Any]:
    """The person an address belongs to; for anybody else a keyed hash of what was typed."""
    user_id = User.objects.filter(email=name).values_list("id", flat=True).first()
    return {"user_id": user_id} if user_id else {"name": hashed_name(name)}


@receiver(user_login_failed, dispatch_uid="note_failed_sign_in")
def note_failed_sign_in(credentials: dict[str, Any], request: Any = None, **_: Any) -> None:
    name = login_name(request, {key: value for key, value in credentials.items() if key != "password"})
    note("sign_in.failed", now=timezone.now(), request=request, **_whose(name))


@receiver(user_locked_out, dispatch_uid="note_lock_out")
def note_lock_out(request: Any, username: str = "", **_: Any) -> None:
    note("sign_in.locked", now=timezone.now(), request=request, **_whose(username or ""))


@receiver(user_logged_in, dispatch_uid="note_sign_in")
def note_sign_in(request: Any, user: User, **_: Any) -> None:
    begin_session(request)
    note("sign_in.done", now=timezone.now(), user_id=user.pk, request=request)


@receiver(user_logged_out, dispatch_uid="note_sign_out")
def note_sign_out(request: Any, user: User | None, **_: Any) -> None:
    if user is not None:
        reason = getattr(request, "session_ended", "") or "asked for"
        note("sign_out.done", now=timezone.now(), user_id=user.pk, request=request, reason=reason)


@receiver(password_changed, dispatch_uid="note_password_change")
def note_password_change(request: Any, user: User, **_: Any) -> None:
    """The hash of the password stands in every session, so all others end by themselves; the list follows."""
    note("password.changed", now=timezone.now(), user_id=user.pk, request=request)
    end_other_sessions(request)


@receiver(password_reset, dispatch_uid="note_new_password")
def note_new_password(request: Any, user: User, **_: Any) -> None:
    """Set by the link that was mailed. Whoever has the mail is the owner: a lock-out by wrong tries ends."""
    note("password.reset", now=timezone.now(), user_id=user.pk, request=request)
    end_all_sessions(user)
    forget_wrong_passwords(username=user.email)


@receiver(authenticator_added, dispatch_uid="note_second_factor")
def note_second_factor(request: Any, user: User, authenticator: Authenticator, **_: Any) -> None:
    """Sessions that began without the second step end."""
    note("second_factor.added", now=timezone.now(), user_id=user.pk, request=request, type=authenticator.type)
    if authenticator.type == Authenticator.Type.TOTP:
        authenticator.data = {**authenticator.data, LAST_PERIOD: getattr(request, "totp_period", None) or -1}
        authenticator.save(update_fields=["data"])
        end_other_sessions(request)


@receiver(authenticator_removed, dispatch_uid="note_second_factor_gone")
def note_second_factor_gone(request: Any, user: User, authenticator: Authenticator, **_: Any) -> None:
    note("second_factor.removed", now=timezone.now(), user_id=user.pk, request=request, type=authenticator.type)


@receiver(authenticator_reset, dispatch_uid="note_new_codes")
def note_new_codes(request: Any, user: User, **_: Any) -> None:
    note("recovery_codes.made", now=timezone.now(), user_id=user.pk, request=request)


@receiver(authentication_failed, dispatch_uid="note_wrong_code")
def note_wrong_code(request: Any, user: User, **_: Any) -> None:
    note("code.refused", now=timezone.now(), user_id=user.pk, request=request, reason="wrong")
