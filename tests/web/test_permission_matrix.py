"""Every address, every method, everybody: who is let in, who is refused, and what the refused may learn.

The routes come from the resolver, so a new one is in the matrix by itself; what is expected comes from the reviewed
table in `tests/web/permissions.py`. Each permitted cell is the positive control of the refused ones beside it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse

from audit.models import AuditEvent
from members.models import Member
from tests.web.permissions import PERSONAL, TABLE, Personal, Row
from tests.web.stage import Route, Stage, every_route, random_ids
from tests.web.theatre import (
    ROLES,
    Theatre,
    cookies_kept,
    everything_said,
    form_of,
    plain_body,
    rows_of,
    theatre,
    undone,
    writes,
    written_since,
)

ROUTES = {route.name: route for route in every_route()}
SCOPED = [route for route in ROUTES.values() if route.scope]
CELLS = [(route, method) for route in SCOPED for method in sorted(route.methods)]
KNOCKERS = ("DELETE",)


@pytest.fixture(scope="module")
def stages(django_db_setup: None, django_db_blocker: Any) -> Iterator[Theatre]:
    with django_db_blocker.unblock(), theatre() as made:
        yield made


def ask(made: Theatre, who: str, method: str, path: str, send: dict[str, Any] | None = None) -> Any:
    client: Any = made.client(who)
    if method in KNOCKERS:
        answer = client.generic(method, path)
    else:
        answer = client.get(path) if method == "GET" else client.post(path, send or {})
    assert answer.status_code < 500, f"{who}: {method} {path} failed with {answer.status_code}"
    return answer


def personal_path(route: Route) -> str:
    """The address of a page of a person, about something nobody has."""
    given: dict[str, Any] = {"session_id": 999_999_999, "link": "nobodys", "kept_id": uuid.uuid4()}
    given |= {"uidb36": "0", "key": "nobodys"}
    return route.path({argument: given[argument] for argument in route.arguments})


def expected(row: Row, role: str, method: str, whose: str) -> int:
    if whose != "own" and (row.by_row or role in row.roles.split()):
        return 404
    if role not in row.roles.split():
        return 403
    code = row.get if method == "GET" else row.post
    assert code is not None
    return code


def what_to_send(made: Theatre, stage: Stage, route: Route, row: Row, who: str) -> dict[str, Any]:
    """The form of the page as it stands for somebody who may, with what the table adds."""
    fields: dict[str, Any] = {}
    if "GET" in route.methods:
        page: Any = made.client(who).get(route.path(stage.ids))
        fields = form_of(page, route.path(stage.ids)) or {}
    return {**fields, **row.filled(stage.ids)}


# Who may -----------------------------------------------------------------------------------------------------


def test_every_route_is_in_the_reviewed_table_and_none_is_there_that_is_gone() -> None:
    missing = [route for route in ROUTES.values() if route.name not in TABLE and route.name not in PERSONAL]
    lines = "\n".join(f'    "{route.name}": Row(WHO, ...),  # /{route.pattern.pattern}' for route in missing)
    assert not missing, f"add to tests/web/permissions.py, with who may:\n{lines}"
    assert sorted((set(TABLE) | set(PERSONAL)) - set(ROUTES)) == []
    for name, row in TABLE.items():
        stated = {method for method, code in (("GET", row.get), ("POST", row.post)) if code is not None}
        assert stated == ROUTES[name].methods, f"{name} takes {sorted(ROUTES[name].methods)}"


@pytest.mark.parametrize(("route", "method"), CELLS, ids=lambda each: each if isinstance(each, str) else each.name)
def test_each_role_gets_what_the_table_says_on_its_own_and_nothing_of_others(
    stages: Theatre, route: Route, method: str
) -> None:
    row = TABLE[route.name]
    own = route.path(stages.north.ids)
    may = row.roles.split()
    with undone():
        send = what_to_send(stages, stages.north, route, row, may[0]) if method == "POST" else None
    moved = writes()
    for role in may:
        with undone():
            assert_answer(ask(stages, role, method, own, send), row, role, method, stages)
    assert method != "GET" or written_since(moved) == [], "looking changes no row"
    refused = [role for role in ROLES if role not in may]
    with undone():
        told, moved = refusals(stages.north), writes()
        for role in refused:
            assert_answer(ask(stages, role, method, own, send), row, role, method, stages)
        asked = len(refused)
        for role in (*may, *refused[:1]) if route.names_object else ():
            assert_closed_to(stages, role, route, method, row)
            asked += 2
        assert refusals(stages.north) - told == asked, "each refusal is kept"
        assert written_since(moved) == [], "who is refused moves no row of anybody"


def assert_answer(answer: Any, row: Row, role: str, method: str, stages: Theatre) -> None:
    assert answer.status_code == expected(row, role, method, "own"), f"{role} {method} {answer.request['PATH_INFO']}"
    assert_silent(answer, stages.south)


def assert_closed_to(stages: Theatre, role: str, route: Route, method: str, row: Row) -> None:
    """What belongs to South and what belongs to nobody look the same from North."""
    nobodys = random_ids(route)
    foreign = route.objects(stages.south.ids)
    code = expected(row, role, method, "foreign")
    refused = ask(stages, role, method, route.path(foreign), row.send)
    unknown = ask(stages, role, method, route.path(nobodys), row.send)
    assert (refused.status_code, unknown.status_code) == (code, code), f"{role} {method} {route.name}"
    assert plain_body(refused, *foreign.values()) == plain_body(unknown, *nobodys.values())
    assert_silent(refused, stages.south)


@pytest.mark.parametrize(("route", "method"), CELLS, ids=lambda each: each if isinstance(each, str) else each.name)
def test_strangers_suspended_and_unknown_people_get_nothing(stages: Theatre, route: Route, method: str) -> None:
    row = TABLE[route.name]
    own = route.path(stages.north.ids)
    role = row.roles.split()[0]
    moved = writes()
    with undone():
        answer = ask(stages, "anonymous", method, own, row.send)
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/account/sign-in/")
        assert_silent(answer, stages.north)
        answer = ask(stages, "suspended", method, own, row.send)
        assert answer.status_code == 403
        assert_silent(answer, stages.north)
        if route.names_object:
            for who in (f"south {role}", "of both"):
                answer = ask(stages, who, method, own, row.send)
                assert answer.status_code == 404, f"{who} {method} {own}"
                assert_silent(answer, stages.north)
        assert written_since(moved) == []


@pytest.mark.parametrize("route", [route for route in SCOPED if route.names_object], ids=lambda route: route.name)
def test_a_person_of_both_houses_opens_only_what_is_of_the_house_they_are_in(stages: Theatre, route: Route) -> None:
    """The positive control of the stranger: the same browser, the same right, the other house."""
    method = sorted(route.methods)[0]
    row = TABLE[route.name]
    with undone():
        send = what_to_send(stages, stages.south, route, row, "of both") if method == "POST" else None
        answer = ask(stages, "of both", method, route.path(stages.south.ids), send)
        assert answer.status_code == (row.get if method == "GET" else row.post)
        assert_silent(answer, stages.north)


@pytest.mark.parametrize("route", SCOPED, ids=lambda route: route.name)
def test_a_method_a_view_does_not_declare_is_refused(stages: Theatre, route: Route) -> None:
    role = TABLE[route.name].roles.split()[0]
    for method in (*KNOCKERS, *({"GET", "POST"} - route.methods)):
        with undone():
            assert ask(stages, role, method, route.path(stages.north.ids)).status_code == 405, method


@pytest.mark.parametrize("name", sorted(PERSONAL), ids=str)
def test_pages_without_a_right_show_a_person_only_their_own(stages: Theatre, name: str) -> None:
    route, row = ROUTES[name], PERSONAL[name]
    path = personal_path(route)
    for who in ("specialist", "anonymous"):
        codes = row.signed_in if who == "specialist" else row.anonymous
        for method, code in codes.items():
            with undone(), cookies_kept(stages.client(who)):
                answer = ask(stages, who, method, path)
                assert answer.status_code == code, f"{who} {method} {path}"
                assert_silent(answer, stages.south)
    assert isinstance(row, Personal)


def assert_silent(answer: Any, stage: Stage) -> None:
    said = everything_said(answer)
    heard = [name for name in stage.sentinels if name in said]
    assert not heard, f"heard of the other organization: {heard}"


def refusals(stage: Stage) -> int:
    with stage.house.scope():
        return AuditEvent.objects.filter(action__in=("access.refused", "access.missed")).count()


# What is asked changes nothing -------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_a_question_about_a_page_does_nothing(stages: Theatre, method: str) -> None:
    """A view that writes must not take it for a form; these two come without a token."""
    moved = writes()
    for route in ROUTES.values():
        mine = route.name in PERSONAL
        path = personal_path(route) if mine else route.path(stages.north.ids)
        client: Any = stages.client("specialist" if mine else TABLE[route.name].roles.split()[0])
        with undone(), cookies_kept(client):
            answer = client.generic(method, path)
            assert answer.status_code < 500, f"{method} {route.name}"
            if "GET" not in route.methods:
                assert answer.status_code == 405, f"{method} {route.name}"
            assert_silent(answer, stages.south)
        assert written_since(moved) == [], f"{method} {route.name}"


@pytest.fixture(scope="module")
def foreign_token(stages: Theatre) -> str:
    """One that is sound in another browser. Everybody else has one of their own from here on."""
    for who in {row.roles.split()[0] for row in TABLE.values()}:
        stages.client(who).get("/")
    client: Any = stages.client("anonymous")
    client.get("/account/sign-in/")
    return str(client.cookies[settings.CSRF_COOKIE_NAME].value)


@pytest.mark.parametrize("route", [each for each in SCOPED if "POST" in each.methods], ids=lambda route: route.name)
def test_a_form_without_our_token_is_refused(stages: Theatre, route: Route, foreign_token: str) -> None:
    row = TABLE[route.name]
    client: Any = stages.client(row.roles.split()[0])
    own = client.cookies[settings.CSRF_COOKIE_NAME].value
    path = route.path(stages.north.ids)
    client.handler.enforce_csrf_checks = True
    try:
        with undone():
            moved = writes()
            for headers in ({}, {"HTTP_X_CSRFTOKEN": foreign_token, "HTTP_HX_REQUEST": "true"}):
                for token in ({}, {"csrfmiddlewaretoken": foreign_token}):
                    answer = client.post(path, {**row.send, **token}, **headers)
                    assert answer.status_code == 403, f"{path} {headers}"
                    assert_silent(answer, stages.south)
            assert written_since(moved) == []
            answer = client.post(path, row.send, HTTP_X_CSRFTOKEN=own)
            assert answer.status_code != 403, "the control: with the browser's own token it is taken"
    finally:
        client.handler.enforce_csrf_checks = False


@pytest.mark.parametrize("name", sorted(name for name, row in PERSONAL.items() if "POST" in row.signed_in))
def test_the_pages_of_a_person_want_the_token_too(stages: Theatre, name: str, foreign_token: str) -> None:
    path = personal_path(ROUTES[name])
    client: Any = stages.client("specialist")
    client.handler.enforce_csrf_checks = True
    try:
        with undone(), cookies_kept(client):
            for headers in ({}, {"HTTP_X_CSRFTOKEN": foreign_token, "HTTP_HX_REQUEST": "true"}):
                assert client.post(path, **headers).status_code == 403, f"{path} {headers}"
    finally:
        client.handler.enforce_csrf_checks = False


def test_no_row_of_either_house_is_another_than_before(stages: Theatre) -> None:
    """After everything above: the digest of each table of both houses."""
    for stage in (stages.north, stages.south):
        assert rows_of(stage.house) == stages.rows[stage.slug]


def test_the_assertions_notice_a_leak(stages: Theatre) -> None:
    """A canary: an answer that names the other house, and a row that moved."""
    with pytest.raises(AssertionError, match="heard of"):
        assert_silent(HttpResponse("AshdownSouth"), stages.south)
    with undone():
        moved = writes()
        with stages.south.house.scope():
            Member.objects.filter(id=stages.south.house.member.id).update(first_name="Changed")
        assert written_since(moved) == ["members_member"]
        assert rows_of(stages.south.house) != stages.rows["south"]
