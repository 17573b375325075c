"""Both houses furnished once for a module, and every request undone: for tests that ask thousands of times."""

from __future__ import annotations

import copy
import hashlib
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import time_machine
from django.apps import apps
from django.core.cache import cache
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client, override_settings

from accounts.access import SESSION_KEY
from accounts.models import Membership, User
from accounts.scopes import ROLE_TEMPLATES
from accounts.services import assign_role, end_membership, join, role_named
from tenancy.models import OrganizationModel
from tests.cast import NOW, House, found_house
from tests.web.stage import Stage, furnish

ROLES = tuple(ROLE_TEMPLATES)
NOT_ROWS_OF_THE_BUSINESS = frozenset(
    {
        # What every request may write: who asked, and that somebody is there.
        "audit_auditevent",
        "audit_unsealedevent",
        "accounts_securityevent",
        "django_session",
        "usersessions_usersession",
        # What a failed sign-in counts.
        "axes_accessattempt",
        "axes_accessattemptexpiration",
        "axes_accesslog",
        "axes_accessfailurelog",
        # That the codes were shown: allauth notes it when it shows them.
        "mfa_authenticator",
    }
)


@dataclass
class Theatre:
    """North and South, and everybody who may knock."""

    north: Stage
    south: Stage
    clients: dict[str, Client] = field(default_factory=dict)
    rows: dict[str, dict[str, str]] = field(default_factory=dict)

    def client(self, who: str) -> Client:
        return self.clients[who]


@contextmanager
def theatre() -> Iterator[Theatre]:
    """Opened by a fixture of module scope that has unblocked the database. Leaves nothing behind."""
    quick = {
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
        "STORAGES": {
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        },
        "ACCOUNT_RATE_LIMITS": False,
    }
    cache.clear()
    with time_machine.travel(NOW, tick=False), override_settings(**quick), transaction.atomic():
        made = Theatre(
            furnish(found_house("north", "Cedar Bay Care"), "north"),
            furnish(found_house("south", "Harbor Light Therapy"), "south"),
        )
        _let_in(made)
        made.rows = {stage.slug: rows_of(stage.house) for stage in (made.north, made.south)}
        yield made
        transaction.set_rollback(True)


def _let_in(made: Theatre) -> None:
    north, south = made.north.house, made.south.house
    for role in ROLES:
        made.clients[role] = _browser(north.users[role], north)
        made.clients[f"south {role}"] = _browser(south.users[role], south)
    made.clients["suspended"] = _browser(_suspended(north), north)
    made.clients["of both"] = _browser(_of_both(north, south), south)
    made.clients["anonymous"] = Client(raise_request_exception=False)


def _browser(user: User, house: House) -> Client:
    """Signed in, and in the house already: else each request that is undone would choose it anew."""
    client = Client(raise_request_exception=False)
    client.force_login(user)
    session = client.session
    session[SESSION_KEY] = str(house.organization.id)
    session.save()
    return client


def _suspended(house: House) -> User:
    """Somebody who could do nearly everything, until their place was closed."""
    user = User.objects.create_user("left@north.example", None, name="Gone North")
    with house.scope():
        place = join(user=user, role=role_named("supervisor"), actor=house.actor("admin"), now=NOW)
        end_membership(place.id, actor=house.actor("admin"), now=NOW)
    return user


def _of_both(north: House, south: House) -> User:
    """A supervisor of both houses, at work in South."""
    user = User.objects.create_user("both@both.example", None, name="Both Houses")
    for house in (north, south):
        with house.scope():
            place: Membership = join(user=user, role=role_named("supervisor"), actor=house.actor("admin"), now=NOW)
            assign_role(place.id, everything(house), actor=house.actor("admin"), now=NOW)
    return user


def everything(house: House) -> Any:
    """A role with every right there is."""
    from accounts.scopes import Scope
    from accounts.services import add_role

    return add_role(name="Everything", scopes=[scope.value for scope in Scope], actor=house.actor("admin"), now=NOW)


