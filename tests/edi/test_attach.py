"""A person puts a quarantined answer onto the request it belongs to: the payer's word, and the person's reason."""

from __future__ import annotations

import uuid

import pytest

from audit.models import AuditEvent
from authorizations.errors import NotAllowed, Refused, Stale
from authorizations.models import Authorization, Decision, Note, Submission
from authorizations.states import Status
from edi import quarantine
from edi.models import Interchange, Message
from edi.services import resend
from payers.models import TradingPartner
from tests.authorizations.cases import in_force
from tests.cast import NOW, House
from tests.edi.exchanges import arrives, asked, case_of, messages, response, trace, work

GRANT = ("HCR*A6*HC-7001", "DTP*007*RD8*20261123-20270220", "HL*5*4*SS*0", "SV1*HC:H2019**UN*60")
KNOWN = "Called the payer: it is theirs"


@pytest.fixture
def waiting(wired_north: House) -> Submission:
    """A request the payer took and keeps silent about."""
    submission = asked(wired_north, "T2004")
    work(wired_north)
    return submission


def put_aside(house: House, raw: bytes) -> Message:
    """What came in and went to quarantine."""
    arrives(house, raw)
    (found,) = messages(house, state="quarantined")
    return found


def unmatched(house: House, **fields: object) -> Message:
    body = (trace(house, "PA-999999-1"), *GRANT)
    return put_aside(house, response(house, *body, reference="PA-999999-1", **fields))  # type: ignore[arg-type]


def attach(house: House, message: Message, submission: Submission, **fields: object) -> None:
    values: dict[str, object] = {"reason": KNOWN, "actor": house.actor("edi"), "now": NOW} | fields
    with house.scope():
        quarantine.attach(message.id, submission.id, **values)  # type: ignore[arg-type]


def assert_untouched(house: House, message: Message, submission: Submission) -> None:
    with house.scope():
        assert Message.objects.get(id=message.id).state == Message.State.QUARANTINED
        assert not Decision.objects.exists()
        assert not Note.objects.exists()
    assert case_of(house, submission).status == Status.SUBMITTED


def test_attached_answer_decides_as_if_it_had_been_matched(wired_north: House, waiting: Submission) -> None:
    message = unmatched(wired_north)
    attach(wired_north, message, waiting)
    case = case_of(wired_north, waiting)
    assert (case.status, case.certification_number) == (Status.APPROVED, "HC-7001")
    with wired_north.scope():
        assert in_force(case)[2].quantity == 60
        decision = Decision.objects.get(authorization=case)
        assert (decision.source_message_id, decision.recorded_by) == (message.id, case.payer.name)
        after = Message.objects.get(id=message.id)
        assert (after.state, after.problem, after.submission_id) == (Message.State.APPLIED, "", waiting.id)


def test_it_stays_who_attached_it_and_why(wired_north: House, waiting: Submission) -> None:
    message = unmatched(wired_north)
    attach(wired_north, message, waiting)
    with wired_north.scope():
        event = AuditEvent.objects.get(action="message.attached")
        assert (event.actor_label, event.authorization_id) == ("Edi North", waiting.authorization_id)
        assert KNOWN not in str(event.data)
        assert KNOWN in Note.objects.get(authorization_id=waiting.authorization_id).text
        assert Message.objects.get(id=message.id).facts["attached"]["by"] == "Edi North"


def test_answer_is_attached_once(wired_north: House, waiting: Submission) -> None:
    message = unmatched(wired_north)
    attach(wired_north, message, waiting)
    with pytest.raises(NotAllowed, match="no answer in quarantine any more"):
        attach(wired_north, message, waiting)


def test_attaching_needs_a_reason(wired_north: House, waiting: Submission) -> None:
    message = unmatched(wired_north)
    with pytest.raises(Refused, match="how you know"):
        attach(wired_north, message, waiting, reason="  ")
    assert_untouched(wired_north, message, waiting)


def test_case_that_changed_since_it_was_looked_at_is_left_alone(wired_north: House, waiting: Submission) -> None:
    message = unmatched(wired_north)
    version = case_of(wired_north, waiting).version - 1
    with pytest.raises(Stale):
        attach(wired_north, message, waiting, version=version)
    assert_untouched(wired_north, message, waiting)


