"""What each answer means, line by line and as a whole."""

from datetime import date
from decimal import Decimal

import pytest

from edi.x12.approved import Basis, Cap, Window
from edi.x12.outcome import Outcome, Standing, outcomes
from edi.x12.review_response import read_response
from tests.edi.x12.samples import PUBLIC, interchange_of, outcome_of, set_of, text_of


def changed(name: str, *changes: tuple[str, str]) -> Outcome:
    """A sample with some of its text replaced, counts left right."""
    text = text_of(name)
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    read = read_response(interchange_of(text).sets[0])
    assert read.response is not None
    return outcomes(read.response)[0]


def without(name: str, *segments: str) -> Outcome:
    """A sample without some of its segments."""
    return changed(name, *((segment + "~\n", "") for segment in segments))


def test_fewer_units_are_an_approval_with_changes_and_each_line_keeps_its_own_terms() -> None:
    outcome = outcome_of("approved-with-fewer-units-response.edi")
    assert (outcome.standing, outcome.partial, outcome.modified) == (Standing.APPROVED, True, True)
    assert outcome.reference == "GL-000101"
    assert ("PA-000101", "9GREENLGHT") in {(trace.number, trace.originator) for trace in outcome.traces}
    support, plan = outcome.lines
    assert (support.action, support.certification_number) == ("A6", "AUTH-7001-A")
    assert (support.quantity.basis, support.quantity.amount, support.quantity.unit) == (
        Basis.STATED,
        Decimal(320),
        "UN",
    )
    assert support.quantity.cap == Cap(Decimal(2), "VS", "WK")
    assert support.window == Window(date(2026, 1, 12), date(2026, 3, 31), "007")
    assert (plan.action, plan.certification_number) == ("A1", "AUTH-7001")
    assert plan.window == Window(date(2026, 1, 12), date(2026, 4, 11), "007")
    assert {line.decided_on for line in outcome.lines} == {date(2026, 1, 4)}


def test_a_denied_line_leaves_the_other_approved_and_the_case_partly_approved() -> None:
    outcome = outcome_of("one-line-denied-response.edi")
    assert (outcome.standing, outcome.partial, outcome.modified) == (Standing.APPROVED, True, False)
    support, plan = outcome.lines
    assert (support.standing, support.window) == (
        Standing.APPROVED,
        Window(date(2026, 1, 12), date(2026, 4, 11), "007"),
    )
    assert (plan.standing, plan.reasons) == (Standing.DENIED, ("09", "0C"))
    assert plan.quantity.basis is Basis.NOTHING
    assert plan.certification_number == ""
    assert support.decided_on == date(2026, 1, 5)


def test_a_line_decision_beats_the_decision_on_the_event() -> None:
    outcome = changed("one-line-denied-response.edi", ("UM*HS*I*A4*12:B~", "UM*HS*I*A4*12:B~\nHCR*A3~"))
    assert outcome.standing is Standing.APPROVED
    assert [line.standing for line in outcome.lines] == [Standing.APPROVED, Standing.DENIED]


def test_a_line_without_a_decision_takes_the_one_of_the_event() -> None:
    line = outcome_of("line-returned-response.edi").lines[0]
    assert (line.standing, line.from_event, line.certification_number) == (Standing.APPROVED, True, "AUTH-7010")
    assert line.quantity.basis is Basis.AS_REQUESTED


def test_a_rejected_line_beside_an_approved_one_is_returned_and_the_case_partly_approved() -> None:
    outcome = outcome_of("line-returned-response.edi")
    assert (outcome.standing, outcome.partial) == (Standing.APPROVED, True)
    assert outcome.lines[1].standing is Standing.RETURNED
    assert [(each.level, each.reason, each.follow_up) for each in outcome.rejections] == [
        ("2010E", "51", "R"),
        ("2000F", "AG", "C"),
    ]


def test_a_pend_tells_what_the_payer_wants_and_where_to_send_it() -> None:
    outcome = outcome_of("pended-for-documents-response.edi")
    assert (outcome.standing, outcome.update, outcome.contact_payer) == (Standing.PENDED, "19", False)
    needs = outcome.event.needs
    assert needs.document_requests == ("18776-5", "34117-2")
    assert [each.report_type for each in needs.attachments] == ["M1", "RB"]
    assert needs.contacts[0].contact is not None
    assert needs.contacts[0].contact.numbers[0].value == "8005550199"
    assert needs.message == "Send the plan of care within 14 days."
    assert outcome.event.administrative_number == "CEDAR-PEND-55"
    assert outcome.event.reasons == ("0U",)


