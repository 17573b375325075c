"""Sending a request to a payer that really answers: once in effect, whatever gets lost on the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from audit.models import AuditEvent
from authorizations.errors import NotAllowed
from authorizations.models import Decision, Submission
from authorizations.services import note_exchange
from authorizations.states import ExchangeState, Status
from authorizations.transitions import correct_decision, record_answer
from edi.exchange import EXCHANGE, TRANSPORTS
from edi.models import ControlNumber, Interchange, Message
from edi.polling import POLL
from edi.reading import RETRY
from edi.services import resend
from edi.transports.http_post import Result
from outbox.delivery import MAX_ATTEMPTS
from outbox.models import OutboxMessage
from payers.models import TradingPartner
from providers.models import Provider
from tests.authorizations.cases import APPROVAL, in_force
from tests.cast import NOW, House
from tests.edi.exchanges import asked, case_of, do, fresh, ledger, messages, retry, sent, tasks_of, work
from tests.edi.simulator.conftest import PayerProcess


def test_a_request_is_approved_with_the_payers_units_number_and_dates(
    wired_north: House, shared_payer: PayerProcess
) -> None:
    submission = asked(wired_north, "H2019", "H2014")
    work(wired_north)
    case = case_of(wired_north, submission)
    assert case.status == Status.APPROVED
    assert case.certification_number
    assert case.modified
    with wired_north.scope():
        versions = in_force(case)
    assert [(versions[number].quantity, versions[number].basis) for number in (1, 2)] == [
        (Decimal(80), "stated"),
        (Decimal(40), "stated"),
    ]
    assert (versions[1].starts_on, versions[1].ends_on) == (case.starts_on, case.ends_on)
    assert fresh(wired_north, submission).exchange_state == ExchangeState.ANSWERED
    kinds = {(each.kind, each.interchange.direction, each.state) for each in messages(wired_north)}
    assert kinds == {
        ("278_request", "out", "sent"),
        ("999", "in", "applied"),
        ("278_response", "in", "applied"),
        ("999", "out", "sent"),
    }
    verdicts = [(row["kind"], row["effect"], row["bht03s"]) for row in ledger(shared_payer, wired_north)]
    assert verdicts == [("278", True, ["PA-000001-1"]), ("999", False, [])]


def test_the_payer_takes_our_acknowledgment_of_its_answer(wired_north: House) -> None:
    asked(wired_north)
    work(wired_north)
    with wired_north.scope():
        (ours,) = Interchange.objects.filter(direction="out", submission=None)
    assert ours.state == Interchange.State.SENT
    assert b"AK1*HI*" in bytes(ours.body)
    assert b"AK9*A*1*1*1~" in bytes(ours.body)
    assert ours.reply_to_id is not None


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("T2018", "HTTP 500"),
        ("T2019", "No complete reply"),
        ("T2020", "No complete reply"),
        ("T2024", "no X12"),
    ],
)
def test_a_lost_reply_is_followed_by_the_same_bytes_and_one_effect(
    wired_north: House, shared_payer: PayerProcess, code: str, reason: str
) -> None:
    submission = asked(wired_north, code)
    work(wired_north)
    (frozen,) = sent(wired_north)
    assert frozen.state == Interchange.State.READY
    assert reason in frozen.problem
    assert fresh(wired_north, submission).exchange_state == ExchangeState.TO_SEND
    message = OutboxMessage.objects.get(topic="submission.send")
    assert reason in message.problem
    retry(wired_north)
    (again,) = sent(wired_north)
    assert (again.id, again.sha256, again.attempts, again.state) == (frozen.id, frozen.sha256, 2, "sent")
    assert bytes(again.body) == bytes(frozen.body)
    assert case_of(wired_north, submission).status == Status.APPROVED
    rows = [row for row in ledger(shared_payer, wired_north) if row["kind"] == "278"]
    assert {row["sha256"] for row in rows} == {frozen.sha256}
    assert sum(row["effect"] for row in rows) == 1


def test_a_reply_that_came_twice_is_read_once(wired_north: House) -> None:
    """The worker died after it stored the reply and before it counted the message as sent."""
    submission = asked(wired_north)
    work(wired_north)
    frozen = sent(wired_north)[0]
    with wired_north.scope():
        Interchange.objects.filter(id=frozen.id).update(state="ready")
        OutboxMessage(
            organization_id=wired_north.organization.id,
            topic="submission.send",
            subject_id=submission.id,
            due_at=NOW,
            created_at=NOW,
        ).save()
    work(wired_north)
    with wired_north.scope():
        copies = Interchange.objects.filter(direction="in", state="duplicate")
        assert {copy.reply_to_id for copy in copies} == {frozen.id}
        assert copies.count() == 2
        assert Decision.objects.count() == 1
    assert len(messages(wired_north, kind="278_response")) == 1


def test_numbers_follow_each_other_and_are_kept_apart_for_each_partner_and_usage(
    wired_north: House, wired_south: House
) -> None:
    for _ in range(3):
        asked(wired_north, "T2004")
    asked(wired_south, "T2004")
    work(wired_north)
    work(wired_south)
    assert [row.control_number for row in sent(wired_north)] == ["000000001", "000000002", "000000003"]
    assert [row.control_number for row in sent(wired_south)] == ["000000001"]
    with wired_north.scope():
        counters = ControlNumber.objects.values_list("kind", "usage", "last")
        assert set(counters) == {("interchange", "T", 3), ("group", "T", 3)}


def test_what_the_composer_refuses_goes_back_to_the_draft_with_the_field_and_takes_no_number(
    wired_north: House,
) -> None:
    submission = asked(wired_north)
    with wired_north.scope():
        Provider.objects.filter(id=wired_north.group.id).update(npi="1245319590")
    work(wired_north)
    case = case_of(wired_north, submission)
    assert (case.status, case.returned) == (Status.DRAFT, True)
    returned = fresh(wired_north, submission)
    assert list(returned.field_errors) == ["requesting_provider"]
    assert "NPI" in returned.field_errors["requesting_provider"][0]
    assert sent(wired_north) == []
    with wired_north.scope():
        assert not ControlNumber.objects.exists()
    assert not OutboxMessage.objects.filter(topic="submission.send").exists()


def test_a_999_that_names_the_service_code_gives_the_draft_back_with_that_line(wired_north: House) -> None:
    submission = asked(wired_north, "H2019", "T2001")
    work(wired_north)
    returned = fresh(wired_north, submission)
    assert list(returned.field_errors) == ["lines-2.codes"]
    assert case_of(wired_north, submission).status == Status.DRAFT
    assert sent(wired_north)[0].state == Interchange.State.REFUSED


def test_a_refused_interchange_waits_for_a_person_and_is_composed_anew(wired_north: House) -> None:
    submission = asked(wired_north, "T2002")
    work(wired_north)
    stuck = fresh(wired_north, submission)
    assert stuck.exchange_state == ExchangeState.NOT_DELIVERED
    assert case_of(wired_north, submission).status == Status.SUBMITTED
    assert "not_delivered" in tasks_of(wired_north, submission)
    with wired_north.scope():
        resend(submission.id, actor=wired_north.actor("edi"), now=NOW)
    work(wired_north)
    first, second = sent(wired_north)
    assert (first.control_number, second.control_number) == ("000000001", "000000002")
    assert bytes(first.body) != bytes(second.body)
    with wired_north.scope(), pytest.raises(NotAllowed):
        resend(asked(wired_north, "T2004").id, actor=wired_north.actor("edi"), now=NOW)


def test_silence_after_an_acknowledgment_decides_nothing(wired_north: House) -> None:
    submission = asked(wired_north, "T2004")
    work(wired_north)
    assert fresh(wired_north, submission).exchange_state == ExchangeState.ACKNOWLEDGED
    assert case_of(wired_north, submission).status == Status.SUBMITTED


def test_a_message_taken_without_a_word_counts_as_sent(wired_north: House) -> None:
    submission = asked(wired_north, "T2005")
    work(wired_north)
    row = fresh(wired_north, submission)
    assert row.exchange_state == ExchangeState.SENT
    assert row.sent_at is not None


def test_a_delayed_answer_is_fetched_stored_and_taken(wired_north: House) -> None:
    submission = asked(wired_north, "E0601")
    work(wired_north)
    assert case_of(wired_north, submission).status == Status.SUBMITTED
    for _ in range(50):
        work_once(wired_north, POLL)
        work(wired_north)
        if case_of(wired_north, submission).status == Status.APPROVED:
            break
    assert case_of(wired_north, submission).status == Status.APPROVED
    with wired_north.scope():
        (fetched,) = Interchange.objects.filter(direction="in").exclude(partner_item="")
        partner = TradingPartner.objects.get(id=wired_north.partner.id)
    assert fetched.reply_to_id is None
    assert partner.polled_at is not None
    assert OutboxMessage.objects.filter(topic=POLL).count() == 1


def work_once(house: House, topic: str) -> None:
    message = OutboxMessage.objects.get(organization_id=house.organization.id, topic=topic)
    do(message)


def test_a_payer_that_cannot_answer_now_is_asked_again_by_machine_a_few_times(wired_north: House) -> None:
    submission = asked(wired_north, "S5100")
    work(wired_north)
    pauses = []
    for _ in range(3):
        assert case_of(wired_north, submission).status == Status.SUBMITTED
        message = OutboxMessage.objects.get(topic=RETRY)
        pauses.append(message.due_at - message.created_at)
        work_once(wired_north, RETRY)
        work(wired_north)
    assert pauses == [timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15)]
    assert not OutboxMessage.objects.filter(topic=RETRY).exists()
    # Our acknowledgments of its answers stand between them.
    assert [int(row.control_number) for row in sent(wired_north)] == [1, 3, 5, 7]
    assert case_of(wired_north, submission).status == Status.DRAFT


def test_an_address_that_refuses_fails_at_once_and_tells_a_person(wired_north: House) -> None:
    with wired_north.scope():
        address = wired_north.partner.endpoint_url.replace("/x12", "/nowhere")
        TradingPartner.objects.filter(id=wired_north.partner.id).update(endpoint_url=address)
    submission = asked(wired_north)
    work(wired_north)
    row = fresh(wired_north, submission)
    assert (row.exchange_state, row.problem) == (
        ExchangeState.FAILED,
        "The partner refuses the message (HTTP 404).",
    )
    assert sent(wired_north)[0].state == Interchange.State.REFUSED
    assert "not_delivered" in tasks_of(wired_north, submission)
    assert not OutboxMessage.objects.filter(topic="submission.send").exists()


def refused_at_once(house: House) -> tuple[Submission, str]:
    """A request the partner's address did not take, and the address that would."""
    with house.scope():
        good = house.partner.endpoint_url
        TradingPartner.objects.filter(id=house.partner.id).update(endpoint_url=good.replace("/x12", "/nowhere"))
    submission = asked(house)
    work(house)
    assert tasks_of(house, submission) == {"not_delivered"}
    return submission, good


