"""A payer's answer as read from a 278, in the words of the domain.

Codes stay strings; nothing is decided here.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from authorizations.decisions import (
    Answer,
    Basis,
    CapPeriod,
    CapTerms,
    Contact,
    FollowUp,
    LineAnswer,
    LineOutcome,
    ProviderNamed,
    Rejection,
    RequestedDocument,
)
from authorizations.models.choices import QuantityType
from edi.x12 import approved
from edi.x12.approved import ApprovedQuantity, Cap
from edi.x12.outcome import LineOutcome as ReadLine
from edi.x12.outcome import Needs, Outcome, Standing
from edi.x12.parts import Party
from edi.x12.response_model import Rejection as ReadRejection

OUTCOMES = {
    Standing.APPROVED: LineOutcome.APPROVED,
    Standing.DENIED: LineOutcome.DENIED,
    Standing.PENDED: LineOutcome.PENDED,
    Standing.CANCELLED: LineOutcome.CANCELLED,
    Standing.NOT_REQUIRED: LineOutcome.NOT_REQUIRED,
    Standing.RETURNED: LineOutcome.RETURNED,
    Standing.HELD: LineOutcome.RETURNED,
    Standing.UNDECIDED: LineOutcome.UNDECIDED,
}
BASES = {
    approved.Basis.STATED: Basis.STATED,
    approved.Basis.DERIVED: Basis.DERIVED,
    approved.Basis.AS_REQUESTED: Basis.AS_REQUESTED,
    approved.Basis.UNKNOWN: Basis.UNKNOWN,
}
FOLLOW_UPS = {
    "N": FollowUp.NOT_TAKEN_AGAIN,
    "C": FollowUp.FIX_AND_RESEND,
    "R": FollowUp.FIX_AND_RESEND,
    "P": FollowUp.RESEND_UNCHANGED,
    "Y": FollowUp.HELD,
}
# Of several rejections the one that asks most of us says what is to be done.
GRAVEST = (FollowUp.NOT_TAKEN_AGAIN, FollowUp.FIX_AND_RESEND, FollowUp.RESEND_UNCHANGED, FollowUp.HELD)
SUBJECTS = {
    "2000A": "payer",
    "2010A": "payer",
    "2000B": "requester",
    "2010B": "requester",
    "2000C": "member",
    "2010C": "member",
    "2000D": "member",
    "2010D": "member",
    "2000E": "case",
    "2010E": "provider",
    "2000F": "line",
    "2010F": "provider",
}
PERIODS = {"DA": CapPeriod.DAY, "WK": CapPeriod.WEEK, "MO": CapPeriod.MONTH}
PERIOD_WORDS = {"DA": "days", "WK": "weeks", "MO": "months"}
COUNTS = {
    "VS": QuantityType.VISITS,
    "DY": QuantityType.DAYS,
    "DA": QuantityType.DAYS,
    "HS": QuantityType.HOURS,
    "F2": QuantityType.UNITS,
}
# Codes of X12 for "units" whatever they are: what was asked says which.
PLAIN_UNITS = frozenset({"UN", "FL"})
PLAIN_TYPES = frozenset({QuantityType.UNITS, QuantityType.VISITS, QuantityType.DAYS})
MINUTES = Decimal(60)
SYSTEMS = {"HC": "HCPCS", "N4": "NDC"}


@dataclass(frozen=True, slots=True)
class AskedOf:
    """What the submission asked, as far as an answer is read against it.

    `lines` are the frozen lines of the content; `trace` and `originator` name ours in TRN; `provider_npi`
    is who was to render the service; `dependent` says whether the member was sent under somebody else's
    number.
    """

    lines: tuple[dict[str, Any], ...]
    trace: str
    originator: str
    provider_npi: str = ""
    dependent: bool = False


def answer_of(outcome: Outcome, asked: AskedOf, *, message_id: uuid.UUID | None, defect: str = "") -> Answer:
    """The answer to one submission. `defect` is set when the message cannot be trusted to decide."""
    lines = [_line_answer(line, asked) for line in outcome.lines]
    numbers = [line.line_number for line in lines if line.line_number is not None]
    problem = defect or _problem(outcome, lines, numbers)
    event = outcome.event
    number = event.certification_number
    return Answer(
        lines=tuple(lines),
        overall=_overall(outcome, asked),
        # What stands in HCR02 of a denial is a number of the denial, not one to bill with.
        certification_number="" if event.standing is Standing.DENIED else number,
        administrative_number=event.administrative_number or (number if event.standing is Standing.DENIED else ""),
        decided_on=event.decided_on or outcome.answered_on,
        final_word={"18": True, "19": False}.get(outcome.update),
        reasons=event.reasons,
        rejections=_rejections(outcome.rejections, asked),
        requested_documents=_documents([event.needs, *(line.needs for line in outcome.lines)]),
        contact=_contact(outcome),
        message=event.needs.message,
        problem=problem or None,
        source_message_id=message_id,
    )


def _problem(outcome: Outcome, lines: list[LineAnswer], numbers: list[int]) -> str:
    """Why a person must read the answer instead of the machine; empty when it is clear."""
    if outcome.standing is Standing.UNDECIDED:
        action = outcome.event.action or next((line.action for line in outcome.lines if line.action), "")
        known = f"HCR01 is {action[:10]}" if action else "It holds neither a decision nor a rejection"
        return f"The answer does not decide. {known}."
    if len(set(numbers)) != len(numbers):
        return "The payer answers one of our lines more than once."
    if any(line.line_number is None and not line.code for line in lines):
        return "A line of the answer names nothing that was asked."
    windows = [outcome.event.window, *(line.window for line in outcome.lines)]
    if any(window.source == "conflict" for window in windows):
        return "The dates of the certification contradict each other."
    decided = {line.standing for line in outcome.lines}
    if outcome.standing is Standing.PENDED and decided and Standing.PENDED not in decided:
        return "The payer pends the case, and yet decides every line."
    return ""


def _overall(outcome: Outcome, asked: AskedOf) -> LineAnswer | None:
    """The word for the whole case, where the event says one."""
    event = outcome.event
    if event.standing is Standing.UNDECIDED:
        return None
    single = asked.lines[0] if len(asked.lines) == 1 else None
    return replace(_described(event, None, single, asked), line_number=None)


def _line_answer(line: ReadLine, asked: AskedOf) -> LineAnswer:
    number = _line_number(line, asked)
    frozen = next((row for row in asked.lines if row["number"] == number), None)
    return _with_code(_described(line, number, frozen, asked), line, frozen)


def _line_number(line: ReadLine, asked: AskedOf) -> int | None:
    """Our line: by its trace, else by code and modifiers where only one line has them, else the only one
    asked.
    """
    for trace in line.traces:
        case, _, number = trace.number.rpartition("-")
        if trace.originator == asked.originator and case == asked.trace and number.isascii() and number.isdigit():
            return int(number[:5])
    if line.procedure is None:
        return asked.lines[0]["number"] if len(asked.lines) == 1 else None
    wanted = (line.procedure.code, frozenset(line.procedure.modifiers))
    fitting = [row["number"] for row in asked.lines if wanted in _codes(row)]
    if len(fitting) != 1:
        fitting = [row["number"] for row in asked.lines if wanted[0] in {code for code, _ in _codes(row)}]
    return fitting[0] if len(fitting) == 1 else None


def _codes(row: dict[str, Any]) -> set[tuple[str, frozenset[str]]]:
    return {(code["code"], frozenset(code["modifiers"])) for code in row["codes"]}


def _described(line: ReadLine, number: int | None, frozen: dict[str, Any] | None, asked: AskedOf) -> LineAnswer:
    granted = line.standing is Standing.APPROVED
    rejections = _rejections(line.rejections, asked)
    answer = LineAnswer(
        line_number=number,
        outcome=_outcome(line),
        starts_on=line.window.first if granted else None,
        ends_on=line.window.last if granted else None,
        certification_number=line.certification_number if line.standing is not Standing.DENIED else "",
        administrative_number=line.administrative_number,
        reasons=line.reasons,
        rejections=rejections,
        follow_up=_gravest(rejections) if line.standing in (Standing.RETURNED, Standing.HELD) else None,
        requested_documents=_documents([line.needs]),
        message=line.needs.message,
        provider=_provider(line, asked) if granted else None,
    )
    return _with_quantity(answer, line, frozen) if granted else answer


def _outcome(line: ReadLine) -> LineOutcome:
    """A2 on a case without lines is an approval with other terms: how much of it is not said."""
    if line.contact_payer:
        return LineOutcome.CONTACT_PAYER
    if line.standing is Standing.APPROVED and line.action in ("A2", "A6"):
        return LineOutcome.MODIFIED
    return OUTCOMES[line.standing]


def _with_quantity(answer: LineAnswer, line: ReadLine, frozen: dict[str, Any] | None) -> LineAnswer:
    quantity = line.quantity
    if frozen and frozen["quantity_type"] == QuantityType.MONEY and line.service and line.service.amount is not None:
        return replace(answer, quantity=line.service.amount, basis=Basis.STATED, quantity_type=QuantityType.MONEY)
    basis = BASES.get(quantity.basis)
    counted = _counted(quantity, frozen) if quantity.amount is not None else None
    if quantity.amount is not None and counted is None:
        basis = Basis.UNKNOWN
    kind, amount = counted or ("", None)
    caps, words = _caps(quantity.cap, frozen, kind)
    remark = " ".join(filter(None, [answer.message, words]))
    return replace(answer, quantity=amount, basis=basis, quantity_type=kind, caps=caps, message=remark)


def _counted(quantity: ApprovedQuantity, frozen: dict[str, Any] | None) -> tuple[str, Decimal] | None:
    """The amount in what was asked for, where its unit says the same; None for a unit nothing can be made
    of.
    """
    assert quantity.amount is not None
    kind = _type_of(quantity.unit, frozen)
    if kind is not None:
        return kind, quantity.amount
    if quantity.unit != "MJ":
        return None
    minutes = frozen["unit_minutes"] if frozen else None
    if frozen and frozen["quantity_type"] == QuantityType.UNITS and minutes and quantity.amount % minutes == 0:
        return QuantityType.UNITS, quantity.amount / minutes
    return QuantityType.HOURS, quantity.amount / MINUTES


def _type_of(unit: str, frozen: dict[str, Any] | None) -> str | None:
    if unit in PLAIN_UNITS:
        wanted = frozen["quantity_type"] if frozen else QuantityType.UNITS
        return wanted if wanted in PLAIN_TYPES else QuantityType.UNITS
    return COUNTS.get(unit)


def _caps(cap: Cap | None, frozen: dict[str, Any] | None, kind: str) -> tuple[tuple[CapTerms, ...], str]:
    """The cap as terms; in words where it counts something else than the line, or has another rhythm."""
    if cap is None:
        return (), ""
    wanted = kind or (frozen["quantity_type"] if frozen else "")
    if cap.every == 1 and cap.per in PERIODS and _type_of(cap.unit, frozen) == wanted:
        return (CapTerms(PERIODS[cap.per], cap.quantity),), ""
    unit = COUNTS.get(cap.unit, QuantityType.UNITS).value
    rhythm = f"every {cap.every:f} {PERIOD_WORDS.get(cap.per, cap.per)}"
    return (), f"The payer sets a rhythm: {cap.quantity:f} {unit} {rhythm}."


def _with_code(answer: LineAnswer, line: ReadLine, frozen: dict[str, Any] | None) -> LineAnswer:
    """The code where it differs from the one sent; where the line names none, as asked."""
    procedure = line.procedure
    if procedure is None:
        return answer
    sent = frozen["codes"][0] if frozen else None
    if sent and sent["code"] == procedure.code and set(sent["modifiers"]) == set(procedure.modifiers):
        return answer
    if sent and sent["code"] == procedure.code and not procedure.modifiers:
        # Payers often repeat the code alone: that takes no modifier away.
        return answer
    system = SYSTEMS.get(procedure.system, procedure.system)
    return replace(answer, code_system=system, code=procedure.code, modifiers=procedure.modifiers)


def _provider(line: ReadLine, asked: AskedOf) -> ProviderNamed | None:
    """Who may render the service, where the payer names somebody else."""
    for party in line.providers:
        if party.role == "SJ" and party.id_qualifier == "XX" and party.identifier != asked.provider_npi:
            return ProviderNamed(_name(party), party.identifier)
    return None


def _name(party: Party) -> str:
    return " ".join(part for part in (party.first_name, party.name) if part)


def _rejections(found: Iterable[ReadRejection], asked: AskedOf) -> tuple[Rejection, ...]:
    result = []
    for each in found:
        subject = SUBJECTS.get(each.level, "case")
        if asked.dependent and each.level in ("2000C", "2010C"):
            subject = "subscriber"
        follow_up = FOLLOW_UPS.get(each.follow_up, FollowUp.FIX_AND_RESEND)
        result.append(Rejection(subject, each.reason, follow_up))
    return tuple(result)


def _gravest(rejections: Iterable[Rejection]) -> FollowUp | None:
    wanted = {each.follow_up for each in rejections}
    return next((each for each in GRAVEST if each in wanted), None)


def _documents(needs: Iterable[Needs]) -> tuple[RequestedDocument, ...]:
    found = []
    for need in needs:
        found += [RequestedDocument(code, code_system="LOINC") for code in need.document_requests]
        for each in need.attachments:
            text, number = each.description, each.control_number
            found.append(RequestedDocument(each.report_type, text, "PWK01", number))
    return tuple(dict.fromkeys(found))


def _contact(outcome: Outcome) -> Contact | None:
    """Where to send documents, else how the reviewer is reached."""
    parties = [party for line in (outcome.event, *outcome.lines) for party in line.needs.contacts]
    parties += [outcome.reviewer] if outcome.reviewer and outcome.reviewer.contact else []
    if not parties:
        return None
    party = parties[0]
    numbers = {each.kind: each.value for each in (party.contact.numbers if party.contact else ())}
    address = party.address
    lines = [*address.lines, address.city, address.state, address.postal_code] if address else []
    return Contact(
        name=(party.contact.name if party.contact else "") or _name(party),
        phone=numbers.get("TE", ""),
        fax=numbers.get("FX", ""),
        email=numbers.get("EM", ""),
        url=numbers.get("UR", ""),
        address=", ".join(part for part in lines if part),
    )