def test_a_pended_line_pends_the_case_while_the_approved_line_keeps_its_number() -> None:
    outcome = changed("one-line-denied-response.edi", ("HCR*A3**09^0C*Y", "HCR*A4"))
    assert outcome.standing is Standing.PENDED
    assert outcome.lines[0].certification_number == "AUTH-7002"
    assert outcome.lines[0].quantity.amount == Decimal(480)


def test_a_pend_of_the_case_holds_though_every_line_is_decided() -> None:
    outcome = changed("one-line-denied-response.edi", ("UM*HS*I*A4*12:B~", "UM*HS*I*A4*12:B~\nHCR*A4~"))
    assert outcome.standing is Standing.PENDED
    assert [line.standing for line in outcome.lines] == [Standing.APPROVED, Standing.DENIED]


def test_call_the_payer_is_pended_and_told() -> None:
    outcome = outcome_of("call-the-payer-response.edi")
    assert (outcome.standing, outcome.contact_payer) == (Standing.PENDED, True)


@pytest.mark.parametrize(
    ("name", "standing"),
    [
        ("denied-response.edi", Standing.DENIED),
        ("no-authorization-needed-response.edi", Standing.NOT_REQUIRED),
        ("cancelled-response.edi", Standing.CANCELLED),
        ("subscriber-not-found-response.edi", Standing.RETURNED),
        ("payer-unable-to-answer-response.edi", Standing.RETURNED),
        ("held-for-later-response.edi", Standing.HELD),
    ],
)
def test_an_answer_for_the_whole_case(name: str, standing: Standing) -> None:
    assert outcome_of(name).standing is standing


@pytest.mark.parametrize("action", ["A5", "ZZ", "a1", "A11"])
def test_an_unknown_action_is_left_to_a_person_and_never_read_as_pending(action: str) -> None:
    outcome = changed("denied-response.edi", ("HCR*A3*", f"HCR*{action}*"))
    assert outcome.standing is Standing.UNDECIDED
    assert outcome.event.action == action


def test_an_answer_with_neither_decision_nor_rejection_is_left_to_a_person() -> None:
    assert without("denied-response.edi", "HCR*A3*DEN-31*0D").standing is Standing.UNDECIDED


def test_one_undecided_line_beside_a_denied_one_does_not_deny_the_case() -> None:
    outcome = without("one-line-denied-response.edi", "HCR*A1*AUTH-7002")
    assert [line.standing for line in outcome.lines] == [Standing.UNDECIDED, Standing.DENIED]
    assert outcome.standing is Standing.UNDECIDED


def test_all_lines_denied_deny_the_case() -> None:
    outcome = changed("one-line-denied-response.edi", ("HCR*A1*AUTH-7002", "HCR*A3"))
    assert outcome.standing is Standing.DENIED


@pytest.mark.parametrize("follow_up", ["C", "N", "P", "R"])
def test_a_rejection_returns_the_request_whatever_may_be_done_next(follow_up: str) -> None:
    outcome = changed("subscriber-not-found-response.edi", ("AAA*N**75*C", f"AAA*N**75*{follow_up}"))
    assert outcome.standing is Standing.RETURNED
    assert outcome.may_not_resend is (follow_up == "N")
    assert outcome.machine_may_retry is False


def test_one_rejection_without_held_among_held_ones_returns_the_request() -> None:
    outcome = changed("held-for-later-response.edi", ("AAA*Y**AG*Y", "AAA*Y**AG*C"))
    assert outcome.standing is Standing.RETURNED


def test_two_rejections_of_one_level_are_held_only_when_both_are() -> None:
    both = ("AAA*N**75*C", "AAA*N**75*Y~\nAAA*N**72*Y")
    one = ("AAA*N**75*C", "AAA*N**75*Y~\nAAA*N**72*C")
    assert changed("subscriber-not-found-response.edi", both).standing is Standing.HELD
    assert changed("subscriber-not-found-response.edi", one).standing is Standing.RETURNED


