"""The log of one record stands on its page, for those who may read the log; reading it is told too."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from audit.models import AuditEvent
from audit.queries import EventFilter, found
from audit.services import record
from audit.views.part import PAGE_SIZE
from payers.queries import history
from tests.authorizations.cases import drafted
from tests.cast import NOW, House
from tests.tenancy.conftest import Owner, owner

__all__ = ["owner"]
MANY = 12_000


def browser(house: House, role: str = "supervisor") -> Client:
    client = Client()
    client.force_login(house.users[role])
    return client


def pages(house: House) -> dict[str, str]:
    """The address of the log of an authorization and of a member."""
    with house.scope():
        case = drafted(house)
    return {
        "authorization": f"{reverse('authorization_detail', args=[case.id])}?tab=audit",
        "member": f"{reverse('member_detail', args=[house.member.id])}?part=audit",
    }


@pytest.mark.parametrize("kind", ["authorization", "member"])
def test_the_page_of_a_record_shows_its_log_and_tells_the_reading(north: House, kind: str) -> None:
    address = pages(north)[kind]
    text = browser(north).get(address).content.decode()
    assert "Authorization drafted" in text
    assert "Specialist North" in text
    with north.scope():
        told = AuditEvent.objects.get(action=f"{kind}.read")
    assert told.data["part"] == "audit"
    assert told.actor_id == north.users["supervisor"].id
    again = browser(north, "admin").get(address).content.decode()
    assert "Supervisor North" in again, "who read the log stands in it"


@pytest.mark.parametrize("kind", ["authorization", "member"])
def test_who_may_not_read_the_log_is_not_shown_it_here_either(north: House, kind: str) -> None:
    address = pages(north)[kind]
    text = browser(north, "specialist").get(address).content.decode()
    for words in ("Authorization drafted", "authorization.drafted", "Audit", "part=audit"):
        assert words not in text
    with north.scope():
        assert AuditEvent.objects.get(action=f"{kind}.read").data.get("part") is None


@pytest.mark.parametrize("kind", ["authorization", "member"])
def test_every_event_stands_on_one_of_its_pages(north: House, kind: str) -> None:
    address = pages(north)[kind]
    with north.scope():
        case = AuditEvent.objects.get(action="authorization.drafted").authorization_id
        for n in range(2 * PAGE_SIZE):
            record(
                "note.counted", actor=north.actor(), now=NOW - timedelta(minutes=n),
                member_id=north.member.id, authorization_id=case, data={"n": f"number-{n}-"},
            )  # fmt: skip
    seen: list[str] = []
    client, here = browser(north), address
    for _ in range(5):
        text = client.get(here).content.decode()
        seen += re.findall(r"number-(\d+)-", text)
        onward = re.search(r'href="([^"]+after=[^"]+)">Earlier', text)
        if onward is None:
            break
        here = onward[1].replace("&amp;", "&")
        if here.startswith("?"):
            here = address.partition("?")[0] + here
    assert sorted(map(int, seen)) == list(range(2 * PAGE_SIZE))


def test_the_log_of_another_organizations_record_is_not_found(north: House, south: House) -> None:
    for address in pages(south).values():
        assert browser(north).get(address).status_code == 404


def test_the_history_of_a_row_is_found_over_an_index(transactional_db: None, north: House, owner: Owner) -> None:
    """However long the log: no scan, for one subject as for one member or authorization."""
    with north.scope(), connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO audit_auditevent (id, organization_id, at, actor_kind, actor_label, action, subject_type,
                   subject_id, member_id, authorization_id, request_id, data)
               SELECT gen_random_uuid(), %s, %s::timestamptz - n * interval '1 minute', 'user', 'X', 'payer.changed',
                   'payer', gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), '', '{}'
               FROM generate_series(1, %s) n""",
            [north.organization.id, NOW, MANY],
        )
    owner.connection.execute("ANALYZE audit_auditevent")
    with north.scope():
        ids = [north.payer.id, north.electronic.id]
        of_rows = AuditEvent.objects.filter(subject_id__in=ids).order_by("-at", "-id")[:200].explain()
        of_member = found(EventFilter(member_id=north.member.id))[:25].explain()
        of_case = found(EventFilter(authorization_id=north.member.id))[:25].explain()
        assert history(ids) == []
    for plan, index in ((of_rows, "subject"), (of_member, "member"), (of_case, "authorization")):
        assert f"audit_by_{index}" in plan, plan
        assert "Seq Scan" not in plan, plan
