"""What the form can say reaches the wire in a shape the payer takes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from authorizations.asked import AskedLine
from authorizations.decisions import CapPeriod, CapTerms
from authorizations.models import Authorization, Submission
from authorizations.states import ExchangeState, Purpose, Status
from authorizations.terms import CodeTerms
from authorizations.transitions import SEND, draft, submit
from edi.mapping import request_of
from edi.x12.request_model import ReviewRequest
from edi.x12.review_request import check_request, tidy
from members.models import Coverage
from outbox.delivery import enqueue
from tests.authorizations.cases import ask, in_status, opened, submitted
from tests.cast import NOW, House, found_house
from tests.edi.exchanges import asked, case_of, fresh, sent, work


def line(code: str, quantity: str, kind: str, *more: str, **caps: str) -> AskedLine:
    terms = tuple(CapTerms(CapPeriod(period), Decimal(amount)) for period, amount in caps.items())
    codes = tuple(CodeTerms(each) for each in (code, *more))
    return AskedLine(codes, Decimal(quantity), kind, 15 if kind == "units" else None, terms)


def wire(house: House, *lines: AskedLine, **fields: Any) -> tuple[Submission, str]:
    """The request as it went out; the payer must have taken it."""
    with house.scope():
        submission = submitted(house, *lines, **fields)
    work(house)
    row = fresh(house, submission)
    assert row.exchange_state in (ExchangeState.ACKNOWLEDGED, ExchangeState.ANSWERED), row.problem or row.field_errors
    return row, bytes(sent(house)[-1].body).decode()


@pytest.mark.parametrize(
    ("asked_for", "expected"),
    [
        (line("H2019", "80", "units"), ["SV1*HC:H2019**UN*80***1"]),
        (line("H2019", "80", "units", week="16"), ["SV1*HC:H2019**UN*80***1", "HSD*FL*16*WK"]),
        (line("T1021", "12", "visits"), ["SV1*HC:T1021**UN*12***1", "HSD*VS*12"]),
        (line("T1021", "12", "visits", week="3"), ["SV1*HC:T1021**UN*12***1", "HSD*VS*3*WK"]),
        (line("T1019", "7.5", "hours"), ["SV1*HC:T1019**MJ*450***1", "HSD*HS*7.5"]),
        (line("S9123", "4", "days", month="2"), ["SV1*HC:S9123**UN*4***1", "HSD*DY*2*MO"]),
        (line("E0601", "980.50", "money"), ["SV1*HC:E0601*980.5*****1"]),
        (
            line("H2019", "80", "units", "H2014", week="16", day="4"),
            ["HSD*FL*16*WK", "MSG*One total shared by H2019, H2014. At most 4 a day."],
        ),
    ],
)
def test_an_amount_is_written_as_what_it_is(wired_north: House, asked_for: AskedLine, expected: list[str]) -> None:
    _, text = wire(wired_north, asked_for)
    for segment in expected:
        assert f"~{segment}~" in text, segment


def test_hours_come_back_as_hours(wired_north: House) -> None:
    submission, _ = wire(wired_north, line("H2019", "7.5", "hours"))
    with wired_north.scope():
        version = submission.authorization.lines.get().versions.get()
    assert (version.quantity, version.quantity_type) == (Decimal("7.5"), "hours")


def test_a_dependent_is_sent_under_the_subscriber(wired_north: House) -> None:
    with wired_north.scope():
        Coverage.objects.filter(id=wired_north.coverage.id).update(
            member_number="",
            relationship="child",
            subscriber_last_name="Ashdown",
            subscriber_first_name="Noor",
            subscriber_number="HSM777",
            subscriber_birth_date=date(1985, 5, 6),
            subscriber_sex="F",
            group_number="G-12",
        )
        wired_north.coverage.refresh_from_db()
    _, text = wire(wired_north)
    assert "~NM1*IL*1*Ashdown*Noor****MI*HSM777~REF*6P*G-12~DMG*D8*19850506*F~" in text
    assert "~HL*4*3*23*1~NM1*QC*1*AshdownNorth*Rowan~" in text
    assert "~INS*N*19~" in text
    assert "~HL*5*4*EV*1~" in text


def test_an_admission_names_its_day_and_how_long_the_stay_is(wired_north: House) -> None:
    _, text = wire(wired_north, request_category="admission", admission_on=date(2026, 11, 24), admission_days=5)
    assert "~UM*AR*I**12:B*****Y~" in text
    assert "~DTP*435*D8*20261124~" in text
    assert "~HSD*DY*5~" in text


def in_north() -> House:
    return found_house("north", "Cedar Bay Care")


def asks(purpose: Purpose, **fields: Any) -> ReviewRequest:
    """A follow-up of an approved case, as its verb will write it."""
    house = in_north()
    with house.scope():
        case = in_status(house, Status.APPROVED)
        Authorization.objects.filter(id=case.id).update(administrative_number="ADM-5")
        submission = opened(Authorization.objects.get(id=case.id), purpose)
        submission.partner, submission.reference = house.partner, "PA-000001-2"
        submission.trace = "PA-000001-2"
        for name, value in fields.items():
            setattr(submission, name, value)
        request = request_of(submission, now=NOW)
        assert check_request(tidy(request)[0]) == ()
        return request


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("purpose", "fields", "code"),
    [
        (Purpose.ANSWER, {}, "S"),
        (Purpose.REVISE, {}, "S"),
        (Purpose.EXTEND, {}, "4"),
        (Purpose.CANCEL, {}, "3"),
        (Purpose.APPEAL, {"appeal_level": "appeal"}, "2"),
        (Purpose.APPEAL, {"appeal_level": "reconsideration"}, "N"),
    ],
)
def test_a_follow_up_names_its_purpose_and_the_payers_numbers(
    purpose: Purpose, fields: dict[str, str], code: str
) -> None:
    request = asks(purpose, **fields)
    assert request.review.purpose == code
    assert (request.previous_certification, request.previous_administrative) == ("HC-7001", "ADM-5")
    assert request.traces[0].number == request.reference == "PA-000001-2"
    assert bool(request.services) is (purpose is not Purpose.CANCEL)


@pytest.mark.parametrize(("number", "code"), [("HC-7001", "R"), ("", "I")])
def test_a_renewal_without_the_number_of_its_parent_is_asked_as_a_first_request(
    wired_north: House, number: str, code: str
) -> None:
    first = asked(wired_north, "T2004")
    with wired_north.scope():
        Authorization.objects.filter(id=first.authorization_id).update(certification_number=number)
        parent = Authorization.objects.get(id=first.authorization_id)
        made = draft(ask(wired_north), owner=None, actor=wired_north.actor(), now=NOW, parent=parent)
        second = submit(made.id, actor=wired_north.actor(), now=NOW)
        request = request_of(second, now=NOW)
    assert (request.review.purpose, request.previous_certification) == (code, number)


def test_a_correction_of_the_member_reaches_the_next_message(wired_north: House) -> None:
    submission = asked(wired_north, "T2004")
    with wired_north.scope():
        Coverage.objects.filter(id=wired_north.coverage.id).update(member_number="CORRECTED1")
        enqueue(SEND, submission.id, now=NOW)
    work(wired_north)
    (only,) = sent(wired_north)
    assert b"*MI*CORRECTED1~" in bytes(only.body)
    assert case_of(wired_north, submission).status == Status.SUBMITTED
