"""Every clock of a due time, one click away: which rule, from when, in whose zone, and what is assumed."""

from __future__ import annotations

import re
from datetime import timedelta

from authorizations.models import Submission
from authorizations.pends import Reply
from authorizations.services import note_exchange
from authorizations.states import ExchangeState
from authorizations.transitions import resubmit
from tests.authorizations.cases import PEND, heard, submitted
from tests.cast import NOW, House
from tests.web.conftest import SignIn


def clocks_on(client: object, address: str) -> str:
    html = client.get(address).content.decode()  # type: ignore[attr-defined]
    parts = re.findall(r'<details class="clock">.*?</details>', html, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", " ".join(parts)).split())


def test_clocks_name_rule_basis_start_and_zone_of_the_payer(north: House, sign_in: SignIn) -> None:
    with north.scope():
        north.payer.time_zone = "America/Los_Angeles"
        north.payer.save()
        north.electronic.rules.update(regulation="medicaid", routine_days=10, follows_core=True)
        submission = submitted(north)
        for state in (ExchangeState.SENT, ExchangeState.ACKNOWLEDGED):
            note_exchange(submission.id, state, actor=north.actor(), now=NOW)
    words = clocks_on(sign_in(north), f"/authorizations/{submission.authorization_id}")
    assert "Received by the payer: acknowledgment read Today, 10:18 AM" in words
    assert words.index("2 business days, CAQH CORE") < words.index("7 calendar days, federal rule")
    assert words.index("7 calendar days, federal rule") < words.index("10 calendar days, the program")
    assert "Wed Nov 25, 10:18 AM , the strictest" in words
    assert "Tue Dec 1, 2:59 AM: 7 calendar days, federal rule Mon Nov 30, 11:59 PM PT at the payer" in words
    assert "42 CFR 438.210(d)" in words
    assert "days end in the payer’s zone, Pacific time (PT)" in words


def test_plan_of_the_exchange_has_no_federal_clock_and_the_page_says_why(north: House, sign_in: SignIn) -> None:
    with north.scope():
        north.electronic.rules.update(regulation="marketplace")
        submission = submitted(north)
    words = clocks_on(sign_in(north), f"/authorizations/{submission.authorization_id}")
    assert "No rule gives the payer a time." in words
    assert "plans on the federal exchange must give a reason, but no time limit binds them" in words
    assert "Assumed: asked Today, 10:18 AM, not sent yet" in words


def test_answer_to_a_pend_goes_on_with_the_clock_and_both_readings_are_kept(north: House) -> None:
    later = NOW + timedelta(days=2)
    with north.scope():
        north.electronic.rules.update(regulation="medicaid")
        submission = submitted(north)
        for state in (ExchangeState.SENT, ExchangeState.ACKNOWLEDGED):
            note_exchange(submission.id, state, actor=north.actor(), now=NOW)
        heard(north, submission, PEND)

        answer = resubmit(submission.id, Reply(text="Here it is."), actor=north.actor(), now=later, confirmed=True)
        [run] = answer.clocks["runs"]
        assert answer.clocks["paused_seconds"] == 2 * 24 * 3600
        assert (run["starts_at"], run["ends_at"][:10], run["otherwise_at"][:10]) == (
            NOW.isoformat(), "2026-12-03", "2026-12-01"
        )  # fmt: skip


def test_payer_that_missed_its_time_is_called_by_the_owner(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = submitted(north)
        for state in (ExchangeState.SENT, ExchangeState.ACKNOWLEDGED):
            note_exchange(submission.id, state, actor=north.actor(), now=NOW)
        rule = "7 calendar days, federal rule"
        Submission.objects.filter(id=submission.id).update(due_at=NOW - timedelta(hours=5), due_rule=rule)
    html = sign_in(north).get(f"/authorizations/{submission.authorization_id}").content.decode()
    words = " ".join(re.sub(r"<[^>]+>", " ", html).split())
    assert f"Specialist North calls Harborline North : its answer is 5 h late ({rule})." in words


def test_urgent_request_that_the_payer_handles_as_routine_shows_both_clocks(north: House, sign_in: SignIn) -> None:
    with north.scope():
        north.electronic.rules.update(regulation="medicaid")
        submission = submitted(north, priority="urgent")
        note_exchange(submission.id, ExchangeState.SENT, actor=north.actor(), now=NOW)
        due = Submission.objects.get(id=submission.id).due_at
    case, client = f"/authorizations/{submission.authorization_id}", sign_in(north)
    assert "The payer handles it as routine" in clocks_on(client, case)
    address = f"/submissions/{submission.id}/class"
    assert client.post(address, {"handled_as": "soon"}).status_code == 409
    assert client.post(address, {"handled_as": "routine"}).status_code == 302
    words = clocks_on(client, case)
    assert "The payer handles it as routine , asked as urgent noted by Specialist North, Today, 10:18 AM" in words
    assert "72 hours, federal rule for urgent requests" in words
    assert "7 calendar days, federal rule" in words
    with north.scope():
        assert Submission.objects.get(id=submission.id).due_at == due, "the class asked for sets the time"
        note_exchange(submission.id, ExchangeState.ACKNOWLEDGED, actor=north.actor(), now=NOW)
    words = clocks_on(client, case)
    assert "acknowledgment read" in words, "the clocks began anew"
    assert "asked as urgent" in words, "what the payer said outlasts its acknowledgment"
    assert client.post(address, {"handled_as": "urgent"}).status_code == 302
    assert "7 calendar days" not in clocks_on(client, case)
    with north.scope():
        heard(north, submission, PEND)
    assert client.post(address, {"handled_as": "routine"}).status_code == 409
    assert sign_in(north, "clinician").post(address, {"handled_as": "routine"}).status_code == 403
