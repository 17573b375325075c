"""Is it covered: the verdict, its reason and its rule, for every state of the facts. No database."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from authorizations.decisions import Basis, CapPeriod
from claims.caps import Cap
from claims.covering import Question, ask
from claims.matching import Cover
from payers.models import ProgramRules, Workflow
from payers.rules import Route, Window
from tests.claims.cases import AETHER, PINE, charge, cover, day, key
from web.covered import Answer, Asked, Facts, Verdict, answer, without_coverage

TODAY = day("03-10")
SOON = day("03-11")
DRAFT = Asked(key("PA-000009"), "PA-000009", "draft")
FREED = Asked(key("PA-000008"), "PA-000008", "no authorization required")


def way(workflow: Workflow = Workflow.AUTOMATIC_278, **changes: Any) -> Route:
    values: dict[str, Any] = {
        "workflow": workflow,
        "reviewer_name": "Careline",
        "reviewer_qualifier": "PI",
        "reviewer_identifier": "CL",
        "partner": None,
        "portal_url": "",
        "phone": "555-0140",
        "fax": "",
        "window": Window(90, ""),
        "rule": "route 2 of Medicaid",
        "rules": ProgramRules(),
    }
    return Route(**{**values, **changes})


def told(*covers: Cover, route: Route | None = None, units: int | None = None, **facts: Any) -> Answer:
    question = Question(AETHER, None, "H2019", SOON, units=Decimal(units) if units else None)
    charges = facts.pop("charges", [])
    return answer(Facts("Aether Medicaid", route or way(), ask(question, covers, charges), TODAY, **facts))


CASES: list[tuple[Answer, Verdict, str, bool]] = [
    (told(cover(quantity=64)), Verdict.COVERED, "Covered by PA-000001", False),
    (told(cover(), route=way(Workflow.NONE)), Verdict.COVERED, "Covered by PA-000001", False),
    (told(cover(), open_requests=[DRAFT]), Verdict.COVERED, "Covered by PA-000001", False),
    (told(), Verdict.NEEDED, "An authorization is needed", True),
    (told(cover(payer_id=PINE)), Verdict.NEEDED, "An authorization is needed", True),
    (told(open_requests=[DRAFT]), Verdict.NEEDED, "Needed, and asked for already in PA-000009", False),
    (told(cover(quantity=4), units=8), Verdict.NEEDED, "More is needed: PA-000001 has not enough left", True),
    (told(route=way(Workflow.NONE)), Verdict.NOT_NEEDED, "No authorization is needed", False),
    (told(not_required=[FREED]), Verdict.NOT_NEEDED, "No authorization is needed", False),
    (
        told(route=way(rules=None, problem="Medicaid has no rules for Mar 10, 2026.")),
        Verdict.UNKNOWN,
        "Nobody has written down whether it needs one",
        False,
    ),
    (
        told(cover(quantity=None, basis=Basis.UNKNOWN)),
        Verdict.UNKNOWN,
        "It is approved, but nobody knows for how much",
        False,
    ),
    (without_coverage(SOON, TODAY, []), Verdict.UNKNOWN, "No coverage is in force on Mar 11", False),
]


@pytest.mark.parametrize(("given", "verdict", "headline", "may_start"), CASES, ids=[case[2] for case in CASES])
def test_each_state_of_the_facts_has_one_answer(
    given: Answer, verdict: Verdict, headline: str, may_start: bool
) -> None:
    assert (given.verdict, given.headline, given.may_start) == (verdict, headline, may_start)
    assert given.rule
    assert "paid" not in " ".join(given.sentences)


def test_covered_says_how_much_until_when_and_what_the_week_allows() -> None:
    weekly = Cap(CapPeriod.WEEK, Decimal(40), day("01-01"), week_start=7)
    used = [charge("C-1", "03-09", 28)]
    found = told(cover(quantity=100, caps=(weekly,)), units=12, charges=used, unit="unit")
    assert found.sentences == (
        "72 units left, until Jun 30.",
        "This week 28 of 40 used, 12 left.",
        "12 asked: 60 left after it.",
    )
    assert found.rule == "Only cover for this service on this date."
    assert told(cover(quantity=None, basis=Basis.UNLIMITED, ends=None)).sentences == ("no limit, without a last day.",)


def test_covered_warns_of_what_may_still_go_wrong() -> None:
    doubt = "Eligibility was never checked. Check it before the service."
    gone = told(cover(quantity=10), doubt=doubt, runs_out_on=SOON)
    assert gone.warnings == (
        doubt,
        "Likely used up by then: at the pace of the last weeks none is left about Mar 11.",
    )
    assert told(cover(quantity=10), runs_out_on=SOON + timedelta(days=1)).warnings == ()
    later = told(cover(quantity=10), units=5, charges=[charge("C-1", "05-01", 8)])
    assert later.warnings == ("3 units of services counted later would then be over.",)


def test_needed_says_how_it_is_asked_and_why_the_others_do_not_cover_it() -> None:
    covers = [cover("PA-000001", ends="03-01"), cover("PA-000002", starts="04-01"), cover("PA-000003", payer_id=PINE)]
    found = told(*covers, route=way(Workflow.MANUAL_PENDING))
    assert found.sentences == (
        "Nothing covers it yet: PA-000001 comes closest: outside by 10 days: it ends Mar 1, 2026.",
        "Careline is asked by hand, by phone, 555-0140.",
    )
    assert found.rule == "Route 2 of Medicaid."
    assert sorted(found.refused) == [
        "PA-000001 line 1: outside by 10 days: it ends Mar 1, 2026",
        "PA-000002 line 1: outside by 21 days: it begins Apr 1, 2026",
        "PA-000003 line 1: another payer",
    ]
    stopped = told(route=way(problem="No trading partner is routed for it."))
    assert stopped.sentences[-1] == "No trading partner is routed for it."


def test_unknown_says_whom_to_ask() -> None:
    found = told(route=way(rules=None, problem="No rules.", portal_url="https://portal.example"))
    assert found.sentences[-1] == (
        "Ask Careline (phone 555-0140 and https://portal.example), "
        "and have the answer written into the program’s rules."
    )
    none = without_coverage(SOON, TODAY, [("Aether Medicaid", date(2026, 2, 28))])
    assert none.sentences[0] == "Aether Medicaid ended Feb 28."


def test_an_answer_names_the_authorization_it_is_about() -> None:
    found = told(cover(quantity=4), units=8)
    assert found.sentences[0] == "PA-000001 line 1: has 4 of 8."
    assert found.named == Asked(key("PA-000001"), "PA-000001", "")
    other = replace(cover(quantity=4), authorization_id=uuid.UUID(int=7))
    covered = told(other)
    assert covered.named is not None
    assert covered.named.authorization_id == uuid.UUID(int=7)
