"""The pages that ask something more of a payer, and what the page of the case says and offers because of it."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from authorizations.changes import Change, ChangedLine, amend
from authorizations.decisions import Contact, LineOutcome, RequestedDocument
from authorizations.models import Authorization, Submission
from authorizations.services import add_note, mark_submitted
from authorizations.states import Status
from authorizations.transitions import discard
from tests.authorizations.cases import (
    APPROVAL,
    ENDS,
    PEND,
    RETURN,
    again,
    all_lines,
    heard,
    in_force,
    in_status,
    outcome_of,
    submitted,
)
from tests.cast import NOW, TODAY, House, make_coverage, make_member
from tests.claims.stage import authorize, bill, post
from tests.web.conftest import SignIn
from tests.web.pages import form, text

DAY = TODAY + timedelta(days=10)


def case_in(house: House, status: Status) -> Authorization:
    with house.scope():
        return in_status(house, status)


def page_of(client: Client, case: Authorization) -> str:
    return client.get(f"/authorizations/{case.id}").content.decode()


def buttons(html: str) -> list[str]:
    """The words of the links that look like buttons, in their order."""
    head = html.partition('<nav aria-label="Parts')[0]
    return [text(each) for each in re.findall(r'(?s)<a class="btn[^>]*>.*?</a>', head)]


def typed(client: Client, address: str, marker: str, **values: Any) -> dict[str, Any]:
    return form(client.get(address).content.decode(), marker) | values


def latest(case: Authorization) -> Submission:
    found: Submission = case.submissions.order_by("-number")[0]
    return found


# What is offered ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "offers"),
    [
        (Status.SUBMITTED, {"Cancel …", "Ask where it stands …", "Recall …"}),
        (Status.PENDED, {"Resubmit", "Add documents", "Record response", "Cancel …", "Ask where it stands …"}),
        (Status.APPROVED, {"Amend …", "Extend …", "Renew …", "Cancel …", "Record a letter", "Post a claim"}),
        (Status.DENIED, {"Appeal", "New request from this …", "Record a letter"}),
        (Status.CANCELLED, {"New request from this …"}),
    ],
)
def test_each_status_offers_what_can_be_asked(north: House, sign_in: SignIn, status: Status, offers: set[str]) -> None:
    case = case_in(north, status)
    found = buttons(page_of(sign_in(north, "supervisor"), case))
    assert {each for each in found if each not in ("Look again", "Log a call")} == offers


def test_who_may_only_read_is_offered_nothing(north: House, sign_in: SignIn) -> None:
    for status in (Status.PENDED, Status.APPROVED, Status.DENIED):
        assert buttons(page_of(sign_in(north, "scheduler"), case_in(north, status))) == []


def test_renewal_is_the_solid_button_when_cover_ends_soon(north: House, sign_in: SignIn) -> None:
    case = case_in(north, Status.APPROVED)
    with north.scope():
        Authorization.objects.filter(id=case.id).update(cover_ends_on=TODAY + timedelta(days=20))
    html = page_of(sign_in(north), case)
    assert re.search(r'btn btn-primary" href="/authorizations/[^"]+/renew"', html)
    assert html.count("btn-primary") == 1


# Resubmit ----------------------------------------------------------------------------------------------------


def pended(house: House) -> Submission:
    submission = submitted(house)
    wants = (RequestedDocument("M1", "Chart notes of 30 days", "PWK01"), RequestedDocument("", "A plan of care"))
    contact = Contact(name="Review desk", fax="3025550188")
    heard(house, submission, all_lines(LineOutcome.PENDED, administrative_number="ADM-1", message="More, please",
          requested_documents=wants, contact=contact))  # fmt: skip
    return submission


def test_what_the_payer_wants_stands_there_and_goes_with_its_number(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = pended(north)
    client, address = sign_in(north), f"/submissions/{submission.id}/resubmit"
    shown = text(client.get(address).content.decode())
    assert "More, please" in shown
    assert "Review desk, fax 3025550188" in shown
    values = typed(client, address, "Resubmit", document_0="FX", text="Attached.")
    assert client.post(address, values)["Location"] == f"/authorizations/{submission.authorization_id}"
    with north.scope():
        answer = latest(submission.authorization)
        assert answer.content["attachments"] == [
            {
                "report_type": "M1",
                "transmission": "FX",
                "description": "Chart notes of 30 days",
                "control_number": f"{answer.reference}-D1",
            }
        ]
    assert "decides" in text(page_of(client, submission.authorization)) or "sends the request" in text(
        page_of(client, submission.authorization)
    )


def test_nothing_new_asks_to_be_confirmed_once(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = pended(north)
    client, address = sign_in(north), f"/submissions/{submission.id}/resubmit"
    values = typed(client, address, "Resubmit")
    refused = client.post(address, values)
    assert refused.status_code == 422
    assert 'name="confirmed"' in refused.content.decode()
    assert client.post(address, values | {"confirmed": "on"}).status_code == 302


def test_what_was_typed_stays_when_somebody_was_faster(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = pended(north)
    client, address = sign_in(north), f"/submissions/{submission.id}/resubmit"
    values = typed(client, address, "Resubmit", text="Our words.")
    with north.scope():
        case = again(submission.authorization)
        case.version += 1
        case.changed_by = "Supervisor North"
        case.save()
    late = client.post(address, values)
    assert (late.status_code, "Changed by Supervisor North" in text(late.content.decode())) == (409, True)
    fresh = form(late.content.decode(), "Resubmit")
    assert fresh["text"] == "Our words."
    assert client.post(address, fresh).status_code == 302


def test_what_is_not_pended_has_no_such_page(north: House, sign_in: SignIn) -> None:
    case = case_in(north, Status.APPROVED)
    with north.scope():
        submission = case.submissions.get()
    assert sign_in(north).get(f"/submissions/{submission.id}/resubmit").status_code == 409


# Cancel ------------------------------------------------------------------------------------------------------


def test_cancellation_is_requested_and_said_beside_the_status(north: House, sign_in: SignIn) -> None:
    case = case_in(north, Status.APPROVED)
    client, address = sign_in(north), f"/authorizations/{case.id}/cancel"
    values = typed(client, address, "Request the cancellation", reason="Moved away.", effective_on=DAY.isoformat())
    assert client.post(address, values).status_code == 302
    shown = text(page_of(client, case))
    assert "cancel requested" in shown
    assert "answers the request to cancel" in shown
    assert "Cancelled from Dec 3" in shown
    assert "Cancellation submitted: H2019 80, H2014 40; from Dec 3" in shown
    assert "“Moved away.”" in shown
    assert "Cancel …" not in buttons(page_of(client, case))
    assert client.get(address)["Location"] == f"/authorizations/{case.id}"


def test_open_change_and_renewal_are_named_before(north: House, sign_in: SignIn) -> None:
    case = case_in(north, Status.APPROVED)
    client = sign_in(north)
    client.post(f"/authorizations/{case.id}/renew", {"key": "r"})
    with north.scope():
        amend(case.id, Change((ChangedLine(1, Decimal(90)),)), actor=north.actor(), now=NOW)
        child = Authorization.objects.get(parent=case)
    shown = text(client.get(f"/authorizations/{case.id}/cancel").content.decode())
    assert "The change that is open is withdrawn" in shown
    assert f"Its renewal {child.number} (draft) stays as it is" in shown


def test_what_the_payer_never_read_is_discarded(north: House, sign_in: SignIn) -> None:
    case = case_in(north, Status.SUBMITTED)
    client, address = sign_in(north), f"/authorizations/{case.id}/cancel"
    values = typed(client, address, "Take it back and discard it", reason="By mistake.")
    assert client.post(address, values).status_code == 302
    assert client.post(address, values).status_code == 302, "a second press finds it done"
    with north.scope():
        assert again(case).status == Status.CANCELLED


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"reason": ""}, "Why?: This field is required."),
        ({"effective_on": "2027-06-01"}, "Cover ends before this day"),
        ({"effective_on": "soon"}, "Enter a valid date."),
        ({"channel": "pigeon"}, "Select a valid choice."),
    ],
)
def test_wrong_input_comes_back_with_the_rest(
    north: House, sign_in: SignIn, wrong: dict[str, str], sentence: str
) -> None:
    case = case_in(north, Status.APPROVED)
    client, address = sign_in(north), f"/authorizations/{case.id}/cancel"
    values = typed(client, address, "Request the cancellation", reason="Moved away.") | wrong
    refused = client.post(address, values)
    assert (refused.status_code, sentence in text(refused.content.decode())) == (422, True)
    with north.scope():
        assert case.submissions.count() == 1


@pytest.mark.parametrize("status", [Status.DRAFT, Status.DENIED, Status.CANCELLED])
def test_refusals_are_told_in_words(north: House, sign_in: SignIn, status: Status) -> None:
    case = case_in(north, status)
    refused = sign_in(north).get(f"/authorizations/{case.id}/cancel")
    assert (refused.status_code, case.number in refused.content.decode()) == (409, True)


# Amend and extend --------------------------------------------------------------------------------------------


def test_a_change_begins_with_what_stands_and_asks_for_what_differs(north: House, sign_in: SignIn) -> None:
    case = case_in(north, Status.APPROVED)
    client, address = sign_in(north), f"/authorizations/{case.id}/amend"
    values = typed(client, address, "Ask for the change")
    assert (values["line_1_quantity"], values["line_2_ends_on"]) == ("80", ENDS.isoformat())
    refused = client.post(address, values)
    assert (refused.status_code, "Nothing differs" in text(refused.content.decode())) == (422, True)
    wanted = {"line_1_quantity": "120", "added_code": "t1023", "added_quantity": "4", "note": "More hours."}
    assert client.post(address, values | wanted).status_code == 302
    with north.scope():
        change = latest(case)
        assert [(line["number"], line["quantity"]) for line in change.content["lines"]] == [(1, "120"), (3, "4")]
        assert change.content["note_to_payer"] == "H2019: new total 120, now 80. More hours."
    assert "change open" in text(page_of(client, case))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"line_1_quantity": "0"}, "line_1_quantity"),
        ({"line_1_quantity": "many"}, "line_1_quantity"),
        ({"line_1_ends_on": "2020-01-01"}, "line_1_ends_on"),
        ({"added_code": "NOPE1"}, "added_code"),
        ({"added_code": "H2019", "added_quantity": "4"}, "added_code"),
        ({"added_code": "T1023"}, "added_quantity"),
        ({"added_quantity": "4"}, "added_code"),
    ],
)
def test_a_wrong_change_is_told_beside_its_field(
    north: House, sign_in: SignIn, wrong: dict[str, str], field: str
) -> None:
    case = case_in(north, Status.APPROVED)
    client, address = sign_in(north), f"/authorizations/{case.id}/amend"
    refused = client.post(address, typed(client, address, "Ask for the change") | wrong)
    assert (refused.status_code, f'href="#id_{field}"' in refused.content.decode()) == (422, True)


def test_an_extension_offers_the_payers_usual_time(north: House, sign_in: SignIn) -> None:
    case = case_in(north, Status.APPROVED)
    client, address = sign_in(north), f"/authorizations/{case.id}/extend"
    values = typed(client, address, "Ask for the extension")
    assert values["line_1_ends_on"] == (ENDS + timedelta(days=89)).isoformat()
    assert client.post(address, values).status_code == 302
    with north.scope():
        assert (latest(case).purpose, latest(case).content["ends_on"]) == ("extend", values["line_1_ends_on"])


def test_what_came_back_unreviewed_stands_in_the_form_again(north: House, sign_in: SignIn) -> None:
    case = case_in(north, Status.APPROVED)
    with north.scope():
        change = amend(case.id, Change((ChangedLine(1, Decimal(120)),)), actor=north.actor(), now=NOW)
        heard(north, change, RETURN)
    client, address = sign_in(north), f"/authorizations/{case.id}/amend"
    values = typed(client, address, "Ask for the change")
    assert values["line_1_quantity"] == "120"
    assert client.post(address, values).status_code == 302
    with north.scope():
        assert outcome_of(change) == "overtaken"


# Appeal, question, renewal -----------------------------------------------------------------------------------


def test_peer_to_peer_is_planned_and_named(north: House, sign_in: SignIn) -> None:
    case = case_in(north, Status.DENIED)
    client, address = sign_in(north), f"/authorizations/{case.id}/appeal"
    wanted = {"level": "peer_to_peer", "reason": "Documented.", "slot_day": "2026-11-25", "slot_time": "14:30"}
    values = typed(client, address, "Send the appeal") | wanted
    for wrong in ({"slot_time": ""}, {"slot_day": "9999-12-31"}, {"deadline": "0001-01-01"}):
        assert client.post(address, values | wrong).status_code == 422
    assert client.post(address, values).status_code == 302
    shown = text(page_of(client, case))
    assert "speaks with" in shown
    assert "Wed Nov 25, 2:30 PM" in shown
    assert "appeal open" in shown
    assert "peer-to-peer, call Wed Nov 25, 2:30 PM" in shown


def test_a_question_goes_to_the_queue(north: House, sign_in: SignIn) -> None:
    case = case_in(north, Status.PENDED)
    client, address = sign_in(north), f"/authorizations/{case.id}/inquire"
    assert client.post(address, typed(client, address, "Put it in the manual queue")).status_code == 302
    with north.scope():
        asked = latest(case)
    queued = text(client.get(f"/queue?open={asked.id}").content.decode())
    assert "question about the status" in queued.lower()


def test_renewing_opens_the_draft_and_later_the_same_one(north: House, sign_in: SignIn) -> None:
    case = case_in(north, Status.APPROVED)
    client, address = sign_in(north), f"/authorizations/{case.id}/renew"
    assert "from Feb 21, 2027" in text(client.get(address).content.decode())
    first = client.post(address, {"key": "one"})["Location"]
    assert client.post(address, {"key": "two"})["Location"] == client.get(address)["Location"] == first
    with north.scope():
        child = Authorization.objects.get(parent=case)
    assert first == f"/authorizations/{child.id}/edit"
    assert f"Renewed by {child.number}" in text(page_of(client, case))
    assert f"Renews {case.number}" in text(page_of(client, child))
    drafted = text(client.get(first).content.decode())
    assert "80 approved, 0 used" in drafted
    assert "It goes on without a gap" in drafted
    with north.scope():
        Authorization.objects.filter(id=child.id).update(starts_on=ENDS + timedelta(days=4))
    assert "3 days without cover between them" in text(page_of(client, child))
    with north.scope():
        discard(child.id, actor=north.actor(), now=NOW)
    assert client.get(address).status_code == 200


def test_what_is_used_up_is_renewed_from_today(north: House, sign_in: SignIn) -> None:
    with north.scope():
        case = authorize(north, ("H2019", 8), starts="11-01", ends="12-31", number="HC-8")
        post(north, bill("H2019", "11-20", 8), number="C-8")
    assert "from Nov 23" in text(sign_in(north).get(f"/authorizations/{case.id}/renew").content.decode())


def test_a_closed_case_is_asked_anew_without_a_parent(north: House, sign_in: SignIn) -> None:
    case = case_in(north, Status.DENIED)
    client, address = sign_in(north), f"/authorizations/{case.id}/ask-anew"
    made = client.post(address, {"key": "one"})["Location"]
    with north.scope():
        draft = Authorization.objects.get(status=Status.DRAFT)
    assert (made, draft.parent_id) == (f"/authorizations/{draft.id}/edit", None)


# Answers typed in --------------------------------------------------------------------------------------------


def test_a_cancellation_by_hand_is_answered_in_its_own_words(north: House, sign_in: SignIn) -> None:
    with north.scope():
        first = submitted(north, coverage=make_coverage(make_member(), north.manual))
        heard(north, first, APPROVAL)
        case = again(first.authorization)
    client, address = sign_in(north), f"/authorizations/{case.id}/cancel"
    values = typed(client, address, "Request the cancellation", reason="Moved away.", effective_on=DAY.isoformat())
    client.post(address, values)
    with north.scope():
        asked = latest(case)
        queued = text(client.get(f"/queue?open={asked.id}").content.decode())
        mark_submitted(asked.id, submitted_at=NOW, actor=north.actor(), now=NOW)
    assert "Cancellation of the payer’s number HC-7001" in queued
    assert "Cancel from 12/03/2026. Moved away." in queued
    answer = f"/submissions/{asked.id}/response"
    shown = client.get(answer).content.decode()
    assert "Cancelled as asked" in text(shown)
    assert client.post(answer, form(shown, "answers") | {"outcome": "cancelled"}).status_code == 302
    with north.scope():
        assert again(case).status == Status.CANCELLED
        assert {version.ends_on for version in in_force(case).values()} == {DAY - timedelta(days=1)}


def test_a_further_code_by_hand_is_approved_on_its_own_line(north: House, sign_in: SignIn) -> None:
    with north.scope():
        first = submitted(north, coverage=make_coverage(make_member(), north.manual))
        heard(north, first, APPROVAL)
        case = again(first.authorization)
    client, address = sign_in(north), f"/authorizations/{case.id}/amend"
    client.post(address, typed(client, address, "Ask for the change", added_code="T1023", added_quantity="4"))
    with north.scope():
        asked = latest(case)
        mark_submitted(asked.id, submitted_at=NOW, actor=north.actor(), now=NOW)
    answer = f"/submissions/{asked.id}/response"
    values = form(client.get(answer).content.decode(), "answers")
    assert values["lines-0-quantity"] == "4"
    assert client.post(answer, values | {"outcome": "approved"}).status_code == 302
    with north.scope():
        assert in_force(case)[3].quantity == Decimal(4)
        add_note(case.id, "Told the clinic.", actor=north.actor(), now=NOW)


def test_an_answer_that_was_pended_again_offers_resubmit_once(north: House, sign_in: SignIn) -> None:
    case = case_in(north, Status.PENDED)
    client = sign_in(north)
    with north.scope():
        first = case.submissions.get()
    address = f"/submissions/{first.id}/resubmit"
    client.post(address, typed(client, address, "Resubmit", text="Once."))
    with north.scope():
        heard(north, latest(case), PEND)
    assert buttons(page_of(client, case)).count("Resubmit") == 1
