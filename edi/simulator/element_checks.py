"""Check one segment against its rule, element by element; the codes found are those of IK403.

1 missing by X12, I9 missing by the guide, 2 half of a pair missing, 3 too many elements or a trailing
separator, 13 the same of components, 4 too short, 5 too long, 6 a character that may not stand there,
7 not a code of the list, 8 no such date, 9 no such time, I10 not used by the guide, I12 wrong pattern
(check digit, taxonomy, a hierarchical number that contradicts the tree).
"""

from __future__ import annotations

import re
from datetime import datetime

from edi.simulator.faults import ElementFault
from edi.simulator.rule_types import CompositeRule, ElementRule, Need, SegmentRule
from edi.x12.tokenizer import Segment

DECIMAL = re.compile(r"(0|[1-9][0-9]*)?(\.[0-9]*[1-9])?", re.ASCII)
WHOLE = re.compile(r"[0-9]+", re.ASCII)
TAXONOMY = re.compile(r"[0-9A-Z]{9}X", re.ASCII)
ICD = re.compile(r"[A-Z0-9]{3,7}", re.ASCII)
HCPCS = re.compile(r"[A-Z0-9]{5}", re.ASCII)
ICD10_QUALIFIERS = ("ABK", "ABJ", "ABF", "APR")
ICD_QUALIFIERS = (*ICD10_QUALIFIERS, "BK", "BJ", "BF", "PR")
EXTENDED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 !\"&'()*+,-./:;?=%~@[]_{}\\|<>#$")


def check_segment(segment: Segment, rule: SegmentRule) -> tuple[ElementFault, ...]:
    """Every element of the segment that breaks its rule, at most one fault for each."""
    faults: list[ElementFault] = []
    if len(segment.elements) > len(rule.elements):
        faults.append(ElementFault(len(rule.elements) + 1, "3"))
    elif segment.elements and not segment.elements[-1]:
        faults.append(ElementFault(len(segment.elements), "3"))
    for number, element_rule in enumerate(rule.elements, start=1):
        if isinstance(element_rule, CompositeRule):
            faults += _check_composite(segment, number, element_rule)
        else:
            code = check_value(segment.element(number), element_rule, _barred(segment))
            if code:
                faults.append(_fault(number, code, element_rule, segment.element(number)))
    faults += _check_together(segment, rule)
    return _first_of_each(faults)


def check_value(value: str, rule: ElementRule, barred: str = "") -> str:
    """The IK403 code of a simple value, or nothing. `barred` are separators that may not stand in it."""
    if not value:
        return {Need.MANDATORY: "1", Need.REQUIRED: "I9"}.get(rule.need, "")
    if rule.need is Need.NOT_USED:
        return "I10"
    if any(mark in value for mark in barred) or not EXTENDED.issuperset(value) or value != value.strip():
        return "6"
    return _check_kind(value, rule)


def is_date(value: str) -> bool:
    """Whether the text is a calendar day written CCYYMMDD."""
    return bool(WHOLE.fullmatch(value)) and len(value) == 8 and _parses(value, "%Y%m%d")


def is_date_in_format(form: str, value: str) -> bool:
    """Whether the value is what its qualifier says: D8 a day, RD8 two days that do not run backwards."""
    if form == "D8":
        return is_date(value)
    first, dash, last = value.partition("-")
    return bool(dash) and is_date(first) and is_date(last) and first <= last


def is_time(value: str) -> bool:
    """Whether the text is a time of day written HHMM, HHMMSS, HHMMSSd or HHMMSSdd."""
    if not WHOLE.fullmatch(value) or len(value) not in (4, 6, 7, 8):
        return False
    return _parses(value[:6], "%H%M" if len(value) == 4 else "%H%M%S")


def is_whole_number(value: str, digits: int) -> bool:
    """Whether the text is exactly so many digits."""
    return len(value) == digits and bool(WHOLE.fullmatch(value))


def is_npi(value: str) -> bool:
    """Ten digits whose Luhn sum, with the prefix 80840 of the card issuer standard, ends in 0."""
    if len(value) != 10 or not WHOLE.fullmatch(value):
        return False
    digits = [int(digit) for digit in "80840" + value]
    doubled = [digit * 2 if place % 2 else digit for place, digit in enumerate(reversed(digits))]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


def _check_kind(value: str, rule: ElementRule) -> str:
    if rule.kind == "DT":
        return "" if is_date(value) else "8"
    if rule.kind == "TM":
        return "" if is_time(value) else "9"
    if rule.kind == "R" and not DECIMAL.fullmatch(value):
        return "6"
    if rule.kind == "N0" and not WHOLE.fullmatch(value):
        return "6"
    length = len(value.replace(".", "")) if rule.kind == "R" else len(value)
    if length < rule.least:
        return "4"
    if length > rule.most:
        return "5"
    return "7" if rule.codes and value not in rule.codes else ""


