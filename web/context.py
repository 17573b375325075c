"""What every template may read: the clock of the organization, and the shell around the page."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from accounts.access import PAGE_ORGANIZATION, Access, Place
from accounts.scopes import Scope
from authorizations.queries import capped_counts
from authorizations.queue import size_of_queue
from notices.queries import unread
from tenancy.scoping import has_organization_scope
from web.wording import Clock

NO_ORGANIZATION = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of the main menu. `count` is what waits there, counted when it is shown; "" shows none."""

    label: str
    url: str
    current: bool
    count: object = ""
    count_words: str = "waiting"


@dataclass(frozen=True, slots=True)
class Shell:
    """The bar around a page of one signed-in person."""

    organization_id: str
    organization_name: str
    user_name: str
    role_name: str
    nav: tuple[NavItem, ...]
    account_nav: tuple[NavItem, ...]
    other_places: tuple[Place, ...]
    can_search: bool
    idle_seconds: int
    has_notices: bool
    unread: object


MENU: tuple[tuple[str, str, Scope], ...] = (
    ("My work", "home", Scope.WORK_READ),
    ("Authorizations", "authorization_list", Scope.AUTHORIZATION_READ),
    ("Manual queue", "manual_queue", Scope.AUTHORIZATION_READ),
    ("Members", "member_list", Scope.MEMBER_READ),
    ("Claims", "claim_list", Scope.CLAIM_READ),
    ("Exchange", "message_list", Scope.EDI_READ),
    ("Reports", "rework", Scope.PAYER_WRITE),
    ("Configuration", "configuration", Scope.PAYER_READ),
)
"""The main menu: a page stands in it for those who may open it, once it exists."""

COUNTS: dict[str, Callable[[], object]] = {"manual_queue": size_of_queue}
"""How much waits behind an entry of the menu."""

NOTICES = Scope.WORK_READ
"""Who is told things, and has a page of them."""

ACCOUNT_MENU: tuple[tuple[str, str, Scope], ...] = (
    ("Audit log", "audit_log", Scope.AUDIT_READ),
    ("People", "people", Scope.ACCOUNT_WRITE),
    ("Roles", "role_list", Scope.ACCOUNT_WRITE),
)
"""Behind the person's sign: what the organization's administrators look after."""


def page(request: HttpRequest) -> dict[str, Any]:
    """`clock` always; `shell`, `can` and `page_organization` inside an organization."""
    access: Access | None = getattr(request, "access", None)
    if access is None:
        return {"clock": Clock(timezone.now(), NO_ORGANIZATION), "shell": None, "can": {}}
    return {
        "clock": Clock(access.now, access.organization.zone),
        "shell": _shell(request, access),
        "can": {scope.name.lower(): access.allows(scope) for scope in Scope},
        "page_organization": PAGE_ORGANIZATION,
    }


def _shell(request: HttpRequest, access: Access) -> Shell:
    return Shell(
        organization_id=str(access.organization.id),
        organization_name=access.organization.name,
        user_name=access.user.name or access.user.email,
        role_name=access.role,
        nav=tuple(_menu(MENU, request.path, access)),
        account_nav=tuple(_menu(ACCOUNT_MENU, request.path, access)),
        other_places=tuple(place for place in access.places if place.organization_id != access.organization.id),
        can_search=access.allows(Scope.AUTHORIZATION_READ) and access.allows(Scope.MEMBER_READ),
        idle_seconds=settings.SESSION_IDLE_MINUTES * 60,
        has_notices=access.allows(NOTICES),
        unread=_later(lambda: capped_counts({"unread": unread(access.membership_id)})["unread"]),
    )


def first_page(access: Access) -> str:
    """The address where a person begins: the first page of their menus, else their account."""
    open_to = (reverse(name) for _, name, scope in (*MENU, *ACCOUNT_MENU) if access.allows(scope))
    return next(open_to, reverse("my_account"))


def _menu(entries: tuple[tuple[str, str, Scope], ...], path: str, access: Access) -> list[NavItem]:
    items = []
    for label, name, scope in entries:
        url = _url(name)
        if url and access.allows(scope):
            here = path == url or (url != "/" and path.startswith(f"{url.rstrip('/')}/"))
            items.append(NavItem(label, url, here, _count(name)))
    return items


def _count(name: str) -> object:
    """Read only by a template that shows the bar: a part of a page that is refreshed never counts."""
    counted = COUNTS.get(name)
    return _later(counted) if counted else ""


def _later(counted: Callable[[], object]) -> object:
    return SimpleLazyObject(lambda: counted() if has_organization_scope() else "")


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
