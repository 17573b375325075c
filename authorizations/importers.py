"""Existing authorizations from a tracker spreadsheet: one line of the file is one code of an approval.

Lines of one member with one payer's number are one authorization. A line stands already when the member has an
authorization with that number, code and first day, so that the same file twice changes nothing (requirements R176,
C21, D11). A file changes nothing that stands: a difference is told and left out.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from functools import cached_property, partial
from typing import Any

from audit.actors import Actor
from authorizations.asked import Asked, AskedLine, faults
from authorizations.decisions import Answer, Basis, CapPeriod, CapTerms, LineAnswer, LineOutcome
from authorizations.errors import Problem, Refused
from authorizations.import_lookups import Key, Lookups, Standing, look_up, stands_meanwhile
from authorizations.ledger import lock_account
from authorizations.models.choices import QuantityType
from authorizations.states import Channel
from authorizations.terms import CodeTerms
from authorizations.transitions import Opening, record_existing
from imports import headings
from imports.csv_import import Column, Fault, Row, day, one_of
from imports.services import Effect, ImportKind, Plan, Step
from members.models import Coverage, Member
from members.services import fold, identifier_key
from tenancy.editing import Problem as Obstacle
from tenancy.editing import Refused as NotTaken

UNLIMITED = frozenset({"unlimited", "no limit", "none", "n/a"})
UNKNOWN = frozenset({"unknown", "?"})
AS_GOOD_AS_UNLIMITED = re.compile(r"9{4,}(\.0+)?$")
ONE_CODE = re.compile(r"([A-Z0-9]{4,7})((?:[ :-][A-Z0-9]{2})*)$")
FARTHEST = timedelta(days=3 * 366)
LONGEST_NUMBER = 80
KINDS = {
    **{str(kind): str(kind) for kind in QuantityType},
    "unit": "units", "visit": "visits", "hour": "hours", "day": "days", "dollars": "money", "dollar": "money",
}  # fmt: skip
CAPS = {"a_day": CapPeriod.DAY, "a_week": CapPeriod.WEEK, "a_month": CapPeriod.MONTH}


def number(cell: str) -> str:
    """The payer's number as it stands, one blank between its parts."""
    found = " ".join(cell.split())
    if len(found) > LONGEST_NUMBER or not identifier_key(found):
        raise ValueError("This is no authorization number. Leave it empty and say why there is none.")
    return found


def amount(cell: str) -> Decimal:
    """Not below zero, thousands may be separated."""
    try:
        value = Decimal(cell.replace(",", "").strip())
    except InvalidOperation:
        value = Decimal(-1)
    if not value.is_finite() or not 0 <= value < 10**9:
        raise ValueError(f"“{cell[:40]}” is no amount.")
    return value


def approved(cell: str) -> Decimal | Basis:
    """An amount, or the words for no limit or none named."""
    word = " ".join(cell.lower().split())
    if word in UNLIMITED:
        return Basis.UNLIMITED
    if word in UNKNOWN:
        return Basis.UNKNOWN
    if AS_GOOD_AS_UNLIMITED.match(cell.strip()):
        raise ValueError(f"{cell.strip()} looks like no limit: write unlimited.")
    return amount(cell)


def codes(cell: str) -> tuple[CodeTerms, ...]:
    """H2019, H2019-HN (with its modifiers), or H2019+H2014, which share one total."""
    found = []
    for part in cell.upper().split("+"):
        match = ONE_CODE.match(" ".join(part.split()))
        if match is None:
            raise ValueError(f"“{cell[:40]}” is not one code. Codes that share units are written H2019+H2014.")
        found.append(CodeTerms(match[1], modifiers=tuple(re.findall(r"[A-Z0-9]{2}", match[2]))))
    return tuple(found)


def modifiers(cell: str) -> tuple[str, ...]:
    """Two characters each, in the order they are billed."""
    found = tuple(re.findall(r"[A-Z0-9]+", cell.upper()))
    if any(len(each) != 2 for each in found) or len(found) > 4:
        raise ValueError("Up to four modifiers of two characters each.")
    return found


