"""How a person reaches the payer, and what the portal asks to be typed in, in its own order."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from authorizations.models import Authorization, Submission
from authorizations.states import Channel
from authorizations.views.answer_lines import AskedOfLine
from payers.models import Playbook
from payers.queries import playbook_for
from payers.rules import Service, route
from providers.models import Facility, Provider
from web import wording

Field = Playbook.PortalField

USUAL_ORDER: tuple[str, ...] = (
    Field.MEMBER_NUMBER, Field.MEMBER_NAME, Field.BIRTH_DATE, Field.CODES, Field.UNITS, Field.STARTS_ON, Field.ENDS_ON,
    Field.DIAGNOSES, Field.RENDERING_NPI, Field.REQUESTING_NPI, Field.FACILITY_NPI, Field.PLACE, Field.NUMBER,
)  # fmt: skip
"""Where no playbook gives the order of the portal."""


@dataclass(frozen=True, slots=True)
class WayIn:
    """Portal, telephone and fax of whoever reviews; "" where none is known."""

    portal_url: str = ""
    phone: str = ""
    fax: str = ""

    def of(self, channel: str) -> str:
        """What the channel of a submission uses."""
        return {Channel.PORTAL: self.portal_url, Channel.PHONE: self.phone, Channel.FAX: self.fax}.get(
            Channel(channel), ""
        )


@dataclass(frozen=True, slots=True)
class PortalValue:
    """One value to type in the portal."""

    label: str
    value: str


def ways_in(cases: Iterable[Authorization], today: date) -> dict[uuid.UUID, WayIn]:
    """The way to the payer for each case, by its id; programs and services are looked up once."""
    known: dict[tuple[Any, ...], WayIn] = {}
    books: dict[uuid.UUID, Playbook | None] = {}
    found = {}
    for case in cases:
        code = case.codes.partition(",")[0].split(" ")[0]
        key = (case.program_id, code, case.service_type, case.place_of_service)
        if case.program_id not in books:
            books[case.program_id] = playbook_for(case.program)
        if key not in known:
            known[key] = _way_in(case, Service(code, case.service_type, case.place_of_service), today, books)
        found[case.id] = known[key]
    return found


def _way_in(case: Authorization, service: Service, today: date, books: Mapping[uuid.UUID, Playbook | None]) -> WayIn:
    """The route's own address beats the playbook's, which beats the payer's."""
    taken, book, payer = route(case.program, service, today), books[case.program_id], case.program.payer
    row = taken.review_route

    def best(name: str) -> str:
        sources: Sequence[object] = (row, book, payer)
        return next((value for source in sources if source and (value := getattr(source, name))), "")

    return WayIn(best("portal_url"), best("phone"), best("fax"))


def portal_values(
    case: Authorization,
    submission: Submission,
    lines: Sequence[AskedOfLine],
    order: Sequence[str],
    *,
    with_birth_date: bool,
) -> list[PortalValue]:
    """What was asked, as a portal wants it: days as MM/DD/YYYY, one value at a time, in the payer's order.

    `with_birth_date`: whether the reader may see it.
    """
    known = dict(Field.choices)
    makers: Mapping[str, Iterator[PortalValue]] = {
        Field.CODES: (PortalValue(_of_line("Code", line, lines), line.label) for line in lines),
        Field.UNITS: (PortalValue(f"{line.unit_words.capitalize()} of {line.label}", _amount(line)) for line in lines),
    }
    plain = _plain_values(case, submission)
    plain |= {} if with_birth_date else {Field.BIRTH_DATE: ""}
    found: list[PortalValue] = []
    for name in order or USUAL_ORDER:
        found += makers.get(name) or [PortalValue(str(known.get(name, name)), plain.get(name, ""))]
    return [each for each in found if each.value]


def _plain_values(case: Authorization, submission: Submission) -> dict[str, str]:
    content: Mapping[str, Any] = submission.content
    member, coverage = case.member, case.coverage
    return {
        Field.MEMBER_NAME: f"{member.last_name}, {member.first_name}",
        Field.BIRTH_DATE: _american(member.birth_date),
        Field.MEMBER_NUMBER: coverage.number,
        Field.RENDERING_NPI: _npi(Provider, content.get("rendering_provider")),
        Field.REQUESTING_NPI: _npi(Provider, content.get("requesting_provider")),
        Field.FACILITY_NPI: _npi(Facility, content.get("facility")),
        Field.DIAGNOSES: ", ".join(row["code"] for row in content.get("diagnoses", [])),
        Field.STARTS_ON: _american_text(content.get("starts_on")),
        Field.ENDS_ON: _american_text(content.get("ends_on")),
        Field.PLACE: content.get("place_of_service", ""),
        Field.NUMBER: case.number,
    }


def _of_line(word: str, line: AskedOfLine, lines: Sequence[AskedOfLine]) -> str:
    return word if len(lines) == 1 else f"{word}, line {line.number}"


def _amount(line: AskedOfLine) -> str:
    return "" if line.quantity is None else wording.quantity(line.quantity).replace(",", "")


def _npi(model: type[Provider] | type[Facility], row_id: str | None) -> str:
    if not row_id:
        return ""
    return str(model.objects.filter(id=row_id).values_list("npi", flat=True).first() or "")


def _american_text(text: str | None) -> str:
    return _american(date.fromisoformat(text)) if text else ""


def _american(day: date) -> str:
    return f"{day:%m/%d/%Y}"
