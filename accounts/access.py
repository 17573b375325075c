"""Who may open a page: every view declares it, and nothing is rendered outside the organization's scope."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, cast

from django.db import OperationalError, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.template.response import SimpleTemplateResponse
from django.urls import reverse
from django.utils import timezone

from accounts.adapter import has_second_factor
from accounts.entrance import to_page, to_sign_in
from accounts.models import Membership, Role, User
from accounts.reading import VERBS, Reading, begin_reading
from accounts.scopes import SCOPE_WORDS, Scope
from audit.actors import Actor
from audit.services import record
from tenancy.models import Organization
from tenancy.scoping import organization_scope, user_scope

SESSION_KEY = "organization"
PAGE_ORGANIZATION = "page_organization"
ATTEMPTS = 3
RETRIED = {"40001", "40P01"}  # serialization failure, deadlock
BUSY = RETRIED | {"55P03"}  # and a lock that somebody held for longer than lock_timeout


@dataclass(frozen=True, slots=True)
class Place:
    """A person's active membership, found before the organization's scope is open."""

    membership_id: uuid.UUID
    organization_id: uuid.UUID
    organization_name: str


@dataclass(frozen=True, slots=True)
class Access:
    """The signed-in person in one organization, for the length of one request. `places`: all they may go to."""

    user: User
    organization: Organization
    membership_id: uuid.UUID
    role: str
    scopes: frozenset[str]
    actor: Actor
    now: datetime
    places: tuple[Place, ...] = ()

    def allows(self, scope: Scope | str) -> bool:
        return scope in self.scopes


class OrganizationRequest(HttpRequest):
    """A request inside an organization's scope; views take this type."""

    access: Access
    reading: Reading
    user: User


class OrganizationView(Protocol):
    def __call__(self, request: OrganizationRequest, *args: Any, **kwargs: Any) -> HttpResponseBase: ...


class NotPermitted(Exception):
    """The person lacks the scope. `scope` is named on the page, with a role that has it; `instead` leads elsewhere."""

    def __init__(self, scope: Scope, instead: Callable[[Access], str] | None = None) -> None:
        super().__init__(scope)
        self.scope = scope
        self.instead = instead


class ConflictError(Exception):
    """The record is no longer as the page showed it: answered 409. `message` is for the person."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def public_view(reason: str) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Declare a page that needs no organization, and why."""

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        view.public_reason = reason  # type: ignore[attr-defined]
        return view

    return decorate


def organization_view(
    scope: Scope,
    *,
    methods: Iterable[str] = ("GET", "POST"),
    reads: str = "",
    no_reads: str = "",
    instead: Callable[[Access], str] | None = None,
) -> Callable[[OrganizationView], Callable[..., HttpResponseBase]]:
    """Sign-in, membership, scope, transaction, rendering inside it, and the audit event of what was shown.

    Opens the organization's scope around the view *and* the rendering of its response, since a template that reads
    rows after the scope would silently show nothing. Deadlocks and serialization failures repeat the whole request.

    `reads` is the audit action of showing the page ("member.read"); without one it is "page.read". Only a page that
    shows no health data says so: `no_reads` is the reason. The view adds what it knows through `request.reading`.

    `instead` names the address to which who lacks the scope is led, where a refusal would be no answer.
    """
    allowed = with_head({method.upper() for method in methods})
    _check_reads(reads, no_reads)
    wanted = _Wanted(scope, None if no_reads else reads, instead)

    def decorate(view: OrganizationView) -> Callable[..., HttpResponseBase]:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method not in allowed:
                return render(request, "405.html", status=405)
            if not request.user.is_authenticated:
                return to_sign_in(request)
            place, places = find_place(request)
            if place is None:
                return render(request, "accounts/no_organization.html", status=403)
            return _with_retries(view, wanted, request, (place, places), args, kwargs)

        guarded.scope = scope  # type: ignore[attr-defined]
        guarded.no_reads = no_reads  # type: ignore[attr-defined]
        guarded.methods = frozenset(allowed - {"HEAD"})  # type: ignore[attr-defined]
        return guarded

    return decorate


def with_head(methods: Iterable[str]) -> frozenset[str]:
    """What a view answers: HEAD only where it answers GET. A view that writes would take it for its own method."""
    return frozenset({*methods, *({"HEAD"} if "GET" in methods else ())})


def _check_reads(reads: str, no_reads: str) -> None:
    if reads and no_reads:
        raise TypeError("a page either shows health data or gives the reason why not")
    if reads and reads.rpartition(".")[2] not in VERBS:
        raise TypeError(f"the action of a read ends in one of {', '.join(sorted(VERBS))}")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a view declared. `reads` is None where nothing is to be told."""

    scope: Scope
    reads: str | None
    instead: Callable[[Access], str] | None


Whereabouts = tuple[Place, tuple[Place, ...]]
"""The place a person is in, and all they have."""


def find_place(request: HttpRequest) -> tuple[Place | None, tuple[Place, ...]]:
    """The membership the session chose, or the person's first one; and all of them."""
    user = cast(User, request.user)
    with user_scope(user.id):
        rows = Membership.of_person.filter(user=user, active=True).order_by("created_at", "id")
        places = tuple(Place(*row) for row in rows.values_list("id", "organization_id", "organization__name"))
    if not places:
        return None, ()
    chosen = str(request.session.get(SESSION_KEY, ""))
    place = next((place for place in places if str(place.organization_id) == chosen), places[0])
    if str(place.organization_id) != chosen:
        request.session[SESSION_KEY] = str(place.organization_id)
    return place, places