COLUMNS = (
    Column("mrn", "MRN", also=headings.MRN,
           hint="or the member ID: one of them finds the member"),
    Column("member_number", "Member ID", also=(*headings.CARD_NUMBER, *headings.OTHER_NUMBERS)),
    Column("name", "Member name", also=headings.AUTHORIZATION_NAME,
           hint="optional: the number must be this person’s"),
    Column("payer", "Payer", also=headings.AUTHORIZATION_PAYER,
           hint="name, alias or ID; needed where the member has several"),
    Column("number", "Authorization number", read=number,
           also=headings.AUTHORIZATION_NUMBER, hint="lines with one number are one authorization"),
    Column("no_number_reason", "Why no number", hint="where the payer gave none"),
    Column("codes", "Code", required=True, read=codes,
           also=headings.AUTHORIZATION_CODES,
           hint="H2019, H2019-HN, or H2019+H2014 for a shared total"),
    Column("modifiers", "Modifiers", also=("modifier", "mod", "mods"), read=modifiers),
    Column("quantity", "Approved", required=True, read=approved,
           also=headings.AUTHORIZATION_QUANTITY, hint="a number, unlimited, or unknown"),
    Column("quantity_type", "Counted in", also=("unit type", "unit", "type of units"), read=one_of(KINDS),
           hint="units, visits, hours, days or dollars; empty: units"),
    Column("a_day", "Most a day", also=("daily max", "units per day", "daily cap"), read=amount),
    Column("a_week", "Most a week", also=("weekly max", "units per week", "weekly cap"), read=amount),
    Column("a_month", "Most a month", also=("monthly max", "units per month", "monthly cap"), read=amount),
    Column("used", "Used", also=headings.AUTHORIZATION_USED, read=amount, hint="before Greenlight counts"),
    Column("used_until", "Used until", also=("used as of", "as of", "used through", "used thru"), read=day,
           hint="empty: today"),
    Column("starts_on", "First day", required=True, read=day,
           also=headings.AUTHORIZATION_STARTS_ON),
    Column("ends_on", "Last day", required=True, read=day,
           also=headings.AUTHORIZATION_ENDS_ON),
    Column("decided_on", "Decided on", also=("decision date", "approval date", "approved on"), read=day),
    Column("npi", "Provider NPI", also=("npi", "rendering npi", "rendering provider npi", "npi number")),
    Column("evidence", "Proof", also=("notes", "comment", "source"), hint="such as: letter of Oct 3"),
)  # fmt: skip

