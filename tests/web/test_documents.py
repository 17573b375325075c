"""The Documents tab: sent, seen, fetched, and marked when they were filed by mistake."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from audit.models import AuditEvent
from authorizations.documents.scanning import Verdict
from authorizations.documents.services import mark_mistaken, note_scan
from authorizations.models import Authorization, Document
from authorizations.states import Status
from tests.authorizations.cases import in_status
from tests.authorizations.papers import PDF, PNG, filed, paper
from tests.authorizations.test_compose_packet import pages
from tests.cast import NOW, House
from tests.web.conftest import SignIn
from tests.web.pages import form, text
from tests.web.test_ask_more import latest, pended


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "documents"
    return Path(settings.MEDIA_ROOT)


def approved(house: House) -> Authorization:
    with house.scope():
        return in_status(house, Status.APPROVED)


def tab(client: Client, case: Authorization) -> str:
    return client.get(f"/authorizations/{case.id}?tab=documents").content.decode()


def sent(client: Client, case: Authorization, **values: Any) -> Any:
    return client.post(f"/authorizations/{case.id}/documents/new", values)


def a_file(name: str = "plan.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def one(house: House, case: Authorization) -> Document:
    with house.scope():
        return filed(house, case)[0]


def test_several_files_are_sent_at_once_each_row_with_what_it_is(north: House, sign_in: SignIn) -> None:
    case, client = approved(north), sign_in(north, "clinician")
    assert "No document yet" in text(tab(client, case))
    answer = sent(
        client,
        case,
        files_0=[a_file(), a_file("second.pdf", PDF + b"2")],
        kind_0="plan_of_care",
        files_1=[a_file("scan.png", PNG)],
        kind_1="imaging",
    )
    assert answer["Location"] == f"/authorizations/{case.id}?tab=documents"
    shown = text(tab(client, case))
    for words in ("3 files are kept", "second.pdf", "Plan of care", "Imaging", "Clinician North", "Not scanned"):
        assert words in shown
    assert "no virus scanner" in shown


def test_what_cannot_be_kept_is_said_beside_its_row_and_nothing_is_kept(north: House, sign_in: SignIn) -> None:
    case, client = approved(north), sign_in(north)
    wrong = {"files_0": [a_file()], "files_1": [a_file("tool.exe", b"MZ")], "kind_1": "imaging"}
    answer = sent(client, case, **wrong)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="id_kind_0_error"' in html
    assert "tool.exe: only PDF" in html
    assert "choose the files once more" in text(html)
    assert form(html, "multipart/form-data")["kind_1"] == "imaging"
    assert sent(client, case).status_code == 422
    with north.scope():
        assert not Document.objects.exists()


def test_the_same_file_again_is_told_and_not_kept_twice(north: House, sign_in: SignIn) -> None:
    case, client = approved(north), sign_in(north)
    for _ in range(2):
        assert sent(client, case, files_0=[a_file()], kind_0="order").status_code == 302
    assert "1 of them was here already" in text(tab(client, case))
    with north.scope():
        assert Document.objects.count() == 1


def test_a_file_is_fetched_as_it_was_sent_to_be_saved_and_the_log_tells_who_did(north: House, sign_in: SignIn) -> None:
    case = approved(north)
    document = one(north, case)
    answer = sign_in(north, "biller").get(f"/documents/{document.id}")
    assert answer.content == PDF
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="plan.pdf"'
    assert "sandbox" in answer["Content-Security-Policy"].split("; ")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]
    with north.scope():
        told = AuditEvent.objects.get(action="document.downloaded")
        assert (told.actor_label, told.subject_id, told.authorization_id) == ("Biller North", document.id, case.id)


@pytest.mark.parametrize("verdict", [None, Verdict.INFECTED, Verdict.FAILED])
def test_what_was_not_found_clean_is_not_given(
    north: House, sign_in: SignIn, settings: Settings, verdict: Verdict | None
) -> None:
    settings.CLAMD_ADDRESS = "127.0.0.1:1"
    case = approved(north)
    document = one(north, case)
    if verdict:
        with north.scope():
            note_scan(document.id, verdict, actor=north.actor(), now=NOW)
    client = sign_in(north)
    answer = client.get(f"/documents/{document.id}")
    assert (answer.status_code, PDF in answer.content) == (409, False)
    assert f'/documents/{document.id}"' not in tab(client, case)
    with north.scope():
        note_scan(document.id, Verdict.CLEAN, actor=north.actor(), now=NOW)
    assert client.get(f"/documents/{document.id}").content == PDF


def test_a_file_that_is_not_what_was_kept_is_not_given(north: House, sign_in: SignIn, folder: Path) -> None:
    document = one(north, approved(north))
    (folder / str(north.organization.id) / document.storage_name).write_bytes(b"%PDF-1.7\nforged")
    answer = sign_in(north).get(f"/documents/{document.id}")
    assert (answer.status_code, b"forged" in answer.content) == (409, False)


def test_a_name_cannot_break_out_of_its_header(north: House, sign_in: SignIn) -> None:
    case = approved(north)
    with north.scope():
        (document,) = filed(north, case, paper(name='a"; x\r\nX-Evil: 1\u202e.pdf'))
    answer = sign_in(north).get(f"/documents/{document.id}")
    assert answer["Content-Disposition"] == 'attachment; filename="a_; x X-Evil_ 1.pdf"'
    assert "X-Evil" not in answer.headers


def test_a_file_filed_by_mistake_is_shown_apart_with_the_reason(north: House, sign_in: SignIn) -> None:
    case = approved(north)
    document, client = one(north, case), sign_in(north)
    address = f"/documents/{document.id}/mistake"
    assert address in tab(client, case)
    assert client.post(address, {"reason": ""}).status_code == 422
    assert client.post(address, {"reason": "Of another member"}).status_code == 302
    html = tab(client, case)
    assert "No document yet" in text(html)
    assert "Of another member" in html.partition("<details>")[2]
    assert address not in html
    assert client.get(address).status_code == 302
    assert client.get(f"/documents/{document.id}").content == PDF


def test_who_may_only_read_adds_and_marks_nothing(north: House, sign_in: SignIn) -> None:
    case = approved(north)
    document, client = one(north, case), sign_in(north, "scheduler")
    html = tab(client, case)
    assert f"/documents/{document.id}" in html
    assert "documents/new" not in html
    assert "/mistake" not in html


def test_all_papers_of_a_case_come_as_one_file_without_those_filed_by_mistake(north: House, sign_in: SignIn) -> None:
    case = approved(north)
    with north.scope():
        kept, wrong = filed(north, case, paper(), paper(PDF + b"2", "wrong.pdf"))
        mark_mistaken(wrong.id, "Of another member", actor=north.actor(), now=NOW)
    answer = sign_in(north, "scheduler").get(f"/authorizations/{case.id}/packet")
    assert answer["Content-Disposition"] == f'attachment; filename="{case.number}.pdf"'
    cover, contents = pages(answer.content)
    for words in (case.number, case.certification_number, "Ashdown", "H2019", "Nov 23, 2026"):
        assert words in cover
    assert "plan.pdf attached separately: cannot be read" in contents
    assert "wrong.pdf" not in contents
    with north.scope():
        assert AuditEvent.objects.get(action="authorization.printed").data["documents"] == [str(kept.id)]


def test_papers_of_the_packet_are_chosen_and_ordered(north: House, sign_in: SignIn) -> None:
    case, client = approved(north), sign_in(north, "scheduler")
    with north.scope():
        first, out, last = filed(north, case, paper(), paper(PDF + b"2", "b.pdf"), paper(PDF + b"3", "c.pdf"))
    page = client.get(f"/authorizations/{case.id}/packet/choose").content.decode()
    assert "plan.pdf" in page
    places = {f"place_{last.id}": "1", f"place_{first.id}": "2", f"place_{out.id}": ""}
    contents = pages(client.post(f"/authorizations/{case.id}/packet/choose", places, follow=True).content)[1]
    assert contents.index("c.pdf") < contents.index("plan.pdf")
    assert "b.pdf" not in contents
    none = client.post(f"/authorizations/{case.id}/packet/choose", {f"place_{out.id}": "x"}, follow=True)
    assert "No paper has a place" in text(none.content.decode())
    with north.scope():
        printed = AuditEvent.objects.get(action="authorization.printed")
        assert printed.data["documents"] == [str(last.id), str(first.id)]


def test_a_browser_that_shows_progress_is_led_on_and_hears_what_is_wrong(north: House, sign_in: SignIn) -> None:
    case, client = approved(north), sign_in(north)
    address, htmx = f"/authorizations/{case.id}/documents/new", {"HX-Request": "true"}
    wrong = client.post(address, {"files_0": [a_file()], "kind_0": ""}, headers=htmx)
    assert (wrong.status_code, "Say what it is." in text(wrong.content.decode())) == (422, True)
    kept = client.post(address, {"files_0": [a_file()], "kind_0": "order"}, headers=htmx)
    assert kept["HX-Redirect"] == f"/authorizations/{case.id}?tab=documents"
    assert "Order filed: plan.pdf" in text(client.get(f"/authorizations/{case.id}").content.decode())


@pytest.mark.parametrize(("role", "born"), [("supervisor", True), ("edi", False)])
def test_a_cover_sheet_tells_the_date_of_birth_to_whoever_may_see_it(
    north: House, sign_in: SignIn, role: str, born: bool
) -> None:
    answer = sign_in(north, role).get(f"/authorizations/{approved(north).id}/packet")
    assert ("Born" in pages(answer.content)[0]) is born


# Answering a pend --------------------------------------------------------------------------------------------


def test_what_the_payer_asked_for_is_named_and_filed_for_it(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = pended(north)
    case, client = submission.authorization, sign_in(north)
    assert f"/authorizations/{case.id}/documents/new" in client.get(f"/authorizations/{case.id}").content.decode()
    page = client.get(f"/authorizations/{case.id}/documents/new").content.decode()
    values = form(page, "multipart/form-data")
    assert values["item_0"] == "Chart notes of 30 days"
    sent(client, case, **{**values, "files_0": [a_file()], "kind_0": "chart_note"})
    with north.scope():
        document = Document.objects.get()
        assert (document.requested_item, document.submission_id) == ("Chart notes of 30 days", submission.id)
    second = form(client.get(f"/authorizations/{case.id}/documents/new?what=2").content.decode(), "multipart/form-data")
    assert second["item_0"] == "A plan of care"
    assert "A plan of care not here yet Upload" in text(client.get(f"/authorizations/{case.id}").content.decode())
    shown = text(tab(client, case))
    assert "Chart notes of 30 days filed here" in shown
    assert "A plan of care filed here" not in shown


def test_the_answer_announces_what_was_filed_since_the_payer_asked(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = pended(north)
        case = submission.authorization
        order, mistaken, _ = filed(
            north,
            case,
            paper(PDF + b"1", "order.pdf", "order"),
            paper(PDF + b"2", "wrong.pdf", "order"),
            paper(PDF + b"3", "letter.pdf", "denial_letter"),
            now=NOW + timedelta(hours=1),
        )
        mark_mistaken(mistaken.id, "Wrong", actor=north.actor(), now=NOW)
    client, address = sign_in(north), f"/submissions/{submission.id}/resubmit"
    page = client.get(address).content.decode()
    assert "Order: order.pdf" in page
    assert "wrong.pdf" not in page
    assert "letter.pdf" not in page
    values = form(page, "Resubmit") | {f"kept_{order.id}": "FX"}
    assert client.post(address, values).status_code == 302
    with north.scope():
        (announced,) = latest(case).content["attachments"]
        assert (announced["report_type"], announced["transmission"]) == ("B3", "FX")
        assert announced["description"] == "Order"


def test_files_chosen_on_the_answer_are_kept_and_announced_with_it_or_nothing_is(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = pended(north)
    client, address = sign_in(north), f"/submissions/{submission.id}/resubmit"
    values = form(client.get(address).content.decode(), "Resubmit")
    half = client.post(address, values | {"added": a_file()}).content.decode()
    assert "Say what they are." in half
    assert "Say how they go." in half
    how = {"added_kind": "plan_of_care", "added_item": "A plan of care", "added_by": "FX"}
    assert client.post(address, values | how | {"added": a_file(content=b"no paper at all")}).status_code == 422
    with north.scope():
        assert not Document.objects.exists()
        assert not submission.authorization.submissions.filter(parent=submission).exists()
    files = [a_file(), a_file("more.pdf", PDF + b"2")]
    assert client.post(address, values | how | {"added": files}).status_code == 302
    with north.scope():
        kept = Document.objects.order_by("name").values_list("name", "kind", "requested_item", "submission_id")
        answers = ("plan_of_care", "A plan of care", submission.id)
        assert list(kept) == [("more.pdf", *answers), ("plan.pdf", *answers)]
        announced = latest(submission.authorization).content["attachments"]
        assert [(each["description"], each["transmission"]) for each in announced] == [("A plan of care", "FX")] * 2
