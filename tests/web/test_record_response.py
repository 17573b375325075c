"""Record response: what each kind of answer needs, which slips are asked about, and what it makes of the case."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from audit.models import AuditEvent
from authorizations.decisions import FollowUp, LineOutcome, Rejection
from authorizations.models import Authorization, Decision, Document, LineDecision, LineVersion, Note, Submission
from authorizations.services import add_note, mark_submitted
from authorizations.states import Status
from authorizations.transitions import record_answer, submit
from payers.models import Playbook
from tests.authorizations.cases import (
    DENIAL,
    PEND,
    RETURN,
    again,
    ask,
    heard,
    in_force,
    in_status,
    message,
    outcome_of,
    said,
    submitted,
    units,
)
from tests.cast import NOW, TODAY, House, make_coverage, make_member
from tests.web.conftest import SignIn
from tests.web.pages import form, text

ENDS = date(2027, 2, 20)


def by_hand(house: House) -> Submission:
    """Two codes, entered in the portal."""
    coverage = make_coverage(make_member(), house.manual, member_number="POM-7")
    submission = submitted(house, units("H2019", 320, "HN"), units("H0032", 4), coverage=coverage)
    return mark_submitted(submission.id, submitted_at=NOW, actor=house.actor(), now=NOW)


def opened(client: Client, address: str) -> dict[str, Any]:
    """The fields as the form opens."""
    answer = client.get(address)
    assert answer.status_code == 200
    return form(answer.content.decode(), "What did")


def sent(client: Client, submission: Submission, **typed: Any) -> HttpResponse:
    """The form with what a person types into it."""
    address = f"/submissions/{submission.id}/response"
    answer: HttpResponse = client.post(address, opened(client, address) | typed)  # type: ignore[assignment]
    return answer


APPROVED = {"outcome": "approved", "number": "26N-0093-51"}


def words(answer: Any) -> str:
    return text(answer.content.decode())


def test_approval_with_its_number_units_and_days(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = by_hand(north)
    typed = APPROVED | {"lines-1-quantity": "2", "ends_on": "2027-01-31", "reference": "PO-7719330"}
    answer = sent(sign_in(north), submission, **typed)
    assert answer.status_code == 302
    with north.scope():
        case = again(submission.authorization)
        assert (case.status, case.certification_number, case.decided_on) == (Status.APPROVED, "26N-0093-51", TODAY)
        terms = in_force(case)
        first, second = terms[1], terms[2]
        assert (first.quantity, first.starts_on, first.ends_on) == (Decimal(320), TODAY, date(2027, 1, 31))
        assert (second.quantity, second.basis) == (Decimal(2), "stated")
        decision = Decision.objects.get(authorization=case)
        assert (decision.source_message_id, decision.recorded_by) == (None, "Specialist North")
        assert (decision.facts["channel"], decision.facts["evidence"]) == ("portal", "PO-7719330")
        assert AuditEvent.objects.filter(action="authorization.answer_recorded", authorization_id=case.id).exists()


def test_approval_of_exactly_what_was_asked_is_not_a_change(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = by_hand(north)
    sent(sign_in(north), submission, **APPROVED)
    with north.scope():
        assert set(LineDecision.objects.values_list("outcome", flat=True)) == {"approved"}
        assert not again(submission.authorization).modified


def test_each_line_has_its_own_answer(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = by_hand(north)
    answer = sent(sign_in(north), submission, **APPROVED, **{"lines-1-outcome": "denied", "reason": "Not covered"})
    assert answer.status_code == 302
    with north.scope():
        case = again(submission.authorization)
        assert (case.status, case.partly_approved) == (Status.APPROVED, True)
        assert set(in_force(case)) == {1}


def test_other_terms_of_a_line_are_taken(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = by_hand(north)
    other = {
        "lines-0-number": "L-7702", "lines-0-modifiers": "hm", "lines-0-cap": "20", "lines-0-cap_period": "week",
        "lines-0-ends_on": "2027-02-10", "lines-1-how_much": "unlimited", "lines-1-quantity": "",
    }  # fmt: skip
    assert sent(sign_in(north), submission, **APPROVED, **other).status_code == 302
    with north.scope():
        terms = in_force(again(submission.authorization))
        first, second = terms[1], terms[2]
        assert first.codes == [{"system": "HCPCS", "code": "H2019", "modifiers": ["HM"]}]
        assert first.caps == [{"period": "week", "quantity": "20"}]
        assert (first.certification_number, first.ends_on) == ("L-7702", date(2027, 2, 10))
        assert (second.basis, second.quantity, second.outcome) == ("unlimited", None, LineOutcome.MODIFIED)


def test_denial_keeps_the_reason(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = by_hand(north)
    sent(sign_in(north), submission, outcome="denied", reason="Not medically necessary", reason_code="0C")
    with north.scope():
        decision = Decision.objects.get()
        assert (again(submission.authorization).status, decision.message) == (
            Status.DENIED,
            "Not medically necessary",
        )
        assert (decision.reasons, decision.certification_number) == (["0C"], "")


def test_pend_keeps_what_is_wanted_and_by_when(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = by_hand(north)
    typed = {"outcome": "pended", "wanted": "Plan of care\nChart notes", "answer_by": "2026-11-30"}
    assert sent(sign_in(north), submission, **typed).status_code == 302
    with north.scope():
        case = again(submission.authorization)
        assert (case.status, case.waiting_on) == (Status.PENDED, "us")
        assert case.due_at is not None
        assert (case.due_at.astimezone(north.organization.zone).date(), case.due_rule) == (
            date(2026, 11, 30),
            "the day the payer named",
        )
        wanted = Decision.objects.get().facts["requested_documents"]
        assert [row["text"] for row in wanted] == ["Plan of care", "Chart notes"]
        assert outcome_of(submission) == "pended"


def test_answer_to_a_pended_request_is_recorded_too(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = by_hand(north)
        heard(north, submission, PEND)
    assert sent(sign_in(north), submission, **APPROVED).status_code == 302
    with north.scope():
        assert again(submission.authorization).status == Status.APPROVED


def test_no_authorization_required(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = by_hand(north)
    sent(sign_in(north), submission, outcome="not_required")
    with north.scope():
        case = again(submission.authorization)
        assert (case.status, case.not_required) == (Status.APPROVED, True)
        assert not LineVersion.objects.exists()


def test_closed_by_the_payer(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = by_hand(north)
    sent(sign_in(north), submission, outcome="cancelled", reason="Duplicate of another request")
    with north.scope():
        assert again(submission.authorization).status == Status.CANCELLED


def test_payer_that_gave_no_number_is_named_with_the_reason(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = by_hand(north)
    typed = {"outcome": "approved", "number": "", "no_number_reason": "this plan gives none"}
    assert sent(sign_in(north), submission, **typed).status_code == 302
    with north.scope():
        assert again(submission.authorization).number_missing_reason == "this plan gives none"


# What is missing -------------------------------------------------------------------------------------------------

MISSING: list[tuple[dict[str, str], str]] = [
    ({"outcome": ""}, "Choose what the payer answered."),
    (APPROVED | {"number": ""}, "Enter the payer's number, or why it gave none."),
    (APPROVED | {"lines-0-quantity": ""}, "Say how many units were approved."),
    (APPROVED | {"lines-0-quantity": "0"}, "Nothing approved is “Not approved”."),
    (APPROVED | {"lines-0-quantity": "1.5"}, "The number of units must be whole."),
    (APPROVED | {"starts_on": ""}, "Give the first day that is approved."),
    (APPROVED | {"ends_on": "2026-11-01"}, "The last day is before the first day."),
    (APPROVED | {"lines-0-ends_on": "2026-11-01"}, "The last day is before the first day."),
    (APPROVED | {"decided_on": "2026-11-24"}, "This day has not come yet."),
    (APPROVED | {"channel": "phone"}, "Say who gave the answer on the phone."),
    (APPROVED | {"lines-0-cap": "8"}, "Choose the period."),
    ({"outcome": "denied"}, "Give the reason of the payer"),
    ({"outcome": "cancelled"}, "Say why the payer closed it."),
    ({"outcome": "pended"}, "Say what the payer wants"),
    (APPROVED | {"lines-1-outcome": "pended"}, "Say what the payer wants"),
    ({"outcome": "pended", "wanted": "Notes", "answer_by": "2026-11-01"}, "This day has passed."),
]


@pytest.mark.parametrize(("typed", "sentence"), MISSING)
def test_what_is_missing_is_named_and_what_was_typed_is_kept(
    north: House, sign_in: SignIn, typed: dict[str, str], sentence: str
) -> None:
    with north.scope():
        submission = by_hand(north)
    answer = sent(sign_in(north), submission, **typed, note="Called twice")
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert "Not saved: 1 thing to fix" in words(answer)
    kept = form(answer.content.decode(), "What did")
    assert {name: kept.get(name, "") for name in typed} == typed
    assert kept["note"] == "Called twice"
    with north.scope():
        assert not Decision.objects.exists()
        assert not Note.objects.exists()
        assert again(submission.authorization).status == Status.SUBMITTED


def test_proof_the_playbook_asks_for_is_insisted_on(north: House, sign_in: SignIn) -> None:
    with north.scope():
        Playbook(
            payer=north.payer, program=None, owner=north.memberships["specialist"], evidence="the reference"
        ).save()
        submission = by_hand(north)
    answer = sent(sign_in(north), submission, **APPROVED)
    assert answer.status_code == 422
    assert "The playbook asks to keep: the reference" in words(answer)
    assert sent(sign_in(north), submission, **APPROVED, reference="PO-1").status_code == 302


def test_a_letter_proves_the_answer_and_is_kept_with_it(north: House, sign_in: SignIn) -> None:
    with north.scope():
        Playbook(
            payer=north.payer, program=None, owner=north.memberships["specialist"], evidence="the reference"
        ).save()
        submission = by_hand(north)
    letter = SimpleUploadedFile("letter.pdf", b"%PDF-1.7 approved")
    assert sent(sign_in(north), submission, **APPROVED, evidence=letter).status_code == 302
    with north.scope():
        kept = Document.objects.get()
        assert (kept.kind, kept.submission_id, kept.name) == ("approval_letter", submission.id, "letter.pdf")


def test_an_answer_whose_letter_cannot_be_kept_is_not_recorded(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = by_hand(north)
    answer = sent(sign_in(north), submission, **APPROVED, evidence=SimpleUploadedFile("letter.exe", b"MZ"))
    assert answer.status_code == 422
    assert "letter.exe: only PDF" in words(answer)
    assert "choose it once more" in words(answer)
    with north.scope():
        assert not Decision.objects.exists()


# Slips of the hand -------------------------------------------------------------------------------------------------

SLIPS: list[tuple[dict[str, str], str, str]] = [
    ({"lines-1-quantity": "40"}, "You typed 40, requested was 4.", "lines-1-quantity:40"),
    ({"lines-0-quantity": "32"}, "You typed 32, requested was 320.", "lines-0-quantity:32"),
    ({"starts_on": "2025-11-23"}, "The first day typed is Nov 23, 2025", "starts_on:2025-11-23"),
    ({"ends_on": "2028-02-20"}, "The last day typed is Feb 20, 2028", "ends_on:2028-02-20"),
    ({"number": "PA-000001"}, "This is our own number", "number:PA-000001"),
    ({"number": "pom 7"}, "This is a number of the member", "number:pom 7"),
    ({"number": "N/A"}, "This does not look like an authorization number.", "number:N/A"),
    ({"number": "26H0617 🙂"}, "It holds a character that claims and 278s cannot carry.", "number:26H0617 🙂"),
    ({"lines-0-code": "t1019"}, "You typed T1019, requested was", "lines-0-code:T1019"),
    ({"lines-0-number": "ABCDEF"}, "This does not look like an authorization number.", "lines-0-number:ABCDEF"),
    ({"decided_on": "2026-11-01"}, "Decided on Nov 1, 2026, but it was submitted on Nov 23.", "decided_on:2026-11-01"),
]


@pytest.mark.parametrize(("typed", "sentence", "key"), SLIPS)
def test_slip_is_asked_about_and_one_tick_confirms_it(
    north: House, sign_in: SignIn, typed: dict[str, str], sentence: str, key: str
) -> None:
    with north.scope():
        submission = by_hand(north)
    client = sign_in(north)
    first = sent(client, submission, **(APPROVED | typed))
    assert first.status_code == 422
    assert sentence in words(first)
    assert "Not saved yet: 1 thing to confirm" in words(first)
    kept = form(first.content.decode(), "What did")
    assert {name: kept[name] for name in typed} == typed
    assert 'aria-invalid="true"' in first.content.decode()
    second = client.post(f"/submissions/{submission.id}/response", kept | {"confirm": key})
    assert second.status_code == 302
    with north.scope():
        assert again(submission.authorization).status == Status.APPROVED


def test_tick_counts_for_the_value_it_was_given_for(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = by_hand(north)
    typed = APPROVED | {"lines-1-quantity": "400", "confirm": "lines-1-quantity:40"}
    assert sent(sign_in(north), submission, **typed).status_code == 422


def test_number_of_another_case_of_the_payer_is_asked_about(north: House, sign_in: SignIn) -> None:
    with north.scope():
        other, submission = by_hand(north), by_hand(north)
        heard(north, other, message(said(1, LineOutcome.APPROVED), said(2, LineOutcome.APPROVED)))
    answer = sent(sign_in(north), submission, **(APPROVED | {"number": "hc 7001"}))
    assert f"{other.authorization.number} has this number of the same payer already." in words(answer)


def test_fewer_units_than_asked_is_no_slip(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = by_hand(north)
    assert sent(sign_in(north), submission, **APPROVED, **{"lines-0-quantity": "200"}).status_code == 302


# Two people, twice, elsewhere -----------------------------------------------------------------------------------


def test_second_press_of_save_records_once(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = by_hand(north)
    client, address = sign_in(north), f"/submissions/{submission.id}/response"
    values = opened(client, address) | APPROVED | {"note": "Read in the portal"}
    answers = [client.post(address, values) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    with north.scope():
        assert Decision.objects.count() == 1
        assert Note.objects.count() == 1


def test_case_changed_meanwhile_is_looked_at_before_it_is_saved_again(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = by_hand(north)
    client, address = sign_in(north), f"/submissions/{submission.id}/response"
    values = opened(client, address) | APPROVED
    with north.scope():
        record_answer(
            submission.authorization_id, PEND, submission_id=submission.id, actor=north.actor("supervisor"), now=NOW
        )
    first = client.post(address, values)
    assert first.status_code == 409
    assert "Supervisor North" in words(first)
    assert "Not saved: the case was changed meanwhile: 1 thing to fix" in words(first)
    kept = form(first.content.decode(), "What did")
    assert kept["number"] == "26N-0093-51"
    assert client.post(address, kept).status_code == 302
    with north.scope():
        assert again(submission.authorization).status == Status.APPROVED


def test_save_and_open_next_goes_on_in_the_queue(north: House, sign_in: SignIn) -> None:
    with north.scope():
        first, second = by_hand(north), by_hand(north)
        both = {first.id: first, second.id: second}
    client = sign_in(north)
    answer = sent(client, first, **APPROVED, do="next", back="queue")
    del both[first.id]
    assert answer["Location"] == f"/queue?open={next(iter(both))}#work"
    last = sent(client, second, **(APPROVED | {"number": "26N-0094"}), do="next", back="queue")
    assert last["Location"] == "/queue"


def test_answered_submission_has_no_form(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = by_hand(north)
        heard(north, submission, DENIAL)
    assert sign_in(north).get(f"/submissions/{submission.id}/response").status_code == 409


@pytest.mark.parametrize("role", ["clinician", "biller", "scheduler", "admin", "edi"])
def test_answers_are_recorded_by_those_who_ask_payers(north: House, sign_in: SignIn, role: str) -> None:
    with north.scope():
        submission = by_hand(north)
    client = sign_in(north, role)
    assert client.get(f"/submissions/{submission.id}/response").status_code == 403
    assert client.post(f"/submissions/{submission.id}/response", APPROVED).status_code == 403
    assert "Record response" not in client.get(f"/authorizations/{submission.authorization_id}").content.decode()


def test_submission_and_decision_of_another_organization_are_not_found(
    north: House, south: House, sign_in: SignIn
) -> None:
    with south.scope():
        theirs = by_hand(south)
        decided = heard(south, by_hand(south), DENIAL).decision
    client = sign_in(north)
    for address in (
        f"/submissions/{theirs.id}/response",
        f"/submissions/{theirs.id}/mark",
        f"/submissions/{theirs.id}/recall",
        f"/submissions/{theirs.id}/take-back",
        f"/submissions/{theirs.id}/channel",
        f"/decisions/{decided.id}/correct",
        f"/authorizations/{theirs.authorization_id}/letter",
        f"/decisions/{uuid.uuid4()}/correct",
    ):
        assert client.get(address).status_code == 404, address
        assert client.post(address, APPROVED).status_code == 404, address
    with south.scope():
        assert again(theirs.authorization).status == Status.SUBMITTED


# Letters and corrections ------------------------------------------------------------------------------------------


def approved(house: House) -> Authorization:
    submission = by_hand(house)
    lines = [said(1, LineOutcome.APPROVED, 320), said(2, LineOutcome.APPROVED, 4)]
    heard(house, submission, message(*lines, source_message_id=None, certification_number="26N-0093", decided_on=TODAY))
    return again(submission.authorization)


def test_letter_that_takes_cover_back_holds_from_its_day(north: House, sign_in: SignIn) -> None:
    with north.scope():
        case = approved(north)
    client, address = sign_in(north), f"/authorizations/{case.id}/letter"
    typed = {"outcome": "denied", "reason": "Benefit ended", "holds_from": "2026-12-15"}
    assert client.post(address, opened(client, address) | typed).status_code == 302
    with north.scope():
        assert {version.ends_on for version in in_force(case).values()} == {date(2026, 12, 14)}
        assert Decision.objects.latest("number").facts["channel"] == "letter"


def test_letter_about_a_case_that_is_not_decided_is_a_response(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = by_hand(north)
    assert sign_in(north).get(f"/authorizations/{submission.authorization_id}/letter").status_code == 409


def test_wrong_entry_is_corrected_in_the_form_it_was_typed_in(north: House, sign_in: SignIn) -> None:
    with north.scope():
        case = approved(north)
        wrong = Decision.objects.get(authorization=case)
    client, address = sign_in(north), f"/decisions/{wrong.id}/correct"
    values = opened(client, address)
    assert (values["outcome"], values["number"], values["lines-0-quantity"]) == ("approved", "26N-0093", "320")
    typed = {"wrong_reason": "the letter says 200", "lines-0-quantity": "200"}
    assert client.post(address, values | typed).status_code == 302
    with north.scope():
        assert in_force_now(case)[1] == 200
    page = client.get(f"/authorizations/{case.id}").content.decode()
    assert "<s>Harborline North approved</s>" in page
    assert "entered wrongly, corrected by Specialist North: the letter says 200" in text(page)


def in_force_now(case: Authorization) -> dict[int, Decimal | None]:
    rows = LineVersion.standing.filter(authorization=case).select_related("line").order_by("number")
    return {row.line.number: row.quantity for row in rows}


def test_correction_without_a_reason_comes_back(north: House, sign_in: SignIn) -> None:
    with north.scope():
        wrong = Decision.objects.get(authorization=approved(north))
    client, address = sign_in(north), f"/decisions/{wrong.id}/correct"
    answer = client.post(address, opened(client, address) | {"lines-0-quantity": "200"})
    assert answer.status_code == 422
    assert "Say what was wrong with the entry." in words(answer)


def test_entry_on_the_wrong_case_is_taken_off(north: House, sign_in: SignIn) -> None:
    with north.scope():
        case = approved(north)
        wrong = Decision.objects.get(authorization=case)
    client, address = sign_in(north), f"/decisions/{wrong.id}/correct"
    typed = {"wrong_reason": "belongs to another member", "unanswered": "on", "outcome": "approved"}
    assert client.post(address, opened(client, address) | typed).status_code == 302
    with north.scope():
        assert again(case).status == Status.SUBMITTED
    assert "Entry taken off: the payer has not answered" in text(
        client.get(f"/authorizations/{case.id}").content.decode()
    )


def test_page_offers_what_fits_where_the_case_stands(north: House, sign_in: SignIn) -> None:
    with north.scope():
        waits = submitted(north, coverage=make_coverage(make_member(), north.manual)).authorization
        entered, pended = by_hand(north).authorization, by_hand(north)
        heard(north, pended, PEND)
        electronic = submitted(north).authorization
        decided = approved(north)
        draft = in_status(north, Status.DRAFT)
    client = sign_in(north)
    expected = {
        waits: ["Mark as submitted in portal", "Record response", "Recall …", "Ask another way …"],
        entered: ["Record response", "It was not submitted …"],
        pended.authorization: ["Record response"],
        electronic: ["Recall …"],
        decided: ["Record a letter", "Correct the entry …"],
        draft: [],
    }
    every = {name for names in expected.values() for name in names}
    for case, names in expected.items():
        page = words(client.get(f"/authorizations/{case.id}"))
        assert {name for name in every if name in page} == set(names), case.number


# A request that came back -----------------------------------------------------------------------------------------


def test_returned_request_says_what_to_mend_and_where(north: House, sign_in: SignIn) -> None:
    rejections = ("case", "AF"), ("subscriber", "72"), ("provider", "51")
    with north.scope():
        submission = submitted(north)
        heard(north, submission, returned(*rejections))
        case = again(submission.authorization)
    client = sign_in(north)
    page = client.get(f"/authorizations/{case.id}").content.decode()
    assert "Returned: fix and resend. Harborline North did not review it." in text(page)
    assert "The diagnosis is missing or not valid (AF)" in text(page)
    assert f'href="/authorizations/{case.id}/edit#id_diagnoses"' in page
    assert f'href="/members/{case.member_id}"' in page
    edit = client.get(f"/authorizations/{case.id}/edit").content.decode()
    assert 'href="#id_diagnoses"' in edit
    assert 'id="id_diagnoses"' in edit
    assert 'href="#id_rendering_provider"' in edit


def test_request_the_payer_will_not_take_again_says_so(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = submitted(north)
        heard(north, submission, returned(("case", "41"), follow_up="not_taken_again"))
        case = again(submission.authorization)
    page = words(sign_in(north).get(f"/authorizations/{case.id}"))
    assert "Returned: Harborline North will not take it again." in page
    assert "fix and resend. Harborline" not in page


def test_draft_sent_anew_no_longer_says_it_was_returned(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = submitted(north)
        heard(north, submission, RETURN)
        case = again(submission.authorization)
        add_note(case.id, "mended", actor=north.actor(), now=NOW)
    client = sign_in(north)
    assert "Returned: fix and resend." in words(client.get(f"/authorizations/{case.id}"))
    with north.scope():
        submit(case.id, actor=north.actor(), now=NOW)
    assert "Returned: fix and resend." not in words(client.get(f"/authorizations/{case.id}"))


def returned(*rejections: tuple[str, str], follow_up: str = "fix_and_resend") -> Any:
    rows = tuple(Rejection(subject, code, FollowUp(follow_up)) for subject, code in rejections)
    return replace(RETURN, rejections=rows)


# Nothing to ask for ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("role", "way_on"), [("supervisor", "Look at the program"), ("specialist", "may change")])
def test_program_that_needs_none_greys_both_buttons_and_says_why(
    north: House, sign_in: SignIn, role: str, way_on: str
) -> None:
    with north.scope():
        member = make_member()
        make_coverage(member, north.free)
    page = sign_in(north, role).get(f"/members/{member.id}/authorizations/new").content.decode()
    greyed = [tag for tag in re.findall(r"<button[^>]*>", page) if " disabled" in tag]
    assert [re.findall(r'value="(\w+)"', tag) for tag in greyed] == [["documents"], ["submit"], ["save"]]
    assert all('aria-describedby="stopped"' in tag for tag in greyed)
    assert "needs no authorization: there is nothing to ask for." in text(page)
    assert way_on in text(page)
    assert 'value="save" tabindex="-1"' not in page


def test_program_that_needs_none_is_refused_though_the_button_was_pressed(north: House, sign_in: SignIn) -> None:
    with north.scope():
        member = make_member()
        coverage = make_coverage(member, north.free)
    client, address = sign_in(north), f"/members/{member.id}/authorizations/new"
    values = form(client.get(address).content.decode(), "lines-TOTAL_FORMS") | {"lines-0-code": "H2019"}
    for button in ("save", "submit"):
        answer = client.post(address, values | {"coverage": str(coverage.id), "do": button})
        assert answer.status_code == 422
    with north.scope():
        assert not Authorization.objects.filter(member=member).exists()
        assert ask(north).coverage.member != member
