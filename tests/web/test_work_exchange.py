"""The pages of whoever looks after the exchange: what did not arrive goes again, what was not matched is attached."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client

from audit.models import AuditEvent
from authorizations.models import Authorization, Decision, Submission
from authorizations.services import note_exchange
from authorizations.states import ExchangeState, Status
from edi.inbox import receive
from edi.models import Interchange, Message
from outbox.models import OutboxMessage
from tests.authorizations.cases import submitted
from tests.cast import NOW, House
from tests.edi.exchanges import response, trace, work
from tests.web.conftest import SignIn
from tests.web.pages import form, text

LIST = "/exchange/undelivered"
GRANT = ("HCR*A6*HC-7001", "DTP*007*RD8*20261123-20270220", "HL*5*4*SS*0", "SV1*HC:H2019**UN*60")


def refused(house: House, problem: str = "The partner refused the interchange: no such receiver.") -> Submission:
    """A request that a TA1 sent back."""
    with house.scope():
        submission = submitted(house)
        note_exchange(submission.id, ExchangeState.NOT_DELIVERED, actor=house.actor(), now=NOW, problem=problem)
    OutboxMessage.objects.all().delete()
    return submission


def sent(house: House) -> Submission:
    """A request that went out."""
    with house.scope():
        submission = submitted(house)
        Interchange(
            partner=house.partner, direction="out", state="sent", submission=submission, control_number="900000001",
            usage="T", body=b"", sha256="", created_at=NOW,
        ).save()  # fmt: skip
        note_exchange(submission.id, ExchangeState.SENT, actor=house.actor(), now=NOW)
    return submission


def quarantined(house: House) -> Message:
    raw = response(house, trace(house, "PA-999999-1"), *GRANT, reference="PA-999999-1")
    receive(house.organization.id, house.partner.id, raw, now=NOW)
    work(house, "interchange.read")
    with house.scope():
        return Message.objects.get(state="quarantined")


def page(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


def states(house: House, *submissions: Submission) -> list[str]:
    with house.scope():
        return [Submission.objects.get(id=row.id).exchange_state for row in submissions]


def test_list_says_why_a_request_did_not_arrive_and_how_it_goes_again(north: House, sign_in: SignIn) -> None:
    refused(north)
    unknown = refused(north, "No complete reply (TimeoutError).")
    with north.scope():
        Interchange(
            partner=north.partner, direction="out", state="failed", submission=unknown, control_number="000000002",
            usage="T", body=b"", sha256="", created_at=NOW,
        ).save()  # fmt: skip
    shown = text(page(sign_in(north, "edi"), LIST))
    assert "The partner refused the interchange: no such receiver. written anew, new control numbers" in shown
    assert "No complete reply (TimeoutError). the same bytes: it may have arrived" in shown


def test_chosen_ones_go_again_after_a_question_and_the_others_stay(north: House, sign_in: SignIn) -> None:
    first, second, third = (refused(north) for _ in range(3))
    browser = sign_in(north, "edi")
    address = f"{LIST}/resend"
    asked = page(browser, f"{address}?submission={first.id}&submission={second.id}")
    assert "Send 2 requests again" in text(asked)
    assert states(north, first, second, third) == ["not_delivered"] * 3, "asking sent something"
    fields = form(asked, "Send 2 requests again")
    answer = browser.post(address, fields | {"submission": [str(first.id), str(second.id)]}, follow=True)
    assert "2 requests handed to the worker again." in text(answer.content.decode())
    assert states(north, first, second, third) == ["to_send", "to_send", "not_delivered"]
    queued = OutboxMessage.objects.filter(topic="submission.send").values_list("subject_id", flat=True)
    assert set(queued) == {first.id, second.id}


def test_what_moved_meanwhile_is_left_alone_and_told(north: House, sign_in: SignIn) -> None:
    first, second = refused(north), refused(north)
    browser = sign_in(north, "edi")
    asked = page(browser, f"{LIST}/resend?submission={first.id}&submission={second.id}")
    fields = form(asked, "Send 2 requests again") | {"submission": [str(first.id), str(second.id)]}
    with north.scope():
        assert AuditEvent.objects.filter(action="exchange.listed").count() == 1
        Submission.objects.filter(id=first.id).update(exchange_state="answered", outcome="approved")
    told = text(browser.post(f"{LIST}/resend", fields, follow=True).content.decode())
    assert "1 request handed to the worker again. 1 other moved meanwhile and was left alone." in told
    again = browser.post(f"{LIST}/resend", fields)
    assert again.status_code == 409
    assert states(north, first, second) == ["answered", "to_send"]


def test_case_offers_to_send_again_to_those_who_look_after_the_exchange(north: House, sign_in: SignIn) -> None:
    submission, travelling = refused(north), sent(north)
    address = f"{LIST}/resend?submission="
    shown = page(sign_in(north, "edi"), f"/authorizations/{submission.authorization_id}")
    assert f"{address}{submission.id}" in shown
    assert address not in page(sign_in(north, "specialist"), f"/authorizations/{submission.authorization_id}")
    assert address not in page(sign_in(north, "edi"), f"/authorizations/{travelling.authorization_id}")


def test_request_of_another_house_is_not_sent_again(north: House, south: House, sign_in: SignIn) -> None:
    theirs = refused(north)
    browser = sign_in(south, "edi")
    assert "Every request was delivered" in text(page(browser, LIST))
    for chosen in (theirs.id, uuid.uuid4()):
        assert browser.post(f"{LIST}/resend", {"submission": str(chosen)}).status_code == 409
    assert states(north, theirs) == ["not_delivered"]


def test_those_who_may_only_read_get_no_button(north: House, sign_in: SignIn) -> None:
    refused(north)
    message = quarantined(north)
    browser = sign_in(north, "specialist")
    assert "Send again" not in page(browser, LIST)
    assert "Attach it" not in page(browser, f"/exchange/messages/{message.id}")
    assert browser.get(f"/exchange/messages/{message.id}/attach").status_code == 403


@pytest.fixture
def waiting(north: House) -> Submission:
    return sent(north)


def test_answer_is_attached_after_a_look_at_what_it_would_do(
    north: House, sign_in: SignIn, waiting: Submission
) -> None:
    message = quarantined(north)
    browser = sign_in(north, "edi")
    address = f"/exchange/messages/{message.id}/attach"
    assert "Attach it to a request" in page(browser, f"/exchange/messages/{message.id}")
    assert f"{address}?submission={waiting.id}" in page(browser, address)
    look = page(browser, f"{address}?submission={waiting.id}")
    assert "Our trace PA-999999-1 PA-000001-1 differs" in text(look)
    assert "Submitted becomes" in text(look)
    assert north.member.birth_date.isoformat() not in look, "a role that may not see dates of birth"
    assert "HC-7001" in look
    with north.scope():
        assert not Decision.objects.exists(), "looking decided something"
        assert Authorization.objects.get().status == Status.SUBMITTED
    fields = form(look, "Attach it to PA-000001") | {"reason": ""}
    refusal = browser.post(address, fields)
    assert (refusal.status_code, "Say how you know" in refusal.content.decode()) == (422, True)
    done = browser.post(address, fields | {"reason": "Called the payer"}, follow=True)
    assert "The answer was attached to PA-000001." in text(done.content.decode())
    assert "Attached by Edi North: Called the payer" in text(done.content.decode())
    with north.scope():
        assert Authorization.objects.get().status == Status.APPROVED
    assert browser.post(address, fields | {"reason": "twice"}).status_code == 409
    assert "nothing to attach" in page(browser, address)


def test_case_that_moved_since_the_look_is_shown_anew(north: House, sign_in: SignIn, waiting: Submission) -> None:
    message = quarantined(north)
    browser = sign_in(north, "edi")
    address = f"/exchange/messages/{message.id}/attach"
    fields = form(page(browser, f"{address}?submission={waiting.id}"), "Attach it to PA-000001")
    with north.scope():
        Authorization.objects.update(version=99)
    late = browser.post(address, fields | {"reason": "Called the payer"})
    assert late.status_code == 409
    assert 'value="Called the payer"' in late.content.decode(), "what was typed is gone"
    with north.scope():
        assert not Decision.objects.exists()


def test_request_of_another_house_cannot_be_chosen(
    north: House, south: House, sign_in: SignIn, waiting: Submission
) -> None:
    message, theirs = quarantined(north), sent(south)
    browser = sign_in(north, "edi")
    address = f"/exchange/messages/{message.id}/attach"
    for chosen in (theirs.id, uuid.uuid4()):
        assert browser.get(f"{address}?submission={chosen}").status_code == 404
        assert browser.post(address, {"submission": str(chosen), "reason": "x"}).status_code == 404
    assert sign_in(south, "edi").get(address).status_code == 404