@contextmanager
def undone() -> Iterator[None]:
    """Whatever happens inside is rolled back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def cookies_kept(client: Client) -> Iterator[None]:
    """The browser has the same cookies afterwards: signing out is undone on the server too."""
    before = copy.deepcopy(client.cookies)
    yield
    client.cookies = before


# Rows --------------------------------------------------------------------------------------------------------


def rows_of(house: House) -> dict[str, str]:
    """A digest of every table of one house."""
    tables = {model._meta.db_table for model in apps.get_models() if issubclass(model, OrganizationModel)}
    with house.scope():
        return _digests(sorted(tables - NOT_ROWS_OF_THE_BUSINESS))


def writes() -> dict[str, int]:
    """How many rows were written so far in this transaction, by table, whoever they belong to: also undone ones."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT relname, pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid)
                      + pg_stat_get_xact_tuples_deleted(oid)
               FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"""
        )
        return {name: count for name, count in cursor.fetchall() if name not in NOT_ROWS_OF_THE_BUSINESS}


def written_since(before: dict[str, int]) -> list[str]:
    """The tables of the business that were written to since then."""
    return sorted(name for name, count in writes().items() if count != before.get(name, 0))


def _digests(tables: list[str]) -> dict[str, str]:
    parts = [
        f"SELECT '{table}', md5(coalesce(string_agg(h, '' ORDER BY h), '')) "
        f'FROM (SELECT md5(t::text) AS h FROM "{table}" t) r'
        for table in tables
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return dict(cursor.fetchall())


# Answers -----------------------------------------------------------------------------------------------------

_OF_THIS_REQUEST = re.compile(
    r'name="(?:csrfmiddlewaretoken|key)" value="[^"]*"|nonce="[^"]*"|"X-CSRFToken": "[^"]*"|data-token="[^"]*"'
    r'|class="mono">[0-9a-f]{8}<'
)


def plain_body(response: HttpResponse, *ids: uuid.UUID) -> str:
    """The body without what differs from request to request, and without the ids that were asked for."""
    text = _OF_THIS_REQUEST.sub("", response.content.decode(errors="replace"))
    for each in ids:
        text = text.replace(str(each), "ID")
    return text


def everything_said(response: HttpResponse) -> str:
    """Body, headers and cookies."""
    return f"{response.content.decode(errors='replace')} {dict(response.headers)} {response.cookies.output()}"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class _Forms(HTMLParser):
    """The forms of a page with what their fields hold."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, Any]] = []
        self.select = ""
        self.text = ""
        self.first = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.found.append({"action": given.get("action", ""), "method": given.get("method", "get"), "fields": {}})
        elif not self.found or "disabled" in given:
            return
        elif tag == "input" and given.get("name"):
            self._input(given)
        elif tag in ("select", "textarea"):
            self.select, self.text, self.first = given.get("name", ""), tag, True
            self._put(self.select, "")
        elif tag == "option" and self.select:
            if "selected" in given or self.first:
                self._put(self.select, given.get("value", ""))
            self.first = False

    def _input(self, given: dict[str, str]) -> None:
        kind = given.get("type", "text")
        if kind in ("submit", "button", "file"):
            return
        if kind in ("checkbox", "radio"):
            if "checked" in given:
                self._fields.setdefault(given["name"], []).append(given.get("value", "on"))
            return
        self._put(given["name"], given.get("value", ""))

    @property
    def _fields(self) -> dict[str, list[str]]:
        fields: dict[str, list[str]] = self.found[-1]["fields"]
        return fields

    def _put(self, name: str, value: str) -> None:
        self._fields[name] = [value]

    def handle_data(self, data: str) -> None:
        if self.text == "textarea" and self.select:
            self._put(self.select, self._fields[self.select][0] + data)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("select", "textarea"):
            self.select = self.text = ""


def form_of(response: HttpResponse, path: str) -> dict[str, list[str]] | None:
    """What a browser would send from this page's form to `path`, untouched. None where there is no such form."""
    parser = _Forms()
    parser.feed(response.content.decode())
    posts = [form for form in parser.found if form["method"].lower() == "post"]
    for form in posts:
        if form["action"] in ("", path):
            fields: dict[str, list[str]] = form["fields"]
            return fields
    return None
