"""Pages about oneself: whoever is signed in may open them, with a place in an organization or without."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.template.response import SimpleTemplateResponse
from django.utils import timezone

from accounts.access import access_at, find_place, with_head
from accounts.entrance import to_sign_in
from tenancy.scoping import organization_scope

View = Callable[..., HttpResponseBase]


def personal_view(reason: str, *, methods: Iterable[str] = ("GET", "POST")) -> Callable[[View], View]:
    """Declare a page that shows a person only what is their own, and why it needs no scope.

    Where the person has a place, the page is rendered in it, so that it stands in the frame of the organization.
    """
    allowed = frozenset(methods)

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method not in with_head(allowed):
                return render(request, "405.html", status=405)
            if not request.user.is_authenticated:
                return to_sign_in(request)
            place, places = find_place(request)
            if place is None:
                return _rendered(view(request, *args, **kwargs))
            with organization_scope(place.organization_id):
                request.access = access_at((place, places), timezone.now())  # type: ignore[attr-defined]
                return _rendered(view(request, *args, **kwargs))

        guarded.personal_reason = reason  # type: ignore[attr-defined]
        guarded.methods = allowed  # type: ignore[attr-defined]
        return guarded

    return decorate


def _rendered(response: HttpResponseBase) -> HttpResponseBase:
    if isinstance(response, SimpleTemplateResponse):
        response.render()
    return response