def test_answer_of_one_partner_is_not_attached_to_what_another_was_asked(
    wired_north: House, waiting: Submission
) -> None:
    message = unmatched(wired_north)
    with wired_north.scope():
        other = TradingPartner.objects.get(id=wired_north.partner.id)
        other.id, other.name, other.their_identifier = uuid.uuid4(), "Gateway two", "OTHER"
        other.save(force_insert=True)
        Submission.objects.filter(id=waiting.id).update(partner=other)
    with pytest.raises(NotAllowed, match="never sent to the partner"):
        attach(wired_north, message, waiting)
    with wired_north.scope():
        assert not Decision.objects.exists()


def test_request_that_was_never_sent_is_not_answered(wired_north: House, waiting: Submission) -> None:
    message, unsent = unmatched(wired_north), asked(wired_north)
    with pytest.raises(NotAllowed, match="never sent"):
        attach(wired_north, message, unsent)


def test_another_organization_has_neither_the_message_nor_the_request(
    wired_north: House, wired_south: House, waiting: Submission
) -> None:
    message = unmatched(wired_north)
    theirs = asked(wired_south, "T2004")
    work(wired_south)
    with pytest.raises(Message.DoesNotExist):
        attach(wired_south, message, theirs)
    with pytest.raises(NotAllowed, match="never sent"):
        attach(wired_north, message, theirs)
    assert_untouched(wired_north, message, waiting)
    assert case_of(wired_south, theirs).status == Status.SUBMITTED


def test_used_number_with_other_bytes_is_attached_though_it_was_put_aside_whole(
    wired_north: House, waiting: Submission
) -> None:
    arrives(wired_north, response(wired_north, trace(wired_north), "HCR*A4**0U", number=7009))
    message = put_aside(wired_north, response(wired_north, trace(wired_north), *GRANT, number=7009))
    assert message.position == 0
    attach(wired_north, message, waiting)
    assert case_of(wired_north, waiting).status == Status.APPROVED


def test_mail_of_somebody_else_is_never_offered(wired_north: House, waiting: Submission) -> None:
    with wired_north.scope():
        theirs = TradingPartner.objects.get(id=wired_north.partner.id)
        theirs.our_identifier = "SOMEBODY"
    message = put_aside(wired_north, response(wired_north, trace(wired_north), *GRANT, partner=theirs))
    with wired_north.scope():
        assert quarantine.answer_in(Message.objects.get(id=message.id)) is None
    with pytest.raises(NotAllowed):
        attach(wired_north, message, waiting)
    assert_untouched(wired_north, message, waiting)


def test_defective_answer_is_written_down_and_decides_nothing(wired_north: House, waiting: Submission) -> None:
    message = unmatched(wired_north, count=99)
    attach(wired_north, message, waiting)
    assert case_of(wired_north, waiting).status == Status.SUBMITTED
    with wired_north.scope():
        assert Message.objects.get(id=message.id).state == Message.State.RECORDED
        assert not Decision.objects.get().applied


def test_open_requests_of_the_member_are_offered_and_others_by_number(wired_north: House, waiting: Submission) -> None:
    message = unmatched(wired_north)
    with wired_north.scope():
        row = Message.objects.select_related("interchange__partner").get(id=message.id)
        answered = quarantine.answer_in(row)
        assert answered is not None
        number = Authorization.objects.get(id=waiting.authorization_id).number
        assert [each.id for each in quarantine.candidates(row, answered)] == [waiting.id]
        assert [each.id for each in quarantine.candidates(row, answered, number=number.lower())] == [waiting.id]
        assert quarantine.candidates(row, answered, number="PA-777777") == []
        said = {each.label: each.agrees for each in quarantine.compared(answered, waiting)}
    assert said == {
        "Member number": True,
        "Patient": False,
        "Date of birth": None,
        "Our reference": False,
        "Our trace": False,
        "Services": False,
    }


def test_requests_refused_by_the_exchange_go_again_under_new_numbers_each(wired_north: House) -> None:
    stuck = [asked(wired_north, "T2002") for _ in range(2)]
    work(wired_north)
    with wired_north.scope():
        for submission in stuck:
            resend(submission.id, actor=wired_north.actor("edi"), now=NOW)
    work(wired_north)
    with wired_north.scope():
        rows = Interchange.objects.filter(direction="out", submission__in=stuck).order_by("control_number")
        assert [int(row.control_number) for row in rows] == [1, 2, 3, 4]
