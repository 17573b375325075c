"""One's own account: where one is signed in, the organization one works in, staying signed in."""

from __future__ import annotations

import uuid
from typing import cast

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts.access import SESSION_KEY, find_place
from accounts.adapter import has_second_factor, is_required_of
from accounts.models import User
from accounts.personal import personal_view
from accounts.sessions import end_other_sessions, end_session, sign_ins


def _mine(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    codes = Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.RECOVERY_CODES).first()
    context = {
        "person": user,
        "sign_ins": sign_ins(user, request.session.session_key, timezone.now()),
        "has_second_factor": has_second_factor(user),
        "second_factor_required": is_required_of(user),
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else 0,
    }
    return render(request, "accounts/mine.html", context)


def _end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    if not end_session(cast(User, request.user), session_id):
        raise Http404
    messages.success(request, "That browser is signed out.")
    return redirect("my_account")


def _end_others(request: HttpRequest) -> HttpResponse:
    count = end_other_sessions(request)
    messages.success(request, f"Signed out everywhere else: {count} {'browser' if count == 1 else 'browsers'}.")
    return redirect("my_account")


def _go_to(request: HttpRequest) -> HttpResponse:
    """Work in another organization one belongs to. An id of any other is as unknown as a random one."""
    _, places = find_place(request)
    wanted = _uuid(request.POST.get("organization", ""))
    if wanted not in {place.organization_id for place in places}:
        raise Http404
    request.session[SESSION_KEY] = str(wanted)
    return redirect("home")


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _stay(request: HttpRequest) -> HttpResponse:
    """A hand is on the page though nothing is asked of the server: the time without one begins anew."""
    return HttpResponse(status=204)


OWN = "a person's own account"
my_account = personal_view(OWN, methods=["GET"])(_mine)
my_session_end = personal_view(OWN, methods=["POST"])(_end_session)
my_sessions_end = personal_view(OWN, methods=["POST"])(_end_others)
go_to_organization = personal_view(OWN, methods=["POST"])(_go_to)
stay = personal_view("keeps one's own sign-in; shows nothing", methods=["POST"])(_stay)