LABELS = {column.name: column.label for column in COLUMNS}
EXAMPLE = (
    "100234", "", "Ashdown", "", "HC-7001", "", "H2019", "HN", "120", "units", "", "30", "", "36", "2026-11-20",
    "2026-10-05", "2027-04-02", "2026-10-01", "", "letter of Oct 3",
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One line of the file, with whom and what it is about."""

    row: Row
    member: Member
    coverage: Coverage

    @property
    def number(self) -> str:
        return str(self.row.values.get("number") or "")

    @cached_property
    def codes(self) -> tuple[CodeTerms, ...]:
        """The codes of the line; modifiers of their own column belong to the first."""
        first, *others = self.row.values["codes"]
        extra = self.row.values.get("modifiers") or ()
        return CodeTerms(first.code, modifiers=(*first.modifiers, *extra)), *others

    @cached_property
    def label(self) -> str:
        return " / ".join(" ".join([code.code, *code.modifiers]) for code in self.codes)

    @property
    def starts_on(self) -> date:
        found: date = self.row.values["starts_on"]
        return found

    @property
    def ends_on(self) -> date:
        found: date = self.row.values["ends_on"]
        return found

    @property
    def quantity(self) -> Decimal | None:
        found = self.row.values["quantity"]
        return found if isinstance(found, Decimal) else None

    @property
    def basis(self) -> Basis:
        found = self.row.values["quantity"]
        return found if isinstance(found, Basis) else Basis.STATED

    @property
    def kind(self) -> str:
        return str(self.row.values.get("quantity_type") or QuantityType.UNITS)

    @property
    def caps(self) -> tuple[CapTerms, ...]:
        given = self.row.values
        return tuple(CapTerms(period, given[name]) for name, period in CAPS.items() if given.get(name))

    @cached_property
    def key(self) -> Key:
        """What makes a line the same as one that stands: member, payer's number, code and first day."""
        return self.member.id, identifier_key(self.number), self.label, self.starts_on


def together(values: Mapping[str, Any]) -> str:
    """Lines of one member with one payer's number are imported as one; "" for a line without a number."""
    who = identifier_key(values.get("mrn") or "") or identifier_key(values.get("member_number") or "")
    key = identifier_key(values.get("number") or "")
    return f"{who}|{key}" if who and key else ""


def plan(rows: Sequence[Row], today: date) -> Plan:
    """What each line would do."""
    found = Plan()
    known = look_up(rows)
    spoiled: dict[str, int] = {}
    groups: dict[str, list[Line]] = {}
    for row in rows:
        line, problems = _line(row, known, today)
        key = together(row.values) or f"line {row.line}"
        if line is None or problems:
            found.faults += problems
            spoiled.setdefault(key, row.line)
        else:
            groups.setdefault(key, []).append(line)
    seen: dict[Key, int] = {}
    whose: dict[str, uuid.UUID] = {}
    for key, lines in groups.items():
        if key in spoiled:
            words = f"Line {spoiled[key]} belongs to the same authorization and is at fault: mend it, and both come in."
            found.faults += [Fault(line.row.line, "", words) for line in lines]
            continue
        first = lines[0]
        if first.number and whose.setdefault(identifier_key(first.number), first.member.id) != first.member.id:
            words = "Another member has this number further up in the file."
            found.faults += [Fault(line.row.line, LABELS["number"], words) for line in lines]
            continue
        for case in _cases(lines):
            _settle(case, known, seen, found, today)
    return found


def _cases(lines: Iterable[Line]) -> list[list[Line]]:
    """Lines with one number as authorizations: a code that comes again with other days begins another one."""
    cases: list[list[Line]] = []
    for line in lines:
        taken = {code.code for code in line.codes}
        home = next((case for case in cases if not any(taken & {c.code for c in each.codes} for each in case)), None)
        if home is None:
            cases.append([line])
        else:
            home.append(line)
    return cases


# One line ----------------------------------------------------------------------------------------------------


def _line(row: Row, known: Lookups, today: date) -> tuple[Line | None, list[Fault]]:
    """The line with its member and cover, and everything wrong with it."""
    problems = list(_own_faults(row, today))
    member, coverage, more = _whose(row, known)
    problems += [Fault(row.line, LABELS.get(name, ""), words) for name, words in more]
    if member is None or coverage is None:
        return None, problems
    line = Line(row, member, coverage)
    known_codes = known.codes_on(line.starts_on)
    for code in line.codes:
        if code.code not in known_codes:
            words = f"{code.code} is not a code we know for {_words(line.starts_on)}."
            problems.append(Fault(row.line, LABELS["codes"], words))
    if row.values.get("npi") and row.values["npi"] not in known.providers:
        problems.append(Fault(row.line, LABELS["npi"], "No provider has this NPI. Add the provider first."))
    return line, problems


def _own_faults(row: Row, today: date) -> Iterator[Fault]:
    """What is wrong with a line by itself."""
    given = row.values

    def fault(name: str, words: str) -> Fault:
        return Fault(row.line, LABELS[name], words)

    starts_on, ends_on = given["starts_on"], given["ends_on"]
    if ends_on < starts_on:
        yield fault("ends_on", "The last day is before the first day.")
    for name in ("starts_on", "ends_on", "decided_on"):
        if given.get(name) and abs(given[name] - today) > FARTHEST:
            yield fault(name, f"{_words(given[name])} is far from today: check the year, and how days are read.")
    if not given.get("number") and not given.get("no_number_reason"):
        yield fault("number", "Give the payer’s number, or say in “Why no number” why there is none.")
    if isinstance(given["quantity"], Decimal) and (given.get("used") or 0) > given["quantity"]:
        yield fault("used", "More is used than approved: check the columns, or record this one by hand.")
    if given.get("used") and given["quantity"] is Basis.UNKNOWN:
        yield fault("used", "Nothing is counted where the payer named no quantity.")
    if given.get("used_until") and not starts_on <= given["used_until"] <= today:
        yield fault("used_until", "This is before the first day, or has not come yet.")


def _whose(row: Row, known: Lookups) -> tuple[Member | None, Coverage | None, list[tuple[str, str]]]:
    """The member and the cover a line is about, or why they are not found."""
    given = row.values
    name, typed = ("mrn", given.get("mrn")) if given.get("mrn") else ("member_number", given.get("member_number"))
    if not typed:
        return None, None, [("mrn", "Give the MRN or the member ID.")]
    found = known.members_with(name, typed)
    if not found:
        return None, None, [(name, "Nobody has this number. Add the member first, or correct the number.")]
    if len(found) > 1:
        return None, None, [(name, "Several members have this number: use the MRN.")]
    member = found[0]
    if given.get("name") and not set(fold(given["name"]).replace(",", " ").split()) & set(member.name_key.split()):
        return member, None, [("name", "The number belongs to a member of another name.")]
    coverage, words = _coverage(known.coverages.get(member.id, []), given, known)
    return member, coverage, [("payer", words)] if words else []


def _coverage(rows: Sequence[Coverage], given: Mapping[str, Any], known: Lookups) -> tuple[Coverage | None, str]:
    """The cover of the payer named, in force on the first day where one is; without a payer the only payer's."""
    if not rows:
        return None, "The member has no coverage. Add it on the member’s page first."
    if given.get("payer"):
        called = {payer.id for payer in known.payers_called(given["payer"])}
        rows = [row for row in rows if row.payer_id in called]
        if not rows:
            return None, f"The member has no coverage of “{given['payer'][:40]}”."
    elif len({row.payer_id for row in rows}) > 1:
        return None, "The member has several payers: name the one that approved."
    return min(rows, key=lambda row: (not row.in_force_on(given["starts_on"]), row.position)), ""


# One authorization -------------------------------------------------------------------------------------------


def _settle(case: list[Line], known: Lookups, seen: dict[Key, int], found: Plan, today: date) -> None:
    """A step for an authorization that is new or stands as it is; faults where it cannot be taken."""
    problems = list(_case_faults(case, known, seen))
    if problems:
        found.faults += problems
        return
    seen |= {line.key: line.row.line for line in case}
    standing = [known.standing[line.key] for line in case if line.key in known.standing]
    first = case[0]
    about = f"{first.member.display_name}: {', '.join(line.label for line in case)}" + (
        f", {first.number}" if first.number else ""
    )
    if standing:
        found.steps.append(Step(first.row.line, Effect.UNCHANGED, about, _nothing, lines=len(case)))
        return
    asked = _asked(case, known)
    if refused := faults(asked):
        found.faults += [_told(case, problem) for problem in refused]
        return
    write = partial(_write, asked, _answer(case), _openings(case, today), tuple(line.key for line in case))
    terms = tuple(("Approved", "", _terms(line)) for line in case)
    found.steps.append(Step(first.row.line, Effect.NEW, about, write, terms, lines=len(case)))


def _case_faults(case: Sequence[Line], known: Lookups, seen: Mapping[Key, int]) -> Iterator[Fault]:
    """What differs from what stands already, in the database or further up in the file."""
    standing = {line.key: known.standing[line.key] for line in case if line.key in known.standing}
    coverages = {line.coverage.id for line in case}
    for line in case:
        if line.key in seen:
            yield Fault(line.row.line, "", f"Line {seen[line.key]} is about the same code, number and first day.")
        elif len(coverages) > 1:
            yield Fault(line.row.line, LABELS["payer"], "The lines with this number name different payers.")
        elif line.key in standing:
            yield from _differences(line, standing[line.key])
        elif standing:
            other = next(iter(standing.values()))
            words = f"{other.authorization} has this number without {line.label}: record the payer’s change there."
            yield Fault(line.row.line, "", words)
        else:
            owner = known.owner_of(line.number, line.member)
            if owner:
                yield Fault(line.row.line, LABELS["number"], f"{owner}, of another member, has this number.")


def _differences(line: Line, standing: Standing) -> Iterator[Fault]:
    terms = (line.quantity, line.ends_on)
    if terms not in standing.terms:
        quantity, ends_on = standing.terms[-1]
        much = "no set amount" if quantity is None else f"{quantity.normalize():f}"
        until = f" until {_words(ends_on)}" if ends_on else ""
        words = f"{standing.authorization} stands with {much}{until}: a file changes nothing, record the change there."
        yield Fault(line.row.line, "", words)


def _told(case: Sequence[Line], problem: Problem) -> Fault:
    """A rule's refusal, on the line of the file it speaks of."""
    at = re.match(r"lines-(\d+)", problem.field)
    line = case[int(at[1]) - 1] if at else case[0]
    return Fault(line.row.line, "", problem.message.replace("Ask for", "Give"))


def _asked(case: Sequence[Line], known: Lookups) -> Asked:
    first = case[0]
    provider = known.providers.get(first.row.values.get("npi") or "")
    code = known.codes_on(first.starts_on).get(first.codes[0].code)
    return Asked(
        coverage=first.coverage,
        lines=tuple(_asked_line(line, known) for line in case),
        starts_on=min(line.starts_on for line in case),
        ends_on=max(line.ends_on for line in case),
        service_type=code.service_type if code else "",
        rendering_provider=provider,
    )


def _asked_line(line: Line, known: Lookups) -> AskedLine:
    code = known.codes_on(line.starts_on).get(line.codes[0].code)
    return AskedLine(
        codes=line.codes,
        quantity=line.quantity,
        quantity_type=line.kind,
        unit_minutes=code.unit_minutes if code and line.kind == QuantityType.UNITS else None,
        caps=line.caps,
    )


def _answer(case: Sequence[Line]) -> Answer:
    given = case[0].row.values
    return Answer(
        lines=tuple(
            LineAnswer(
                number,
                LineOutcome.APPROVED,
                quantity=line.quantity,
                basis=line.basis,
                quantity_type=line.kind,
                caps=line.caps,
                starts_on=line.starts_on,
                ends_on=line.ends_on,
            )
            for number, line in enumerate(case, start=1)
        ),
        certification_number=case[0].number,
        decided_on=given.get("decided_on"),
        evidence=given.get("evidence") or f"Imported file, line {case[0].row.line}",
        number_missing_reason="" if case[0].number else given["no_number_reason"],
        channel=Channel.IMPORT,
    )


def _openings(case: Sequence[Line], today: date) -> tuple[Opening, ...]:
    found = []
    for number, line in enumerate(case, start=1):
        given = line.row.values
        if given.get("used"):
            until = given.get("used_until") or max(line.starts_on, min(today, line.ends_on))
            evidence = given.get("evidence") or f"Imported file, line {line.row.line}"
            found.append(Opening(number, given["used"], until, evidence))
    return tuple(found)


def _terms(line: Line) -> str:
    much = "no limit" if line.basis is Basis.UNLIMITED else "not named" if line.quantity is None else ""
    much = much or f"{line.quantity:,f} {line.kind}"
    used = line.row.values.get("used")
    before = f", {used:,f} used before" if used else ""
    return f"{line.label}: {much}{before}, {_words(line.starts_on)} to {_words(line.ends_on)}"


def _write(
    asked: Asked,
    answer: Answer,
    openings: tuple[Opening, ...],
    keys: tuple[Key, ...],
    *,
    actor: Actor,
    now: Any,
) -> None:
    """Record the authorization, unless somebody did since the file was looked at."""
    lock_account(asked.coverage.member_id)
    if stands_meanwhile(keys):
        raise NotTaken([Obstacle("", "It stands already.")])
    try:
        record_existing(asked, answer, channel=Channel.IMPORT, owner=None, openings=openings, actor=actor, now=now)
    except Refused as refused:
        raise NotTaken([Obstacle(problem.field, problem.message) for problem in refused.problems]) from refused


def _nothing(*, actor: Actor, now: Any) -> None:
    """It stands as the file says."""


def _words(on: date) -> str:
    return f"{on:%b} {on.day}, {on.year}"


EXISTING = ImportKind(
    name="authorizations", title="Authorizations", columns=COLUMNS, plan=plan, together=together, example=EXAMPLE,
    key="A line is found by member, payer’s number, code and first day; lines with one number are one authorization.",
    one="authorization", many="existing authorizations",
)  # fmt: skip
