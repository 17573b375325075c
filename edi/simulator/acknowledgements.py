"""Write the TA1 and the 999 with which the payer tells what it could read."""

from __future__ import annotations

from datetime import datetime

from edi.simulator.element_checks import is_date, is_time, is_whole_number
from edi.simulator.envelope import Address
from edi.simulator.faults import ElementFault, GroupVerdict, SegmentFault, SetVerdict
from edi.simulator.writing import plain, segment
from edi.x12.tokenizer import Segment

GUIDE_999 = "005010X231A1"
# More than this no person reads, and a wholly foreign text would otherwise be told segment by segment.
MOST_SEGMENTS_TOLD = 50


def write_ta1(address: Address, now: datetime, note: str = "000") -> Segment:
    """The TA1 about an interchange: accepted with note 000, rejected with any other.

    It names the interchange by its number, date and time; one that fits no TA1 is told as zeros or as now.
    """
    control = address.control if is_whole_number(address.control, 9) else "0" * 9
    day = address.date if is_date("20" + address.date) else now.strftime("%y%m%d")
    time = address.time if is_time(address.time) and len(address.time) == 4 else now.strftime("%H%M")
    return segment("TA1", control, day, time, "A" if note == "000" else "R", note)


def write_999(group: GroupVerdict) -> list[Segment]:
    """The segments between ST and SE of the 999 about one group."""
    content = [segment("AK1", plain(group.identifier), plain(group.control), plain(group.guide))]
    for verdict in group.sets:
        content += _write_set(verdict)
    counts = (group.included, str(len(group.sets)), str(group.accepted))
    return [*content, segment("AK9", group.action, *counts, *group.group_codes)]


def _write_set(verdict: SetVerdict) -> list[Segment]:
    content = [segment("AK2", plain(verdict.identifier), plain(verdict.control), plain(verdict.guide))]
    for fault in verdict.segments[:MOST_SEGMENTS_TOLD]:
        content.append(segment("IK3", fault.tag, str(fault.position), fault.loop, fault.code))
        content += [_write_element(element) for element in fault.elements]
    codes = [*(["5"] if verdict.segments else []), *verdict.set_codes]
    return [*content, segment("IK5", verdict.action, *codes[:5])]


def _write_element(fault: ElementFault) -> Segment:
    place = f"{fault.element}:{fault.component}" if fault.component else str(fault.element)
    return segment("IK4", place, fault.reference, fault.code, plain(fault.bad))


def refused_code(fault_code: str, position: int, loop: str, tag: str, code: str) -> SegmentFault:
    """The fault that a scenario plants: the service code of a line, as if it were on no list."""
    element = {"SV1": 1, "SV2": 2, "SV3": 1}[tag]
    return SegmentFault(tag, position, loop, "8", (ElementFault(element, fault_code, 2, "234", code),))