def closings(house: House, submission: Submission) -> list[tuple[str, str]]:
    """Who ended a task of the case, and by what."""
    with house.scope():
        rows = AuditEvent.objects.filter(action="task.closed", authorization_id=submission.authorization_id)
        return [(row.actor_label, row.data["done_by"]) for row in rows]


def test_a_request_that_is_resent_and_taken_asks_nobody_to_look_any_more(wired_north: House) -> None:
    submission, good = refused_at_once(wired_north)
    with wired_north.scope():
        TradingPartner.objects.filter(id=wired_north.partner.id).update(endpoint_url=good)
        resend(submission.id, actor=wired_north.actor("edi"), now=NOW)
    assert tasks_of(wired_north, submission) == {"not_delivered"}, "nobody has it yet"
    work(wired_north)
    case = case_of(wired_north, submission)
    assert (case.status, case.waiting_on, case.next_action) == (Status.APPROVED, "nobody", "")
    assert tasks_of(wired_north, submission) == set()
    assert closings(wired_north, submission) == [(EXCHANGE.label, "delivery")]


def test_an_answer_to_what_seemed_undelivered_ends_the_task_about_it(wired_north: House) -> None:
    submission, _ = refused_at_once(wired_north)
    person = wired_north.actor()
    told = replace(APPROVAL, source_message_id=None, certification_number="26N-0094")
    with wired_north.scope():
        record_answer(submission.authorization_id, told, submission_id=submission.id, actor=person, now=NOW)
    case = case_of(wired_north, submission)
    assert (case.status, case.next_action) == (Status.APPROVED, "")
    assert tasks_of(wired_north, submission) == set()
    assert closings(wired_north, submission) == [(person.label, "answer")]


