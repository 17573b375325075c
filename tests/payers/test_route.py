"""Routes: which one wins, in which order, and what is said before anyone submits."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from payers import rule_changes, services
from payers.models import ProgramRules, ReviewRoute, Rounding, Workflow
from payers.queries import duties, programs_whole
from payers.rules import Service, gaps, route, shadowed, units_for
from tenancy.editing import Refused
from tests.cast import NOW, TODAY, House

LATER = date(2027, 1, 1)


def add(house: House, **values: Any) -> ReviewRoute:
    return rule_changes.add_route(house.electronic.id, values, actor=house.actor("supervisor"), now=NOW)


def order(house: House) -> list[str]:
    return [row.conditions for row in house.electronic.routes.filter(active=True).order_by("position")]


def lacks(house: House) -> list[str]:
    return gaps(programs_whole().get(id=house.electronic.id), TODAY)


def test_new_route_stands_before_one_that_would_leave_it_nothing(in_north: House) -> None:
    add(in_north, code_from="H2019", code_to="H2022")
    add(in_north, code_from="H2020")
    add(in_north, code_from="T1019")
    assert order(in_north) == ["H2020", "H2019 to H2022", "T1019", "every service"]
    assert list(in_north.electronic.routes.order_by("position").values_list("position", flat=True)) == [1, 2, 3, 4]


def test_first_route_that_fits_wins_and_is_named(in_north: House) -> None:
    add(in_north, code_from="H2019", workflow=Workflow.MANUAL_PENDING, reviewer_name="Careline", phone="555-0140")
    found = route(in_north.electronic, Service("H2019"), TODAY)
    assert (found.workflow, found.reviewer_name, found.channel) == (Workflow.MANUAL_PENDING, "Careline", "phone")
    assert found.review_route is not None
    assert (found.rule, found.review_route.position) == ("route 1 of Medicaid", 1)
    other = route(in_north.electronic, Service("H2014"), TODAY)
    assert (other.workflow, other.rule) == (Workflow.AUTOMATIC_278, "Medicaid since Jan 1, 2020, route 2")


def test_route_fits_by_place_and_days(in_north: House) -> None:
    add(in_north, place_of_service="12", starts_on=LATER, reviewer_name="Home Review")
    assert route(in_north.electronic, Service("H2019", place_of_service="12"), LATER).reviewer_name == "Home Review"
    assert route(in_north.electronic, Service("H2019", place_of_service="11"), LATER).reviewer_name != "Home Review"
    assert route(in_north.electronic, Service("H2019", place_of_service="12"), TODAY).reviewer_name != "Home Review"


def test_moving_a_route_changes_who_wins(in_north: House) -> None:
    special = add(in_north, code_from="H2019", workflow=Workflow.NONE)
    actor = in_north.actor("supervisor")
    rule_changes.move_route(special.id, up=False, actor=actor, now=NOW)
    assert order(in_north) == ["every service", "H2019"]
    assert route(in_north.electronic, Service("H2019"), TODAY).workflow == Workflow.AUTOMATIC_278
    rule_changes.move_route(special.id, up=False, actor=actor, now=NOW)
    assert order(in_north) == ["every service", "H2019"]


def test_route_that_is_never_used_is_pointed_out(in_north: House) -> None:
    special = add(in_north, code_from="H2019")
    rule_changes.move_route(special.id, up=False, actor=in_north.actor("supervisor"), now=NOW)
    rows = list(in_north.electronic.routes.all())
    assert {row.conditions: by.conditions for row, by in shadowed(rows).items()} == {"H2019": "every service"}


def test_retired_route_is_not_used_and_comes_back_last(in_north: House) -> None:
    special = add(in_north, code_from="H2019", workflow=Workflow.NONE)
    actor = in_north.actor("supervisor")
    rule_changes.switch_route(special.id, active=False, actor=actor, now=NOW)
    assert route(in_north.electronic, Service("H2019"), TODAY).workflow == Workflow.AUTOMATIC_278
    with pytest.raises(Refused):
        rule_changes.move_route(special.id, up=True, actor=actor, now=NOW)
    rule_changes.switch_route(special.id, active=True, actor=actor, now=NOW)
    assert order(in_north) == ["every service", "H2019"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"code_to": "H2022"}, "code_from"),
        ({"code_from": "H2022", "code_to": "H2019"}, "code_to"),
        ({"code_from": "H2022", "code_to": "H20"}, "code_to"),
        ({"code_from": "H20 22"}, "code_from"),
        ({"starts_on": LATER, "ends_on": TODAY}, "ends_on"),
        ({"portal_url": "javascript:alert(1)"}, "portal_url"),
        ({"portal_url": "https://me:secret@portal.example"}, "portal_url"),
        ({"reviewer_name": "Care*line"}, "reviewer_name"),
        ({"reviewer_identifier": "9", "reviewer_qualifier": ""}, "reviewer_qualifier"),
        ({"workflow": "PORTAL"}, "workflow"),
    ],
)
def test_route_that_means_nothing_is_refused(in_north: House, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        add(in_north, **values)
    assert [problem.field for problem in refused.value.problems] == [field]
    assert ReviewRoute.objects.filter(program=in_north.electronic).count() == 1


def test_program_that_needs_278_and_has_no_partner_says_so(in_north: House) -> None:
    assert lacks(in_north) == []
    rule_changes.switch_route(
        in_north.electronic.routes.get().id, active=False, actor=in_north.actor("supervisor"), now=NOW
    )
    assert lacks(in_north) == ["This program sends 278s, and no trading partner is routed for its services."]
    found = route(in_north.electronic, Service("H2019"), TODAY)
    assert (found.partner, found.review_route) == (None, None)
    assert "no trading partner is routed" in found.problem
    assert [(duty.id, duty.pressing) for duty in duties(TODAY) if duty.pressing] == [(in_north.electronic.id, True)]


def test_partner_that_is_off_or_takes_no_278_is_no_partner(in_north: House) -> None:
    actor = in_north.actor("supervisor")
    services.switch_partner(in_north.partner.id, active=False, actor=actor, now=NOW)
    assert "is switched off" in lacks(in_north)[0]
    services.switch_partner(in_north.partner.id, active=True, actor=actor, now=NOW)
    services.save_partner(in_north.partner.id, {"capabilities": ["270"]}, version=None, actor=actor, now=NOW)
    assert "lacks 278 capability" in lacks(in_north)[0]


def test_only_a_route_for_some_codes_leaves_the_others_without_a_way(in_north: House) -> None:
    standing = in_north.electronic.routes.get()
    rule_changes.save_route(
        standing.id, {"code_from": "h2019"}, version=None, actor=in_north.actor("supervisor"), now=NOW
    )
    assert ReviewRoute.objects.get(id=standing.id).code_from == "H2019"
    assert "services that no route names" in lacks(in_north)[0]


def test_gap_that_begins_later_is_said_today(in_north: House) -> None:
    program = in_north.manual
    rule_changes.begin_rules(
        program.id, {"starts_on": LATER, "authorization_workflow": Workflow.AUTOMATIC_278},
        actor=in_north.actor("supervisor"), now=NOW,
    )  # fmt: skip
    found = gaps(programs_whole().get(id=program.id), TODAY)
    assert len(found) == 1
    assert found[0].startswith("From Jan 1, 2027: This program sends 278s")


def test_program_without_rules_today_says_so(in_north: House) -> None:
    ProgramRules.objects.filter(program=in_north.electronic).update(starts_on=LATER)
    assert lacks(in_north)[0] == "No rules hold today, so nothing can be asked."


@pytest.mark.parametrize(
    ("minutes", "rounding", "units"),
    [
        (37, Rounding.EXACT, "2.467"),
        (37, Rounding.DOWN, "2"),
        (37, Rounding.UP, "3"),
        (37, Rounding.NEAREST, "2"),
        (38, Rounding.NEAREST, "3"),
        (7, Rounding.EIGHT_MINUTES, "0"),
        (8, Rounding.EIGHT_MINUTES, "1"),
        (22, Rounding.EIGHT_MINUTES, "1"),
        (23, Rounding.EIGHT_MINUTES, "2"),
        (0, Rounding.UP, "0"),
    ],
)
def test_minutes_become_units_as_the_program_rounds(minutes: int, rounding: str, units: str) -> None:
    assert units_for(minutes, 15, rounding) == Decimal(units)


def test_unit_without_length_has_no_units() -> None:
    with pytest.raises(ValueError, match="length"):
        units_for(30, 0, Rounding.EXACT)
