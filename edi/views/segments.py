"""A message in words, segment by segment: for a person who reads X12 beside it, and for one who does not.

Reading only: nothing here decides. A segment without words of ours shows none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from edi.views import codes
from edi.x12.charset import parse_date
from edi.x12.moments import read_moment
from edi.x12.tokenizer import Segment, tokenize
from web import wording


@dataclass(frozen=True, slots=True)
class Row:
    """One segment: raw, in words, whether it changed something, and the heading that begins with it ("" for none)."""

    raw: str
    words: str
    key: bool
    heading: str


@dataclass(slots=True)
class Reading:
    """Where in the message the reader stands."""

    today: date
    level: str = ""
    line: int = 0
    is_answer: bool = False
    heading: str = ""


Words = Callable[[Segment, Reading], str]


def rows(text: str, today: date) -> tuple[list[Row], list[str]]:
    """Every segment of the text, and what is odd about it as sentences."""
    found: list[Row] = []
    read = tokenize(text)
    problems = [problem.message for problem in read.problems]
    for interchange in read.interchanges:
        problems += [problem.message for problem in interchange.problems]
        place = Reading(today)
        found += [_row(segment, place) for segment in interchange.segments]
    return found, problems


def _row(segment: Segment, place: Reading) -> Row:
    heading = _heading(segment, place)
    begins = heading if heading != place.heading else ""
    place.heading = heading
    words = WORDS.get(segment.tag, _nothing)(segment, place)
    return Row(f"{segment.text()}{segment.delimiters.segment}", words, _is_key(segment, place), begins)


def _heading(segment: Segment, place: Reading) -> str:
    """The part of the message a segment belongs to."""
    if segment.tag in ("ISA", "GS", "ST", "BHT", "TA1"):
        place.is_answer = place.is_answer or (segment.tag == "BHT" and segment.element(2) == "11")
        return "Envelope: from whom, to whom"
    if segment.tag in ("SE", "GE", "IEA"):
        return "End"
    if segment.tag == "HL":
        place.level = segment.element(3)
        place.line += place.level == "SS"
    if segment.tag in ("AK1", "AK2", "IK3", "IK4", "IK5", "AK9", "CTX"):
        return "What they received"
    if place.level == "EV":
        return "What they decided" if place.is_answer else "What is asked"
    return f"Line {place.line}" if place.level == "SS" else "Who"


def _is_key(segment: Segment, place: Reading) -> bool:
    """Whether the segment changes something: a decision, a rejection, a document asked for."""
    if segment.tag in ("HCR", "AAA", "IK3", "IK4"):
        return True
    if segment.tag == "HI":
        return any(value.startswith("LOI") for value in segment.elements)
    if segment.tag in ("IK5", "AK9"):
        return segment.element(1) != "A"
    return segment.tag in ("MSG", "PWK") and place.is_answer


def _nothing(segment: Segment, place: Reading) -> str:
    return ""


def _said(table: dict[str, str], code: str) -> str:
    """Words with the code in brackets, or the bare code."""
    return f"{table[code]} ({code})" if code in table else code


def _day(text: str, place: Reading) -> str:
    """A date or a range of dates in words."""
    first, _, last = text.partition("-")
    one, other = parse_date(first), parse_date(last) if last else None
    if one is None:
        return text
    return wording.window(one, other, place.today) if other else wording.day(one, place.today)


def _isa(segment: Segment, place: Reading) -> str:
    sender, receiver = segment.element(6).strip(), segment.element(8).strip()
    kind = {"P": "Production", "T": "Test"}.get(segment.element(15), segment.element(15))
    moment = read_moment(f"20{segment.element(9)}", segment.element(10))
    at = f", {_day(f'20{segment.element(9)}', place)}, {moment:%H:%M}" if moment else ""
    return f"From {sender} to {receiver}{at}. {kind}. Control number {segment.element(13)}."


def _gs(segment: Segment, place: Reading) -> str:
    kind = {"HI": "prior authorization messages", "FA": "acknowledgments"}.get(segment.element(1), segment.element(1))
    return f"A group of {kind}, version {segment.element(8)}."


def _st(segment: Segment, place: Reading) -> str:
    kind = {"278": "A 278", "999": "An acknowledgment (999)"}.get(segment.element(1), segment.element(1))
    return f"{kind} begins, number {segment.element(2)}."


def _bht(segment: Segment, place: Reading) -> str:
    what = _said(codes.MESSAGE_PURPOSE, segment.element(2))
    more = f"; {_said(codes.MORE_TO_COME, segment.element(6))}" if segment.element(6) else ""
    return f"{what}, reference {segment.element(3)}, {_day(segment.element(4), place)}{more}."


def _hl(segment: Segment, place: Reading) -> str:
    return f"Level {segment.element(1)}: {codes.LEVEL.get(segment.element(3), segment.element(3))}."


def _trn(segment: Segment, place: Reading) -> str:
    number = segment.element(2)
    if not place.is_answer:
        return f"Our trace number {number}."
    return f"Our trace number comes back: {number}." if segment.element(1) == "2" else f"Their trace number {number}."


def _um(segment: Segment, place: Reading) -> str:
    parts = [
        _said(codes.REVIEW_KIND, segment.element(1)),
        _said(codes.CERTIFICATION, segment.element(2)),
        f"service type {segment.element(3)}" if segment.element(3) else "",
        f"place of service {segment.component(4, 1)}" if segment.component(4, 2) == "B" else "",
        "urgent" if segment.element(6) in ("U", "03") else "",
    ]
    words = ", ".join(part for part in parts if part)
    return f"{words[:1].upper()}{words[1:]}."


def _hcr(segment: Segment, place: Reading) -> str:
    reasons = wording.join_words([_said(codes.HCR_REASON, each) for each in segment.repetitions(3)])
    number = f", number {segment.element(2)}" if segment.element(2) else ""
    return f"{_said(codes.HCR_ACTION, segment.element(1))}{number}{f': {reasons}' if reasons else ''}."


def _aaa(segment: Segment, place: Reading) -> str:
    why = _said(codes.REJECTION, segment.element(3))
    then = _said(codes.FOLLOW_UP, segment.element(4))
    return f"Not reviewed: {why}{f'; {then}' if then else ''}."


def _nm1(segment: Segment, place: Reading) -> str:
    name = " ".join(part for part in (segment.element(4), segment.element(5), segment.element(3)) if part)
    kind = codes.PARTY_NUMBER.get(segment.element(8), "number")
    number = f", {kind} {segment.element(9)}" if segment.element(9) else ""
    role = codes.PARTY.get(segment.element(1), segment.element(1))
    return f"{role}: {name}{number}."


def _ref(segment: Segment, place: Reading) -> str:
    warning = " This is no authorization number." if segment.element(1) == "NT" else ""
    return f"{_said(codes.REFERENCE, segment.element(1))}: {segment.element(2)}.{warning}"


def _dtp(segment: Segment, place: Reading) -> str:
    return f"{_said(codes.DATE, segment.element(1))}: {_day(segment.element(3), place)}."


def _hi(segment: Segment, place: Reading) -> str:
    asked = [segment.component(number, 2) for number in range(1, 13) if segment.component(number, 1) == "LOI"]
    if asked:
        return f"Documents wanted (LOINC): {wording.join_words(asked)}."
    diagnoses = [segment.component(number, 2) for number in range(1, 13) if segment.component(number, 2)]
    return f"Diagnoses: {', '.join(_pointed(each) for each in diagnoses)}."


def _pointed(code: str) -> str:
    return f"{code[:3]}.{code[3:]}" if len(code) > 3 and "." not in code else code


def _service(segment: Segment, place: Reading) -> str:
    at, unit, amount = (1, 3, 4) if segment.tag == "SV1" else (2, 4, 5)
    code = " ".join(part for part in segment.components(at)[1:6] if part)
    count = segment.element(amount)
    return f"{code}{f', {_counted(count, segment.element(unit))}' if count else ''}."


def _counted(amount: str, unit: str) -> str:
    """ "1 visit", "12 units"; an unknown unit is shown as it came."""
    words = codes.UNIT.get(unit, unit)
    return f"{amount} {words.removesuffix('s') if amount == '1' else words}"


def _hsd(segment: Segment, place: Reading) -> str:
    parts = []
    if segment.element(2):
        parts.append(_counted(segment.element(2), segment.element(1)))
    if segment.element(3):
        parts.append(f"each {codes.PERIOD.get(segment.element(3), segment.element(3))}")
    if segment.element(6):
        parts.append(f"for {segment.element(6)} {codes.PERIOD.get(segment.element(5), segment.element(5))}s")
    return f"{' '.join(parts).capitalize()}." if parts else ""


def _per(segment: Segment, place: Reading) -> str:
    ways = [
        f"{codes.CONTACT.get(segment.element(number), segment.element(number))} {segment.element(number + 1)}"
        for number in (3, 5, 7)
        if segment.element(number)
    ]
    return f"Contact: {', '.join(part for part in (segment.element(2), *ways) if part)}."


def _dmg(segment: Segment, place: Reading) -> str:
    sex = {"F": ", female", "M": ", male"}.get(segment.element(3), "")
    return f"Born {_day(segment.element(2), place)}{sex}."


def _address(segment: Segment, place: Reading) -> str:
    return f"Address: {', '.join(part for part in segment.elements if part)}."


def _msg(segment: Segment, place: Reading) -> str:
    return f"In their words: “{segment.element(1)}”" if place.is_answer else f"Note: “{segment.element(1)}”"


def _pwk(segment: Segment, place: Reading) -> str:
    return f"{'Wanted' if place.is_answer else 'Sent with it'}: document of kind {segment.element(1)}."


def _ta1(segment: Segment, place: Reading) -> str:
    result = codes.SET_RESULT.get(segment.element(4), segment.element(4))
    note = _said(codes.INTERCHANGE_NOTE, segment.element(5))
    return f"Our interchange {segment.element(1)}: {result.lower()}, {note}."


def _ak1(segment: Segment, place: Reading) -> str:
    return f"About our group {segment.element(2)}."


def _ak2(segment: Segment, place: Reading) -> str:
    return f"About our message {segment.element(2)}."


def _ik3(segment: Segment, place: Reading) -> str:
    where = f"Segment {segment.element(1)}, number {segment.element(2)}"
    return f"{where}: {_said(codes.SEGMENT_ERROR, segment.element(4))}."


def _ik4(segment: Segment, place: Reading) -> str:
    part = f", component {segment.component(1, 2)}" if segment.component(1, 2) else ""
    return f"Element {segment.component(1, 1)}{part}: {_said(codes.ELEMENT_ERROR, segment.element(3))}."


def _ik5(segment: Segment, place: Reading) -> str:
    return f"The message: {_said(codes.SET_RESULT, segment.element(1))}. It says nothing about the decision."


def _ak9(segment: Segment, place: Reading) -> str:
    counts = f"{segment.element(4)} of {segment.element(2)} taken"
    return f"The group: {_said(codes.SET_RESULT, segment.element(1))}, {counts}."


def _ctx(segment: Segment, place: Reading) -> str:
    return "Where it stands in the message."


def _cl1(segment: Segment, place: Reading) -> str:
    return "How the admission comes about."


def _ins(segment: Segment, place: Reading) -> str:
    return "The member is the subscriber." if segment.element(1) == "Y" else "The member is a dependent."


def _prv(segment: Segment, place: Reading) -> str:
    return f"Specialty {segment.element(3)}."


def _se(segment: Segment, place: Reading) -> str:
    return f"{segment.element(1)} segments, as counted by the sender."


def _ge(segment: Segment, place: Reading) -> str:
    count = int(segment.element(1)) if segment.element(1).isdigit() else 0
    return f"{wording.counted(count, 'message')} in the group."


def _iea(segment: Segment, place: Reading) -> str:
    return f"End of interchange {segment.element(2)}."


WORDS: dict[str, Words] = {
    "ISA": _isa, "GS": _gs, "ST": _st, "BHT": _bht, "HL": _hl, "TRN": _trn, "UM": _um, "HCR": _hcr, "AAA": _aaa,
    "NM1": _nm1, "REF": _ref, "DTP": _dtp, "HI": _hi, "SV1": _service, "SV2": _service, "HSD": _hsd, "PER": _per,
    "DMG": _dmg, "N3": _address, "N4": _address, "MSG": _msg, "PWK": _pwk, "TA1": _ta1, "AK1": _ak1, "AK2": _ak2,
    "IK3": _ik3, "IK4": _ik4, "IK5": _ik5, "AK9": _ak9, "SE": _se, "GE": _ge, "IEA": _iea, "CTX": _ctx, "CL1": _cl1,
    "INS": _ins, "PRV": _prv,
}  # fmt: skip
