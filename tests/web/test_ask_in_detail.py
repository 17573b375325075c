"""The request form beyond a plain line: pools, limits, hours, calculator, splitting, copying, reasons, documents."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from authorizations.models import Authorization, Note, Submission
from authorizations.states import Status
from payers.models import ProgramRules, ReviewRoute, Workflow
from tests.authorizations.cases import drafted, submitted, units
from tests.authorizations.papers import PDF
from tests.cast import NOW, House
from tests.claims.stage import authorize
from tests.payers.stage import make_playbook
from tests.web.conftest import SignIn
from tests.web.pages import form, text
from tests.web.test_fill_request import begun, complete, line, marked, send


def rows(*lines: dict[str, str]) -> dict[str, str]:
    """The lines of a form; a tick that is not set is not sent."""
    values = {"lines-TOTAL_FORMS": str(len(lines))}
    for each in lines:
        values |= each
    return values


def shown(page: Any) -> dict[str, Any]:
    return form(page.content.decode(), 'name="coverage"')


def stored_lines(house: House) -> list[tuple[list[str], Decimal | None, str, dict[str, Decimal]]]:
    """Codes, amount, kind and limits of each line of the only draft."""
    with house.scope():
        lines = Authorization.objects.get().lines.filter(removed_at=None).order_by("number")
        return [
            (
                [code.words for code in row.codes.order_by("position")],
                row.quantity,
                row.quantity_type,
                {cap.period: cap.quantity for cap in row.caps.all()},
            )
            for row in lines
        ]


def by_hand(house: House, code: str, workflow: Workflow = Workflow.MANUAL_PENDING) -> None:
    """One code of the electronic program goes another way than the rest."""
    with house.scope():
        standing = ReviewRoute.objects.filter(program=house.electronic).order_by("-position")
        for row in standing:
            ReviewRoute.objects.filter(id=row.id).update(position=row.position + 1)
        ReviewRoute(program=house.electronic, position=1, code_from=code, workflow=workflow).save()


def test_codes_share_one_total_only_where_that_is_ticked(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    pool = rows(
        line(0, "H2019", "80"),
        line(1, "H2014", "", modifiers="HQ HN") | {"lines-1-shares": "on"},
        line(2, "H0032", "4"),
    )
    answer = send(client, north, begun(client, north) | complete(north) | pool, "save")
    assert [(codes, amount) for codes, amount, *_ in stored_lines(north)] == [
        (["H2019", "H2014 HQ HN"], Decimal(80)),
        (["H0032"], Decimal(4)),
    ]
    again = client.get(answer["Location"])
    assert shown(again)["lines-1-shares"] == "on"
    assert "One total with the line above." in text(again.content.decode())
    lacking = client.post(answer["Location"], shown(again) | {"lines-2-quantity": "", "do": "submit"})
    assert marked(lacking.content.decode(), "id_lines-2-quantity") == "Say how many units you ask for."
    own = send(client, north, begun(client, north) | pool | {"lines-1-quantity": "40"}, "save").content.decode()
    assert "It shares the total above" in marked(own, "id_lines-1-quantity")


def test_limits_and_hours_are_kept_in_the_units_the_code_is_billed_in(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    limits = {"cap_day": "1.5", "cap_week": "6", "cap_month": "24", "cap_own_month": "26"}
    asked = rows(
        line(0, "H2019", "20.5", quantity_type="hours", **limits), line(1, "H0031", "2", quantity_type="visits")
    )
    answer = send(client, north, begun(client, north) | asked, "save")
    first, second = stored_lines(north)
    found: Any = first[1:]
    assert found == (
        Decimal(82), "units", {"day": 6, "week": 24, "month": 96, "authorization_month": 104},
    )  # fmt: skip
    assert second[1:3] == (Decimal(2), "visits")
    again = client.get(answer["Location"])
    assert "= 20.5 hours" in text(again.content.decode())
    assert "6 a day, 24 a week, 96 a month, 104 a month from the start" in text(again.content.decode())
    void = begun(client, north) | rows(line(0, "H2019", "80", cap_day="24", cap_week="20", cap_month="20"))
    said = marked(send(client, north, void, "save").content.decode(), "id_lines-0-cap_day")
    assert said == "24 a day is more than 20 a week: the smaller one would always win."
    broken = send(client, north, begun(client, north) | rows(line(0, "H2019", "1.001", quantity_type="hours")), "save")
    assert "given to at most 2 decimals" in marked(broken.content.decode(), "id_lines-0-quantity")


def test_calculator_says_how_many_units_ten_hours_a_week_are_and_fills_them_in(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    typed = begun(client, north) | line(0, "H2019", "") | {"calc_amount": "10", "calc_periods": "26"}
    worked = send(client, north, typed, "work")
    sentence = "10 hours a week for 26 weeks is 260 hours, which is 1,040 units of 15 minutes."
    assert sentence in text(worked.content.decode())
    filled = shown(send(client, north, shown(worked), "fill"))
    assert (filled["lines-0-quantity"], filled["lines-0-quantity_type"]) == ("1040", "units")
    with north.scope():
        ProgramRules.objects.filter(program=north.electronic).update(rounding="eight_minutes")
    rounded = text(send(client, north, typed | {"calc_amount": "1.4"}, "work").content.decode())
    assert "156 units of 15 minutes. Rounded each week: 8-minute rule" in rounded
    for wrong in ({"calc_amount": "ten"}, {"calc_periods": "0"}, {"calc_line": "7"}, {"calc_kind": "miles"}):
        assert "1,040" not in text(send(client, north, typed | wrong, "work").content.decode())


def test_asking_the_payer_once_more_takes_a_reason_that_stays_with_the_case(north: House, sign_in: SignIn) -> None:
    with north.scope():
        first = submitted(north, units("H2019", 40)).authorization
    client = sign_in(north)
    values = begun(client, north) | complete(north)
    typing = send(client, north, values | {"diagnoses": ""}, "refresh").content.decode()
    assert f'<a href="/authorizations/{first.id}">{first.number}</a>' in typing
    assert 'name="duplicate_reason"' in typing
    stopped = send(client, north, values, "submit")
    assert stopped.status_code == 422
    assert first.number in marked(stopped.content.decode(), "id_duplicate_reason")
    again = shown(stopped) | {"duplicate_reason": "The first one was lost", "do": "submit"}
    with north.scope():
        draft = Authorization.objects.exclude(id=first.id).get()
    assert client.post(f"/authorizations/{draft.id}/edit", again).status_code == 302
    with north.scope():
        assert Note.objects.get(authorization=draft).text == (
            f"Asked once more, beside {first.number}. Why: The first one was lost"
        )
        assert Submission.objects.filter(authorization=draft).count() == 1


def test_cover_that_stands_is_said_with_where_to_go_on(north: House, sign_in: SignIn) -> None:
    with north.scope():
        cover = authorize(north, ("H2019", 320), starts="10-01", ends="12-03", number="A")
        authorize(north, ("H2019", 90), starts="10-01", ends="12-03", number="B", coverage=_other_payer(north))
    client = sign_in(north)
    page = send(client, north, begun(client, north) | complete(north), "refresh")
    said = text(page.content.decode())
    assert f"H2019 is already covered by {cover.number} until Dec 3, 320 of 320 left." in said
    assert said.count("is already covered by") == 1, "cover of another payer is none of this one's"
    moved = shown(send(client, north, shown(page), "start-2026-12-04"))
    assert (moved["starts_on"], moved["ends_on"]) == ("2026-12-04", "2027-03-03")
    sent = send(client, north, shown(page) | complete(north), "submit")
    assert sent.status_code == 302, "cover that stands stops nobody"


def _other_payer(house: House) -> Any:
    from payers.models import Payer, Program
    from tests.cast import make_coverage

    payer = Payer(name="Second payer", identifier="SECOND")
    payer.save()
    program = Program(payer=payer, name="Other")
    program.save()
    ProgramRules(program=program, starts_on=date(2020, 1, 1), authorization_workflow=Workflow.MANUAL_PENDING).save()
    return make_coverage(house.member, program, position=2)


def test_lines_that_go_different_ways_are_named_and_become_a_draft_each(north: House, sign_in: SignIn) -> None:
    by_hand(north, "T1019")
    by_hand(north, "H0032", Workflow.NONE)
    with north.scope():
        draft = drafted(north)
    client = sign_in(north)
    address = f"/authorizations/{draft.id}/edit"
    three = rows(line(0, "H2019", "80"), line(1, "T1019", "40"), line(2, "H0032", "4"))
    page = client.post(address, shown(client.get(address)) | three | {"do": "refresh"})
    said = text(page.content.decode())
    assert "These lines do not go one way." in said
    assert "H0032: no authorization is needed" in said
    assert "Save as 2 drafts" in said
    pooled = client.post(address, shown(page) | {"lines-1-shares": "on", "lines-1-quantity": "", "do": "refresh"})
    assert "give each code its own units" in text(pooled.content.decode())
    for _ in range(2):
        client.post(address, shown(page) | {"do": "split"})
    with north.scope():
        made = {case.codes: case for case in Authorization.objects.order_by("number")}
        assert list(made) == ["H2019", "T1019"], "what needs none is left off, and a second press makes no more"
        assert made["H2019"].id == draft.id
        assert made["T1019"].status == Status.DRAFT
        assert list(made["T1019"].diagnoses.values_list("code", flat=True)) == ["F84.0"]


def test_an_earlier_request_is_copied_without_its_days_and_numbers(north: House, sign_in: SignIn) -> None:
    with north.scope():
        old = drafted(north, units("H2014", 44, "HN"), starts_on=date(2026, 1, 1), ends_on=date(2026, 3, 1))
    client = sign_in(north)
    empty = form(client.get(f"/members/{north.member.id}/authorizations/new").content.decode(), 'name="coverage"')
    page = send(client, north, empty, f"copy-{old.id}")
    values = shown(page)
    assert (values["lines-0-code"], values["lines-0-modifiers"], values["lines-0-quantity"]) == ("H2014", "HN", "44")
    assert (values["diagnoses"], values["place_of_service"]) == ("F84.0", "12")
    assert values["rendering_provider"] == str(north.clinician.id)
    assert values["starts_on"] == "2026-11-23"
    assert f"Copied from {old.number}" in text(page.content.decode())


def test_a_late_request_and_an_admission_say_more_before_they_go_out(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    late = {"starts_on": "2026-11-01", "ends_on": "2026-12-31", "request_category": "admission"}
    values = begun(client, north) | complete(north) | late
    assert 'name="retro_reason"' in send(client, north, values, "refresh").content.decode()
    page = send(client, north, values | {"admission_on": "2027-01-01"}, "submit").content.decode()
    assert "say why it is asked for only now" in marked(page, "id_retro_reason")
    assert marked(page, "id_admission_on") == "The day of admission is outside the days asked for."
    assert marked(page, "id_admission_days") == "Say for how many days the stay is asked for."
    with north.scope():
        draft = Authorization.objects.get()
    told = {"retro_reason": "Admitted at night", "admission_on": "2026-11-02", "admission_days": "5"}
    again = form(page, 'name="coverage"') | told | {"do": "submit"}
    assert client.post(f"/authorizations/{draft.id}/edit", again).status_code == 302
    with north.scope():
        sent = Submission.objects.get()
        assert (sent.content["admission_on"], sent.content["admission_days"]) == ("2026-11-02", 5)
        assert sent.authorization.retro_reason == "Admitted at night"
    shown = text(client.get(f"/authorizations/{draft.id}").content.decode())
    assert "Kind of request Admission Admission Nov 2, 5 days Asked late because Admitted at night" in shown
    wrong = send(client, north, values | {"admission_days": "0"}, "save").content.decode()
    assert marked(wrong, "id_admission_days") == "A stay has at least one day."


def test_urgent_is_suggested_with_its_reasons_and_chosen_by_a_person(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    values = begun(client, north) | {"diagnoses": "C50.911", "starts_on": "2026-11-26"}
    page = send(client, north, values, "refresh")
    assert "Urgent is suggested: the service begins in 3 days, the diagnosis is one of oncology." in text(
        page.content.decode()
    )
    assert shown(page)["priority"] == "routine"
    assert shown(send(client, north, shown(page), "priority-urgent"))["priority"] == "urgent"
    calm = send(client, north, values | {"diagnoses": "F84.0", "starts_on": "2026-12-15"}, "refresh")
    assert "Urgent is suggested" not in text(calm.content.decode())
    nothing = {name: value for name, value in values.items() if name != "priority"}
    refused = send(client, north, nothing, "save")
    assert refused.status_code == 422
    assert "Say how soon the answer is needed." in text(refused.content.decode())


def test_diagnoses_change_their_order_by_buttons(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    values = begun(client, north) | {"diagnoses": "F84.0, Z74.1, I50.9"}
    up = shown(send(client, north, values, "raise-Z74.1"))
    assert up["diagnoses"] == "Z74.1, F84.0, I50.9"
    assert shown(send(client, north, up, "lower-F84.0"))["diagnoses"] == "Z74.1, I50.9, F84.0"
    assert shown(send(client, north, up, "raise-Z74.1"))["diagnoses"] == up["diagnoses"]
    assert shown(send(client, north, up, "drop-Z74.1"))["diagnoses"] == "F84.0, I50.9"


def test_papers_the_playbook_asks_for_are_filed_or_said_to_be_needless(
    north: House, sign_in: SignIn, settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path / "documents"
    with north.scope():
        book = make_playbook(north)
        book.program = north.electronic
        book.save()
    client = sign_in(north)
    values = begun(client, north)
    needless = [name for name in values if name.startswith("waived_")][1]
    values[needless] = "Assessed last week"
    answer = send(client, north, values, "documents")
    with north.scope():
        draft = Authorization.objects.get()
        assert draft.waived == [{"item": "assessment not older than 6 months", "reason": "Assessed last week"}]
    assert answer["Location"] == f"/authorizations/{draft.id}/documents/new"
    upload = client.get(answer["Location"]).content.decode()
    assert "signed plan of care" in upload
    assert "assessment not older" not in upload, "what is not needed is not asked for"
    before = text(client.get(f"/authorizations/{draft.id}/edit").content.decode())
    assert "missing: signed plan of care" in before
    assert "not needed: Assessed last week" in before
    file = {"files_0": SimpleUploadedFile("plan.pdf", PDF), "kind_0": "plan_of_care", "item_0": "signed plan of care"}
    back = client.post(answer["Location"], file)
    assert back["Location"] == f"/authorizations/{draft.id}/edit#documents"
    page = text(client.get(f"/authorizations/{draft.id}").content.decode())
    assert "Not needed assessment not older than 6 months, because: Assessed last week" in page
    after = text(client.get(f"/authorizations/{draft.id}/edit").content.decode())
    assert "done: signed plan of care" in after
    assert "plan.pdf" in after


def test_a_form_that_says_no_version_is_older_than_any_draft(north: House, sign_in: SignIn) -> None:
    with north.scope():
        draft = drafted(north)
    client = sign_in(north)
    address = f"/authorizations/{draft.id}/edit"
    values = shown(client.get(address)) | {"note_to_payer": "Mine", "do": "save"}
    for version in ({}, {"version": ""}):
        sent = {name: value for name, value in values.items() if name != "version"} | version
        answer = client.post(address, sent)
        assert answer.status_code == 409
        assert "Mine" in answer.content.decode()
    assert client.post(f"/authorizations/{draft.id}/discard", {}).status_code == 409
    with north.scope():
        row = Authorization.objects.get()
        assert (row.status, row.note_to_payer) == (Status.DRAFT, "")


def test_each_missing_thing_leads_to_its_control(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    two = rows(line(0, "H2019", ""), line(1, "H2014", ""))
    page = send(client, north, begun(client, north) | two | {"ends_on": "", "suggested_end": "x"}, "refresh")
    html = page.content.decode()
    for control in ("lines-0-quantity", "lines-1-quantity", "diagnoses", "place_of_service", "rendering_provider"):
        assert f'<a href="#id_{control}">' in html
        assert f'id="id_{control}"' in html


def test_what_was_typed_survives_the_end_of_the_sign_in(north: House) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        client = Client()
        client.force_login(north.users["specialist"])
        values = begun(client, north) | {"note_to_payer": "Lives alone", "csrfmiddlewaretoken": "x"}
        clock.shift(timedelta(minutes=16))
        way = send(client, north, values, "save")["Location"]
        assert "kept=yes" in way
        client.force_login(north.users["specialist"])
        kept = client.get(way.split("next=")[1].split("&")[0].replace("%2F", "/")).content.decode()
        assert "Lives alone" in kept
        assert "H2019" in kept


@pytest.mark.parametrize(
    "action", ["copy-", "copy-nothing", "start-never", "raise-", "fill", "remove-99", "priority-x"]
)
def test_a_button_that_names_nothing_changes_nothing(north: House, sign_in: SignIn, action: str) -> None:
    client = sign_in(north)
    values = begun(client, north) | complete(north)
    answer = send(client, north, values, action)
    assert answer.status_code == 200
    same = shown(answer)
    assert {name: same[name] for name in ("starts_on", "diagnoses", "lines-0-code", "lines-0-quantity")} == {
        name: values[name] for name in ("starts_on", "diagnoses", "lines-0-code", "lines-0-quantity")
    }
