"""Payers, aliases, holidays and playbooks: who a name means, who keeps what, what it said before."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from accounts.models import Membership
from audit.models import AuditEvent
from authorizations.work import next_morning
from payers import queries, services
from payers.models import Payer, PayerAlias, Playbook, PlaybookVersion
from tenancy.editing import Refused, Stale
from tenancy.models import Holiday
from tests.cast import NOW, TODAY, House
from tests.payers.stage import make_playbook

WEDNESDAY = date(2026, 11, 25)


def act(house: House) -> dict[str, Any]:
    return {"actor": house.actor("supervisor"), "now": NOW}


def test_change_of_a_payer_is_told_with_old_and_new(in_north: House) -> None:
    services.save_payer(in_north.payer.id, {"phone": " 555-0101 "}, version=1, **act(in_north))
    change = queries.history([in_north.payer.id])[0]
    assert (change.who, change.words, change.changes) == (
        "Supervisor North",
        "Payer changed",
        (("Phone", "", "555-0101"),),
    )


def test_two_payers_of_one_id_are_refused_in_words(in_north: House) -> None:
    with pytest.raises(Refused, match="Another payer has this ID already"):
        services.add_payer({"name": "Second", "identifier": in_north.payer.identifier}, **act(in_north))
    assert Payer.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name": "Second", "identifier": "lake01"}, "Another payer has this ID already"),
        ({"name": "LAKESHORE", "identifier": "L2"}, "The payer with the ID LAKE01 has this name already"),
        ({"name": "Second", "identifier": "L2 🙂"}, "The character 🙂 cannot be sent"),
    ],
)
def test_a_payer_is_told_apart_whatever_the_case_and_its_id_can_be_sent(
    in_north: House, typed: dict[str, str], said: str
) -> None:
    services.add_payer({"name": "Lakeshore", "identifier": "LAKE01"}, **act(in_north))
    with pytest.raises(Refused, match=said):
        services.add_payer(typed, **act(in_north))


def test_an_alias_given_twice_is_not_blamed_on_another_payer(in_north: House) -> None:
    services.add_alias(in_north.payer.id, "Harbor Plan", **act(in_north))
    with pytest.raises(Refused, match="This payer goes by that already"):
        services.add_alias(in_north.payer.id, "harbor plan", **act(in_north))


def test_two_organizations_may_know_one_payer_id(north: House, south: House) -> None:
    with south.scope():
        same = services.add_payer({"name": "Same", "identifier": north.payer.identifier}, **act(south))
    assert same.identifier == north.payer.identifier


def test_everything_wrong_with_a_payer_is_said_at_once(in_north: House) -> None:
    with pytest.raises(Refused) as refused:
        services.add_payer({"name": "", "identifier": "I" * 81, "default_window_days": 0}, **act(in_north))
    assert {each.field for each in refused.value.problems} == {"name", "identifier", "default_window_days"}


def test_edit_of_an_older_version_changes_nothing(in_north: House) -> None:
    services.save_payer(in_north.payer.id, {"phone": "1"}, version=1, **act(in_north))
    with pytest.raises(Stale):
        services.save_payer(in_north.payer.id, {"phone": "2"}, version=1, **act(in_north))
    assert Payer.objects.get().phone == "1"


def test_payer_is_found_by_id_alias_or_name_in_any_case(in_north: House) -> None:
    services.add_alias(in_north.payer.id, "Harbor  Community Plan", **act(in_north))
    for text in ("hlnor", "HARBOR community plan", "harborline north"):
        assert queries.payers_called(text) == [in_north.payer], text
    assert queries.payers_called("Somebody else") == []


def test_one_alias_leads_to_one_payer(in_north: House) -> None:
    other = services.add_payer({"name": "Lakeshore", "identifier": "LAKE"}, **act(in_north))
    services.add_alias(in_north.payer.id, "Plan A", **act(in_north))
    for text, words in (("plan a", "goes by this"), ("LAKESHORE", "own name"), ("Harborline North", "name or ID of")):
        with pytest.raises(Refused, match=words):
            services.add_alias(other.id, text, **act(in_north))


def test_alias_taken_off_leads_nowhere_and_may_be_given_again(in_north: House) -> None:
    alias = services.add_alias(in_north.payer.id, "Plan A", **act(in_north))
    services.retire_alias(alias.id, **act(in_north))
    assert queries.payers_called("Plan A") == []
    services.add_alias(in_north.payer.id, "Plan A", **act(in_north))
    assert PayerAlias.objects.filter(alias_key="plan a").count() == 2


def test_switched_off_payer_is_no_longer_offered(in_north: House) -> None:
    assert in_north.electronic in queries.programs_offered()
    services.switch_payer(in_north.payer.id, active=False, **act(in_north))
    assert list(queries.programs_offered()) == []
    assert list(queries.payers_listed()) == []
    assert [payer.name for payer in queries.payers_listed(with_inactive=True)] == ["Harborline North"]


def test_holiday_moves_the_next_action_and_taken_off_moves_it_back(in_north: House) -> None:
    tuesday = date(2026, 11, 24)
    holiday = services.add_holiday(tuesday, "Founders' day", **act(in_north))
    assert next_morning(in_north.organization, NOW).date() == WEDNESDAY
    services.switch_holiday(holiday.id, active=False, **act(in_north))
    assert next_morning(in_north.organization, NOW).date() == tuesday


def test_day_taken_off_is_put_back_and_not_doubled(in_north: House) -> None:
    holiday = services.add_holiday(WEDNESDAY, "Old name", **act(in_north))
    with pytest.raises(Refused, match="Old name already"):
        services.add_holiday(WEDNESDAY, "Again", **act(in_north))
    services.switch_holiday(holiday.id, active=False, **act(in_north))
    services.add_holiday(WEDNESDAY, "New name", **act(in_north))
    assert Holiday.objects.get().name == "New name"


def test_playbook_needs_one_owner(in_north: House) -> None:
    with pytest.raises(Refused, match="Choose the one person"):
        make_playbook(in_north, owner=None)
    assert not Playbook.objects.exists()


def test_program_has_one_playbook(in_north: House) -> None:
    make_playbook(in_north)
    with pytest.raises(Refused, match="There is a playbook for this already"):
        make_playbook(in_north)


def test_playbook_of_the_payer_stands_in_where_a_program_has_none(in_north: House) -> None:
    own = make_playbook(in_north)
    assert queries.playbook_for(in_north.electronic) is None
    values = {"owner": in_north.memberships["specialist"]}
    wide = services.add_playbook(in_north.payer.id, None, values, **act(in_north))
    assert queries.playbook_for(in_north.electronic) == wide
    assert queries.playbook_for(in_north.manual) == own


def test_playbook_keeps_what_it_said_before(in_north: House) -> None:
    playbook = make_playbook(in_north)
    new = {"routine_turnaround": "10 calendar days", "owner": in_north.memberships["biller"]}
    services.save_playbook(playbook.id, new, version=1, **act(in_north))
    latest, first = queries.playbook_versions(playbook)
    assert (latest.version.number, first.version.number, first.changes) == (2, 1, ())
    assert latest.changes == (
        ("Owner", "Specialist North", "Biller North"),
        ("Answers routine in", "7 calendar days", "10 calendar days"),
    )
    assert first.version.content["routine_turnaround"] == "7 calendar days"


def test_saving_an_unchanged_playbook_makes_no_version(in_north: House) -> None:
    playbook = make_playbook(in_north)
    services.save_playbook(playbook.id, {"routine_turnaround": "7 calendar days"}, version=1, **act(in_north))
    assert PlaybookVersion.objects.count() == 1


def test_playbook_asks_to_be_read_again_after_its_days(in_north: House) -> None:
    playbook = make_playbook(in_north)
    assert not playbook.needs_review(TODAY + timedelta(days=90))
    assert playbook.needs_review(TODAY + timedelta(days=91))
    later = NOW + timedelta(days=100)
    services.review_playbook(playbook.id, actor=in_north.actor("specialist"), now=later)
    again = Playbook.objects.get()
    assert (again.reviewed_on, again.reviewed_by) == (TODAY + timedelta(days=100), "Specialist North")
    assert AuditEvent.objects.filter(action="playbook.reviewed").exists()


def test_playbook_whose_owner_left_is_a_duty(in_north: House) -> None:
    playbook = make_playbook(in_north)
    assert not [duty for duty in queries.duties(TODAY) if duty.kind == "playbook"]
    Membership.objects.filter(id=in_north.memberships["specialist"].id).update(active=False)
    assert [duty.id for duty in queries.duties(TODAY) if duty.kind == "playbook"] == [playbook.id]


def test_program_worked_by_hand_without_playbook_is_a_duty(in_north: House) -> None:
    assert [duty.id for duty in queries.duties(TODAY)] == [in_north.manual.id]
    make_playbook(in_north)
    assert queries.duties(TODAY) == []


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"documents": ["d"] * 31}, "documents"),
        ({"triggers": ["t" * 121]}, "triggers"),
        ({"field_order": ["codes", "codes"]}, "field_order"),
        ({"review_days": 0}, "review_days"),
        ({"portal_url": "https://me:pw@portal.example"}, "portal_url"),
    ],
)
def test_playbook_that_means_nothing_is_refused(in_north: House, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        make_playbook(in_north, **values)
    assert [each.field for each in refused.value.problems] == [field]


def test_playbook_of_the_other_organization_is_not_found(north: House, south: House) -> None:
    with south.scope():
        make_playbook(south)
    with north.scope():
        assert queries.playbooks_listed() == []
        assert queries.playbook_for(north.manual) is None


def test_programs_of_one_payer_are_told_apart_whatever_the_case(in_north: House) -> None:
    with pytest.raises(Refused, match="has a program of that name already"):
        services.add_program(in_north.payer.id, "MEDICAID", actor=in_north.actor("supervisor"), now=NOW)
    with pytest.raises(Refused, match="has a program of that name already"):
        services.save_program(
            in_north.manual.id, {"name": "medicaid"}, version=None, actor=in_north.actor("supervisor"), now=NOW
        )
    own = {"name": in_north.manual.name.upper()}
    saved = services.save_program(in_north.manual.id, own, version=None, actor=in_north.actor("supervisor"), now=NOW)
    assert saved.name == own["name"]
