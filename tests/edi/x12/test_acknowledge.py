"""Acknowledgments: read what became of our messages, tell the payer what became of theirs."""

from datetime import datetime

import pytest

from edi.x12.acknowledgment import InterchangeAcknowledgment, read_acknowledgment, read_ta1, write_999, write_ta1
from edi.x12.envelope_writer import Envelope
from edi.x12.review_response import read_response
from edi.x12.tokenizer import decode
from tests.edi.x12.samples import PUBLIC, interchange_of, set_of, text_of

OURS = Envelope(
    sender_qualifier="ZZ",
    sender="NORTHCARE",
    receiver_qualifier="ZZ",
    receiver="CEDARHEALTH",
    application_sender="NORTHCARE",
    application_receiver="CEDARHEALTH",
    interchange_number=900,
    group_number=77,
    prepared_at=datetime.fromisoformat("2026-01-05T11:00"),
    usage="T",
)


def ta1_of(name: str) -> InterchangeAcknowledgment:
    return read_ta1(interchange_of(text_of(name)).acknowledgments[0])


def written(text: str, findings: tuple[tuple[object, ...], ...] = ()) -> list[str]:
    """The body of our 999 for the only group of a text."""
    (group,) = interchange_of(text).groups
    answer = interchange_of(write_999(group, OURS, findings))  # type: ignore[arg-type]
    assert answer.sets[0].may_be_applied
    return [segment.text() for segment in answer.sets[0].segments[1:-1]]


def test_an_accepted_request_is_known_by_its_group_and_set() -> None:
    found = read_acknowledgment(set_of("request-accepted-999.edi"))
    assert (found.functional_code, found.control_number, found.status) == ("HI", "101", "A")
    assert found.counts == (1, 1, 1)
    assert found.accepts("0001") is True
    assert found.problems == ()


@pytest.mark.parametrize("name", ["request-rejected-999.edi", "request-rejected-997.edi"])
def test_a_rejected_request_names_segment_and_element_and_hides_the_data(name: str) -> None:
    found = read_acknowledgment(set_of(name))
    assert found.accepts("0001") is False
    (acknowledged,) = found.sets
    assert (acknowledged.status, acknowledged.reasons) == ("R", ("5",))
    error = acknowledged.errors[0]
    assert (error.tag, error.position, error.code) == ("NM1", 12, "8")
    assert (error.elements[0].element, error.elements[0].code) == (9, "5")
    assert error.elements[0].bad_value == "CH5501728"
    assert "CH5501728" not in repr(found)


def test_an_error_in_a_component_is_told_by_component_and_repetition() -> None:
    error = read_acknowledgment(set_of("request-rejected-999.edi")).sets[0].errors[1]
    assert (error.loop, error.elements[0].element) == ("2000E", 2)
    assert (error.elements[0].component, error.elements[0].repetition, error.elements[0].code) == (2, 1, "7")


def test_an_acknowledgment_that_names_no_group_says_nothing_about_any_set() -> None:
    text = text_of("request-accepted-999.edi").replace("AK1*HI*101*005010X217~\n", "").replace("AK9*A*1*1*1~\n", "")
    found = read_acknowledgment(interchange_of(text).sets[0])
    assert {"ak1_missing", "ak9_missing", "se_count"} == {problem.code for problem in found.problems}
    assert found.accepts("0002") is None


@pytest.mark.parametrize(
    ("name", "accepted", "duplicate"),
    [
        ("interchange-accepted-ta1.edi", True, False),
        ("interchange-rejected-ta1.edi", False, False),
        ("interchange-number-used-ta1.edi", False, True),
    ],
)
def test_an_interchange_acknowledgment_names_our_number(name: str, accepted: bool, duplicate: bool) -> None:
    found = ta1_of(name)
    assert found.control_number == "000000101"
    assert (found.accepted, found.is_duplicate) == (accepted, duplicate)


def test_we_accept_a_good_group_of_answers() -> None:
    assert written(text_of("denied-response.edi")) == [
        "AK1*HI*205*005010X217",
        "AK2*278*0001*005010X217",
        "IK5*A",
        "AK9*A*1*1*1",
    ]


def test_we_reject_the_miscounted_set_and_accept_the_other() -> None:
    assert written(text_of("two-requests-one-miscounted-response.edi")) == [
        "AK1*HI*212*005010X217",
        "AK2*278*0001*005010X217",
        "IK5*A",
        "AK2*278*0002*005010X217",
        "IK5*R*4",
        "AK9*P*2*2*1",
    ]


def test_we_reject_a_group_whose_own_count_is_wrong() -> None:
    text = text_of("denied-response.edi").replace("GE*1*205", "GE*3*205")
    assert written(text)[-2:] == ["IK5*R*5", "AK9*R*3*1*0*5"]


def test_a_bad_date_is_told_by_segment_and_element_without_its_value() -> None:
    text = text_of("denied-response.edi").replace("DTP*102*D8*20260105", "DTP*102*D8*20261305")
    found = read_response(interchange_of(text).sets[0]).problems
    assert written(text, (found,)) == [
        "AK1*HI*205*005010X217",
        "AK2*278*0001*005010X217",
        "IK3*DTP*14**8",
        "IK4*3**I12",
        "IK5*R*5",
        "AK9*R*1*1*0",
    ]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("IEA*1*000000205", "IEA*1*000000205", "TA1*000000205*260105*1030*A*000"),
        ("IEA*1*000000205", "IEA*1*000000206", "TA1*000000205*260105*1030*R*001"),
        ("IEA*1*000000205", "IEA*2*000000205", "TA1*000000205*260105*1030*R*021"),
        ("*00501*", "*00401*", "TA1*000000205*260105*1030*R*017"),
        ("IEA*1*000000205~\n", "", "TA1*000000205*260105*1030*R*023"),
    ],
)
def test_our_interchange_acknowledgment_says_what_is_wrong(before: str, after: str, expected: str) -> None:
    text = write_ta1(interchange_of(text_of("denied-response.edi").replace(before, after)), OURS)
    answer = interchange_of(text)
    assert answer.problems == ()
    assert [segment.text() for segment in answer.acknowledgments] == [expected]


def test_a_used_number_with_other_content_is_answered_as_a_duplicate() -> None:
    text = write_ta1(interchange_of(text_of("denied-response.edi")), OURS, note="025")
    assert read_ta1(interchange_of(text).acknowledgments[0]).is_duplicate


@pytest.mark.skipif(not PUBLIC.exists(), reason="the public samples do not lie beside this checkout")
def test_the_public_acknowledgment_is_accepted_in_part() -> None:
    text = decode((PUBLIC / "999" / "partial-three-837.edi").read_bytes())
    found = read_acknowledgment(interchange_of(text).sets[0])
    assert (found.status, found.counts) == ("P", (3, 3, 1))
    assert [found.accepts(number) for number in ("0001", "0002", "0003")] == [True, False, False]
    assert found.sets[1].errors[0].contexts == ("CLM01:123456789",)
