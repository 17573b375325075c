"""The payer refuses each planted defect, and the 999 or TA1 names the place."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from edi.simulator.element_checks import is_npi
from tests.edi.simulator.conftest import StartPayer
from tests.edi.simulator.wire import (
    NPI,
    OUR_COMPANY,
    Partner,
    Received,
    interchange,
    numbers,
    request,
    transaction,
    wire,
)

# Positions in the sound request, ST being 1:
#  2 BHT  3 HL20  4 NM1  5 HL21  6 NM1  7 HL22  8 NM1  9 DMG  10 HL-EV  11 TRN  12 UM  13 DTP  14 HI  15 NM1
# 16 HL-SS  17 TRN  18 DTP  19 SV1  20 HL-SS  21 TRN  22 DTP  23 SV1
SOUND = request("H2019", "H2014")


def sound_with(position: int, segment: str) -> list[str]:
    return [segment if place == position else kept for place, kept in enumerate(SOUND, start=2)]


def sound_without(*positions: int) -> list[str]:
    return [kept for place, kept in enumerate(SOUND, start=2) if place not in positions]


def sound_plus(position: int, *segments: str) -> list[str]:
    """New segments that stand at a position, what stood there moving on."""
    return [*SOUND[: position - 2], *segments, *SOUND[position - 2 :]]


def told(acknowledgement: Received) -> list[str]:
    """The IK3 and IK4 segments in short form, without the copied value."""
    return [
        "*".join(segment if segment[0] == "IK3" else [segment[0], segment[1], segment[3]])
        for segment in acknowledgement.segments
        if segment[0] in ("IK3", "IK4")
    ]


def test_a_sound_request_is_accepted(partner: Partner) -> None:
    acknowledgement = partner.send(SOUND).acknowledgement
    assert told(acknowledgement) == []
    assert acknowledgement.one("IK5")[1:] == ["A"]
    assert acknowledgement.one("AK9")[1:] == ["A", "1", "1", "1"]


ELEMENT_DEFECTS = {
    "BHT02 of a response": (sound_with(2, "BHT*0007*11*CASE1*20260105*1030"), "IK3*BHT*2**8", "IK4*2*7"),
    "BHT03 missing": (sound_with(2, "BHT*0007*13**20260105*1030"), "IK3*BHT*2**8", "IK4*3*I9"),
    "BHT04 no such day": (sound_with(2, "BHT*0007*13*CASE1*20260230*1030"), "IK3*BHT*2**8", "IK4*4*8"),
    "BHT05 no such time": (sound_with(2, "BHT*0007*13*CASE1*20260105*2460"), "IK3*BHT*2**8", "IK4*5*9"),
    "HL01 out of count": (sound_with(7, "HL*9*2*22*1"), "IK3*HL*7*2000C*8", "IK4*1*I12"),
    "HL02 of the wrong level": (sound_with(10, "HL*4*2*EV*1"), "IK3*HL*10*2000E*8", "IK4*2*I12"),
    "HL02 of a line under another line": (sound_with(20, "HL*6*5*SS*0"), "IK3*HL*20*2000F*8", "IK4*2*I12"),
    "HL03 unknown": (sound_with(10, "HL*4*3*XX*1"), "IK3*HL*10*2000E*8", "IK4*3*7"),
    "HL04 denies its children": (sound_with(10, "HL*4*3*EV*0"), "IK3*HL*10*2000E*8", "IK4*4*I12"),
    "HL04 claims children": (sound_with(20, "HL*6*4*SS*1"), "IK3*HL*20*2000F*8", "IK4*4*I12"),
    "NM101 of the reviewer unknown": (
        sound_with(4, "NM1*ZZ*2*EXAMPLE HEALTH PLAN*****PI*54321"),
        "IK3*NM1*4*2010A*8",
        "IK4*1*7",
    ),
    "NM109 of the reviewer missing": (
        sound_with(4, "NM1*X3*2*EXAMPLE HEALTH PLAN*****PI"),
        "IK3*NM1*4*2010A*8",
        "IK4*9*I9",
    ),
    "NPI with a wrong check digit": (
        sound_with(6, "NM1*1P*2*NORTH CLINIC*****XX*1234567894"),
        "IK3*NM1*6*2010B*8",
        "IK4*9*I12",
    ),
    "NPI with a letter": (
        sound_with(15, "NM1*SJ*2*NORTH CLINIC*****XX*123456789A"),
        "IK3*NM1*15*2010EA*8",
        "IK4*9*I12",
    ),
    "NM108 without NM109": (
        sound_with(15, "NM1*SJ*2*NORTH CLINIC*****XX"),
        "IK3*NM1*15*2010EA*8",
        "IK4*9*2",
    ),
    "NM106 not used": (sound_with(8, "NM1*IL*1*SAMPLE*PATIENT**DR**MI*M0001"), "IK3*NM1*8*2010C*8", "IK4*6*I10"),
    "member number too short": (
        sound_with(8, "NM1*IL*1*SAMPLE*PATIENT****MI*M"),
        "IK3*NM1*8*2010C*8",
        "IK4*9*4",
    ),
    "NM104 too long": (
        sound_with(8, f"NM1*IL*1*SAMPLE*{'P' * 36}****MI*M0001"),
        "IK3*NM1*8*2010C*8",
        "IK4*4*5",
    ),
    "a blank before a name": (
        sound_with(8, "NM1*IL*1* SAMPLE*PATIENT****MI*M0001"),
        "IK3*NM1*8*2010C*8",
        "IK4*3*6",
    ),
    "component separator in a name": (
        sound_with(8, "NM1*IL*1*SAM:PLE*PATIENT****MI*M0001"),
        "IK3*NM1*8*2010C*8",
        "IK4*3*6",
    ),
    "repetition separator in a name": (
        sound_with(8, "NM1*IL*1*SAM^PLE*PATIENT****MI*M0001"),
        "IK3*NM1*8*2010C*8",
        "IK4*3*6",
    ),
    "element separator in a name": (
        sound_with(8, "NM1*IL*1*SAM*PLE*PATIENT****MI*M0001"),
        "IK3*NM1*8*2010C*8",
        "IK4*8*I9",
    ),
    "birth date of no day": (sound_with(9, "DMG*D8*20101332*F"), "IK3*DMG*9*2010C*8", "IK4*2*8"),
    "TRN03 not ten characters": (sound_with(11, "TRN*1*CASE1-T*9SHORT"), "IK3*TRN*11*2000E*8", "IK4*3*4"),
    "TRN01 of an answer": (sound_with(11, f"TRN*2*CASE1-T*{OUR_COMPANY}"), "IK3*TRN*11*2000E*8", "IK4*1*7"),
    "UM01 unknown": (sound_with(12, "UM*QQ*I*A4*11:B*****Y"), "IK3*UM*12*2000E*8", "IK4*1*7"),
    "UM02 unknown": (sound_with(12, "UM*HS*X*A4*11:B*****Y"), "IK3*UM*12*2000E*8", "IK4*2*7"),
    "UM02 missing": (sound_with(12, "UM*HS**A4*11:B*****Y"), "IK3*UM*12*2000E*8", "IK4*2*I9"),
    "UM04 without its qualifier": (sound_with(12, "UM*HS*I*A4*11*****Y"), "IK3*UM*12*2000E*8", "IK4*4:2*I9"),
    "UM04 qualifier unknown": (sound_with(12, "UM*HS*I*A4*11:C*****Y"), "IK3*UM*12*2000E*8", "IK4*4:2*7"),
    "a trailing separator": (sound_with(12, "UM*HS*I*A4*11:B*****Y*"), "IK3*UM*12*2000E*8", "IK4*10*3"),
    "a trailing component": (sound_with(12, "UM*HS*I*A4*11:B:*****Y"), "IK3*UM*12*2000E*8", "IK4*4*13"),
    "DTP01 unknown": (sound_with(13, "DTP*999*D8*20260105"), "IK3*DTP*13*2000E*8", "IK4*1*7"),
    "a range that runs backwards": (
        sound_with(13, "DTP*AAH*RD8*20260404-20260105"),
        "IK3*DTP*13*2000E*8",
        "IK4*3*8",
    ),
    "a day under a range qualifier": (
        sound_with(13, "DTP*AAH*RD8*20260105"),
        "IK3*DTP*13*2000E*8",
        "IK4*3*8",
    ),
    "a diagnosis with its dot": (sound_with(14, "HI*ABK:F84.0"), "IK3*HI*14*2000E*8", "IK4*1:2*7"),
    "a diagnosis date of no day": (
        sound_with(14, "HI*ABK:F840:D8:20260231"),
        "IK3*HI*14*2000E*8",
        "IK4*1:4*8",
    ),
    "a principal diagnosis in third place": (
        sound_with(14, "HI*ABK:F840*ABF:F840*ABK:F840"),
        "IK3*HI*14*2000E*8",
        "IK4*3:1*7",
    ),
    "SV101 without a code": (sound_with(19, "SV1*HC**UN*40"), "IK3*SV1*19*2000F*8", "IK4*1:2*1"),
    "SV101 qualifier unknown": (sound_with(19, "SV1*XX:H2019**UN*40"), "IK3*SV1*19*2000F*8", "IK4*1:1*7"),
    "a modifier of three characters": (
        sound_with(19, "SV1*HC:H2019:ABC**UN*40"),
        "IK3*SV1*19*2000F*8",
        "IK4*1:3*5",
    ),
    "a procedure code of four characters": (
        sound_with(19, "SV1*HC:H201**UN*40"),
        "IK3*SV1*19*2000F*8",
        "IK4*1:2*7",
    ),
    "SV103 without SV104": (sound_with(19, "SV1*HC:H2019**UN"), "IK3*SV1*19*2000F*8", "IK4*4*2"),
    "SV104 without SV103": (sound_with(23, "SV1*HC:H2014***40"), "IK3*SV1*23*2000F*8", "IK4*3*2"),
    "SV104 negative": (sound_with(19, "SV1*HC:H2019**UN*-40"), "IK3*SV1*19*2000F*8", "IK4*4*6"),
    "SV104 with a trailing zero": (sound_with(19, "SV1*HC:H2019**UN*40.0"), "IK3*SV1*19*2000F*8", "IK4*4*6"),
    "SV104 in other digits": (sound_with(19, "SV1*HC:H2019**UN*1e2"), "IK3*SV1*19*2000F*8", "IK4*4*6"),
    "HSD01 without HSD02": (sound_plus(20, "HSD*VS"), "IK3*HSD*20*2000F*8", "IK4*2*2"),
    "HSD06 without HSD05": (sound_plus(20, "HSD*VS*3*WK***4"), "IK3*HSD*20*2000F*8", "IK4*5*2"),
    "PRV03 no taxonomy": (sound_plus(16, "PRV*PE*PXC*103K00000"), "IK3*PRV*16*2010EA*8", "IK4*3*I12"),
    "PWK05 without PWK06": (sound_plus(20, "PWK*77*EL***AC"), "IK3*PWK*20*2000F*8", "IK4*6*2"),
}


@pytest.mark.parametrize(("segments", "ik3", "ik4"), ELEMENT_DEFECTS.values(), ids=ELEMENT_DEFECTS.keys())
def test_an_element_in_error_is_named(partner: Partner, segments: list[str], ik3: str, ik4: str) -> None:
    reply = partner.send(segments)
    assert told(reply.acknowledgement)[:2] == [ik3, ik4]
    assert reply.acknowledgement.one("IK5")[1:] == ["R", "5"]
    assert reply.acknowledgement.one("AK9")[1:] == ["R", "1", "1", "0"]
    assert reply.of_kind("278") == []


STRUCTURE_DEFECTS = {
    "BHT missing": (sound_without(2), "IK3*BHT*2**3"),
    "BHT twice": (sound_plus(3, SOUND[0]), "IK3*BHT*3**5"),
    "HL of the reviewer missing": (sound_without(3), "IK3*HL*3*2000A*3"),
    "HL of the subscriber missing": (sound_without(7), "IK3*HL*7*2000C*3"),
    "HL of the event missing": (sound_without(10), "IK3*HL*10*2000E*3"),
    "HL of the first line missing": (sound_without(16), "IK3*HL*16*2000F*3"),
    "HL of the second line missing": (sound_without(20), "IK3*HL*20*2000F*3"),
    "the whole requester missing": (sound_without(5, 6), "IK3*HL*5*2000B*I7"),
    "the whole event missing": (SOUND[:8], "IK3*HL*10*2000E*I7"),
    "a second subscriber": (sound_plus(10, "HL*4*2*22*1", SOUND[6]), "IK3*HL*10*2000C*4"),
    "NM1 of the subscriber missing": (sound_without(8, 9), "IK3*NM1*8*2010C*I7"),
    "NM1 of the subscriber twice": (sound_plus(9, SOUND[6]), "IK3*NM1*9*2010C*4"),
    "UM missing": (sound_without(12), "IK3*UM*12*2000E*I8"),
    "UM twice": (sound_plus(13, SOUND[10]), "IK3*UM*13*2000E*5"),
    "TRN three times": (sound_plus(12, SOUND[9], SOUND[9]), "IK3*TRN*13*2000E*5"),
    "one date twice": (sound_plus(14, SOUND[11]), "IK3*DTP*14*2000E*5"),
    "HI before the dates": ([*SOUND[:11], SOUND[12], SOUND[11], *SOUND[13:]], "IK3*DTP*14*2000E*7"),
    "the service missing": (sound_without(19), "IK3*SV1*19*2000F*I6"),
    "two kinds of service": (sound_plus(20, "SV2*0900***UN*1"), "IK3*SV2*20*2000F*I9"),
    "tooth information beside SV1": (sound_plus(20, "TOO*JP*12"), "IK3*TOO*20*2000F*I9"),
    "a decision in a request": (sound_plus(13, "HCR*A1*X1"), "IK3*HCR*13*2000E*I4"),
    "an unknown segment": (sound_plus(13, "XYZ*1"), "IK3*XYZ*13*2000E*1"),
    "a claim segment": (sound_plus(13, "CLM*1"), "IK3*CLM*13*2000E*1"),
    "a service in the subscriber's loop": (sound_plus(9, SOUND[17]), "IK3*SV1*9*2010C*2"),
}


@pytest.mark.parametrize(("segments", "ik3"), STRUCTURE_DEFECTS.values(), ids=STRUCTURE_DEFECTS.keys())
def test_a_segment_in_error_is_named(partner: Partner, segments: list[str], ik3: str) -> None:
    acknowledgement = partner.send(segments).acknowledgement
    assert told(acknowledgement)[0] == ik3
    assert acknowledgement.one("IK5")[1:] == ["R", "5"]


def test_a_bad_code_is_copied_and_a_bad_identifier_is_not(partner: Partner) -> None:
    segments = sound_with(12, "UM*HS*X*A4*11:B*****Y")
    segments[4] = "NM1*1P*2*NORTH CLINIC*****XX*1234567894"
    segments[6] = f"NM1*IL*1*SAMPLE*{'P' * 36}****MI*M0001"
    reply = partner.send(segments)
    assert reply.acknowledgement.all("IK4") == [
        ["IK4", "9", "67", "I12"],
        ["IK4", "4", "1036", "5"],
        ["IK4", "2", "1322", "7", "X"],
    ]
    assert b"1234567894" not in reply.body
    assert b"PPP" not in reply.body


def test_a_dependent_stands_between_subscriber_and_event(partner: Partner) -> None:
    segments = request("H2019")
    segments[8:9] = ["HL*4*3*23*1", "NM1*QC*1*SAMPLE*CHILD", "DMG*D8*20180203*M", "INS*N*19", "HL*5*4*EV*1"]
    segments[-4] = "HL*6*5*SS*0"
    assert told(partner.send(segments).acknowledgement) == []
    skipping = [segment.replace("HL*5*4*EV*1", "HL*5*3*EV*1") for segment in segments]
    assert told(partner.send(skipping).acknowledgement) == ["IK3*HL*14*2000E*8", "IK4*2*I12"]


SET_DEFECTS = {
    "SE01 too high": (-3, "SE*25*0001", ["R", "4"]),
    "SE02 differs": (-3, "SE*24*0002", ["R", "3"]),
    "ST01 of a claim": (2, "ST*837*0001*005010X217", ["R", "1"]),
    "ST02 too short": (2, "ST*278*1*005010X217", ["R", "3", "7"]),
    "ST03 of another guide": (2, "ST*278*0001*005010X215", ["R", "I6"]),
}


@pytest.mark.parametrize(("place", "segment", "codes"), SET_DEFECTS.values(), ids=SET_DEFECTS.keys())
def test_a_set_envelope_in_error_is_refused(partner: Partner, place: int, segment: str, codes: list[str]) -> None:
    segments = partner.envelope(SOUND)
    segments[place] = segment
    reply = partner.send_bytes(wire(segments))
    assert reply.acknowledgement.one("IK5")[1:] == codes
    assert reply.of_kind("278") == []


def test_a_missing_se_is_told(partner: Partner) -> None:
    segments = partner.envelope(SOUND)
    del segments[-3]
    assert partner.send_bytes(wire(segments)).acknowledgement.one("IK5")[1:] == ["R", "2"]


GROUP_DEFECTS = {
    "GS08 of another guide": (1, "GS08", "2"),
    "GS01 of claims": (1, "GS01", "1"),
    "GS06 with leading zeros": (1, "GS06", "6"),
    "GE01 wrong": (-2, "GE01", "5"),
    "GE02 wrong": (-2, "GE02", "4"),
}
GROUP_VALUES = {"GS08": "005010X215", "GS01": "HC", "GS06": "00001", "GE01": "2", "GE02": "999999"}


@pytest.mark.parametrize(("place", "element", "code"), GROUP_DEFECTS.values(), ids=GROUP_DEFECTS.keys())
def test_a_group_envelope_in_error_is_refused(partner: Partner, place: int, element: str, code: str) -> None:
    segments = partner.envelope(SOUND)
    values = segments[place].split("*")
    values[int(element[2:])] = GROUP_VALUES[element]
    segments[place] = "*".join(values)
    reply = partner.send_bytes(wire(segments))
    told_of_group = reply.acknowledgement.one("AK9")
    assert told_of_group[1] == "R"
    assert code in told_of_group[5:]
    assert reply.of_kind("278") == []


INTERCHANGE_DEFECTS = {
    "ISA06 not padded": (0, 6, "SHORT", "006"),
    "ISA05 unknown": (0, 5, "XX", "005"),
    "ISA09 no such day": (0, 9, "261332", "014"),
    "ISA10 no such time": (0, 10, "2460", "015"),
    "ISA11 not a separator": (0, 11, "U", "016"),
    "ISA12 of another version": (0, 12, "00401", "017"),
    "ISA13 not nine digits": (0, 13, "12345", "018"),
    "ISA13 zero": (0, 13, "000000000", "018"),
    "ISA14 unknown": (0, 14, "2", "019"),
    "ISA15 production to a payer in test": (0, 15, "P", "020"),
    "IEA01 wrong": (-1, 1, "2", "021"),
    "IEA02 differs": (-1, 2, "999999998", "001"),
    "GS04 no such day": (1, 4, "20261332", "024"),
    "GS02 missing": (1, 2, "", "024"),
}


@pytest.mark.parametrize(
    ("place", "element", "value", "note"), INTERCHANGE_DEFECTS.values(), ids=INTERCHANGE_DEFECTS.keys()
)
def test_an_interchange_in_error_gets_a_ta1(partner: Partner, place: int, element: int, value: str, note: str) -> None:
    segments = partner.envelope(SOUND)
    values = segments[place].split("*")
    values[element] = value
    segments[place] = "*".join(values)
    reply = partner.send_bytes(wire(segments))
    (only,) = reply.interchanges
    assert only.one("TA1")[4:] == ["R", note]
    assert only.one("IEA")[1] == "0"


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (lambda text: text[: text.index("~IEA")], "023"),
        (lambda text: text[:-1], "023"),
        (lambda text: text.replace("~HI*", "~~HI*"), "024"),
        (lambda text: text + text, "022"),
        (lambda text: text.replace("~ST*", "~XX*1~ST*"), "022"),
    ],
    ids=["IEA missing", "last terminator missing", "an empty segment", "two interchanges", "outside a set"],
)
def test_a_damaged_interchange_gets_a_ta1(partner: Partner, change: Callable[[str], str], note: str) -> None:
    text = wire(partner.envelope(SOUND)).decode()
    reply = partner.send_bytes(change(text).encode())
    assert reply.acknowledgement.one("TA1")[4:] == ["R", note]


def test_a_message_cut_anywhere_is_never_accepted(partner: Partner) -> None:
    raw = wire(partner.envelope(SOUND))
    for length in range(1, len(raw), 97):
        reply = partner.send_bytes(raw[:length])
        verdicts = (
            [segment for item in reply.interchanges for segment in item.all("TA1")] if reply.status == 200 else []
        )
        assert reply.status == 400 or [verdict[4] for verdict in verdicts] == ["R"], length


def test_no_damage_breaks_the_payer_or_its_reply(partner: Partner) -> None:
    chance = random.Random(278)
    for _ in range(150):
        raw = bytearray(wire(partner.envelope(SOUND)))
        for _ in range(chance.choice((1, 1, 3))):
            at = chance.randrange(len(raw))
            raw[at : at + chance.choice((0, 1, 1, 30))] = chance.choice(
                (b"", b"*", b"~", b"~~", b":", b"^", b"9" * 40, b"\xc2\xb2", b"\xff", b"HL*1**20*1~")
            )
        reply = partner.send_bytes(bytes(raw))
        assert reply.status == 400 or {len(item.text.partition("~")[0]) for item in reply.interchanges} == {105}


def test_a_ta1_accepts_when_one_is_wanted(partner: Partner) -> None:
    envelope = partner.envelope(SOUND, wants_ta1=True)
    acknowledgement = partner.send_bytes(wire(envelope)).acknowledgement
    assert acknowledgement.one("TA1")[1:] == [envelope[0].split("*")[13], "260105", "1030", "A", "000"]
    assert [segment[0] for segment in acknowledgement.segments][:3] == ["ISA", "TA1", "GS"]


def test_each_set_of_a_batch_is_judged_alone(partner: Partner) -> None:
    sets = [
        transaction(request("H2019", reference="GOOD"), "0001"),
        transaction(sound_without(12), "0002"),
        transaction(request("H2019", reference="AGAIN"), "0001"),
    ]
    raw = wire(interchange(*sets, sender=partner.sender, isa13=next(numbers)))
    reply = partner.send_bytes(raw)
    assert [verdict[1:] for verdict in reply.acknowledgement.all("IK5")] == [["A"], ["R", "5"], ["R", "23"]]
    assert reply.acknowledgement.one("AK9")[1:] == ["P", "3", "3", "1"]
    assert reply.answer.one("BHT")[3] == "GOOD"


def test_a_payer_in_production_takes_production_only(start_payer: StartPayer) -> None:
    partner = start_payer("--usage", "P", "--payer-id", "PAYER01").partner()
    reply = partner.send(SOUND, usage="P")
    assert reply.acknowledgement.one("IK5")[1] == "A"
    assert reply.answer.one("ISA")[15] == "P"
    assert partner.send(SOUND, usage="T").acknowledgement.one("TA1")[5] == "020"
    for_another = [segment.replace("PAYER01", "OTHER01") for segment in partner.envelope(SOUND, usage="P")]
    assert partner.send_bytes(wire(for_another)).acknowledgement.one("TA1")[5] == "009"


def test_our_own_acknowledgement_is_taken_without_one_in_return(partner: Partner) -> None:
    answer = partner.send(SOUND).answer
    control = f"{next(numbers):09d}"
    isa = partner.envelope(SOUND)[0].split("*")
    isa[13] = control
    segments = [
        "*".join(isa),
        f"GS*FA*{partner.sender}*PAYER01*20260105*1030*1*X*005010X231A1",
        "ST*999*0001*005010X231A1",
        f"AK1*HI*{answer.one('GS')[6]}*005010X217",
        "AK9*A*1*1*1",
        "SE*4*0001",
        "GE*1*1",
        f"IEA*1*{control}",
    ]
    reply = partner.send_bytes(wire(segments))
    assert (reply.status, reply.body) == (200, b"")
    assert (partner.ledger()[-1]["kind"], partner.ledger()[-1]["effect"]) == ("999", False)


def test_an_npi_is_checked_by_its_luhn_sum() -> None:
    sound = [f"{number:09d}{digit}" for number in (123456789, 100000000, 199999999) for digit in range(10)]
    assert sum(is_npi(value) for value in sound) == 3
    assert is_npi(NPI)
    assert not is_npi("²234567893")
