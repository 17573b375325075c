"""Payers and programs from a file: one line a program."""

from __future__ import annotations

from datetime import date

from imports.queries import import_file
from imports.services import Look, look, run
from payers.importers import PAYERS
from payers.models import Payer, PayerAlias, Program, ProgramRules
from tests.cast import NOW, TODAY, House
from tests.payers.stage import signed_in, upload

HEAD = "Payer ID,Payer name,Also known as,Phone,Program,Workflow,Rules from,Routine days\n"


def looked(house: House, text: str) -> Look:
    file = import_file("payers", upload(house, PAYERS, text.encode()))
    assert file is not None
    return look(PAYERS, file, TODAY)


def imported(house: House, text: str) -> dict[str, int]:
    return dict(run(PAYERS, upload(house, PAYERS, text.encode()), actor=house.actor("supervisor"), now=NOW).counts)


def told(found: Look) -> list[tuple[int | None, str, str]]:
    return [(fault.line, fault.column, fault.message) for fault in found.faults]


def test_payer_with_two_programs_is_two_lines(in_north: House) -> None:
    text = HEAD + (
        "LAKE01,Lakeshore Health,Lake Plan; LH-7,555-0101,PPO,MANUAL_PENDING,2026-01-01,10\nLAKE01,,,,Medicaid,278,,\n"
    )
    assert imported(in_north, text) == {"new": 2, "faulty": 0}
    payer = Payer.objects.get(identifier="LAKE01")
    assert sorted(payer.aliases.values_list("alias", flat=True)) == ["LH-7", "Lake Plan"]
    rules = ProgramRules.objects.filter(program__payer=payer).order_by("program__name")
    assert list(rules.values_list("program__name", "authorization_workflow", "starts_on", "routine_days")) == [
        ("Medicaid", "AUTOMATIC_278", TODAY, None),
        ("PPO", "MANUAL_PENDING", date(2026, 1, 1), 10),
    ]


def test_same_file_again_changes_nothing(in_north: House) -> None:
    text = HEAD + "LAKE01,Lakeshore,Lake Plan,555-0101,PPO,MANUAL_PENDING,2026-01-01,10\nSUMM,Summit,,,,,,\n"
    assert imported(in_north, text) == {"new": 2, "faulty": 0}
    assert imported(in_north, text) == {"unchanged": 2, "faulty": 0}
    assert (Payer.objects.get(identifier="LAKE01").version, PayerAlias.objects.count()) == (1, 1)


def test_only_the_three_workflows_are_taken(in_north: House) -> None:
    found = looked(in_north, HEAD + "LAKE01,Lakeshore,,,PPO,EDI_278,,\nLAKE01,Lakeshore,,,HMO,,,\n")
    assert told(found) == [
        (2, "Workflow", "“EDI_278” is not one of AUTOMATIC_278, MANUAL_PENDING, NONE."),
        (3, "Workflow", "A new program needs its workflow: AUTOMATIC_278, MANUAL_PENDING or NONE."),
    ]


def test_workflow_that_holds_is_not_changed_by_a_file(in_north: House) -> None:
    found = looked(in_north, HEAD + "HLNOR,Harborline North,,,Medicaid,NONE,,\n")
    assert found.writes == 0
    assert "“AUTOMATIC_278” today. A change has a day" in told(found)[0][2]
    imported(in_north, HEAD + "HLNOR,Harborline North,,,Medicaid,NONE,,\n")
    assert in_north.electronic.rules.get().authorization_workflow == "AUTOMATIC_278"


def test_lines_of_one_payer_must_not_contradict_each_other(in_north: House) -> None:
    text = HEAD + "LAKE01,Lakeshore,,1,PPO,NONE,,\nlake01,Lakeside,,1,HMO,NONE,,\nLAKE01,,,,ppo,NONE,,\n"
    assert told(looked(in_north, text)) == [
        (3, "Payer name", "Line 2 says “Lakeshore” for the same payer."),
        (4, "Payer ID", "Line 2 is about the same payer and program."),
    ]


def test_alias_of_another_payer_is_told(in_north: House) -> None:
    text = HEAD + "LAKE01,Lakeshore,Plan A,,,,,\nSUMM,Summit,plan a; harborline north,,,,,\n"
    assert told(looked(in_north, text)) == [
        (3, "Also known as", "Another payer goes by “plan a”."),
        (3, "Also known as", "Another payer goes by “harborline north”."),
    ]


def test_what_belongs_to_a_program_needs_one(in_north: House) -> None:
    found = looked(in_north, HEAD + "LAKE01,Lakeshore,,,,MANUAL_PENDING,,\n")
    assert told(found) == [(2, "Program", "Workflow, times and contract belong to a program: name it.")]


def test_new_payer_needs_a_name_and_a_sound_portal(in_north: House) -> None:
    text = "Payer ID,Payer name,Portal\nLAKE01,,\nSUMM,Summit,javascript:alert(1)\n"
    assert [(line, column) for line, column, _ in told(looked(in_north, text))] == [(2, "Payer name"), (3, "Portal")]


def test_change_of_a_phone_is_shown_old_and_new(in_north: House) -> None:
    found = looked(in_north, HEAD + "hlnor,Harborline North,,555-0199,,,,\n")
    assert [(step.effect, step.changes) for step in found.plan.steps] == [("changed", (("Phone", "", "555-0199"),))]


def test_export_is_read_back_as_nothing_to_do(in_north: House) -> None:
    imported(in_north, HEAD + "LAKE01,Lakeshore,Lake Plan; LH-7,+1 555 0101,PPO,MANUAL_PENDING,2026-01-01,10\n")
    text = signed_in(in_north).get("/configuration/payers/export").content.decode()
    assert "'+1 555 0101" in text
    assert imported(in_north, text) == {"unchanged": Program.objects.count(), "faulty": 0}


def test_payers_of_the_other_organization_are_not_found_by_a_file(north: House, south: House) -> None:
    text = HEAD + "HLSOU,Harborline South,,,,,,\n"
    with north.scope():
        assert imported(north, text) == {"new": 1, "faulty": 0}
    with south.scope():
        assert Payer.objects.get().version == 1
