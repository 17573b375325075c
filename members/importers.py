"""Members with their coverage from a CSV file: one line a coverage, or a line for a member alone.

A member is found by the MRN, a coverage by its program and first day; a line without a first day means the one
coverage by that program that has not ended. An empty cell leaves what stands. Lines about one member must agree.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any

from audit.actors import Actor
from imports import headings
from imports.csv_import import Column, Fault, Row, day, one_of, whole_number
from imports.services import Effect, ImportKind, Plan, Step
from members import services
from members.faults import coverage_faults, member_faults, number_faults
from members.models import Coverage, Member, MemberIdentifier, Sex
from members.services import identifier_key
from payers.models import Payer, PayerAlias, Program
from payers.services import fold
from tenancy.editing import Problem, as_text

SEXES = {"f": "F", "female": "F", "m": "M", "male": "M", "u": "U", "unknown": "U", "x": "U", "other": "U"}
RELATIONSHIPS = {
    "self": "self", "subscriber": "self", "18": "self", "spouse": "spouse", "01": "spouse", "child": "child",
    "19": "child", "other": "other", "g8": "other", "dependent": "other",
}  # fmt: skip
ORDERS = {"1": "1", "primary": "1", "p": "1", "2": "2", "secondary": "2", "s": "2", "3": "3", "tertiary": "3", "4": "4"}


def order(cell: str) -> int:
    return whole_number(one_of(ORDERS)(cell))


def capitals(cell: str) -> str:
    return " ".join(cell.upper().split())


def own_number(cell: str) -> str:
    """A number as it stands, leading zeros and all. Raises ValueError for a word that stands for none."""
    value = " ".join(cell.split())
    for problem in number_faults("", value):
        raise ValueError(problem.message)
    return value


COLUMNS = (
    Column("mrn", "MRN", also=headings.MRN, required=True, read=own_number,
           hint="the member is found by it"),
    Column("last_name", "Last name", also=headings.MEMBER_LAST_NAME, hint="needed for a new member"),
    Column("first_name", "First name", also=headings.MEMBER_FIRST_NAME, hint="needed for a new member"),
    Column("middle_name", "Middle name", also=("middle", "mi", "middle initial")),
    Column("suffix", "Suffix"),
    Column("birth_date", "Date of birth", also=headings.MEMBER_BIRTH_DATE, read=day,
           hint="needed for a new member"),
    Column("sex", "Sex", also=("gender", "m/f"), read=one_of(SEXES), hint="F, M or U"),
    Column("address", "Address", also=("street", "address 1", "street address", "address line 1")),
    Column("city", "City"),
    Column("state", "State", read=capitals, hint="two letters"),
    Column("postal_code", "ZIP", also=("zip code", "postal code", "postcode")),
    Column("phone", "Phone", also=("tel", "telephone", "phone number", "mobile", "cell")),
    Column("medicaid", "Medicaid number", also=("medicaid id", "medicaid"), read=own_number),
    Column("payer", "Payer", also=headings.MEMBER_PAYER, hint="its ID, its name or another name of it"),
    Column("program", "Program", also=("plan", "plan name", "line of business", "lob", "product"),
           hint="needed where a payer has several"),
    Column("starts_on", "Coverage from", also=headings.MEMBER_STARTS_ON, read=day,
           hint="needed for a new coverage"),
    Column("ends_on", "Coverage to", also=headings.MEMBER_ENDS_ON, read=day, hint="last day, included"),
    Column("position", "Order", also=("coverage order", "rank"), read=order, hint="1 or primary; else primary"),
    Column("member_number", "Member ID", also=headings.CARD_NUMBER, read=own_number),
    Column("group_number", "Group", also=("group number", "grp", "grp number", "group id")),
    Column("relationship", "Relationship", also=("relation to subscriber",), read=one_of(RELATIONSHIPS),
           hint="self, spouse, child or other; else self"),
    Column("subscriber_last_name", "Subscriber last name"),
    Column("subscriber_first_name", "Subscriber first name"),
    Column("subscriber_number", "Subscriber ID", read=own_number),
    Column("subscriber_birth_date", "Subscriber date of birth", also=("subscriber dob",), read=day),
    Column("subscriber_sex", "Subscriber sex", read=one_of(SEXES)),
)  # fmt: skip

LABELS = {column.name: column.label for column in COLUMNS}
MEMBER_FIELDS = ("last_name", "first_name", "middle_name", "suffix", "birth_date", "sex", "address", "city", "state",
                 "postal_code", "phone")  # fmt: skip
COVER_FIELDS = ("ends_on", "position", "member_number", "group_number", "relationship", "subscriber_last_name",
                "subscriber_first_name", "subscriber_number", "subscriber_birth_date", "subscriber_sex")  # fmt: skip


@dataclass
class _Known:
    """What stands already, and what earlier lines of the file said."""

    today: date
    members: dict[str, Member] = field(default_factory=dict)
    medicaid: dict[uuid.UUID, MemberIdentifier] = field(default_factory=dict)
    covers: dict[uuid.UUID, list[Coverage]] = field(default_factory=dict)
    payers: dict[str, list[uuid.UUID]] = field(default_factory=dict)
    programs: dict[uuid.UUID, list[Program]] = field(default_factory=dict)
    said: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    lines: dict[tuple[Any, ...], int] = field(default_factory=dict)


@dataclass
class _Line:
    """One line beside what it is about."""

    row: Row
    member: Member | None
    program: Program | None = None
    cover: Coverage | None = None
    faults: list[Fault] = field(default_factory=list)

    @property
    def key(self) -> str:
        return identifier_key(self.row.values["mrn"])

    def given(self, names: Iterable[str]) -> dict[str, Any]:
        return {name: self.row.values[name] for name in names if self.row.values.get(name) is not None}

    def refuse(self, column: str, words: str) -> None:
        self.faults.append(Fault(self.row.line, LABELS.get(column, ""), words))

    def told(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            self.refuse(problem.field, problem.message)


def plan(rows: Sequence[Row], today: date) -> Plan:
    """What each line would do."""
    known = _known(rows, today)
    found = Plan()
    for row in rows:
        line = _read(row, known)
        if line.faults:
            found.faults += line.faults
            continue
        found.steps.append(_step(line, known))
        _remember(line, known)
    return found


def _known(rows: Sequence[Row], today: date) -> _Known:
    """Read once, for the members that the file names: a file has thousands of lines."""
    known = _Known(today)
    keys = {identifier_key(row.values["mrn"]) for row in rows}
    numbers = MemberIdentifier.objects.filter(kind=MemberIdentifier.Kind.MRN, value_key__in=keys)
    for each in sorted(numbers.select_related("member"), key=lambda each: each.valid_on(today)):
        known.members[each.value_key] = each.member
    ids = [member.id for member in known.members.values()]
    for each in MemberIdentifier.objects.filter(member_id__in=ids, kind=MemberIdentifier.Kind.MEDICAID):
        if each.valid_on(today):
            known.medicaid[each.member_id] = each
    for cover in Coverage.objects.filter(member_id__in=ids).select_related("payer", "program"):
        known.covers.setdefault(cover.member_id, []).append(cover)
    _know_payers(known)
    return known


def _know_payers(known: _Known) -> None:
    for payer in Payer.objects.filter(active=True):
        for name in {fold(payer.identifier), fold(payer.name)}:
            known.payers.setdefault(name, []).append(payer.id)
    for alias in PayerAlias.objects.filter(active=True, payer__active=True):
        known.payers.setdefault(alias.alias_key, [alias.payer_id])
    for program in Program.objects.filter(active=True, payer__active=True).select_related("payer").order_by("name"):
        known.programs.setdefault(program.payer_id, []).append(program)


def _read(row: Row, known: _Known) -> _Line:
    """One line with everything that is wrong with it, by itself and beside what stands."""
    line = _Line(row, known.members.get(identifier_key(row.values["mrn"])))
    if not line.key:
        line.refuse("mrn", "An MRN has letters or digits.")
        return line
    _contradictions(line, known)
    fields = _member_values(line, known)
    line.told(member_faults(Member(**fields), known.today))
    if row.values.get("payer") is None:
        if line.given(("program", "starts_on", *COVER_FIELDS)):
            line.refuse("payer", "Name the payer of this coverage.")
    else:
        line.program = _program(line, known)
    if line.program is not None and not line.faults:
        _cover(line, known)
    _twice(line, known)
    return line


def _member_values(line: _Line, known: _Known) -> dict[str, Any]:
    """The member as the line would leave them."""
    before = {name: getattr(line.member, name) for name in MEMBER_FIELDS} if line.member else {}
    return {**before, **known.said.get(line.key, (0, {}))[1], **line.given(MEMBER_FIELDS)}


def _contradictions(line: _Line, known: _Known) -> None:
    number, said = known.said.get(line.key, (0, {}))
    for name, value in line.given((*MEMBER_FIELDS, "medicaid")).items():
        if name in said and said[name] != value:
            line.refuse(name, f"Line {number} says something else for the same member.")


def _program(line: _Line, known: _Known) -> Program | None:
    """The program a line names; what keeps it from being found is told."""
    name, wanted = line.row.values["payer"], line.row.values.get("program")
    ids = known.payers.get(fold(name), [])
    if len(ids) != 1:
        line.refuse("payer", f"{'Two payers go' if ids else 'No payer in use goes'} by “{name[:60]}”.")
        return None
    offered = known.programs.get(ids[0], [])
    fitting = [each for each in offered if wanted is None or fold(each.name) == fold(wanted)]
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(each.name for each in offered) or "none"
    said = f"has no program “{wanted[:60]}” in use" if wanted else "has several programs or none, so name one"
    line.refuse("program", f"The payer {said}. It has: {names}.")
    return None


def _cover(line: _Line, known: _Known) -> None:
    """The coverage a line is about, or what a new one lacks."""
    assert line.program is not None
    starts_on = line.row.values.get("starts_on")
    standing = [
        each for each in (known.covers.get(line.member.id, []) if line.member else [])
        if each.program_id == line.program.id
    ]  # fmt: skip
    if starts_on is not None:
        line.cover = next((each for each in standing if each.starts_on == starts_on), None)
    else:
        running = [each for each in standing if each.ends_on is None or each.ends_on >= known.today]
        if len(running) != 1:
            several = "more than one coverage by this program" if running else "no coverage by this program yet"
            line.refuse("starts_on", f"The member has {several}: give its first day.")
            return
        line.cover = running[0]
    line.told(coverage_faults(Coverage(**_cover_values(line)), known.today))


def _cover_values(line: _Line) -> dict[str, Any]:
    """The coverage as the line would leave it."""
    names = (*COVER_FIELDS, "starts_on")
    before = {name: getattr(line.cover, name) for name in names} if line.cover else {}
    return {**before, **line.given(names)}


def _twice(line: _Line, known: _Known) -> None:
    key = (line.key, line.program.id if line.program else None, line.row.values.get("starts_on"))
    if key in known.lines and not line.faults:
        line.refuse("", f"Line {known.lines[key]} is about the same member and coverage.")


def _remember(line: _Line, known: _Known) -> None:
    """What later lines of the file must not contradict."""
    number, said = known.said.get(line.key, (line.row.line, {}))
    known.said[line.key] = (number, {**line.given((*MEMBER_FIELDS, "medicaid")), **said})
    known.lines[line.key, line.program.id if line.program else None, line.row.values.get("starts_on")] = line.row.line


def _step(line: _Line, known: _Known) -> Step:
    changes: list[tuple[str, str, str]] = []
    if line.member:
        changes += _differences(line.member, line.given(MEMBER_FIELDS))
        standing = known.medicaid.get(line.member.id)
        number = line.row.values.get("medicaid")
        if number and (standing is None or standing.value != number):
            changes.append((LABELS["medicaid"], standing.value if standing else "", number))
    if line.cover:
        changes += _differences(line.cover, line.given(COVER_FIELDS))
    is_new = (line.member is None and line.key not in known.said) or (line.program is not None and line.cover is None)
    effect = Effect.NEW if is_new else Effect.CHANGED if changes else Effect.UNCHANGED
    fields = _member_values(line, known)
    about = f"{fields.get('last_name', '')}, {fields.get('first_name', '')}, MRN {line.row.values['mrn']}"
    if line.program is not None:
        about += f", {line.program.payer.name} {line.program.name}"
    cover_id = line.cover.id if line.cover else None
    return Step(line.row.line, effect, about, partial(_write, line, cover_id), tuple(changes))


def _differences(row: Member | Coverage, given: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for name, value in given.items():
        if getattr(row, name) != value:
            yield LABELS[name], as_text(getattr(row, name)), as_text(value)


def _write(line: _Line, cover_id: uuid.UUID | None, *, actor: Actor, now: datetime) -> None:
    """Add or change the member, then the Medicaid number, then the coverage."""
    member = _write_member(line, actor=actor, now=now)
    if line.row.values.get("medicaid"):
        _write_medicaid(member, line.row.values["medicaid"], actor=actor, now=now)
    if line.program is None:
        return
    if cover_id is not None:
        services.save_coverage(cover_id, line.given(COVER_FIELDS), version=None, actor=actor, now=now)
    else:
        fields = line.given(("starts_on", *COVER_FIELDS))
        services.add_coverage(member=member, program=line.program, actor=actor, now=now, **fields)


def _write_member(line: _Line, *, actor: Actor, now: datetime) -> Member:
    """An earlier line of the file may have added the member already."""
    values = line.given(MEMBER_FIELDS)
    if line.member is not None:
        return services.save_member(line.member.id, values, version=None, actor=actor, now=now)
    rows = MemberIdentifier.objects.filter(kind=MemberIdentifier.Kind.MRN, value_key=line.key)
    standing = rows.first()
    if standing is not None:
        return services.save_member(standing.member_id, values, version=None, actor=actor, now=now)
    values.setdefault("sex", Sex.UNKNOWN.value)
    return services.add_member(actor=actor, now=now, mrn=line.row.values["mrn"], **values)


def _write_medicaid(member: Member, number: str, *, actor: Actor, now: datetime) -> None:
    """The number that holds today is corrected; without one a new one holds since ever."""
    kind = MemberIdentifier.Kind.MEDICAID
    today = member.organization.today(now)
    rows = MemberIdentifier.objects.filter(member=member, kind=kind)
    standing = next((row for row in rows if row.valid_on(today)), None)
    if standing is not None:
        services.save_identifier(standing.id, {"value": number}, version=None, actor=actor, now=now)
    else:
        services.add_identifier(member.id, {"kind": kind, "value": number}, actor=actor, now=now)


MEMBERS = ImportKind(
    name="members", title="Members", columns=COLUMNS, plan=plan,
    key="A member is found by the MRN, a coverage by its program and first day.", one="member or coverage",
    many="members and coverage",
)  # fmt: skip
