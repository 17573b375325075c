"""The audit log answers who looked at what, narrows, pages, exports, and never answers about somebody else's."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import AuditEvent
from audit.queries import EventFilter, events_of, found, page
from audit.services import record
from imports.csv_export import write
from tests.cast import NOW, House
from tests.web.stage import Stage, furnish


@pytest.fixture
def reader(north: House) -> Client:
    client = Client()
    client.force_login(north.users["supervisor"])
    return client


def tell(house: House, action: str = "claim.posted", minutes: int = 0, **more: Any) -> AuditEvent:
    with house.scope():
        return record(action, actor=more.pop("actor", house.actor()), now=NOW + timedelta(minutes=minutes), **more)


def shown(client: Client, **query: str) -> str:
    response = client.get(reverse("audit_log"), query)
    assert response.status_code == 200
    return str(response.content.decode())


def test_only_who_may_read_the_log_reads_it(north: House) -> None:
    for role, status in (("supervisor", 200), ("admin", 200), ("specialist", 403), ("biller", 403), ("edi", 403)):
        client = Client()
        client.force_login(north.users[role])
        assert client.get(reverse("audit_log")).status_code == status
        assert client.get(reverse("audit_export")).status_code == status


def test_a_line_says_who_did_what_in_words(reader: Client, north: House) -> None:
    tell(north, "member.read", member_id=north.member.id)
    text = shown(reader)
    assert "Opened a member" in text
    assert "Specialist North" in text
    assert "AshdownNorth" in text


def test_roles_and_colleagues_are_called_by_name_on_the_page(reader: Client, north: House) -> None:
    text = shown(reader, what="membership.added")
    assert "role: Biller, user: Biller North" in text
    assert str(north.users["biller"].id) not in text.partition("<table")[2]


def test_the_log_narrows_to_a_person_an_action_and_days(north: House) -> None:
    tell(north, "claim.posted", actor=north.actor("biller"))
    tell(north, "member.read", minutes=24 * 60)
    tell(north, "access.refused", minutes=48 * 60)
    with north.scope():

        def actions(**wanted: Any) -> set[str]:
            return {event.action for event in found(EventFilter(**wanted))} - {"member.added", "coverage.added"}

        assert actions(who=str(north.users["biller"].id)) == {"claim.posted"}
        assert actions(what="readings") == {"member.read"}
        assert actions(what="refusals") == {"access.refused"}
        assert "claim.posted" in actions(what="changes")
        assert not {"member.read", "access.refused"} & actions(what="changes")
        assert actions(what="claim.posted") == {"claim.posted"}
        assert actions(since=NOW + timedelta(hours=30)) == {"access.refused"}
        assert "access.refused" not in actions(until=NOW + timedelta(hours=30))
        assert not actions(who="machines") & {"claim.posted", "member.read"}


def test_the_last_day_of_a_filter_is_whole_on_the_organizations_clock(reader: Client, north: House) -> None:
    tell(north, "claim.posted", minutes=13 * 60 + 30)  # 11:48 PM of November 23, Eastern time
    assert "claim.posted" in shown(reader, first="2026-11-23", last="2026-11-23")
    assert "claim.posted" not in shown(reader, first="2026-11-24", last="2026-11-24")


@pytest.mark.parametrize("query", ["who=x", "what=x", "member=1", "first=2026-13-01", "last=9999-12-31", "after=zz"])
def test_a_filter_that_means_nothing_is_left_out(reader: Client, query: str) -> None:
    assert reader.get(f"{reverse('audit_log')}?{query}").status_code == 200


def test_pages_hold_every_event_once_though_many_share_an_instant(north: House) -> None:
    for _ in range(23):
        tell(north)
    with north.scope():
        everything = [event.id for event in found(EventFilter())]
        seen, key = [], ""
        while True:
            part = page(EventFilter(), size=5, after=key)
            seen += [event.id for event in part.events]
            key = part.next_key
            if not key:
                break
        assert seen == everything


def test_one_authorization_is_found_by_its_number_which_never_stands_in_the_address(
    reader: Client, north: House
) -> None:
    stage = furnish(north, "north")
    answer = reader.post(reverse("audit_find"), {"about": "AshdownNorth"})
    assert str(stage.ids["member_id"]) in answer["Location"]
    assert "Ashdown" not in answer["Location"]
    answer = reader.post(reverse("audit_find"), {"about": "HC-north", "query": "what=changes"})
    assert answer["Location"] == f"{reverse('audit_log')}?what=changes&authorization={stage.ids['approved_id']}"
    assert "About PA-" in reader.get(answer["Location"]).content.decode()


def test_the_log_of_another_organization_is_as_unknown_as_one_that_is_not(reader: Client, south: House) -> None:
    foreign: Stage = furnish(south, "south")
    text = shown(reader, authorization=str(foreign.ids["authorization_id"]))
    assert "an unknown authorization" in text
    assert "Nothing of this kind is in the log" in text
    assert "PA-0" not in text


def test_the_log_of_one_record_has_all_of_it_and_nothing_else(in_north: House) -> None:
    mine = record("member.read", actor=in_north.actor(), now=NOW, member_id=in_north.member.id)
    record("member.read", actor=in_north.actor(), now=NOW)
    assert events_of(member_id=in_north.member.id)[0].id == mine.id
    assert {event.member_id for event in events_of(member_id=in_north.member.id)} == {in_north.member.id}
    with pytest.raises(TypeError):
        events_of()


def test_an_export_is_told_with_its_number_of_rows(reader: Client, north: House) -> None:
    tell(north, "claim.posted")
    answer = reader.get(reverse("audit_export"), {"what": "claim.posted"})
    lines = list(csv.reader(io.StringIO(answer.content.decode())))
    assert len(lines) == 2
    assert lines[1][1:5] == ["Specialist North", "user", "Claim posted", "claim.posted"]
    with north.scope():
        told = AuditEvent.objects.get(action="audit.exported")
    assert told.data["rows"] == 1
    assert told.actor_id == north.users["supervisor"].id


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1", "＝1+1"])
def test_a_cell_that_begins_like_a_formula_is_inert_and_its_text_intact(text: str) -> None:
    written = write(["a"], [[text, 'say "so", twice\nor more']])
    row = list(csv.reader(io.StringIO(written, newline="")))[1]
    assert row == [f"'{text}", 'say "so", twice\nor more']


def test_an_exported_name_is_inert(reader: Client, north: House) -> None:
    north.users["specialist"].name = "=HYPERLINK(1)"
    tell(north, "claim.posted")
    assert "'=HYPERLINK(1)" in reader.get(reverse("audit_export")).content.decode()
