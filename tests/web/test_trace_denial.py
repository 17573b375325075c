"""A denial traced back to the playbook: changed and linked, or found without a gap; and what nobody looked at."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from authorizations import playbook_findings, rework
from authorizations.decisions import LineOutcome
from authorizations.errors import NotAllowed
from authorizations.models import Authorization, PlaybookFinding
from authorizations.playbook_findings import change_playbook, gaps, latest_denial, say_no_gap
from authorizations.states import Purpose
from authorizations.transitions import record_answer
from payers.models import Playbook
from tenancy.editing import Refused, Stale
from tests.authorizations.cases import (
    APPROVAL,
    DENIAL,
    PEND,
    RETURN,
    again,
    all_lines,
    drafted,
    heard,
    message,
    opened,
    said,
    submitted,
)
from tests.cast import NOW, House
from tests.payers.stage import make_playbook
from tests.web.conftest import SignIn
from tests.web.theatre import form_of

DAY = timedelta(days=1)


def denied(house: House) -> Authorization:
    submission = submitted(house)
    heard(house, submission, DENIAL)
    return again(submission.authorization)


def by(house: House) -> dict[str, Any]:
    return {"actor": house.actor("supervisor"), "now": NOW}


def page(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_change_is_linked_to_the_denial_with_what_it_changed(in_north: House) -> None:
    case = denied(in_north)
    book = make_playbook(in_north)
    book.program = in_north.electronic
    book.save(update_fields=["program"])
    values = {"documents": ["plan of care signed in the last 60 days"], "notes": "Ask for the order first."}
    found = change_playbook(case.id, values, version=book.version, **by(in_north))
    assert (found.outcome, found.sections, found.by) == ("changed", ["documents", "notes"], "Supervisor North")
    assert found.decision == latest_denial(case.id)
    assert found.playbook_version is not None
    assert found.playbook_version.number == book.version + 1
    assert playbook_findings.section_words(found) == ["Documents required", "Notes"]
    with pytest.raises(Refused, match="Nothing was changed"):
        change_playbook(case.id, values, version=book.version + 1, **by(in_north))
    for seen in (book.version, None):
        with pytest.raises(Stale):
            change_playbook(case.id, {"notes": "Later"}, version=seen, **by(in_north))
    assert PlaybookFinding.objects.count() == 1


def test_first_playbook_of_a_program_comes_of_a_denial(in_north: House) -> None:
    case = denied(in_north)
    values = {"owner": in_north.memberships["supervisor"], "documents": ["order"], "triggers": [], "field_order": []}
    found = change_playbook(case.id, values, version=None, **by(in_north))
    assert found.playbook_version is not None
    assert Playbook.objects.get(id=found.playbook_version.playbook_id).program == in_north.electronic
    assert "documents" in found.sections


def test_no_gap_needs_a_reason_and_only_a_denial_is_traced(in_north: House) -> None:
    case = denied(in_north)
    for reason in ("", "  ", "x" * 201):
        with pytest.raises(Refused):
            say_no_gap(case.id, reason, **by(in_north))
    approved = submitted(in_north)
    heard(in_north, approved, APPROVAL)
    with pytest.raises(NotAllowed, match="no denial"):
        say_no_gap(approved.authorization_id, "None", **by(in_north))


def test_a_denial_nobody_traced_is_listed_until_somebody_does(in_north: House) -> None:
    """Late after a day; a denied line counts; a later denial (an appeal upheld) asks again; an old one no more."""
    case = denied(in_north)
    partly = submitted(in_north)
    heard(in_north, partly, message(said(1, LineOutcome.APPROVED, 80), said(2, LineOutcome.DENIED)))
    assert [(gap.case, gap.late) for gap in gaps(NOW)] == [(case, False), (partly.authorization, False)]
    assert playbook_findings.late_gaps(NOW).count() == 0
    assert all(gap.late for gap in gaps(NOW + DAY + timedelta(minutes=1)))
    say_no_gap(case.id, "The rule was known", **by(in_north))
    assert [gap.case for gap in gaps(NOW)] == [partly.authorization]
    later = NOW + timedelta(hours=1)
    upheld = all_lines(LineOutcome.DENIED, administrative_number="ADM-2")
    asked = opened(case, Purpose.APPEAL)
    record_answer(case.id, upheld, submission_id=asked.id, actor=in_north.actor(), now=later)
    assert {gap.case for gap in gaps(later)} == {case, partly.authorization}
    late = playbook_findings.late_gaps(NOW + DAY + timedelta(minutes=1))
    assert list(late) == [partly.authorization], "a case counts once, and from its first denial"
    record_answer(
        case.id,
        replace(upheld, administrative_number="ADM-3"),
        submission_id=opened(case, Purpose.APPEAL).id,
        actor=in_north.actor(),
        now=later + DAY,
    )
    listed = {gap.case: gap.late for gap in gaps(later + DAY + timedelta(minutes=1))}
    assert listed[case], "a younger denial makes the older one no younger"
    assert playbook_findings.late_gaps(later + DAY + timedelta(minutes=1)).count() == sum(listed.values())
    assert gaps(later + timedelta(days=92)) == []
    assert playbook_findings.tally(NOW) == {"changed": 0, "no_gap": 1}


def test_payers_are_ranked_by_the_rework_of_ninety_days(in_north: House) -> None:
    denied(in_north)
    for answer in (PEND, RETURN, APPROVAL):
        heard(in_north, submitted(in_north), answer)
    (row,) = rework.by_payer(NOW)
    assert (row.payer, row.denials, row.missing, row.peer_to_peers, row.asked) == (in_north.payer, 1, 2, 0, 4)
    assert (row.total, str(row.per_hundred)) == (3, "75.0")
    assert rework.by_payer(NOW + timedelta(days=91)) == []
    words = [event.words for event in rework.events_of(in_north.payer.id, NOW)]
    assert sorted(words) == ["Denied", "Pended for information", "Returned unreviewed"]


def test_supervisor_traces_a_denial_in_the_browser(north: House, sign_in: SignIn) -> None:
    with north.scope():
        case = denied(north)
        make_playbook(north)
        drafted(north)
    client = sign_in(north, "supervisor")
    detail = client.get(f"/authorizations/{case.id}")
    assert "Nobody has said yet whether the playbook lacked something." in page(detail)
    listed = page(client.get("/reports/playbook-gaps"))
    assert case.number in listed
    assert "Update playbook" in listed
    path = f"/authorizations/{case.id}/playbook"
    shown: Any = client.get(path)
    assert case.codes in page(shown)
    empty = client.post(f"{path}/no-gap", {"reason": " "})
    assert empty.status_code == 422
    assert "Say why the playbook needs no change." in page(empty)
    fields = form_of(shown, path)
    assert fields is not None
    saved = client.post(path, {**fields, "say_first": "Prior authorization, behavioral", "documents": "an order"})
    assert saved["Location"] == f"/authorizations/{case.id}", page(saved)
    traced = client.get(f"/authorizations/{case.id}")
    assert "Playbook after the denial" in page(traced)
    assert "Say first, Documents required" in page(traced)
    assert "Every denial is traced back" in page(client.get("/reports/playbook-gaps"))
    ranked = page(client.get("/reports/rework"))
    assert north.payer.name in ranked
    assert case.number in page(client.get(f"/reports/rework/{north.payer.id}"))
    assert "Harborline North,HLNOR,1,0,0,1," in client.get("/reports/rework/export").content.decode()
    assert sign_in(north, "clinician").get("/reports/rework").status_code == 403
