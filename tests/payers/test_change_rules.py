"""Rules from a day on: what ends when, what is refused, and what a request made before keeps."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from audit.models import AuditEvent
from authorizations.models import Submission
from payers import rule_changes, services
from payers.models import Program, ProgramRules, Workflow
from payers.rules import Service, route
from tenancy.editing import Refused, Stale
from tests.authorizations.cases import again, drafted, submitted
from tests.cast import NOW, TODAY, House

ONE_DAY = timedelta(days=1)
NEW_YEAR = date(2027, 1, 1)


def begin(house: House, program: Program, starts_on: date | None, **values: Any) -> ProgramRules:
    given = {"starts_on": starts_on, "authorization_workflow": Workflow.MANUAL_PENDING, **values}
    return rule_changes.begin_rules(program.id, given, actor=house.actor("supervisor"), now=NOW)


def correct(house: House, rules: ProgramRules, *, understood: bool = False, **values: Any) -> ProgramRules:
    return rule_changes.correct_rules(
        rules.id, values, version=None, understood=understood, actor=house.actor("supervisor"), now=NOW
    )


def ranges(program: Program) -> list[tuple[date, date | None, str]]:
    rows = program.rules.order_by("starts_on")
    return list(rows.values_list("starts_on", "ends_on", "authorization_workflow"))


def refusal(call: Any, *args: Any, **values: Any) -> dict[str, str]:
    with pytest.raises(Refused) as refused:
        call(*args, **values)
    return {problem.field: problem.message for problem in refused.value.problems}


def test_change_ends_the_standing_rules_the_day_before(in_north: House) -> None:
    begin(in_north, in_north.electronic, NEW_YEAR)
    assert ranges(in_north.electronic) == [
        (date(2020, 1, 1), NEW_YEAR - ONE_DAY, "AUTOMATIC_278"),
        (NEW_YEAR, None, "MANUAL_PENDING"),
    ]


def test_requests_go_by_the_rules_of_their_own_day(in_north: House) -> None:
    begin(in_north, in_north.electronic, NEW_YEAR)
    service = Service("H2019")
    assert route(in_north.electronic, service, NEW_YEAR - ONE_DAY).workflow == Workflow.AUTOMATIC_278
    assert route(in_north.electronic, service, NEW_YEAR).workflow == Workflow.MANUAL_PENDING


def test_open_request_keeps_its_channel_and_a_new_one_takes_the_new(in_north: House) -> None:
    before = submitted(in_north)
    begin(in_north, in_north.electronic, TODAY)
    after = submitted(in_north)
    assert (Submission.objects.get(id=before.id).channel, after.channel) == ("278", "portal")
    assert again(before.authorization).workflow == Workflow.AUTOMATIC_278


def test_change_in_the_middle_runs_to_the_end_of_what_it_splits(in_north: House) -> None:
    begin(in_north, in_north.electronic, NEW_YEAR)
    begin(in_north, in_north.electronic, date(2026, 12, 1), authorization_workflow=Workflow.NONE)
    assert [(first, last) for first, last, _ in ranges(in_north.electronic)] == [
        (date(2020, 1, 1), date(2026, 11, 30)),
        (date(2026, 12, 1), NEW_YEAR - ONE_DAY),
        (NEW_YEAR, None),
    ]


def test_change_is_told_with_old_and_new(in_north: House) -> None:
    rules = begin(in_north, in_north.manual, NEW_YEAR, authorization_workflow=Workflow.AUTOMATIC_278, routine_days=7)
    event = AuditEvent.objects.get(action="program_rules.begun")
    assert (event.subject_id, event.actor_label) == (rules.id, "Supervisor North")
    assert event.data["changes"] == {
        "authorization_workflow": ["MANUAL_PENDING", "AUTOMATIC_278"],
        "routine_days": ["", "7"],
    }
    assert event.data["ended_on"] == ["", "2026-12-31"]


def test_standing_rules_cannot_be_changed_for_days_that_are_over(in_north: House) -> None:
    said = refusal(begin, in_north, in_north.electronic, TODAY - ONE_DAY)
    assert "A change begins today, Nov 23, 2026, at the earliest" in said["starts_on"]
    assert len(ranges(in_north.electronic)) == 1


def test_second_change_for_one_day_is_refused(in_north: House) -> None:
    begin(in_north, in_north.electronic, NEW_YEAR)
    said = refusal(begin, in_north, in_north.electronic, NEW_YEAR)
    assert said["starts_on"] == "Rules begin on Jan 1, 2027 already. Correct those instead."


def test_days_without_rules_may_be_filled_in_the_past_but_not_run_into_others(in_north: House) -> None:
    ProgramRules.objects.filter(program=in_north.electronic).update(starts_on=date(2026, 6, 1))
    said = refusal(begin, in_north, in_north.electronic, date(2026, 1, 1))
    assert "Give May 31, 2026 or an earlier day" in said["ends_on"]
    begin(in_north, in_north.electronic, date(2026, 1, 1), ends_on=date(2026, 5, 31))
    assert ranges(in_north.electronic)[0][:2] == (date(2026, 1, 1), date(2026, 5, 31))


def test_change_cannot_outlive_the_rules_it_splits(in_north: House) -> None:
    begin(in_north, in_north.electronic, NEW_YEAR)
    said = refusal(begin, in_north, in_north.electronic, date(2026, 12, 1), ends_on=date(2027, 1, 2))
    assert "end on Dec 31, 2026" in said["ends_on"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"authorization_workflow": "EDI_278"}, "authorization_workflow"),
        ({"authorization_workflow": ""}, "authorization_workflow"),
        ({"starts_on": None}, "starts_on"),
        ({"ends_on": NEW_YEAR - ONE_DAY}, "ends_on"),
        ({"default_window_days": 0}, "default_window_days"),
        ({"default_window_days": 5000}, "default_window_days"),
        ({"urgent_hours": 0}, "urgent_hours"),
        ({"routine_days": 40000}, "routine_days"),
        ({"weekly_cap": Decimal(0)}, "weekly_cap"),
        ({"weekly_cap": Decimal("NaN")}, "weekly_cap"),
        ({"contract_reference": "C" * 61}, "contract_reference"),
    ],
)
def test_rules_that_mean_nothing_are_refused(in_north: House, values: dict[str, Any], field: str) -> None:
    given = {"starts_on": NEW_YEAR, **values}
    said = refusal(begin, in_north, in_north.electronic, given.pop("starts_on"), **given)
    assert list(said) == [field]
    assert len(ranges(in_north.electronic)) == 1


def test_rules_that_have_not_begun_may_move_and_their_neighbour_follows(in_north: House) -> None:
    coming = begin(in_north, in_north.electronic, NEW_YEAR)
    correct(in_north, coming, starts_on=date(2027, 2, 1))
    assert ranges(in_north.electronic)[0][1] == date(2027, 1, 31)
    correct(in_north, coming, starts_on=date(2026, 12, 1))
    assert ranges(in_north.electronic)[0][1] == date(2026, 11, 30)


def test_rules_that_have_not_begun_cannot_move_into_the_past(in_north: House) -> None:
    coming = begin(in_north, in_north.electronic, NEW_YEAR)
    assert "today" in refusal(correct, in_north, coming, starts_on=TODAY - ONE_DAY)["starts_on"]


def test_begun_rules_keep_day_and_workflow_and_ask_for_a_tick(in_north: House) -> None:
    rules = in_north.electronic.rules.get()
    said = refusal(correct, in_north, rules, starts_on=date(2021, 1, 1), authorization_workflow=Workflow.NONE)
    assert set(said) == {"starts_on", "authorization_workflow", "understood"}
    assert list(refusal(correct, in_north, rules, routine_days=5)) == ["understood"]
    assert correct(in_north, rules, understood=True, routine_days=5).routine_days == 5
    assert AuditEvent.objects.get(action="program_rules.corrected").data["changes"] == {"routine_days": ["", "5"]}


def test_correction_cannot_make_two_sets_of_rules_share_a_day(in_north: House) -> None:
    begin(in_north, in_north.electronic, NEW_YEAR)
    standing = in_north.electronic.rules.order_by("starts_on")[0]
    assert "run into" in refusal(correct, in_north, standing, understood=True, ends_on=NEW_YEAR)["ends_on"]


def test_equal_values_write_nothing(in_north: House) -> None:
    rules = in_north.electronic.rules.get()
    assert correct(in_north, rules, routine_days=None).version == rules.version
    assert not AuditEvent.objects.filter(action="program_rules.corrected").exists()


def test_correction_of_an_older_version_is_stale(in_north: House) -> None:
    rules = in_north.electronic.rules.get()
    correct(in_north, rules, understood=True, routine_days=5)
    with pytest.raises(Stale) as stale:
        rule_changes.correct_rules(
            rules.id, {"routine_days": 6}, version=rules.version, understood=True, actor=in_north.actor(), now=NOW
        )
    assert (stale.value.changed_by, stale.value.changed_at) == ("Supervisor North", NOW)


def test_rules_of_another_organization_cannot_be_touched(north: House, south: House) -> None:
    with south.scope():
        foreign = south.electronic
    with north.scope(), pytest.raises(Program.DoesNotExist):
        begin(north, foreign, NEW_YEAR)


def test_program_switched_off_keeps_its_requests(in_north: House) -> None:
    draft = drafted(in_north)
    services.switch_program(in_north.electronic.id, active=False, actor=in_north.actor("supervisor"), now=NOW)
    assert again(draft).program_id == in_north.electronic.id
    assert AuditEvent.objects.get(action="program.switched_off").subject_id == in_north.electronic.id
