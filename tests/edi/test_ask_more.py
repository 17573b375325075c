"""Everything asked of a payer about a case that stands, sent to a payer that really answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from authorizations.appeals import Appeal, appeal
from authorizations.asked import AskedLine
from authorizations.cancelling import request_cancellation
from authorizations.changes import Change, ChangedLine, amend, extend
from authorizations.models import Authorization, Submission
from authorizations.pends import Attachment, Reply
from authorizations.renewing import renew
from authorizations.states import AppealLevel, Status
from authorizations.terms import CodeTerms
from authorizations.transitions import resubmit, submit
from edi.lint import submission_problems
from tests.authorizations.cases import ENDS, in_force
from tests.cast import NOW, TODAY, House
from tests.edi.exchanges import asked, case_of, fresh, sent, work

LATER = ENDS + timedelta(days=30)


def decided(house: House, *codes: str) -> Authorization:
    """A case that the payer has answered."""
    submission = asked(house, *codes)
    work(house)
    return case_of(house, submission)


def said(house: House) -> str:
    """The last request that went out, as text."""
    return bytes(sent(house)[-1].body).decode()


def segments(text: str, tag: str) -> list[str]:
    return re.findall(rf"(?<=~){tag}\*[^~]*", text)


def how(house: House) -> dict[str, Any]:
    return {"actor": house.actor(), "now": NOW}


def test_pended_request_is_answered_and_approved(wired_north: House) -> None:
    case = decided(wired_north, "G0299")
    assert case.status == Status.PENDED
    with wired_north.scope():
        papers = (Attachment("FX", "M1", "Chart notes"),)
        answer = resubmit(case.submissions.get().id, Reply("See the notes.", papers), **how(wired_north))
    work(wired_north)
    text = said(wired_north)
    assert segments(text, "BHT")[0].split("*")[3] == f"{case.number}-2"
    assert segments(text, "TRN")[0].split("*")[2] == f"{case.number}-2"
    assert segments(text, "UM")[0].split("*")[2] == "S"
    assert segments(text, "REF")[-1] == f"REF*NT*{case.administrative_number}"
    assert segments(text, "PWK") == [f"PWK*M1*FX***AC*{case.number}-2-D1*Chart notes"]
    assert segments(text, "MSG")[0] == "MSG*See the notes."
    assert (fresh(wired_north, answer).outcome, case_of(wired_north, answer).status) == ("approved", Status.APPROVED)


def test_payer_that_is_never_content_pends_again(wired_north: House) -> None:
    case = decided(wired_north, "G0300")
    with wired_north.scope():
        answer = resubmit(case.submissions.get().id, Reply("Again."), **how(wired_north))
    work(wired_north)
    assert (fresh(wired_north, answer).outcome, case_of(wired_north, answer).status) == ("pended", Status.PENDED)


def test_cancellation_is_granted_and_cover_ends_the_day_before(wired_north: House) -> None:
    case = decided(wired_north, "H2019")
    off = TODAY + timedelta(days=20)
    with wired_north.scope():
        cancel = request_cancellation(case.id, reason="Moved away.", effective_on=off, **how(wired_north))
        assert cancel is not None
        assert Authorization.objects.get(id=case.id).status == Status.APPROVED
    work(wired_north)
    text = said(wired_north)
    assert segments(text, "UM")[0].split("*")[2] == "3"
    assert segments(text, "REF")[-1] == f"REF*BB*{case.certification_number}"
    assert segments(text, "MSG") == [f"MSG*Cancel from {off:%m/%d/%Y}. Moved away."]
    assert segments(text, "SV1") == []
    row = case_of(wired_north, cancel)
    assert (row.status, fresh(wired_north, cancel).outcome) == (Status.CANCELLED, "approved")
    with wired_north.scope():
        assert in_force(row)[1].ends_on == off - timedelta(days=1)


def test_refused_cancellation_leaves_cover_and_asks_a_person_to_look(wired_north: House) -> None:
    case = decided(wired_north, "T2022")
    with wired_north.scope():
        cancel = request_cancellation(case.id, reason="Moved.", effective_on=TODAY, **how(wired_north))
    assert cancel is not None
    work(wired_north)
    row = case_of(wired_north, cancel)
    assert (row.status, fresh(wired_north, cancel).outcome) == (Status.APPROVED, "refused")
    with wired_north.scope():
        assert "cancel_refused" in set(row.tasks.values_list("kind", flat=True))
        assert in_force(row)[1].ends_on == ENDS


def test_change_gets_its_total_and_its_further_code_under_the_same_number(wired_north: House) -> None:
    case = decided(wired_north, "H2019")
    more = AskedLine((CodeTerms("T1023"),), Decimal(4))
    with wired_north.scope():
        change = amend(case.id, Change((ChangedLine(1, Decimal(200)),), (more,)), **how(wired_north))
        assert in_force(Authorization.objects.get(id=case.id))[1].quantity == 80
    work(wired_north)
    text = said(wired_north)
    assert segments(text, "UM")[0].split("*")[2] == "S"
    assert segments(text, "REF")[-1] == f"REF*BB*{case.certification_number}"
    assert [each.split("*")[4] for each in segments(text, "SV1")] == ["200", "4"]
    row = case_of(wired_north, change)
    assert (row.status, row.certification_number) == (Status.APPROVED, case.certification_number)
    with wired_north.scope():
        versions = in_force(row)
    assert [(number, versions[number].quantity) for number in versions] == [(1, Decimal(200)), (2, Decimal(4))]


def test_extension_ends_later_under_the_same_number(wired_north: House) -> None:
    case = decided(wired_north, "H2019")
    with wired_north.scope():
        longer = extend(case.id, Change((ChangedLine(1, Decimal(160), LATER),)), **how(wired_north))
    work(wired_north)
    text = said(wired_north)
    assert segments(text, "UM")[0].split("*")[2] == "4"
    assert f"DTP*472*RD8*{TODAY:%Y%m%d}-{LATER:%Y%m%d}" in text
    row = case_of(wired_north, longer)
    with wired_north.scope():
        version = in_force(row)[1]
    assert (version.ends_on, version.quantity, row.cover_ends_on) == (LATER, Decimal(160), LATER)


def test_renewal_quotes_the_old_number_and_gets_one_of_its_own(wired_north: House) -> None:
    case = decided(wired_north, "H2019")
    with wired_north.scope():
        child = renew(case.id, owner=wired_north.memberships["specialist"], **how(wired_north))
        submission = submit(child.id, **how(wired_north))
    work(wired_north)
    text = said(wired_north)
    assert segments(text, "UM")[0].split("*")[2] == "R"
    assert segments(text, "REF")[-1] == f"REF*BB*{case.certification_number}"
    row = case_of(wired_north, submission)
    assert (row.status, row.parent_id) == (Status.APPROVED, case.id)
    assert row.certification_number not in ("", case.certification_number)


@pytest.mark.parametrize(
    ("code", "level", "purpose", "status", "outcome"),
    [
        ("T1019", AppealLevel.APPEAL, "2", Status.APPROVED, "approved"),
        ("T1019", AppealLevel.RECONSIDERATION, "N", Status.APPROVED, "approved"),
        ("T1020", AppealLevel.APPEAL, "2", Status.DENIED, "refused"),
    ],
)
def test_appeal_is_read_in_its_row(
    wired_north: House, code: str, level: AppealLevel, purpose: str, status: Status, outcome: str
) -> None:
    case = decided(wired_north, code)
    assert case.status == Status.DENIED
    with wired_north.scope():
        made = appeal(case.id, Appeal(level, "The need is documented."), **how(wired_north))
    work(wired_north)
    text = said(wired_north)
    assert segments(text, "UM")[0].split("*")[2] == purpose
    assert segments(text, "REF")[-1] == f"REF*NT*{case.administrative_number}"
    assert (case_of(wired_north, made).status, fresh(wired_north, made).outcome) == (status, outcome)


@pytest.mark.parametrize(
    ("code", "verb", "outcome", "status", "task"),
    [
        ("T2023", "cancel", "pended", Status.APPROVED, ""),
        ("T2025", "cancel", "returned", Status.APPROVED, "cancel_returned"),
        ("T2026", "amend", "refused", Status.APPROVED, ""),
        ("T2027", "amend", "pended", Status.APPROVED, ""),
        ("T2028", "amend", "returned", Status.APPROVED, ""),
        ("T2029", "amend", "cancelled", Status.APPROVED, "change_withdrawn_by_payer"),
        ("T2030", "amend", "none", Status.APPROVED, "unexpected"),
        ("T2031", "appeal", "pended", Status.DENIED, ""),
        ("T2032", "appeal", "returned", Status.DENIED, "appeal_returned"),
        ("T2033", "appeal", "cancelled", Status.DENIED, "appeal_closed"),
        ("T2034", "appeal", "approved", Status.APPROVED, ""),
    ],
)
def test_every_other_cell_of_the_table_has_a_code(
    wired_north: House, code: str, verb: str, outcome: str, status: Status, task: str
) -> None:
    case = decided(wired_north, code)
    by = how(wired_north)
    verbs: dict[str, Callable[[], Submission | None]] = {
        "cancel": lambda: request_cancellation(case.id, reason="Moved.", effective_on=TODAY, **by),
        "amend": lambda: amend(case.id, Change((ChangedLine(1, Decimal(90)),)), **by),
        "appeal": lambda: appeal(case.id, Appeal(AppealLevel.APPEAL, "Documented."), **by),
    }
    with wired_north.scope():
        made = verbs[verb]()
    assert made is not None
    work(wired_north)
    row = case_of(wired_north, made)
    with wired_north.scope():
        tasks = set(row.tasks.filter(closed_at=None).values_list("kind", flat=True))
    assert (fresh(wired_north, made).outcome, row.status, tasks) == (outcome, status, {task} - {""})


def test_a_pended_change_is_approved_when_the_documents_come(wired_north: House) -> None:
    case = decided(wired_north, "T2027")
    by = how(wired_north)
    with wired_north.scope():
        change = amend(case.id, Change((ChangedLine(1, Decimal(90)),)), **by)
    work(wired_north)
    with wired_north.scope():
        answer = resubmit(change.id, Reply("The plan of care."), **by)
    work(wired_north)
    assert (fresh(wired_north, change).outcome, fresh(wired_north, answer).outcome) == ("approved", "approved")
    with wired_north.scope():
        assert in_force(case)[1].quantity == Decimal(90)


@pytest.mark.parametrize(("code", "purpose"), [("T2023", "3"), ("T2031", "2")])
def test_what_is_said_to_a_pended_cancellation_or_appeal_stays_one(wired_north: House, code: str, purpose: str) -> None:
    case = decided(wired_north, code)
    by = how(wired_north)
    with wired_north.scope():
        if purpose == "3":
            made = request_cancellation(case.id, reason="Moved.", effective_on=TODAY, **by)
        else:
            made = appeal(case.id, Appeal(AppealLevel.APPEAL, "Documented."), **by)
        assert made is not None
    work(wired_north)
    with wired_north.scope():
        answer = resubmit(made.id, Reply("As you asked."), **by)
    work(wired_north)
    assert segments(said(wired_north), "UM")[0].split("*")[2] == purpose
    assert bool(segments(said(wired_north), "SV1")) is (purpose == "2")
    assert (fresh(wired_north, answer).outcome, case_of(wired_north, answer).status) == ("pended", case.status)


def test_what_would_not_be_composed_is_told_before_it_is_asked(wired_north: House) -> None:
    case = decided(wired_north, "H2019")
    with wired_north.scope():
        change = amend(case.id, Change((ChangedLine(1, Decimal(9)),), note="x*y~z"), **how(wired_north))
        assert submission_problems(change, now=NOW) == []
        Submission.objects.filter(id=change.id).update(content=change.content | {"note_to_payer": "x" * 300})
        change.refresh_from_db()
        assert [problem.field for problem in submission_problems(change, now=NOW)] == ["note_to_payer"]
