"""Is a service covered, is an authorization needed, or does nobody know? One answer, with the rule that gave it.

Pure: the facts are fetched by the view. An authorization in force comes first, because a claim would draw from it; then
what the payer said of an earlier request; then the route of the program (requirements R121 to R126). Nothing here
promises payment.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from claims.allocation import Reason
from claims.covering import Allowance, Covering, Held
from payers.models import Workflow
from payers.rules import Route
from web import wording

UNIT = "unit"
PERIODS = {"day": "that day", "week": "that week", "month": "that month"}


class Verdict(StrEnum):
    COVERED = "covered"
    NEEDED = "needed"
    NOT_NEEDED = "not_needed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Asked:
    """An authorization of the member that names the code on that day: asked for, or found not to be required."""

    authorization_id: uuid.UUID
    number: str
    words: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about one coverage and the service. `doubt` says why its eligibility cannot be relied on, or "".

    `runs_out_on` is the day on which the line that would be drawn from is used up at the pace of the last weeks.
    """

    plan: str
    route: Route
    covering: Covering
    today: date
    unit: str = UNIT
    doubt: str = ""
    open_requests: Sequence[Asked] = ()
    not_required: Sequence[Asked] = ()
    runs_out_on: date | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person reads: the verdict in one sentence, what follows from it, the rule, and what was looked at.

    `named` is the authorization the headline is about. `warnings` are what may still go wrong; `refused` says of every
    other line of the member why it is not the one.
    """

    verdict: Verdict
    headline: str
    plan: str
    rule: str
    sentences: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    named: Asked | None = None
    open_requests: tuple[Asked, ...] = ()
    may_start: bool = False


def answer(facts: Facts) -> Answer:
    """The one answer for one coverage."""
    if facts.covering.drawn is not None:
        return _covered(facts, facts.covering.drawn)
    if facts.not_required:
        return _freed(facts, facts.not_required[0])
    if facts.covering.reason is Reason.UNKNOWN_QUANTITY:
        return _unknown(facts, "It is approved, but nobody knows for how much", facts.covering.why)
    if facts.route.rules is None:
        return _unknown(facts, "Nobody has written down whether it needs one", facts.route.problem)
    if facts.route.workflow == Workflow.NONE:
        return _plain(facts, Verdict.NOT_NEEDED, "No authorization is needed", ())
    return _needed(facts)


def without_coverage(on: date, today: date, ended: Sequence[tuple[str, date]]) -> Answer:
    """No coverage is in force on the day: the plan that would decide is not known."""
    past = tuple(f"{plan} ended {wording.day(day, today)}." for plan, day in ended)
    ask = "Ask the member which plan pays on that day, check its eligibility, and add the coverage."
    return Answer(
        Verdict.UNKNOWN,
        f"No coverage is in force on {wording.day(on, today)}",
        plan="",
        rule="Who pays on the day of service decides whether an authorization is needed.",
        sentences=(*past, ask),
    )


def _covered(facts: Facts, held: Held) -> Answer:
    units = facts.covering.question.units
    sentences = [_left(held, facts), *(_allowance(each, facts) for each in held.allowances)]
    if units is not None and held.left is not None:
        after = max(Decimal(0), held.left - units)
        sentences.append(f"{wording.quantity(units)} asked: {wording.quantity(after)} left after it.")
    named = Asked(held.cover.authorization_id, held.cover.authorization_number, "")
    return Answer(
        Verdict.COVERED,
        f"Covered by {named.number}",
        plan=facts.plan,
        rule=facts.covering.why,
        sentences=tuple(sentences),
        warnings=tuple(_worries(facts, held)),
        refused=tuple(facts.covering.refusals),
        named=named,
    )


def _left(held: Held, facts: Facts) -> str:
    much = "no limit" if held.left is None else f"{wording.counted(held.left, facts.unit)} left"
    until = f"until {wording.day(held.ends_on, facts.today)}" if held.ends_on else "without a last day"
    return f"{much}, {until}."


def _allowance(allowance: Allowance, facts: Facts) -> str:
    period = PERIODS.get(allowance.cap.period.value)
    if period is None:
        span = f"{wording.day(allowance.first, facts.today)} to {wording.day(allowance.last, facts.today)}"
        period = f"from {span}"
    elif allowance.first <= facts.today <= allowance.last and period != "that day":
        period = period.replace("that", "this")
    used, allowed = wording.quantity(allowance.used), wording.quantity(allowance.allowed)
    return f"{period.capitalize()} {used} of {allowed} used, {wording.quantity(allowance.left)} left."


def _worries(facts: Facts, held: Held) -> list[str]:
    """What may still go wrong between now and the service."""
    found = [facts.doubt] if facts.doubt else []
    question = facts.covering.question
    if facts.runs_out_on is not None and facts.runs_out_on <= question.on:
        day = wording.day(facts.runs_out_on, facts.today)
        found.append(f"Likely used up by then: at the pace of the last weeks none is left about {day}.")
    if facts.covering.displaced > 0:
        much = wording.counted(facts.covering.displaced, facts.unit)
        found.append(f"{much} of services counted later would then be over.")
    if question.units is None and held.left is not None and held.left <= 0:
        found.append("What is left is used by services counted later.")
    return found


def _freed(facts: Facts, by: Asked) -> Answer:
    return Answer(
        Verdict.NOT_NEEDED,
        "No authorization is needed",
        plan=facts.plan,
        rule=f"The payer said so of {by.number}: {by.words}.",
        warnings=(facts.doubt,) if facts.doubt else (),
        refused=tuple(facts.covering.refusals),
        named=by,
    )


def _unknown(facts: Facts, headline: str, why: str) -> Answer:
    return _plain(facts, Verdict.UNKNOWN, headline, (why, _whom(facts.route)))


def _needed(facts: Facts) -> Answer:
    asked = tuple(facts.open_requests)
    near = next(iter(facts.covering.candidates), None)
    named = Asked(near.cover.authorization_id, near.cover.authorization_number, "") if near else None
    found = _plain(facts, Verdict.NEEDED, _needs(asked, named), ())
    why = facts.covering.why.replace("Draws nothing:", "Nothing covers it yet:")
    short = facts.covering.refusals[0] if named else why
    sentences = (f"{short}." if named else short, _way(facts.route), facts.route.problem)
    return replace(
        found,
        sentences=tuple(each for each in sentences if each),
        named=named,
        open_requests=asked,
        may_start=not asked,
    )


def _needs(asked: Sequence[Asked], named: Asked | None) -> str:
    if asked:
        return f"Needed, and asked for already in {asked[0].number}"
    return f"More is needed: {named.number} has not enough left" if named else "An authorization is needed"


def _plain(facts: Facts, verdict: Verdict, headline: str, sentences: tuple[str, ...]) -> Answer:
    return Answer(
        verdict,
        headline,
        plan=facts.plan,
        rule=f"{facts.route.rule[:1].upper()}{facts.route.rule[1:]}.",
        sentences=tuple(each for each in sentences if each),
        warnings=(facts.doubt,) if facts.doubt else (),
        refused=tuple(facts.covering.refusals),
    )


def _way(route: Route) -> str:
    """How it is asked for."""
    if route.workflow == Workflow.AUTOMATIC_278:
        return f"{route.reviewer_name} is asked electronically, by 278."
    how = {"phone": f"by phone, {route.phone}", "fax": f"by fax, {route.fax}"}.get(route.channel, "in its portal")
    return f"{route.reviewer_name} is asked by hand, {how}."


def _whom(route: Route) -> str:
    """Whom to ask where the rules do not say."""
    ways = [f"phone {route.phone}"] if route.phone else []
    ways += [route.portal_url] if route.portal_url else []
    reached = f" ({wording.join_words(ways)})" if ways else ""
    return f"Ask {route.reviewer_name}{reached}, and have the answer written into the program’s rules."