def test_only_a_payer_unable_to_answer_is_tried_again_by_machine() -> None:
    assert outcome_of("payer-unable-to-answer-response.edi").machine_may_retry
    assert not changed("payer-unable-to-answer-response.edi", ("AAA*Y**42*P", "AAA*Y**42*N")).machine_may_retry
    assert not changed("payer-unable-to-answer-response.edi", ("AAA*Y**42*P", "AAA*Y**T4*P")).machine_may_retry


def with_hsd(action: str, hsd: str, *, service: str = "SV1*HC:H2019:HO") -> Outcome:
    return changed(
        "one-line-denied-response.edi",
        ("HCR*A1*AUTH-7002", f"HCR*{action}*AUTH-7002"),
        ("SV1*HC:H2019:HO**UN*480", f"{service}~\n{hsd}" if hsd else service),
    )


@pytest.mark.parametrize(
    ("hsd", "basis", "amount", "cap"),
    [
        ("HSD*VS*12", Basis.STATED, Decimal(12), None),
        ("HSD*VS*3*WK**35*4", Basis.DERIVED, Decimal(12), Cap(Decimal(3), "VS", "WK")),
        ("HSD*VS*3*WK*2*35*4", Basis.DERIVED, Decimal(6), Cap(Decimal(3), "VS", "WK", Decimal(2))),
        ("HSD*VS*3*WK*3*35*4", Basis.UNKNOWN, None, Cap(Decimal(3), "VS", "WK", Decimal(3))),
        ("HSD*VS*3*WK**34*2", Basis.UNKNOWN, None, Cap(Decimal(3), "VS", "WK")),
        ("HSD*VS*3*WK", Basis.UNKNOWN, None, Cap(Decimal(3), "VS", "WK")),
        ("", Basis.AS_REQUESTED, None, None),
    ],
)
def test_a_total_follows_from_a_rhythm_only_when_its_periods_are_of_one_kind(
    hsd: str, basis: Basis, amount: Decimal | None, cap: Cap | None
) -> None:
    quantity = with_hsd("A1", hsd).lines[0].quantity
    assert (quantity.basis, quantity.amount, quantity.cap) == (basis, amount, cap)


@pytest.mark.parametrize("action", ["A6", "A2"])
def test_approved_otherwise_without_an_amount_is_unknown_never_as_asked(action: str) -> None:
    assert with_hsd(action, "").lines[0].quantity.basis is Basis.UNKNOWN


def test_the_amount_of_the_service_is_the_total_and_its_rhythm_the_cap() -> None:
    quantity = with_hsd("A6", "HSD*VS*3*WK**35*4", service="SV1*HC:H2019:HO**UN*40").lines[0].quantity
    assert (quantity.basis, quantity.amount, quantity.unit) == (Basis.STATED, Decimal(40), "UN")
    assert quantity.cap == Cap(Decimal(3), "VS", "WK")


def test_an_amount_given_for_the_event_belongs_to_its_only_approved_line() -> None:
    event = ("UM*HS*I*A4*12:B~", "UM*HS*I*A4*12:B~\nHSD*VS*9~")
    bare = ("SV1*HC:H2019:HO**UN*480", "SV1*HC:H2019:HO")
    alone = changed("one-line-denied-response.edi", event, bare)
    assert (alone.lines[0].quantity.basis, alone.lines[0].quantity.amount) == (Basis.STATED, Decimal(9))
    both = changed("one-line-denied-response.edi", event, bare, ("HCR*A3**09^0C*Y", "HCR*A1*AUTH-7002"))
    assert both.lines[0].quantity.basis is Basis.AS_REQUESTED


def test_the_window_without_certification_dates_is_that_of_the_service_then_of_the_event() -> None:
    dates = ("DTP*007*D8*20260112~\nDTP*036*D8*20260411", "DTP*472*RD8*20260115-20260301")
    outcome = changed("one-line-denied-response.edi", dates)
    assert outcome.lines[0].window == Window(date(2026, 1, 15), date(2026, 3, 1), "472")
    assert outcome.lines[1].window == Window()


def test_certification_dates_that_contradict_each_other_are_told_not_chosen() -> None:
    outcome = changed("one-line-denied-response.edi", ("DTP*036*D8*20260411", "DTP*036*D8*20251231"))
    assert outcome.lines[0].window == Window(None, None, "conflict")