def test_after_the_last_try_a_person_is_told_and_may_send_the_same_bytes(wired_north: House) -> None:
    with wired_north.scope():
        good = wired_north.partner.endpoint_url
        TradingPartner.objects.filter(id=wired_north.partner.id).update(endpoint_url="http://127.0.0.1:9/x12")
    submission = asked(wired_north)
    message = OutboxMessage.objects.get(topic="submission.send")
    do(message, attempts=MAX_ATTEMPTS)
    (frozen,) = sent(wired_north)
    assert frozen.state == Interchange.State.FAILED
    assert fresh(wired_north, submission).exchange_state == ExchangeState.FAILED
    message.refresh_from_db()
    assert message.dead_at is not None
    with wired_north.scope():
        TradingPartner.objects.filter(id=wired_north.partner.id).update(endpoint_url=good)
        resend(submission.id, actor=wired_north.actor("edi"), now=NOW)
    OutboxMessage.objects.filter(id=message.id).delete()
    work(wired_north)
    (again,) = sent(wired_north)
    assert (again.id, again.sha256, again.state) == (frozen.id, frozen.sha256, Interchange.State.SENT)
    assert case_of(wired_north, submission).status == Status.APPROVED


def test_what_was_withdrawn_meanwhile_is_not_sent(wired_north: House, shared_payer: PayerProcess) -> None:
    submission = asked(wired_north)
    with wired_north.scope():
        note_exchange(submission.id, ExchangeState.SENT, actor=EXCHANGE, now=NOW)
    work(wired_north)
    assert sent(wired_north) == []
    assert ledger(shared_payer, wired_north) == []


