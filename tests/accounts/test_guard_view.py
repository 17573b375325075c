"""What `@organization_view` does around a view: the organization, the rendering, and trying again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template import engines
from django.template.response import SimpleTemplateResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.access import ATTEMPTS, OrganizationRequest, organization_view
from accounts.scopes import Scope
from accounts.services import join
from audit.actors import SYSTEM
from members.models import Member
from tests.cast import NOW, House

NO_READS = "a page of a test"


def opened(view: Callable[..., HttpResponseBase], house: House) -> Any:
    """The answer of a view that has no address."""
    client = Client()
    client.force_login(house.users["specialist"])
    request: HttpRequest = RequestFactory().get("/x")
    request.user, request.session = house.users["specialist"], client.session
    return view(request)


def test_a_page_is_rendered_while_the_rows_of_its_organization_can_be_seen(
    transactional_db: None, north: House
) -> None:
    """A response that is rendered later would show an empty list and no error."""
    names = engines["django"].from_string("{% for member in members %}{{ member.last_name }}{% endfor %}")

    @organization_view(Scope.MEMBER_READ, no_reads=NO_READS)
    def lazy(request: OrganizationRequest) -> SimpleTemplateResponse:
        return SimpleTemplateResponse(names, {"members": Member.objects.all()})

    answer = opened(lazy, north)
    assert answer.is_rendered
    assert answer.content == b"AshdownNorth"


@pytest.mark.parametrize("code", ["40001", "40P01"])
def test_a_request_that_lost_a_race_in_the_database_is_done_again(
    transactional_db: None, north: House, code: str
) -> None:
    tries: list[int] = []

    @organization_view(Scope.MEMBER_READ, no_reads=NO_READS)
    def unlucky(request: OrganizationRequest) -> HttpResponse:
        tries.append(len(tries))
        Member.objects.filter(id=north.member.id).update(first_name=f"Try{len(tries)}")
        if len(tries) < ATTEMPTS:
            with connection.cursor() as cursor:
                cursor.execute(f"DO $$ BEGIN RAISE 'lost' USING ERRCODE = '{code}'; END $$")
        return HttpResponse("done")

    assert opened(unlucky, north).content == b"done"
    assert len(tries) == ATTEMPTS
    with north.scope():
        assert Member.objects.get().first_name == f"Try{ATTEMPTS}"


@pytest.mark.parametrize(("code", "tried"), [("40001", ATTEMPTS), ("57014", 1)])
def test_it_is_given_up_after_some_tries_and_at_once_for_any_other_fault(
    transactional_db: None, north: House, code: str, tried: int
) -> None:
    tries: list[int] = []

    @organization_view(Scope.MEMBER_READ, no_reads=NO_READS)
    def hopeless(request: OrganizationRequest) -> HttpResponse:
        tries.append(len(tries))
        Member.objects.filter(id=north.member.id).update(first_name="Changed")
        with connection.cursor() as cursor:
            cursor.execute(f"DO $$ BEGIN RAISE 'lost' USING ERRCODE = '{code}'; END $$")
        return HttpResponse("done")

    if tried > 1:
        answer = opened(hopeless, north)
        assert answer.status_code == 409
        assert "Nothing was saved" in answer.content.decode()
    else:
        with pytest.raises(OperationalError):
            opened(hopeless, north)
    assert len(tries) == tried
    with north.scope():
        assert Member.objects.get().first_name == "Rowan"


@pytest.mark.parametrize("name", ["organization", "organization_id", "page_organization_id"])
def test_no_field_of_a_form_says_in_which_organization_somebody_works(north: House, south: House, name: str) -> None:
    """A person of both houses is in one of them by the session alone."""
    person = north.users["specialist"]
    with south.scope():
        join(user=person, role=south.memberships["specialist"].role, actor=SYSTEM, now=NOW)
    client = Client()
    client.force_login(person)
    searched = {"q": "Ashdown", name: str(south.organization.id)}
    for _ in range(2):
        answer = client.post(reverse("member_search"), searched, query_params={name: str(south.organization.id)})
        assert "AshdownNorth" in answer.content.decode()
        assert "AshdownSouth" not in answer.content.decode()
