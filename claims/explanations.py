"""Why a charge drew where it did: kept beside the ledger entry as codes and figures, and put into words here.

One wording for biller, scheduler and clinician. Sentences name authorizations by their numbers; who may read the page
may read those.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from claims.allocation import Outcome, Reason
from claims.matching import Rule

Record = Mapping[str, Any]
Facts = Mapping[str, str]


def record_of(outcome: Outcome) -> dict[str, Any]:
    """An outcome as it is stored: the reason, its figures, the flags, and every line refused with its rule."""
    charge = outcome.charge
    found: dict[str, Any] = {
        "reason": outcome.reason.value,
        "facts": dict(outcome.facts),
        "refused": [
            {"authorization": miss.authorization_number, "line": miss.line_number, "rule": miss.rule.value}
            | ({"facts": dict(miss.facts)} if miss.facts else {})
            for miss in outcome.refused
        ],
    }
    if charge.billed_number:
        found["billed_with"] = charge.billed_number
    if outcome.number_refused:
        found["number_refused"] = True
    if outcome.pin_refused:
        found["pin_refused"] = True
    return found


def number(text: str | Decimal) -> str:
    """8.000 is 8, 1.500 is 1.5, 1000 is 1,000."""
    amount = f"{Decimal(text):,f}"
    return amount.rstrip("0").rstrip(".") if "." in amount else amount


def day(text: str) -> str:
    """Mar 31, 2026."""
    on = date.fromisoformat(text)
    return f"{on:%b} {on.day}, {on.year}"


def why(record: Record) -> str:
    """One sentence: why this line, or why none."""
    return _REASONS[Reason(record["reason"])](record.get("facts", {}), record)


def told(record: Record) -> str:
    """One sentence for an entry of the ledger, whether it draws or gives back."""
    special = {
        "voided": "Given back: the claim was voided.",
        "replaced": "Given back: the claim was replaced.",
        "used_before": "Used before we counted.",
    }
    if record["reason"] == "allocated_anew":
        return f"Given back, because the member was allocated anew. Now: {why(record['now'])}"
    return special.get(record["reason"]) or why(record)


def over_words(record: Record, over: Decimal) -> str:
    """How far a draw is beyond what is approved, and by which limit; "" when it is not."""
    return f"Over by {number(over)}: {_limit(record.get('facts', {}))}." if over > 0 else ""


def flags(record: Record, *, covered_by: str = "") -> list[str]:
    """What a person must look at: billed with a number that does not cover it, pinned in vain."""
    found = []
    if record.get("number_refused"):
        instead = f", covered by {covered_by}: replace the claim" if covered_by else ": no cover under that number"
        found.append(f"Billed with {record['billed_with']}{instead}.")
    if record.get("pin_refused"):
        found.append("The line chosen by hand does not cover this service, so it was matched by rule.")
    return found


def refusals(record: Record) -> list[str]:
    """For every other line of the member, why it was not drawn from."""
    return [f"{_name(miss)}: {RULES[Rule(miss['rule'])](miss.get('facts', {}))}" for miss in record.get("refused", ())]


def _name(miss: Record) -> str:
    return f"{miss['authorization']} line {miss['line']}"


def _limit(facts: Facts) -> str:
    if facts.get("limit", "total") == "total":
        return "all that was approved is used"
    period = facts["limit"].replace("authorization_month", "month")
    if facts["from"] == facts["to"]:
        return f"the cap of {day(facts['from'])} is used"
    return f"the cap of the {period} {day(facts['from'])} to {day(facts['to'])} is used"


def _left(facts: Facts) -> str:
    where = "" if facts["limit"] == "total" else f" in the {facts['limit'].replace('authorization_month', 'month')}"
    return f"has {number(facts['left'])} of {number(facts['asked'])}{where}"


def _outside(facts: Facts) -> str:
    days = int(facts["days"])
    edge = "ends" if facts["side"] == "after" else "begins"
    return f"outside by {days} day{'' if days == 1 else 's'}: it {edge} {day(facts['edge'])}"


RULES: dict[Rule, Callable[[Facts], str]] = {
    Rule.PAYER: lambda _: "another payer",
    Rule.PROGRAM: lambda _: "another program of the payer",
    Rule.CODE: lambda facts: f"covers {facts['expected']}",
    Rule.MODIFIERS: lambda facts: f"covers {facts['expected']}: the modifiers differ",
    Rule.PROVIDER: lambda _: "approved for another provider",
    Rule.PLACE: lambda facts: f"approved for place of service {facts['expected']}",
    Rule.QUANTITY_TYPE: lambda facts: f"counts {facts['expected']}",
    Rule.OUTSIDE: _outside,
    Rule.PARTLY: lambda facts: f"covers {facts['held']} of the {facts['days']} days",
    Rule.UNKNOWN_QUANTITY: lambda _: "approved without a quantity: ask the payer how much",
    Rule.NOT_THE_BILLED_NUMBER: lambda _: "the claim was billed with another number",
    Rule.NOT_THE_PINNED_LINE: lambda _: "another line was chosen by hand",
    Rule.NO_ROOM: _left,
    Rule.POOL: lambda _: "shares its units among several codes, and a line for this code alone comes first",
    Rule.ENDS_LATER: lambda facts: f"ends {day(facts['ends'])}, later than {day(facts['earlier'])}",
    Rule.STARTS_LATER: lambda facts: f"begins {day(facts['starts'])}, later than {day(facts['earlier'])}",
    Rule.HIGHER_NUMBER: lambda _: "same dates, higher number",
}


def _first_in_order(_: Facts, record: Record) -> str:
    """Of several with room: say by which of the rules of D36 this one came first."""
    order = {
        Rule.POOL: "It is the only one for this code alone",
        Rule.ENDS_LATER: "It ends earliest",
        Rule.STARTS_LATER: "It begins earliest",
        Rule.HIGHER_NUMBER: "It has the lowest number",
    }
    behind = [miss["rule"] for miss in record.get("refused", ()) if miss["rule"] in order]
    return f"{order[Rule(behind[0])]} of {len(behind) + 1} that cover it." if behind else "It comes first in order."


def _duplicate(facts: Facts, _: Record) -> str:
    if not facts:
        return "Draws nothing: a person said it is a duplicate."
    return f"Draws nothing: it looks like claim {facts['claim']} line {facts['line']}, which has drawn. Is it another?"


def _mismatch(facts: Facts, _: Record) -> str:
    return f"Draws nothing: {facts['authorization']} comes closest: {RULES[Rule(facts['rule'])](facts)}."


def _with_room(_: Facts, record: Record) -> str:
    short = [miss for miss in record.get("refused", ()) if miss["rule"] == Rule.NO_ROOM]
    return "; ".join(f"{miss['authorization']} {_left(miss['facts'])}" for miss in short) + ", so the next with room."


_REASONS: dict[Reason, Callable[[Facts, Record], str]] = {
    Reason.BILLED_NUMBER: lambda _, record: f"Billed with {record['billed_with']}, valid on this date.",
    Reason.PINNED: lambda _, __: "Chosen by hand.",
    Reason.ONLY_COVER: lambda _, __: "Only cover for this service on this date.",
    Reason.FIRST_IN_ORDER: _first_in_order,
    Reason.FIRST_WITH_ROOM: _with_room,
    Reason.NONE_HAS_ROOM: lambda _, __: "None that covers it has room, so it draws whole from the first.",
    Reason.SPLIT: lambda _, __: "Split by consent: each number is billed on a line of its own.",
    Reason.DENIED: lambda _, __: "Draws nothing: the payer denied the line.",
    Reason.PARKED: lambda _, __: "Draws nothing: the claim it replaces is not known.",
    Reason.DUPLICATE: _duplicate,
    Reason.NO_COVER: lambda _, __: "Draws nothing: nothing is authorized for this member.",
    Reason.OTHER_PAYER: lambda _, __: "Draws nothing: all cover is with another payer or program.",
    Reason.NO_COVER_FOR_CODE: lambda facts, _: (
        f"Draws nothing: no cover for this code; {facts['authorization']} covers {facts['expected']}."
    ),
    Reason.MISMATCH: _mismatch,
    Reason.OUTSIDE: _mismatch,
    Reason.SPLIT_THIS_LINE: lambda facts, _: (
        f"Split this line: {facts['authorization']} covers {facts['held']} of its {facts['days']} days, "
        "and a line draws only where one authorization covers all of them."
    ),
    Reason.UNKNOWN_QUANTITY: lambda facts, _: (
        f"Draws nothing: {facts['authorization']} is approved without a quantity. Ask the payer how much."
    ),
    Reason.NO_ROOM: lambda _, __: "Draws nothing: it is not billed yet, and none that covers it has room.",
}
