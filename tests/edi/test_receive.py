"""Receiving: stored before read, matched with certainty or shown to a person, followed once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from authorizations.models import Decision, Submission
from authorizations.states import ExchangeState, Status
from authorizations.transitions import discard
from edi.inbox import NUMBER_USED, receive, store
from edi.models import Interchange
from edi.reading import read_interchange
from outbox.models import OutboxMessage
from payers.models import TradingPartner
from tests.authorizations.cases import in_force
from tests.cast import NOW, House, make_partner
from tests.edi.exchanges import arrives, asked, case_of, fresh, messages, response, sent, tasks_of, trace, work

Bytes = Callable[[House], bytes]


@pytest.fixture
def waiting(wired_north: House) -> House:
    """North has asked for one code; the payer has acknowledged it and is silent."""
    asked(wired_north, "T2004")
    work(wired_north)
    return wired_north


def approval(house: House, number: int = 7001, units: str = "60") -> bytes:
    """The payer approves the only line with its own number of units."""
    return response(
        house,
        trace(house),
        "UM*HS*I**12:B",
        "HCR*A1*HC-9001",
        "HL*5*4*SS*0",
        trace(house, "PA-000001-1-1"),
        "HCR*A6*HC-9001",
        "DTP*007*RD8*20261123-20270131",
        f"SV1*HC:T2004**UN*{units}",
        number=number,
    )


def quarantined(house: House) -> str:
    """The reason in the only message in quarantine; nothing came of it."""
    (message,) = messages(house, state="quarantined")
    with house.scope():
        assert not Decision.objects.exists()
    assert message.submission_id is None
    return message.problem


def test_an_answer_is_followed_with_number_dates_and_units(waiting: House) -> None:
    (request,) = messages(waiting, kind="278_request")
    assert request.submission is not None
    arrives(waiting, approval(waiting))
    case = case_of(waiting, request.submission)
    assert (case.status, case.certification_number, case.modified) == (Status.APPROVED, "HC-9001", True)
    with waiting.scope():
        version = in_force(case)[1]
    assert (version.quantity, version.starts_on, version.ends_on) == (
        Decimal(60),
        date(2026, 11, 23),
        date(2027, 1, 31),
    )
    (message,) = messages(waiting, kind="278_response")
    assert (message.state, message.trace, message.reference) == ("applied", "PA-000001-1", "PA-000001-1")
    with waiting.scope():
        decision = Decision.objects.get()
    assert decision.source_message_id == message.id
    assert decision.decided_on == date(2026, 11, 22)
    assert decision.recorded_by == "Harborline North"


def test_the_bytes_are_stored_before_anything_is_read(waiting: House) -> None:
    raw = approval(waiting)
    (stored,) = store(waiting.organization.id, waiting.partner.id, raw, now=NOW)
    with waiting.scope():
        row = Interchange.objects.get(id=stored)
        assert (row.state, bytes(row.body)) == ("stored", raw)
        assert not Decision.objects.exists()
    read_interchange(waiting.organization.id, stored, now=NOW)
    with waiting.scope():
        assert Interchange.objects.get(id=stored).state == "read"
        assert Decision.objects.count() == 1


def test_reading_twice_does_nothing_twice(waiting: House) -> None:
    (stored,) = store(waiting.organization.id, waiting.partner.id, approval(waiting), now=NOW)
    for _ in range(2):
        read_interchange(waiting.organization.id, stored, now=NOW)
        with waiting.scope():
            Interchange.objects.filter(id=stored).update(state="stored")
    assert len(messages(waiting, kind="278_response")) == 1
    with waiting.scope():
        assert Decision.objects.count() == 1


def test_the_same_bytes_again_have_no_effect(waiting: House) -> None:
    arrives(waiting, approval(waiting))
    arrives(waiting, approval(waiting))
    with waiting.scope():
        first, second = Interchange.objects.filter(direction="in", control_number="000007001").order_by("id")
        assert (second.state, second.duplicate_of_id) == ("duplicate", first.id)
        assert Decision.objects.count() == 1


def test_bytes_stored_and_never_read_are_read_when_they_come_again(waiting: House) -> None:
    store(waiting.organization.id, waiting.partner.id, approval(waiting), now=NOW)
    arrives(waiting, approval(waiting))
    with waiting.scope():
        assert Decision.objects.count() == 1


def test_the_same_content_under_new_numbers_changes_nothing(waiting: House) -> None:
    arrives(waiting, approval(waiting))
    arrives(waiting, approval(waiting, number=7002))
    assert [message.state for message in messages(waiting, kind="278_response")] == ["applied", "duplicate"]
    with waiting.scope():
        assert Decision.objects.count() == 1


def test_other_bytes_under_a_used_number_go_to_quarantine_and_the_payer_is_told(waiting: House) -> None:
    arrives(waiting, approval(waiting))
    arrives(waiting, approval(waiting, units="61"))
    (message,) = messages(waiting, state="quarantined")
    assert message.problem == NUMBER_USED
    with waiting.scope():
        assert Decision.objects.count() == 1
        told = Interchange.objects.filter(direction="out", reply_to=message.interchange).get()
    assert b"TA1*000007001*261122*1029*R*025~" in bytes(told.body)


def test_we_acknowledge_each_group_of_answers(waiting: House) -> None:
    arrives(waiting, approval(waiting))
    with waiting.scope():
        owed = Interchange.objects.get(direction="out", submission=None)
    assert b"AK1*HI*7001*005010X217~AK2*278*0001*005010X217~IK5*A~AK9*A*1*1*1~" in bytes(owed.body)
    assert OutboxMessage.objects.filter(topic="interchange.send", subject_id=owed.id).exists()


def refusal(house: House) -> bytes:
    """A 999 that refuses the first request for its service code."""
    with house.scope():
        number = sent(house)[0].messages.get().group_control_number
        segments = bytes(sent(house)[0].body).decode().split("~")
    place = next(at for at, segment in enumerate(segments, start=-1) if segment.startswith("SV1*"))
    head = response(house, number=7005).decode().split("ST*")[0]
    body = (
        f"AK1*HI*{number}*005010X217~AK2*278*0001*005010X217~IK3*SV1*{place}*2000F*8~IK4*1:2*234*7~IK5*R*5~AK9*R*1*1*0~"
    )
    head = head.replace("GS*HI*", "GS*FA*").replace("005010X217", "005010X231A1")
    return f"{head}ST*999*0001*005010X231A1~{body}SE*8*0001~GE*1*7005~IEA*1*000007005~".encode()


@pytest.mark.parametrize(("said", "status"), [("HCR*A1*HC-1", Status.APPROVED), ("HCR*A4**0U", Status.PENDED)])
def test_a_late_refusal_does_not_undo_an_answer(waiting: House, said: str, status: Status) -> None:
    submission = messages(waiting, kind="278_request")[0].submission
    assert submission is not None
    arrives(waiting, response(waiting, trace(waiting), UM, said))
    arrives(waiting, refusal(waiting))
    assert fresh(waiting, submission).exchange_state == ExchangeState.ANSWERED
    assert case_of(waiting, submission).status == status
    assert sent(waiting)[0].state == Interchange.State.SENT


UM = "UM*HS*I**12:B"
STRANGERS: dict[str, tuple[Bytes, str]] = {
    "a trace nobody gave": (
        lambda house: response(house, trace(house, "PA-999999-1"), UM, "HCR*A1*X1", reference="PA-999999-1"),
        "It carries a trace that is not of any request sent.",
    ),
    "a trace nobody gave beside a reference of ours": (
        lambda house: response(house, trace(house, "PA-999999-1"), UM, "HCR*A1*X1"),
        "It carries a trace that is not of any request sent.",
    ),
    "the traces of two requests": (
        lambda house: response(house, trace(house), trace(house, "PA-000002-1"), UM, "HCR*A1*X1"),
        "It carries the traces of several requests.",
    ),
    "somebody else's trace and a reference that is ours by chance": (
        lambda house: response(house, "TRN*2*PA-000001-1*9STRANGER0", UM, "HCR*A1*X1"),
        "It carries the trace of somebody else's request.",
    ),
    "no trace and an unknown reference": (
        lambda house: response(house, UM, "HCR*A1*X1", reference="PA-999999-1"),
        "It carries a reference that is not of any request sent.",
    ),
    "no trace and no reference": (
        lambda house: response(house, UM, "HCR*A1*X1", reference=""),
        "It carries neither our trace nor our reference.",
    ),
    "no trace, our reference, another member": (
        lambda house: response(house, UM, "HCR*A1*X1", member_id="HSM99999999"),
        "It carries our reference, and the id of another member.",
    ),
    "the address of somebody else": (
        lambda house: approval(house).replace(house.partner.our_identifier.encode(), b"GLSTRANGER"[:9].ljust(9)),
        "It is addressed from or to somebody else.",
    ),
    "production among tests": (
        lambda house: approval(house).replace(b"*0*T*:~", b"*0*P*:~"),
        "It is of the other usage: test and production do not mix.",
    ),
    "a page of the web": (
        lambda house: b"<html><body>Service unavailable</body></html>",
        "The text does not begin with an ISA segment.",
    ),
    "a request": (
        lambda house: response(house, trace(house), UM).replace(b"BHT*0007*11*", b"BHT*0007*13*"),
        "It is no answer to a request for review.",
    ),
    "another guide": (
        lambda house: approval(house).replace(b"005010X217", b"005010X215"),
        "It is not a message that is read here.",
    ),
    "two events for one request": (
        lambda house: response(house, trace(house), UM, "HCR*A1*X1", "HL*5*3*EV*0", trace(house), UM, "HCR*A3").replace(
            b"HL*4*3*EV*1", b"HL*4*3*EV*0"
        ),
        "It answers one request in several events.",
    ),
}


@pytest.mark.parametrize("name", list(STRANGERS))
def test_what_cannot_be_placed_with_certainty_is_shown_and_never_followed(waiting: House, name: str) -> None:
    make, reason = STRANGERS[name]
    arrives(waiting, make(waiting))
    found = messages(waiting, state="quarantined")
    assert {message.problem for message in found} == {reason}
    with waiting.scope():
        assert not Decision.objects.exists()
    submission = messages(waiting, kind="278_request")[0].submission
    assert submission is not None
    assert case_of(waiting, submission).status == Status.SUBMITTED


def test_an_answer_without_a_trace_is_known_by_our_reference(waiting: House) -> None:
    arrives(waiting, response(waiting, UM, "HCR*A3**09"))
    (message,) = messages(waiting, kind="278_response")
    assert message.state == "applied"
    assert message.submission is not None
    assert case_of(waiting, message.submission).status == Status.DENIED


def test_a_trace_echoed_as_the_payers_own_is_ours_all_the_same(waiting: House) -> None:
    arrives(waiting, response(waiting, trace(waiting, kind="1"), UM, "HCR*A3**09", reference="SOMETHING"))
    assert messages(waiting, kind="278_response")[0].state == "applied"


def test_an_answer_that_stops_above_the_event_returns_the_request(waiting: House) -> None:
    text = response(waiting).decode()
    body = text[: text.index("HL*2*1*21")].replace("HL*1**20*1~", "HL*1**20*0~") + "AAA*Y**T4*N~"
    arrives(waiting, f"{body}SE*6*0001~{text[text.index('GE*') :]}".encode())
    (message,) = messages(waiting, kind="278_response")
    assert (message.state, message.problem) == ("applied", "")
    assert message.submission is not None
    assert case_of(waiting, message.submission).status == Status.DRAFT


def test_a_defective_answer_is_shown_on_its_case_and_decides_nothing(waiting: House) -> None:
    raw = response(waiting, trace(waiting), UM, "HCR*A1*HC-1", count=99)
    arrives(waiting, raw)
    (message,) = messages(waiting, kind="278_response")
    assert message.state == "recorded"
    assert message.facts["problems"][0]["code"] == "se_count"
    assert message.submission is not None
    assert case_of(waiting, message.submission).status == Status.SUBMITTED
    assert "unreadable" in tasks_of(waiting, message.submission)
    with waiting.scope():
        owed = Interchange.objects.get(direction="out", submission=None)
    assert b"IK5*R*4~AK9*R*1*1*0~" in bytes(owed.body)


@pytest.mark.parametrize("said", ["HCR*ZZ*X1", "HCR*A5*X1", "DTP*102*D8*20261122"])
def test_an_answer_nobody_can_read_leaves_the_case_to_a_person(waiting: House, said: str) -> None:
    arrives(waiting, response(waiting, trace(waiting), UM, said))
    (message,) = messages(waiting, kind="278_response")
    assert message.state == "recorded"
    assert message.submission is not None
    assert case_of(waiting, message.submission).status == Status.SUBMITTED
    assert "unreadable" in tasks_of(waiting, message.submission)


def test_one_bad_set_of_a_file_does_not_keep_the_good_one_from_its_case(wired_north: House) -> None:
    asked(wired_north, "T2004")
    asked(wired_north, "T2004")
    work(wired_north)
    good = response(wired_north, trace(wired_north), UM, "HCR*A1*HC-1").decode()
    bad = response(wired_north, trace(wired_north, "PA-000002-1"), UM, "HCR*A1*HC-2", reference="PA-000002-1")
    second = bad.decode()
    second = second[second.index("ST*") : second.index("GE*")].replace("*0001", "*0002").replace("SE*", "SE*9")
    text = good.replace("GE*1*", f"{second}GE*2*")
    arrives(wired_north, text.encode())
    assert [message.state for message in messages(wired_north, kind="278_response")] == ["applied", "recorded"]
    with wired_north.scope():
        statuses = {row.reference: case_of(wired_north, row).status for row in Submission.objects.all()}
    assert statuses == {"PA-000001-1": "approved", "PA-000002-1": "submitted"}


def test_an_answer_for_the_rival_in_our_mail_touches_neither(waiting: House, wired_south: House) -> None:
    """Both have a request PA-000001-1: only the address and the originator of the trace tell them apart."""
    theirs = asked(wired_south, "T2004")
    work(wired_south)
    arrives(waiting, approval(wired_south))
    assert quarantined(waiting) == "It is addressed from or to somebody else."
    readdressed = response(waiting, trace(wired_south), UM, "HCR*A1*X1", number=7009)
    arrives(waiting, readdressed)
    assert {message.problem for message in messages(waiting, state="quarantined")} == {
        "It is addressed from or to somebody else.",
        "It carries the trace of somebody else's request.",
    }
    assert case_of(wired_south, theirs).status == Status.SUBMITTED
    with wired_south.scope():
        assert not Decision.objects.exists()


def test_an_answer_for_another_partner_of_ours_is_no_answer_here(waiting: House) -> None:
    with waiting.scope():
        other = make_partner("other", our_identifier="GLOTHER", trace_identifier="9OTHER0000")
        TradingPartner.objects.filter(id=other.id).update(endpoint_url=waiting.partner.endpoint_url)
    raw = response(waiting, "TRN*2*PA-000001-1*9NORTH0000", UM, "HCR*A1*X1", partner=other)
    receive(waiting.organization.id, other.id, raw, now=NOW)
    work(waiting, "interchange.read")
    (message,) = messages(waiting, state="quarantined")
    assert message.problem == "It carries the trace of somebody else's request."


def test_an_answer_to_a_request_that_was_never_sent_is_no_answer(wired_north: House) -> None:
    submission = asked(wired_north, "T2004")
    arrives(wired_north, response(wired_north, trace(wired_north), UM, "HCR*A1*X1"))
    assert quarantined(wired_north) == "It carries a trace that is not of any request sent."
    assert case_of(wired_north, submission).status == Status.SUBMITTED


def test_an_answer_to_a_closed_case_is_kept_and_changes_nothing(waiting: House) -> None:
    submission = messages(waiting, kind="278_request")[0].submission
    assert submission is not None
    arrives(waiting, response(waiting, trace(waiting), UM, "AAA*N**15*C"))
    with waiting.scope():
        discard(submission.authorization_id, actor=waiting.actor(), now=NOW)
    arrives(waiting, response(waiting, trace(waiting), UM, "HCR*A1*HC-1", number=7002))
    assert [message.state for message in messages(waiting, kind="278_response")] == ["applied", "recorded"]
    assert case_of(waiting, submission).status == Status.CANCELLED
    assert "not_applied" in tasks_of(waiting, submission)
