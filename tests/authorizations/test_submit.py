"""Submitting: what stops it, what it freezes, and that it happens once."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from audit.models import AuditEvent
from authorizations.asked import AskedLine
from authorizations.decisions import LineOutcome
from authorizations.errors import NotAllowed, Problem, Refused, Stale
from authorizations.models import Authorization, Submission
from authorizations.services import mark_submitted, note_exchange, save_draft
from authorizations.states import ExchangeState, Status
from authorizations.terms import CodeTerms
from authorizations.transitions import return_unsent, submit
from outbox.models import OutboxMessage
from payers.models import ProgramRules, ReviewRoute, TradingPartner, Workflow
from tests.authorizations.cases import (
    RETURN,
    again,
    all_lines,
    ask,
    drafted,
    heard,
    in_status,
    outcome_of,
    submitted,
    units,
)
from tests.cast import NOW, TODAY, House, a_key, make_coverage, make_member, make_provider

ONE_DAY = timedelta(days=1)


def refusals(house: House, authorization: Authorization, **fields: object) -> dict[str, list[str]]:
    """Why the draft is not submitted; nothing moves."""
    with pytest.raises(Refused) as refused:
        submit(authorization.id, actor=house.actor(), now=NOW, **fields)  # type: ignore[arg-type]
    assert again(authorization).status == Status.DRAFT
    assert not Submission.objects.exists()
    assert not OutboxMessage.objects.exists()
    return refused.value.by_field()


def test_electronic_request_is_frozen_and_handed_to_the_outbox(in_north: House) -> None:
    submission = submitted(in_north)
    row = again(submission.authorization)
    assert (row.status, row.workflow, row.partner_id) == (
        Status.SUBMITTED,
        Workflow.AUTOMATIC_278,
        in_north.partner.id,
    )
    assert (row.reviewer_name, row.reviewer_identifier) == ("Harborline North", "HLNOR")
    assert (submission.channel, submission.exchange_state, submission.reference) == ("278", "to_send", "PA-000001-1")
    assert (submission.trace, submission.partner_id) == ("PA-000001-1", in_north.partner.id)
    assert [line["quantity"] for line in submission.content["lines"]] == ["80", "40"]
    message = OutboxMessage.objects.get()
    assert (message.topic, message.subject_id) == ("submission.send", submission.id)
    assert AuditEvent.objects.get(action="authorization.submitted").authorization_id == row.id


def test_request_waits_on_the_payer_with_a_next_action(in_north: House) -> None:
    ProgramRules.objects.filter(program=in_north.electronic).update(routine_days=7)
    row = again(submitted(in_north).authorization)
    assert (row.waiting_on, row.next_action) == ("payer", "Wait for the payer")
    assert row.due_rule == "7 calendar days, the program's turnaround"
    assert row.due_at is not None
    assert row.due_at.astimezone(in_north.organization.zone).date() == TODAY + 7 * ONE_DAY
    assert row.next_action_at is not None
    assert row.next_action_at.astimezone(in_north.organization.zone).date() == TODAY + 8 * ONE_DAY


def test_manual_program_goes_to_the_queue_and_sends_nothing(in_north: House) -> None:
    by_hand = make_coverage(make_member(), in_north.manual)
    submission = submitted(in_north, coverage=by_hand, diagnoses=(), place_of_service="")
    assert (submission.channel, submission.exchange_state, submission.reference) == ("portal", "to_submit", "")
    assert (submission.waiting_on, submission.due_at) == ("us", None)
    assert not OutboxMessage.objects.exists()
    assert again(submission.authorization).status == Status.SUBMITTED


def test_clock_of_a_manual_request_starts_when_it_is_marked_as_submitted(in_north: House) -> None:
    ProgramRules.objects.filter(program=in_north.manual).update(routine_days=2, routine_days_are_business=True)
    submission = submitted(in_north, coverage=make_coverage(make_member(), in_north.manual))
    mark_submitted(submission.id, portal_reference="P-9", submitted_at=NOW, actor=in_north.actor(), now=NOW)
    row = Submission.objects.get(id=submission.id)
    assert (row.exchange_state, row.portal_reference, row.waiting_on) == ("submitted", "P-9", "payer")
    assert row.due_at == NOW + 2 * ONE_DAY
    with pytest.raises(NotAllowed):
        mark_submitted(submission.id, submitted_at=NOW, actor=in_north.actor(), now=NOW)


def test_draft_of_a_program_that_needs_none_is_stopped(in_north: House) -> None:
    draft = drafted(in_north)
    ProgramRules.objects.filter(program=in_north.electronic).update(authorization_workflow=Workflow.NONE)
    assert "No authorization is needed" in refusals(in_north, draft)["program"][0]


def test_electronic_program_without_a_partner_is_stopped(in_north: House) -> None:
    draft = drafted(in_north)
    TradingPartner.objects.update(capabilities=[])
    assert refusals(in_north, draft) == {"program": ["The trading partner Gateway north lacks 278 capability."]}


def test_coverage_must_be_in_force_on_the_first_day(in_north: House) -> None:
    ended = make_coverage(make_member(), in_north.electronic, ends_on=TODAY - ONE_DAY)
    draft = drafted(in_north, coverage=ended)
    assert refusals(in_north, draft) == {"coverage": ["The coverage is not in force on Nov 23, 2026."]}


def test_terminated_coverage_is_good_for_the_days_it_was_in_force(in_north: House) -> None:
    ended = make_coverage(make_member(), in_north.electronic, ends_on=TODAY)
    assert submitted(in_north, coverage=ended).authorization.status == Status.SUBMITTED


@pytest.mark.parametrize(("npi", "words"), [("1234567890", "is not valid"), ("", "is missing")])
def test_provider_needs_a_sound_npi(in_north: House, npi: str, words: str) -> None:
    draft = drafted(in_north, rendering_provider=make_provider(name="Weir", first_name="Jo", npi=npi))
    assert refusals(in_north, draft) == {"rendering_provider": [f"The NPI of Jo Weir {words}."]}


def test_provider_must_be_active_on_the_first_day(in_north: House) -> None:
    left = make_provider(name="Weir", first_name="Jo", npi="1992999999"[:9] + "4", active_to=TODAY - ONE_DAY)
    problems = refusals(in_north, drafted(in_north, requesting_provider=left))
    assert "Jo Weir is not active on the first day." in problems["requesting_provider"]


def test_everything_missing_is_named_at_once(in_north: House) -> None:
    bare = AskedLine((CodeTerms("H2019"),))
    draft = drafted(
        in_north, bare, starts_on=None, ends_on=None, rendering_provider=None, requesting_provider=None, facility=None,
        diagnoses=(), place_of_service="",
    )  # fmt: skip
    missing = {"lines-1.quantity", "starts_on", "ends_on", "rendering_provider", "diagnoses", "place_of_service"}
    assert set(refusals(in_north, draft)) == missing


def test_request_without_a_line_is_stopped(in_north: House) -> None:
    draft = drafted(in_north)
    save_draft(draft.id, ask(in_north, lines=()), version=None, actor=in_north.actor(), now=NOW)
    assert "lines" in refusals(in_north, draft)


def test_request_without_a_line_still_names_what_a_278_lacks(in_north: House) -> None:
    authorization = drafted(in_north, lines=(), diagnoses=(), place_of_service="")
    with pytest.raises(Refused) as refused:
        submit(authorization.id, actor=in_north.actor(), now=NOW)
    assert {"lines", "diagnoses", "place_of_service"} <= set(refused.value.by_field())


def test_lines_that_go_different_ways_are_split(in_north: House) -> None:
    ReviewRoute(
        program=in_north.electronic, position=2, code_from="H2014", reviewer_identifier="CARELINE",
        reviewer_name="Careline", workflow=Workflow.MANUAL_PENDING,
    ).save()  # fmt: skip
    ReviewRoute.objects.filter(position=1).update(code_from="H2019")
    assert "need a request each" in refusals(in_north, drafted(in_north))["lines"][0]


def test_line_that_needs_no_authorization_is_named(in_north: House) -> None:
    ReviewRoute(program=in_north.electronic, position=2, code_from="H2014", workflow=Workflow.NONE).save()
    ReviewRoute.objects.filter(position=1).update(code_from="H2019")
    assert refusals(in_north, drafted(in_north))["lines"] == [
        "No authorization is needed for H2014: take it off this request."
    ]


def test_lint_errors_stop_it(in_north: House) -> None:
    lint = [Problem("diagnoses", "F84.0 cannot be sent to this partner.")]
    assert refusals(in_north, drafted(in_north), lint=lint) == {"diagnoses": [lint[0].message]}


def test_same_key_gives_the_first_submission_back(in_north: House) -> None:
    draft, key = drafted(in_north), a_key()
    first, second = (
        submit(draft.id, actor=in_north.actor(), now=NOW, version=draft.version, key=key) for _ in range(2)
    )
    assert first.id == second.id
    assert OutboxMessage.objects.filter(topic="submission.send").count() == 1


def test_same_key_with_another_request_is_refused(in_north: House) -> None:
    draft, other, key = drafted(in_north), drafted(in_north), a_key()
    submit(draft.id, actor=in_north.actor(), now=NOW, key=key)
    with pytest.raises(NotAllowed, match="already used for something else"):
        submit(other.id, actor=in_north.actor(), now=NOW, key=key)
    assert again(other).status == Status.DRAFT


def test_submitting_what_somebody_changed_meanwhile_is_refused(in_north: House) -> None:
    draft = drafted(in_north)
    save_draft(draft.id, ask(in_north, units(quantity=8)), version=None, actor=in_north.actor("supervisor"), now=NOW)
    with pytest.raises(Stale, match="Supervisor North"):
        submit(draft.id, actor=in_north.actor(), now=NOW, version=draft.version)
    assert again(draft).status == Status.DRAFT


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.DRAFT])
def test_only_drafts_are_submitted(in_north: House, status: Status) -> None:
    row = in_status(in_north, status)
    count = Submission.objects.count()
    with pytest.raises(NotAllowed):
        submit(row.id, actor=in_north.actor(), now=NOW)
    assert Submission.objects.count() == count


def test_composer_refusal_returns_the_draft_with_its_fields(in_north: House) -> None:
    submission = submitted(in_north)
    problem = Problem("place_of_service", "03 is not a place this payer takes.")
    return_unsent(submission.id, [problem], actor=in_north.actor(), now=NOW)
    row = again(submission.authorization)
    assert (row.status, row.returned, row.next_action) == (Status.DRAFT, True, "Fix and resend")
    returned = Submission.objects.get(id=submission.id)
    assert (returned.outcome, returned.exchange_state) == ("returned", "failed")
    assert returned.field_errors == {"place_of_service": [problem.message]}


def test_request_the_gateway_refused_was_not_delivered(in_north: House) -> None:
    submission = submitted(in_north)
    note_exchange(submission.id, ExchangeState.SENT, actor=in_north.actor(), now=NOW)
    return_unsent(submission.id, [Problem("diagnoses", "Refused: code not valid.")], actor=in_north.actor(), now=NOW)
    assert Submission.objects.get(id=submission.id).exchange_state == "not_delivered"
    with pytest.raises(NotAllowed):
        return_unsent(submission.id, [], actor=in_north.actor(), now=NOW)


def test_returned_draft_is_asked_anew_and_the_first_request_overtaken(in_north: House) -> None:
    first = submitted(in_north)
    heard(in_north, first, RETURN)
    second = submit(first.authorization_id, actor=in_north.actor(), now=NOW)
    assert (outcome_of(first), second.reference) == ("overtaken", "PA-000001-2")
    assert not again(first.authorization).returned


def test_travel_never_moves_the_status_and_old_news_is_ignored(in_north: House) -> None:
    submission = submitted(in_north)
    travelled = (ExchangeState.SENT, ExchangeState.ACKNOWLEDGED, ExchangeState.SENT, ExchangeState.NOT_DELIVERED)
    for state in travelled:
        note_exchange(submission.id, state, actor=in_north.actor(), now=NOW)
    row = Submission.objects.get(id=submission.id)
    assert (row.exchange_state, row.acknowledged_at) == ("acknowledged", NOW)
    assert again(submission.authorization).status == Status.SUBMITTED


def test_rejected_transmission_is_not_delivered_and_asks_a_person(in_north: House) -> None:
    submission = submitted(in_north)
    note_exchange(submission.id, ExchangeState.SENT, actor=in_north.actor(), now=NOW)
    note_exchange(submission.id, ExchangeState.NOT_DELIVERED, actor=in_north.actor(), now=NOW, problem="999 R")
    row = again(submission.authorization)
    assert (row.status, row.waiting_on, row.next_action) == (Status.SUBMITTED, "us", "Mend the exchange and resend")


def test_quantity_is_frozen_against_later_edits(in_north: House) -> None:
    submission = submitted(in_north, units(quantity=80))
    heard(in_north, submission, RETURN)
    later = ask(in_north, units(quantity=60), starts_on=date(2026, 12, 1))
    save_draft(submission.authorization_id, later, version=None, actor=in_north.actor(), now=NOW)
    frozen = Submission.objects.get(id=submission.id).content
    assert (frozen["lines"][0]["quantity"], frozen["starts_on"]) == ("80", "2026-11-23")
    assert Decimal(60) == again(submission.authorization).lines.get(removed_at=None).quantity


def test_an_acknowledgment_read_after_the_answer_still_says_that_the_payer_had_the_request(in_north: House) -> None:
    submission = submitted(in_north)
    note_exchange(submission.id, ExchangeState.SENT, actor=in_north.actor(), now=NOW)
    heard(in_north, submission, all_lines(LineOutcome.APPROVED))
    late = note_exchange(submission.id, ExchangeState.ACKNOWLEDGED, actor=in_north.actor(), now=NOW)
    assert late.exchange_state == ExchangeState.ANSWERED
    assert late.acknowledged_at == NOW
