"""Members by hand: who they are, the numbers they are known by, and what was changed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from audit.models import AuditEvent
from authorizations import tasks  # noqa: F401 (registers the readers, as the worker's discovery does)
from authorizations.models import Authorization
from members import services
from members.models import Member, MemberIdentifier
from members.queries import changes_of, search
from outbox.models import OutboxMessage
from outbox.tasks import handle
from payers.services import save_payer, save_program
from tenancy.editing import Refused, Stale
from tests.authorizations.cases import drafted
from tests.cast import NOW, TODAY, House, make_member

PERSON: dict[str, Any] = {"last_name": "Weir", "first_name": "Jo", "birth_date": date(2015, 2, 3)}


def act(house: House) -> dict[str, Any]:
    return {"actor": house.actor(), "now": NOW}


def read_what_was_stated() -> None:
    """As the worker does."""
    for message in OutboxMessage.objects.filter(topic__endswith=".renamed"):
        handle(message)


def fields_of(error: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [problem.field for problem in error.value.problems]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"last_name": ""}, "last_name"),
        ({"first_name": "J" * 36}, "first_name"),
        ({"birth_date": None}, "birth_date"),
        ({"birth_date": TODAY + timedelta(days=1)}, "birth_date"),
        ({"birth_date": date(1890, 1, 1)}, "birth_date"),
        ({"sex": "X"}, "sex"),
        ({"state": "Delaware"}, "state"),
        ({"postal_code": "1990"}, "postal_code"),
        ({"phone": "555\x000101"}, "phone"),
        ({"mrn": "PENDING"}, "mrn"),
    ],
)
def test_member_that_cannot_be_is_refused_with_the_field(in_north: House, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        services.add_member(**act(in_north), **{"mrn": "880001", **PERSON, **values})
    assert set(fields_of(refused)) == {field}
    assert not Member.objects.filter(last_name="Weir").exists()


def test_member_without_mrn_is_taken_and_has_no_number(in_north: House) -> None:
    member = services.add_member(**act(in_north), **PERSON)
    assert not MemberIdentifier.objects.filter(member=member).exists()


def test_mrn_of_another_member_is_refused_in_words(in_north: House) -> None:
    with pytest.raises(Refused, match="Another member has the MRN"):
        services.add_member(**act(in_north), **PERSON, mrn=in_north.member.mrn)


def test_new_name_is_found_and_the_old_one_no_longer(in_north: House) -> None:
    services.save_member(in_north.member.id, {"last_name": "Núñez-Reyes"}, version=None, **act(in_north))
    assert search("nunez", limit=5) == [in_north.member]
    assert search("reyes row", limit=5) == [in_north.member]
    assert search("ashdown", limit=5) == []


def test_new_name_reaches_the_list_of_authorizations(in_north: House) -> None:
    case = drafted(in_north)
    services.save_member(in_north.member.id, {"last_name": "Newname"}, version=None, **act(in_north))
    save_payer(in_north.payer.id, {"name": "Harbor Renamed"}, version=None, **act(in_north))
    save_program(in_north.electronic.id, {"name": "Medicaid Plus"}, version=None, **act(in_north))
    read_what_was_stated()
    case = Authorization.objects.get(id=case.id)
    assert (case.member_name, case.payer_name, case.program_name) == (
        "Rowan Newname", "Harbor Renamed", "Medicaid Plus",
    )  # fmt: skip


def test_change_that_renames_nobody_rings_nobody(in_north: House) -> None:
    services.save_member(in_north.member.id, {"phone": "555-0101"}, version=None, **act(in_north))
    assert not OutboxMessage.objects.filter(topic=services.RENAMED).exists()


def test_older_version_is_stale_and_changes_nothing(in_north: House) -> None:
    services.save_member(in_north.member.id, {"phone": "1"}, version=1, **act(in_north))
    with pytest.raises(Stale, match="Specialist North"):
        services.save_member(in_north.member.id, {"phone": "2"}, version=1, **act(in_north))
    assert Member.objects.get(id=in_north.member.id).phone == "1"


def test_history_says_old_and_new_and_the_audit_log_only_which_fields(in_north: House) -> None:
    services.save_member(in_north.member.id, {"birth_date": date(2016, 3, 14)}, version=None, **act(in_north))
    assert changes_of(in_north.member.id)[0].changes == (("Date of birth", "Mar 14, 2017", "Mar 14, 2016"),)
    assert AuditEvent.objects.get(action="member.changed").data == {"fields": ["birth_date"]}


def test_second_mrn_on_the_same_days_is_refused_with_the_one_that_holds(in_north: House) -> None:
    with pytest.raises(Refused, match="holds since ever without end: end that one first"):
        services.add_identifier(in_north.member.id, {"kind": "mrn", "value": "990001"}, **act(in_north))


def test_new_mrn_follows_the_old_one_on_its_day(in_north: House) -> None:
    old = MemberIdentifier.objects.get(member=in_north.member, kind="mrn")
    case = drafted(in_north)
    yesterday = TODAY - timedelta(days=1)
    services.save_identifier(old.id, {"ends_on": yesterday}, version=None, **act(in_north))
    assert Member.objects.get(id=in_north.member.id).mrn == old.value
    new = {"kind": "mrn", "value": "00-990001", "starts_on": TODAY}
    services.add_identifier(in_north.member.id, new, **act(in_north))
    read_what_was_stated()
    assert Member.objects.get(id=in_north.member.id).mrn == "00-990001"
    assert Authorization.objects.get(id=case.id).member_mrn == "00-990001"
    assert search("00990001", limit=5) == search(old.value, limit=5) == [in_north.member]


def test_mrn_to_come_is_not_shown_before_its_day(in_north: House) -> None:
    old = MemberIdentifier.objects.get(member=in_north.member, kind="mrn")
    services.save_identifier(old.id, {"ends_on": TODAY}, version=None, **act(in_north))
    new = {"kind": "mrn", "value": "990001", "starts_on": TODAY + timedelta(days=1)}
    services.add_identifier(in_north.member.id, new, **act(in_north))
    assert Member.objects.get(id=in_north.member.id).mrn == old.value


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"kind": "other", "value": "--"}, "value"),
        ({"kind": "medicaid", "value": "0000"}, "value"),
        ({"kind": "member_id", "value": "A1"}, "payer"),
        ({"kind": "robot", "value": "A1"}, "kind"),
        ({"kind": "other", "value": "A1", "starts_on": TODAY, "ends_on": TODAY - timedelta(days=1)}, "ends_on"),
    ],
)
def test_number_that_cannot_be_is_refused_with_the_field(in_north: House, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        services.add_identifier(in_north.member.id, values, **act(in_north))
    assert fields_of(refused) == [field]


def test_other_numbers_may_stand_side_by_side(in_north: House) -> None:
    for value in ("S-1", "S-2"):
        services.add_identifier(in_north.member.id, {"kind": "other", "value": value}, **act(in_north))
    assert MemberIdentifier.objects.filter(member=in_north.member, kind="other").count() == 2


def test_members_of_two_organizations_may_have_one_mrn(north: House, south: House) -> None:
    with south.scope():
        assert make_member(mrn=north.member.mrn).mrn == north.member.mrn