def test_the_day_of_an_admission_begins_a_stay_without_ending_it() -> None:
    dates = "DTP*007*D8*20260112~\nDTP*036*D8*20260411"
    stay = changed("one-line-denied-response.edi", (dates, "DTP*435*D8*20260115")).lines[0].window
    visit = changed("one-line-denied-response.edi", (dates, "DTP*472*D8*20260115")).lines[0].window
    assert stay == Window(date(2026, 1, 15), None, "435")
    assert visit == Window(date(2026, 1, 15), date(2026, 1, 15), "472")


def test_a_start_without_an_end_stays_open() -> None:
    outcome = without("one-line-denied-response.edi", "DTP*036*D8*20260411")
    assert outcome.lines[0].window == Window(date(2026, 1, 12), None, "007")


def test_a_decision_with_an_unreadable_date_may_not_be_applied() -> None:
    text = text_of("one-line-denied-response.edi").replace("DTP*007*D8*20260112", "DTP*007*D8*20261312")
    read = read_response(interchange_of(text).sets[0])
    assert not read.may_be_applied
    assert [(each.code, each.position, each.element) for each in read.problems] == [("date_format", 18, 3)]


def test_the_set_with_a_wrong_count_is_shown_and_only_the_good_one_may_be_applied() -> None:
    good, bad = interchange_of(text_of("two-requests-one-miscounted-response.edi")).sets
    assert read_response(good).may_be_applied
    read = read_response(bad)
    assert not read.may_be_applied
    assert read.response is not None
    assert outcomes(read.response)[0].event.certification_number == "AUTH-7021"


def test_a_decision_after_the_providers_and_a_line_under_a_line_are_read() -> None:
    read = read_response(set_of("line-returned-response.edi"))
    assert read.response is not None
    (event,) = read.response.events
    assert event.decision is not None
    assert event.decision.certification_number == "AUTH-7010"
    assert len(event.services) == 2


def test_a_number_of_the_case_after_a_provider_is_not_one_of_the_provider() -> None:
    after = ("HCR*A4**0U~\nREF*NT*CEDAR-PEND-55", "HCR*A4**0U")
    late = ("NM1*L5*2*CEDAR RECORDS", "NM1*L5*2*CEDAR RECORDS~\nREF*NT*CEDAR-PEND-55~\nREF*EI*12345")
    outcome = changed("pended-for-documents-response.edi", after, late)
    assert outcome.event.administrative_number == "CEDAR-PEND-55"
    assert [each.value for each in outcome.event.needs.contacts[0].references] == ["12345"]


def test_positions_lead_back_to_the_segment() -> None:
    transaction = set_of("one-line-denied-response.edi")
    outcome = outcome_of("one-line-denied-response.edi")
    first = transaction.segments[0].position
    assert transaction.segments[outcome.lines[1].position - first].text() == "HCR*A3**09^0C*Y"


def test_an_answer_in_the_other_direction_is_no_answer() -> None:
    text = text_of("denied-response.edi").replace("BHT*0007*11*", "BHT*0007*13*")
    read = read_response(interchange_of(text).sets[0])
    assert "bht_purpose" in {problem.code for problem in read.problems}
    assert not read.may_be_applied


@pytest.mark.skipif(not PUBLIC.exists(), reason="the public samples do not lie beside this checkout")
def test_the_public_answers_hold_what_the_guide_says() -> None:
    folder = PUBLIC / "278"
    text = (folder / "emergency-admission-response-to-request-for-review.edi").read_text()
    read = read_response(interchange_of(text).sets[0])
    assert read.may_be_applied
    assert read.response is not None
    (pended,) = outcomes(read.response)
    assert (pended.standing, pended.event.administrative_number) == (Standing.PENDED, "P20030216001")
    assert (pended.event.reasons, pended.update) == (("0U",), "19")
    read = read_response(interchange_of((folder / "referral-response-to-request-for-review.edi").read_text()).sets[0])
    assert read.response is not None
    (approved,) = outcomes(read.response)
    assert (approved.standing, approved.event.certification_number) == (Standing.APPROVED, "AUTH0001")
    assert (approved.event.quantity.amount, approved.event.quantity.unit) == (Decimal(1), "VS")
    assert approved.event.window == Window(date(2005, 5, 2), date(2005, 6, 2), "AAH")
