"""Coming in by an invitation's link, and going on with what was typed before a sign-in ended."""

from __future__ import annotations

import uuid
from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters

from accounts import invitations
from accounts.access import SESSION_KEY, public_view
from accounts.forms import AcceptForm
from accounts.keeping import Kept, forget, kept_form
from accounts.models import User
from accounts.personal import personal_view


@sensitive_post_parameters("password")
def _invitation(request: HttpRequest, link: str) -> HttpResponse:
    offer = invitations.offer(link, now=timezone.now())
    if offer is None:
        return render(request, "accounts/invitation_gone.html", status=404)
    if request.user.is_authenticated:
        return _join(request, link, offer)
    if offer.has_account:
        return render(request, "accounts/invitation.html", {"offer": offer, "here": request.path})
    form = AcceptForm(request.POST or None, email=offer.email)
    if request.method == "POST" and form.is_valid():
        try:
            invitations.accept_new(link, **form.cleaned_data, now=timezone.now())
        except (invitations.NotForYou, invitations.HasAccount):
            return redirect("invitation", link)
        messages.success(request, f"You belong to {offer.organization} now. Sign in with {offer.email}.")
        return redirect("account_login")
    status = 422 if form.errors else 200
    return render(request, "accounts/invitation.html", {"offer": offer, "form": form}, status=status)


invitation = public_view("who is invited has no sign-in yet; the link itself is the key")(_invitation)


def _join(request: HttpRequest, link: str, offer: invitations.Offer) -> HttpResponse:
    """Somebody who is signed in already takes the place, if it is theirs."""
    user = cast(User, request.user)
    if request.method == "POST" and user.email == offer.email:
        try:
            invitations.accept_as(user, link, now=timezone.now())
        except invitations.NotForYou:
            return redirect("invitation", link)
        request.session[SESSION_KEY] = str(offer.organization_id)
        messages.success(request, f"You belong to {offer.organization} now.")
        return redirect("home")
    context = {"offer": offer, "is_theirs": user.email == offer.email, "signed_in_as": user.email}
    return render(request, "accounts/invitation.html", context)


def _kept(request: HttpRequest, kept_id: uuid.UUID) -> HttpResponse:
    """Shown after signing in again. Sending it goes on to where it was sent first, in its organization."""
    kept = _find(request, kept_id)
    if request.method != "POST":
        return render(request, "accounts/kept.html", {"kept": kept, "address": reverse("kept_form", args=[kept.id])})
    forget(kept.id, cast(User, request.user).id)
    if request.POST.get("kept_do") == "throw-away":
        messages.info(request, "What you typed is thrown away.")
        return redirect("home")
    if kept.organization:
        request.session[SESSION_KEY] = kept.organization
    # 307: the browser sends the same fields once more, now to the page they were meant for.
    response = HttpResponse(status=307)
    response["Location"] = kept.path
    return response


def _find(request: HttpRequest, kept_id: uuid.UUID) -> Kept:
    kept = kept_form(kept_id, cast(User, request.user).id, now=timezone.now())
    if kept is None:
        raise Http404
    return kept


kept_page = personal_view("what this very person typed, and nobody else may see")(_kept)
