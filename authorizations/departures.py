"""What was approved beside what was asked: refused, fewer, more, other codes, other days, another provider.

Asked is what the payer agreed to look at last: a change or an extension that was approved counts, one that was refused
does not. Lines where nothing departs give nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from authorizations.asked import plain_number
from authorizations.decisions import Basis, LineOutcome
from authorizations.ledger import Usage, usage_of
from authorizations.models import Authorization, LineDecision, LineVersion, Submission
from authorizations.models.choices import QuantityType
from authorizations.states import Purpose, SubmissionOutcome
from members.services import fold

GRANTS = frozenset({LineOutcome.APPROVED, LineOutcome.MODIFIED})
ASKED_FIRST = frozenset({Purpose.INITIAL, Purpose.EXISTING})
ASKED_MORE = frozenset({Purpose.REVISE, Purpose.EXTEND})


@dataclass(frozen=True, slots=True)
class Departure:
    """One way in which an approval differs from what was asked. `kind`: refused, fewer, more, code, days, provider."""

    kind: str
    words: str

    @property
    def gives_more(self) -> bool:
        return self.kind == "more"


def departures(case: Authorization) -> list[Departure]:
    """Every departure of what is in force, in the order of the lines. Seven statements."""
    asked = _asked(case)
    latest = {row.line_id: row for row in _words(case)}
    found: list[Departure] = []
    for usage in usage_of([case.id])[case.id]:
        word = latest.get(usage.line.id)
        if word is not None and word.outcome == LineOutcome.NOT_REQUIRED:
            continue
        found += _of_line(usage, asked.get(usage.line.number), word, case)
    return list(dict.fromkeys(found))


def _asked(case: Authorization) -> dict[int, dict[str, Any]]:
    """The line as it was asked for last, by its number, with its own days or those of the request."""
    found: dict[int, dict[str, Any]] = {}
    for row in Submission.objects.filter(authorization=case).order_by("number"):
        counts = row.purpose in ASKED_FIRST or (row.purpose in ASKED_MORE and row.outcome == SubmissionOutcome.APPROVED)
        for line in row.content.get("lines", []) if counts else []:
            days = {name: line.get(name) or row.content.get(name) or "" for name in ("starts_on", "ends_on")}
            found[line["number"]] = {**line, **days}
    return found


def _words(case: Authorization) -> Iterator[LineDecision]:
    rows = LineDecision.standing.filter(decision__authorization=case, decision__applied=True)
    yield from rows.order_by("decision__number")


def _of_line(
    usage: Usage, asked: Mapping[str, Any] | None, word: LineDecision | None, case: Authorization
) -> Iterator[Departure]:
    version = usage.in_force
    if version is None or version.outcome not in GRANTS:
        if asked is not None:
            yield Departure("refused", f"{usage.words} not approved")
        return
    if asked is None:
        yield Departure("more", f"{usage.words} approved, which was not asked for")
        return
    yield from _quantity(usage, version, asked)
    yield from _codes(usage, version, asked)
    yield from _days(usage, version, asked)
    yield from _provider(usage, word, case)


def _quantity(usage: Usage, version: LineVersion, asked: Mapping[str, Any]) -> Iterator[Departure]:
    wanted = Decimal(asked["quantity"]) if asked["quantity"] else None
    if version.basis == Basis.UNKNOWN:
        yield Departure("fewer", f"{usage.words} without a quantity")
    elif wanted is not None and version.quantity_type != asked["quantity_type"]:
        given, before = (QuantityType(kind).label for kind in (version.quantity_type, asked["quantity_type"]))
        yield Departure("fewer", f"{usage.words} in {given}, asked for in {before}")
    elif wanted is not None and version.quantity is not None and version.quantity != wanted:
        kind = "fewer" if version.quantity < wanted else "more"
        gap = plain_number(abs(version.quantity - wanted))
        units = QuantityType(version.quantity_type).label
        text = f"{plain_number(version.quantity)} of {plain_number(wanted)} {units} of {usage.words} ({gap} {kind})"
        yield Departure(kind, text)
    caps = {(cap["period"], Decimal(cap["quantity"])) for cap in asked["caps"]}
    for cap in version.caps:
        if (cap["period"], Decimal(cap["quantity"])) not in caps:
            limit = plain_number(Decimal(cap["quantity"]))
            yield Departure("fewer", f"{usage.words} limited to {limit} a {cap['period'].replace('_', ' ')}")


def _codes(usage: Usage, version: LineVersion, asked: Mapping[str, Any]) -> Iterator[Departure]:
    def kept(codes: Any) -> set[tuple[str, frozenset[str]]]:
        return {(code["code"], frozenset(code["modifiers"])) for code in codes}

    if kept(version.codes) != kept(asked["codes"]):
        before = " / ".join(" ".join([code["code"], *code["modifiers"]]) for code in asked["codes"])
        yield Departure("code", f"{usage.words} instead of {before}")


def _days(usage: Usage, version: LineVersion, asked: Mapping[str, Any]) -> Iterator[Departure]:
    first, last = usage.versions[0].starts_on, version.ends_on
    wanted_first, wanted_last = (_day(asked[name]) for name in ("starts_on", "ends_on"))
    late = wanted_first is not None and first > wanted_first
    early = last is not None and wanted_last is not None and last < wanted_last
    if late or early:
        until = f" to {_words_of(last)}" if last else ""
        wanted = f"{_words_of(wanted_first)} to {_words_of(wanted_last)}"
        yield Departure("days", f"{usage.words} from {_words_of(first)}{until}, asked for {wanted}")


def _provider(usage: Usage, word: LineDecision | None, case: Authorization) -> Iterator[Departure]:
    """The payer names somebody else than whom or where it was asked for (requirements R187)."""
    named = (word.facts.get("provider") or {}) if word is not None else {}
    npi, name = named.get("npi", ""), named.get("name", "")
    ours = [each for each in (case.rendering_provider, case.requesting_provider, case.facility) if each is not None]
    same = npi in {each.npi for each in ours} if npi else fold(name) in {fold(str(each)) for each in ours}
    if (npi or name) and not same:
        asked = " or ".join(dict.fromkeys(str(each) for each in (case.rendering_provider, case.facility) if each))
        yield Departure("provider", f"{usage.words} for {name or npi}{f', asked for {asked}' if asked else ''}")


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _words_of(day: date | None) -> str:
    return f"{day:%b} {day.day}, {day.year}" if day else "no day"
