"""An installation begins with an organization and the link of its first administrator."""

from __future__ import annotations

import io
import uuid

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, Role
from accounts.scopes import ROLE_TEMPLATES
from payers.models import Payer
from tenancy.models import Organization
from tenancy.scoping import organization_scope


def created(*arguments: str) -> str:
    out = io.StringIO()
    call_command("create_organization", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_first_administrator_comes_in_by_the_link_that_is_printed() -> None:
    said = created(
        "Willow Care",
        "--admin",
        "First@willow.example",
        "--time-zone",
        "America/Chicago",
        "--url",
        "http://testserver/",
    )
    link = said.splitlines()[-1]
    assert link.startswith("http://testserver/")
    client = Client()
    path = link.removeprefix("http://testserver")
    assert client.get(path).status_code == 200
    answer = client.post(path, {"name": "First Person", "password": "eleven quiet herons"})
    assert answer.status_code == 302, answer.content.decode()[:3000]
    with organization_scope(uuid.UUID(hex=path.strip("/").split("/")[-1].split(".")[0])):
        organization = Organization.objects.get()
        assert (organization.name, organization.time_zone) == ("Willow Care", "America/Chicago")
        assert Membership.objects.select_related("role").get().role.name == "Administrator"
        assert Role.objects.count() == len(ROLE_TEMPLATES)
        assert not Payer.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("", "--admin", "a@b.example"), "Give the organization a name"),
        (("Willow", "--admin", "nobody"), "is not a mail address"),
        (("Willow", "--admin", "a@b.example", "--time-zone", "Mars/Olympus"), "is not a time zone"),
    ],
)
def test_what_cannot_be_set_up_is_refused_before_anything_is_written(arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(CommandError, match=words), CaptureQueriesContext(connection) as asked:
        created(*arguments)
    assert not asked.captured_queries


@pytest.mark.django_db
def test_link_without_the_address_of_the_installation_says_where_to_open_it() -> None:
    last = created("Willow Care", "--admin", "first@willow.example").splitlines()[-1]
    assert last.startswith("opening this path at the address of your installation")
    assert Client().get(last.split()[-1]).status_code == 200
