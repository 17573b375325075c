"""The page of a case tells every step with who, how and when, and finds what was written in the log again."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from audit.actors import Actor
from authorizations.cancelling import request_cancellation
from authorizations.changes import Change, ChangedLine, amend
from authorizations.decisions import Contact, RequestedDocument
from authorizations.models import Authorization, Submission
from authorizations.pends import Reply
from authorizations.renewing import renew
from authorizations.services import add_note, note_exchange
from authorizations.states import ExchangeState, Status
from authorizations.transitions import record_answer, resubmit, submit
from payers.models import ProgramRules
from tests.authorizations.cases import (
    APPROVAL,
    CLOSURE,
    DENIAL,
    PEND,
    all_lines,
    drafted,
    heard,
    in_status,
    message,
    said,
    submitted,
    units,
)
from tests.cast import NOW, TODAY, House, make_coverage, make_member
from tests.claims.stage import authorize, bill, post
from tests.web.conftest import SignIn
from tests.web.pages import text

WIRE = Actor.job("Exchange")


def page_of(client: Any, case: Authorization, tab: str = "") -> str:
    answer = client.get(f"/authorizations/{case.id}{f'?tab={tab}' if tab else ''}")
    assert answer.status_code == 200
    return str(answer.content.decode())


def steps(html: str) -> list[str]:
    """What happened, the first first, without what lies ahead."""
    entries = re.findall(r"(?s)<li( class=\"ahead\")?>(.*?)</li>", html.partition('class="timeline"')[2])
    return [text(entry) for ahead, entry in reversed(entries) if not ahead]


def test_every_step_from_draft_to_cancellation_names_who_or_what_moved_it_and_when(
    north: House, sign_in: SignIn
) -> None:
    at = [NOW + timedelta(minutes=10 * step) for step in range(9)]
    with north.scope():
        case = drafted(north, units("H2019", 80))
        person: dict[str, Any] = {"actor": north.actor("supervisor")}
        first = submit(case.id, now=at[1], **person)
        note_exchange(first.id, ExchangeState.SENT, actor=WIRE, now=at[2])
        note_exchange(first.id, ExchangeState.ACKNOWLEDGED, actor=WIRE, now=at[3])
        record_answer(case.id, replace(PEND, message="Send notes"), submission_id=first.id, actor=WIRE, now=at[4])
        answer = resubmit(first.id, Reply("Attached."), now=at[5], **person)
        told = replace(APPROVAL, source_message_id=None)
        record_answer(case.id, told, submission_id=answer.id, now=at[6], **person)
        leave = request_cancellation(case.id, reason="Moved away.", effective_on=TODAY, now=at[7], **person)
        assert leave is not None
        record_answer(case.id, CLOSURE, submission_id=leave.id, actor=WIRE, now=at[8])
    with time_machine.travel(at[8], tick=False):
        found = steps(page_of(sign_in(north), case))
    expected = [
        ("10:18 AM", "Request drafted", "Specialist North"),
        ("10:28 AM", "First request submitted: H2019 80", "Supervisor North, 278"),
        ("10:38 AM", "Sent to Harborline North", "278 request through Gateway north"),
        ("10:48 AM", "confirmed it received the request", "999"),
        ("10:58 AM", "needs more before it decides: “Send notes”", "278 response"),
        ("11:08 AM", "submitted: H2019 80", "Supervisor North, 278"),
        ("11:18 AM", "approved", "recorded by Supervisor North"),
        ("11:28 AM", "Cancellation submitted", "Supervisor North, 278"),
        ("11:38 AM", "closed it", "278 response"),
    ]
    assert len(found) == len(expected), found
    for step, (when, what, who) in zip(found, expected, strict=True):
        assert when in step, (when, step)
        assert what in step, (what, step)
        assert who in step, (who, step)


def test_the_head_names_member_payer_codes_units_days_and_where_the_answer_came_from(
    north: House, sign_in: SignIn
) -> None:
    with north.scope():
        by_wire, by_hand = submitted(north, units("H2019", 480)), submitted(north, units("H2014", 40))
        heard(north, by_wire, all_lines(APPROVAL.overall.outcome))  # type: ignore[union-attr]
        heard(north, by_hand, replace(APPROVAL, source_message_id=None))
    client = sign_in(north)
    words = text(page_of(client, by_wire.authorization))
    for part in (
        "Rowan AshdownNorth , MRN",
        "Harborline North, Medicaid",
        "Nov 23 – Feb 20, 2027",
        "H2019",
        "480 480 as asked 0 480 of 480 left",
        "Decided 278 response, message",
    ):
        assert part in words, (part, words)
    assert "Decided Recorded by Specialist North" in text(page_of(client, by_hand.authorization))


def test_a_request_on_its_way_says_since_when_it_waits_and_by_when_the_answer_is_due(
    north: House, sign_in: SignIn
) -> None:
    with north.scope():
        ProgramRules.objects.filter(program=north.electronic).update(routine_days=7)
        asked = submitted(north)
        note_exchange(asked.id, ExchangeState.SENT, actor=WIRE, now=NOW - timedelta(minutes=14))
    words = text(page_of(sign_in(north), asked.authorization))
    assert "sent today, 10:04 AM" in words
    assert "none yet, 14 min so far" in words
    assert "7 calendar days, the program's turnaround" in words
    assert "by Mon Nov 30" in words


@pytest.mark.parametrize(
    ("regulation", "priority", "told"),
    [
        ("medicare_advantage", "urgent", ("72 hours, federal rule for urgent requests", "422.572(a) for expedited")),
        ("medicare_advantage", "routine", ("7 calendar days, federal rule", "42 CFR 422.568(b)")),
        ("marketplace", "urgent", ("Clocks: none runs", "No federal clock: plans on the federal exchange")),
    ],
)
def test_the_clocks_of_a_plan_stand_there_with_their_legal_basis_or_why_none_runs(
    north: House, sign_in: SignIn, regulation: str, priority: str, told: tuple[str, ...]
) -> None:
    with north.scope():
        ProgramRules.objects.filter(program=north.electronic).update(regulation=regulation)
        asked = submitted(north, priority=priority)
    words = text(page_of(sign_in(north), asked.authorization))
    for part in told:
        assert part in words, (part, words)


def test_a_payer_that_is_late_is_listed_with_what_was_sent_its_receipt_and_the_rule(
    north: House, sign_in: SignIn
) -> None:
    with north.scope():
        ProgramRules.objects.filter(program=north.electronic).update(routine_days=7)
        late, timely = submitted(north), submitted(north, coverage=make_coverage(make_member(), north.electronic))
        for each in (late, timely):
            note_exchange(each.id, ExchangeState.SENT, actor=WIRE, now=NOW)
        note_exchange(late.id, ExchangeState.ACKNOWLEDGED, actor=WIRE, now=NOW + timedelta(minutes=4))
        Submission.objects.filter(id=timely.id).update(due_at=NOW + timedelta(days=30))
    with time_machine.travel(NOW + timedelta(days=9), tick=False):
        words = text(sign_in(north, "supervisor").get("/authorizations/overdue").content.decode())
        counted = {role: text(sign_in(north, role).get("/").content.decode()) for role in ("supervisor", "edi")}
    assert timely.authorization.number not in words
    for part in (
        late.authorization.number,
        "first request, 278 electronic, PA-000001-1",
        "10:22 AM acknowledged",
        "7 calendar days, the program's turnaround",
        "Specialist North",
    ):
        assert part in words, (part, words)
    assert "1 Payer is late" in counted["supervisor"]
    assert "278s without an answer in time 1" in counted["edi"]


def test_a_pend_stands_on_top_of_the_communication_with_code_words_and_what_is_wanted(
    north: House, sign_in: SignIn
) -> None:
    with north.scope():
        asked = submitted(north)
        wanted = (RequestedDocument("M1", "Chart notes of 30 days", "PWK01"),)
        said_so = replace(PEND, reasons=("0U",), message="Send the notes", requested_documents=wanted)
        heard(north, asked, replace(said_so, contact=Contact(fax="3025550188")))
        add_note(asked.authorization_id, "Called.", actor=north.actor(), now=NOW)
    words = text(page_of(sign_in(north), asked.authorization, "communication"))
    assert "more information about the patient is wanted (0U)" in words
    assert words.index("“Send the notes”") < words.index("Called.")


def test_a_denial_says_why_with_the_code_in_brackets(north: House, sign_in: SignIn) -> None:
    with north.scope():
        asked = submitted(north)
        heard(north, asked, replace(DENIAL, reasons=("0C",), message="Try the group first"))
    words = text(page_of(sign_in(north), asked.authorization))
    assert "did not approve" in words
    assert "“Try the group first”" in words
    assert "(0C)" in words
    assert "asks for" not in words, "its program says nothing of appeals"
    with north.scope():
        ProgramRules.objects.filter(program=north.electronic).update(appeal_days=60, peer_to_peer_days=0)
    words = text(page_of(sign_in(north), asked.authorization))
    assert "asks for an appeal by Thu Jan 21, 2027, or lets it rest" in words
    with time_machine.travel(NOW + timedelta(days=61), tick=False):
        assert "The time to appeal ended Jan 21" in text(page_of(sign_in(north), asked.authorization))


def test_a_linked_claim_says_what_it_billed_and_drew_and_leads_to_it(north: House, sign_in: SignIn) -> None:
    with north.scope():
        case = authorize(north, ("H2019 HN", 100), starts="10-01", ends="12-31", number="A")
        claim = post(north, bill("H2019 HN", "10-31", 12), number="C-77").claim
    html = page_of(sign_in(north, "biller"), case, "claims")
    (row,) = re.findall(r"(?s)<tr.*?</tr>", html.partition("<tbody")[2].partition("</tbody>")[0])
    words = text(row)
    for part in ("Oct 31", "C-77, 1", "H2019 HN", "12 12 88", "Posted", "Only cover for this service on this date"):
        assert part in words, (part, words)
    assert f'href="/claims/{claim.id}"' in row


def test_a_note_is_found_in_the_log_of_its_authorization_and_of_the_organization(north: House, sign_in: SignIn) -> None:
    with north.scope():
        case = in_status(north, Status.PENDED)
    sign_in(north, "clinician").post(f"/authorizations/{case.id}/notes", {"text": "The plan is on its way"})
    client = sign_in(north, "supervisor")
    for page in (f"/authorizations/{case.id}?tab=audit", f"/audit?authorization={case.id}"):
        words = text(client.get(page).content.decode())
        assert re.search(r"Clinician North Authorization note added|Note added.{0,80}Clinician North", words), words


def test_a_whole_life_is_told_from_the_first_request_to_the_renewal_of_the_renewal(
    north: House, sign_in: SignIn
) -> None:
    with north.scope():
        first = submitted(north, units("H2019", 80))
        heard(north, first, message(said(1, APPROVAL.overall.outcome, 80)))  # type: ignore[union-attr]
        how: dict[str, Any] = {"actor": north.actor(), "now": NOW}
        change = amend(first.authorization_id, Change((ChangedLine(1, Decimal(120)),)), **how)
        heard(north, change, message(said(1, APPROVAL.overall.outcome, 120)))  # type: ignore[union-attr]
        child = renew(first.authorization_id, owner=None, **how)
        heard(north, submit(child.id, **how), replace(APPROVAL, certification_number="HC-7002"))
    client = sign_in(north)
    words = text(page_of(client, first.authorization))
    assert f"Renewed by {child.number} approved" in words
    assert "Change submitted" in words
    words = text(page_of(client, child))
    assert f"Renews {first.authorization.number}" in words
    assert "HC-7002" in words
    assert "Request drafted" in words