def test_answer_entered_by_mistake_while_it_was_being_sent_does_not_ask_twice_when_it_is_taken_off(
    wired_north: House, shared_payer: PayerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission = asked(wired_north, "T2004")
    person = wired_north.actor()
    approval = replace(APPROVAL, source_message_id=None, certification_number="26N-0093")
    post = TRANSPORTS["http_post"]

    def somebody_types_meanwhile(url: str, body: bytes, *, deadline: float) -> Result:
        with wired_north.scope():
            record_answer(submission.authorization_id, approval, submission_id=submission.id, actor=person, now=NOW)
        return post(url, body, deadline=deadline)

    monkeypatch.setitem(TRANSPORTS, "http_post", somebody_types_meanwhile)
    work(wired_north)
    with wired_north.scope():
        wrong = Decision.objects.get(submission=submission)
        correct_decision(wrong.id, None, reason="belongs to another member", actor=person, now=NOW)
    work(wired_north)
    assert fresh(wired_north, submission).exchange_state == ExchangeState.SENT
    assert len([row for row in ledger(shared_payer, wired_north) if row["kind"] == "278"]) == 1


def test_the_wire_holds_what_was_asked_and_who_asked(wired_north: House) -> None:
    asked(wired_north, "H2019", "H2014", note_to_payer="Goals: see plan", priority="urgent")
    work(wired_north)
    text = bytes(sent(wired_north)[0].body).decode()
    for segment in (
        "BHT*0007*13*PA-000001-1*",
        "NM1*X3*2*Harborline North*****PI*HLNOR",
        "NM1*1P*2*Cedar Bay Care*****XX*1245319599",
        f"NM1*IL*1*AshdownNorth*Rowan****MI*{wired_north.coverage.member_number}",
        "DMG*D8*20170314*F",
        "TRN*1*PA-000001-1*9NORTH0000",
        "UM*HS*I**12:B**U***Y",
        "DTP*AAH*RD8*20261123-20270220",
        "HI*ABK:F840",
        "MSG*Goals see plan",
        "NM1*SJ*1*OkaforNorth*Renee****XX*1234567893",
        "NM1*FA*2*Cedar Bay Care Clinic*****XX*1003000126",
        "TRN*1*PA-000001-1-2*9NORTH0000",
        "SV1*HC:H2014**UN*80***1",
    ):
        assert f"{segment}" in text, segment
    (request,) = messages(wired_north, kind="278_request")
    assert request.facts == {"cleaned": ["message", "providers[0].first_name"]}


def test_a_message_of_one_house_is_never_read_in_the_other(wired_north: House, wired_south: House) -> None:
    asked(wired_north)
    work(wired_north)
    with wired_south.scope():
        assert not Interchange.objects.exists()
        assert not Message.objects.exists()
