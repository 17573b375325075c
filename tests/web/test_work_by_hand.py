"""The pages around a submission worked by hand: marking it, taking the mark back, recalling it, asking another way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from authorizations.models import Note, Submission
from authorizations.services import mark_submitted, note_exchange
from authorizations.states import ExchangeState, Status
from tests.authorizations.cases import again, submitted
from tests.cast import NOW, House, make_coverage, make_member
from tests.web.conftest import SignIn
from tests.web.pages import form, text


def by_hand(house: House) -> Submission:
    return submitted(house, coverage=make_coverage(make_member(), house.manual))


def marked(house: House) -> Submission:
    return mark_submitted(by_hand(house).id, submitted_at=NOW, actor=house.actor(), now=NOW)


def now_of(submission: Submission) -> Submission:
    fresh: Submission = Submission.objects.get(id=submission.id)
    return fresh


def test_mark_opens_with_this_minute_and_keeps_time_and_reference(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = by_hand(north)
    client, address = sign_in(north), f"/submissions/{submission.id}/mark"
    values = form(client.get(address).content.decode(), "Mark as submitted in portal")
    assert (values["day"], values["time"]) == ("2026-11-23", "10:18")
    typed = {"time": "09:30", "reference": "PO-77", "back": "queue"}
    assert client.post(address, values | typed)["Location"] == "/queue"
    with north.scope():
        row = now_of(submission)
        assert (row.exchange_state, row.portal_reference) == ("submitted", "PO-77")
        assert row.sent_at == datetime(2026, 11, 23, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"time": "11:00"}, "This time has not come yet."),
        ({"day": "soon"}, "Enter a valid date."),
        ({"time": ""}, "This field is required."),
    ],
)
def test_mark_with_a_time_that_cannot_be_comes_back(
    north: House, sign_in: SignIn, typed: dict[str, str], sentence: str
) -> None:
    with north.scope():
        submission = by_hand(north)
    client, address = sign_in(north), f"/submissions/{submission.id}/mark"
    values = form(client.get(address).content.decode(), "Mark as submitted in portal") | {"reference": "PO-77"}
    answer = client.post(address, values | typed)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert sentence in text(page)
    assert form(page, "Mark as submitted in portal")["reference"] == "PO-77"
    with north.scope():
        assert now_of(submission).exchange_state == "to_submit"


def test_mark_pressed_twice_marks_once(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = by_hand(north)
    client, address = sign_in(north), f"/submissions/{submission.id}/mark"
    values = form(client.get(address).content.decode(), "Mark as submitted in portal")
    assert [client.post(address, values).status_code for _ in range(2)] == [302, 302]
    assert client.post(address, values | {"key": "another"}).status_code == 409


def test_mark_is_taken_back_after_a_question(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = marked(north)
    client, address = sign_in(north), f"/submissions/{submission.id}/take-back"
    page = client.get(address).content.decode()
    assert "waits to be submitted again" in text(page)
    assert client.post(address, form(page, "Take the mark back")).status_code == 302
    with north.scope():
        assert now_of(submission).exchange_state == "to_submit"
    assert client.post(address).status_code == 409


def test_question_is_shown_as_a_dialog_where_a_script_asks(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = by_hand(north)
    headers: dict[str, Any] = {"HX-Request": "true", "HX-Target": "dialog"}
    part = sign_in(north).get(f"/submissions/{submission.id}/recall", headers=headers).content.decode()
    assert "<html" not in part
    assert "Recall it" in part


def test_recalled_request_is_a_draft_to_be_changed(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = by_hand(north)
    client, address = sign_in(north), f"/submissions/{submission.id}/recall"
    page = client.get(address).content.decode()
    assert "becomes a draft again" in text(page)
    values = form(page, "Recall it") | {"reason": "wrong code"}
    assert client.post(address, values).status_code == 302
    with north.scope():
        case = again(submission.authorization)
        assert (case.status, now_of(submission).problem) == (Status.DRAFT, "Recalled: wrong code")
    shown = text(client.get(f"/authorizations/{case.id}").content.decode())
    assert "Withdrawn Recalled: wrong code" in shown


def test_what_the_payer_has_cannot_be_recalled(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = marked(north)
    client, address = sign_in(north), f"/submissions/{submission.id}/recall"
    assert client.get(address).status_code == 409
    answer = client.post(address)
    assert answer.status_code == 409
    assert "only cancelled" in text(answer.content.decode())


def test_silent_payer_is_asked_by_phone(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = submitted(north)
        note_exchange(submission.id, ExchangeState.SENT, actor=north.actor(), now=NOW - timedelta(days=9))
        Submission.objects.filter(id=submission.id).update(due_at=NOW - timedelta(days=2))
    client, address = sign_in(north), f"/submissions/{submission.id}/channel"
    case = submission.authorization_id
    assert "Ask another way …" in client.get(f"/authorizations/{case}").content.decode()
    missing = client.post(address, form(client.get(address).content.decode(), "Put it in"))
    assert missing.status_code == 422
    assert "Not changed: 2 things to fix" in text(missing.content.decode())
    assert client.post(address, {"channel": "phone", "reason": "No answer in 9 days"}).status_code == 302
    with north.scope():
        assert now_of(submission).channel == "phone"
        assert "No answer in 9 days" in Note.objects.get(authorization_id=case).text
    page = text(client.get(f"/authorizations/{case}").content.decode())
    assert "submits it by phone to Harborline North" in page


def test_payer_that_is_still_in_time_is_not_asked_another_way(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = submitted(north)
        note_exchange(submission.id, ExchangeState.ACKNOWLEDGED, actor=north.actor(), now=NOW)
        Submission.objects.filter(id=submission.id).update(due_at=NOW + timedelta(days=2))
    page = sign_in(north).get(f"/authorizations/{submission.authorization_id}").content.decode()
    assert "Ask another way" not in page


def test_what_went_its_way_meanwhile_says_so(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = marked(north)
    client, address = sign_in(north), f"/submissions/{submission.id}/channel"
    assert "cannot go another way any more" in text(client.get(address).content.decode())
    assert client.post(address, {"channel": "phone", "reason": "x"}).status_code == 409


@pytest.mark.parametrize("role", ["clinician", "biller", "scheduler", "admin", "edi"])
@pytest.mark.parametrize("page", ["mark", "take-back", "recall", "channel"])
def test_submissions_are_worked_by_those_who_ask_payers(north: House, sign_in: SignIn, role: str, page: str) -> None:
    with north.scope():
        submission = by_hand(north)
    client, address = sign_in(north, role), f"/submissions/{submission.id}/{page}"
    assert (client.get(address).status_code, client.post(address).status_code) == (403, 403)
    with north.scope():
        assert now_of(submission).exchange_state == "to_submit"