def _with_retries(
    view: OrganizationView, wanted: _Wanted, request: HttpRequest, where: Whereabouts, args: Any, kwargs: Any
) -> HttpResponseBase:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _answer(view, wanted, cast(OrganizationRequest, request), where, args, kwargs)
        except OperationalError as error:
            code = getattr(error.__cause__, "sqlstate", None)
            if code not in BUSY:
                raise
            if code not in RETRIED or attempt == ATTEMPTS:
                return _busy(request, where[0])
    raise AssertionError("unreachable")


def _busy(request: HttpRequest, place: Place) -> HttpResponse:
    """Answer 409: nothing was written, and the same again may well succeed."""
    with organization_scope(place.organization_id):
        context = {
            "heading": "Somebody else is at work on this",
            "message": "It could not be had within five seconds. Nothing was saved: go back and send it again.",
        }
        return render(request, "409.html", context, status=409)


def _answer(
    view: OrganizationView, wanted: _Wanted, request: OrganizationRequest, where: Whereabouts, args: Any, kwargs: Any
) -> HttpResponseBase:
    place = where[0]
    try:
        with organization_scope(place.organization_id):
            request.access = access_at(where, timezone.now())
            if request.access.organization.second_factor_required and not has_second_factor(request.access.user):
                return to_page(request, reverse("mfa_activate_totp"))
            request.reading = begin_reading(wanted.reads or "", place.organization_id, _route(request), kwargs)
            if not request.access.allows(wanted.scope):
                raise NotPermitted(wanted.scope, wanted.instead)
            _refuse_other_page(request)
            response = view(request, *args, **kwargs)
            if isinstance(response, StreamingHttpResponse) and not getattr(response, "own_scope", False):
                raise RuntimeError("a streamed response outlives the organization's scope: use streamed()")
            if isinstance(response, SimpleTemplateResponse):
                response.render()
            if response.status_code >= 500:
                transaction.set_rollback(True)
            elif wanted.reads is not None and request.reading.is_due(response):
                request.reading.tell(actor=request.access.actor, now=request.access.now)
            return response
    except NotPermitted as refused:
        return _refusal(request, place, refused)
    except ConflictError as conflict:
        with organization_scope(place.organization_id):
            return render(request, "409.html", {"message": conflict.message}, status=409)
    except Http404:
        return _missing(request, place, kwargs)


def _route(request: HttpRequest) -> str:
    return request.resolver_match.view_name if request.resolver_match else ""


def access_at(where: Whereabouts, now: datetime) -> Access:
    """What the person may do in the organization whose scope is open."""
    place, places = where
    membership = Membership.objects.select_related("organization", "role", "user").get(id=place.membership_id)
    user = membership.user
    return Access(
        user=user,
        organization=membership.organization,
        membership_id=membership.id,
        role=membership.role.name,
        scopes=frozenset(membership.role.scopes),
        actor=Actor.user(user.id, user.name),
        now=now,
        places=places,
    )


def _refuse_other_page(request: OrganizationRequest) -> None:
    """A page left open in another organization may not write into this one."""
    if request.method in {"GET", "HEAD"}:
        return
    page = request.headers.get("X-Organization") or request.POST.get(PAGE_ORGANIZATION)
    if page and page != str(request.access.organization.id):
        raise ConflictError(
            f"This page belongs to another organization. You are now in {request.access.organization.name}: "
            "nothing was saved. Go back to that organization and send it again."
        )


def _refusal(request: OrganizationRequest, place: Place, refused: NotPermitted) -> HttpResponse:
    """Answer 403, with the audit row of the refusal in a transaction of its own: the view's was rolled back."""
    if refused.instead is not None:
        return redirect(refused.instead(request.access))
    with organization_scope(place.organization_id):
        _record_refusal(request, "access.refused", {"scope": refused.scope})
        context = {"scope_words": SCOPE_WORDS[refused.scope], "role_names": _roles_with(refused.scope)}
        return render(request, "403.html", context, status=403)


def _missing(request: OrganizationRequest, place: Place, kwargs: Any) -> HttpResponse:
    """Answer 404, alike for an id of another organization and for one that nobody has; which was asked for is kept."""
    with organization_scope(place.organization_id):
        asked = {name: str(value) for name, value in kwargs.items() if isinstance(value, uuid.UUID)}
        _record_refusal(request, "access.missed", {"asked": asked} if asked else {})
        return render(request, "404.html", status=404)


def _record_refusal(request: OrganizationRequest, action: str, data: dict[str, Any]) -> None:
    told = {"route": _route(request), "method": request.method, **data}
    record(action, actor=request.access.actor, now=request.access.now, data=told)


def _roles_with(scope: Scope) -> list[str]:
    return list(Role.objects.filter(scopes__contains=[scope]).order_by("name").values_list("name", flat=True))