def _check_composite(segment: Segment, number: int, rule: CompositeRule) -> list[ElementFault]:
    value = segment.element(number)
    if not value:
        code = {Need.MANDATORY: "1", Need.REQUIRED: "I9"}.get(rule.need, "")
        return [ElementFault(number, code)] if code else []
    if segment.delimiters.repetition and segment.delimiters.repetition in value:
        return [ElementFault(number, "6")]
    parts = segment.components(number)
    if len(parts) > len(rule.parts) or not parts[-1]:
        return [ElementFault(number, "13")]
    faults = []
    for place, part_rule in enumerate(rule.parts, start=1):
        part = segment.component(number, place)
        code = check_value(part, part_rule)
        if code:
            faults.append(_fault(number, code, part_rule, part, place))
    return faults + _check_parts_together(segment, number, rule)


def _check_parts_together(segment: Segment, number: int, rule: CompositeRule) -> list[ElementFault]:
    faults = []
    if rule.date_at:
        form, value = (segment.component(number, place) for place in rule.date_at)
        if bool(form) != bool(value):
            faults.append(ElementFault(number, "2", rule.date_at[1] if form else rule.date_at[0]))
        elif value and not is_date_in_format(form, value):
            faults.append(ElementFault(number, "8", rule.date_at[1]))
    if rule.icd_at:
        qualifier, code = (segment.component(number, place) for place in rule.icd_at)
        wrong = qualifier in ICD_QUALIFIERS and not ICD.fullmatch(code)
        if code and (wrong or (qualifier in ICD10_QUALIFIERS[:3] and code[:1].isdigit())):
            faults.append(ElementFault(number, "7", rule.icd_at[1], "1271"))
    if rule.hcpcs_at:
        qualifier, code = (segment.component(number, place) for place in rule.hcpcs_at)
        if qualifier == "HC" and code and not HCPCS.fullmatch(code):
            faults.append(ElementFault(number, "7", rule.hcpcs_at[1], "234"))
    return faults


def _check_together(segment: Segment, rule: SegmentRule) -> list[ElementFault]:
    """The rules that join elements: pairs, conditions, dates under a qualifier, identifiers, taxonomy."""
    faults = []
    for first, second in rule.pairs:
        if bool(segment.element(first)) != bool(segment.element(second)):
            faults.append(_missing(rule, second if segment.element(first) else first))
    for asking, asked in rule.needs:
        if segment.element(asking) and not segment.element(asked):
            faults.append(_missing(rule, asked))
    if rule.any_of and not any(segment.element(number) for number in rule.any_of):
        faults.append(_missing(rule, rule.any_of[0]))
    return faults + _check_formats(segment, rule)


def _check_formats(segment: Segment, rule: SegmentRule) -> list[ElementFault]:
    faults = []
    if rule.date_at:
        form, value = (segment.element(number) for number in rule.date_at)
        if value and form in ("D8", "RD8") and not is_date_in_format(form, value):
            faults.append(ElementFault(rule.date_at[1], "8", reference="1251"))
    if rule.npi_at:
        qualifier, value = (segment.element(number) for number in rule.npi_at)
        if qualifier == "XX" and value and not is_npi(value):
            faults.append(ElementFault(rule.npi_at[1], "I12", reference="67"))
    if rule.taxonomy_at:
        value = segment.element(rule.taxonomy_at)
        if value and not TAXONOMY.fullmatch(value):
            faults.append(ElementFault(rule.taxonomy_at, "I12", reference="127"))
    return faults


def _barred(segment: Segment) -> str:
    return segment.delimiters.component + segment.delimiters.repetition


def _fault(number: int, code: str, rule: ElementRule, value: str, component: int = 0) -> ElementFault:
    # Only values of code lists are copied into the answer: anything else may be health information.
    bad = value if code == "7" else ""
    return ElementFault(number, code, component, _reference(rule), bad)


def _missing(rule: SegmentRule, number: int) -> ElementFault:
    element_rule = rule.elements[number - 1]
    return ElementFault(number, "2", reference=_reference(element_rule))


def _reference(rule: ElementRule | CompositeRule) -> str:
    return rule.reference if rule.reference.isdigit() else ""


def _first_of_each(faults: list[ElementFault]) -> tuple[ElementFault, ...]:
    found: dict[tuple[int, int], ElementFault] = {}
    for fault in faults:
        found.setdefault((fault.element, fault.component), fault)
    return tuple(sorted(found.values(), key=lambda fault: (fault.element, fault.component)))


def _parses(value: str, form: str) -> bool:
    try:
        datetime.strptime(value, form)  # noqa: DTZ007 - a day or a time of day, of no zone
    except ValueError:
        return False
    return True
