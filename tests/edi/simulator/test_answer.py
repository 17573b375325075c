"""Each scenario answers as the table says."""

from __future__ import annotations

from datetime import date

import pytest

from edi.simulator.scenarios import TABLE, Delivery
from tests.edi.simulator.conftest import picked_up
from tests.edi.simulator.wire import OUR_COMPANY, Partner, Received, Reply, request


def decision(loop: list[list[str]]) -> list[str]:
    """HCR of a loop without its certification number; empty when it has none."""
    found = [segment for segment in loop if segment[0] == "HCR"]
    return [value for place, value in enumerate(found[0][1:], start=1) if place != 2 and value] if found else []


def segment_of(loop: list[list[str]], tag: str) -> list[str]:
    (found,) = [segment for segment in loop if segment[0] == tag]
    return found


def certification(loop: list[list[str]]) -> str:
    hcr = segment_of(loop, "HCR")
    return hcr[2] if len(hcr) > 2 else ""


def assert_sound(answer: Received) -> None:
    """Counts, numbers and hierarchy of an answer hold."""
    segments = answer.segments
    start = next(place for place, segment in enumerate(segments) if segment[0] == "ST")
    end = next(place for place, segment in enumerate(segments) if segment[0] == "SE")
    assert segments[start] == ["ST", "278", "0001", "005010X217"]
    assert segments[end] == ["SE", str(end - start + 1), "0001"]
    assert answer.one("GE")[1:] == ["1", answer.one("GS")[6]]
    assert answer.one("IEA")[1:] == ["1", answer.one("ISA")[13]]
    assert answer.one("GS")[8] == "005010X217"
    levels = answer.all("HL")
    assert [level[1] for level in levels] == [str(number) for number in range(1, len(levels) + 1)]
    parents = {level[2] for level in levels}
    for level in levels:
        assert level[2] == "" or int(level[2]) < int(level[1])
        assert level[4] == ("1" if level[1] in parents else "0")


def test_an_answer_names_our_references_and_its_own(partner: Partner) -> None:
    answer = partner.ask("H2019", reference="REF77").answer
    assert_sound(answer)
    isa, gs = answer.one("ISA"), answer.one("GS")
    assert (isa[6].strip(), isa[8].strip(), isa[15]) == ("PAYER01", partner.sender, "T")
    assert (gs[2], gs[3]) == ("PAYER01", partner.sender)
    assert answer.one("BHT")[1:4] == ["0007", "11", "REF77"]
    assert answer.one("BHT")[6] == "18"
    traces = [segment for segment in answer.level("EV") if segment[0] == "TRN"]
    assert traces[0][1:] == ["2", "REF77-T", OUR_COMPANY]
    assert traces[1][1] == "1"
    assert segment_of(answer.level("SS"), "TRN")[1:] == ["2", "REF77-1", OUR_COMPANY]


def test_an_ordinary_code_is_approved_in_full(partner: Partner) -> None:
    answer = partner.ask("H0004").answer
    assert decision(answer.level("EV")) == ["A1"]
    assert segment_of(answer.level("SS"), "SV1")[1:] == ["HC:H0004", "", "UN", "40"]
    assert [dates[1:3] for dates in answer.level("EV") if dates[0] == "DTP"][1:] == [["102", "D8"], ["007", "RD8"]]


def test_modifiers_come_back_with_the_code(partner: Partner) -> None:
    segments = request("H2019")
    segments[-1] = "SV1*HC:H2019:HO:GT*1200.5*UN*40"
    assert segment_of(partner.send(segments).answer.level("SS"), "SV1")[1:] == ["HC:H2019:HO:GT", "", "UN", "40"]


def test_two_codes_are_approved_with_fewer_units_on_one_line(partner: Partner) -> None:
    answer = partner.ask("H2019", "H2014", units=("60", "25")).answer
    assert_sound(answer)
    assert decision(answer.level("EV")) == ["A2"]
    assert decision(answer.level("SS", 0)) == ["A1"]
    assert decision(answer.level("SS", 1)) == ["A6"]
    assert segment_of(answer.level("SS", 0), "SV1")[4] == "60"
    assert segment_of(answer.level("SS", 1), "SV1")[4] == "12"
    assert certification(answer.level("EV"))
    assert certification(answer.level("SS", 1)) == certification(answer.level("EV"))


def test_certification_numbers_are_unique_to_an_event(partner: Partner) -> None:
    numbers = {certification(partner.ask("H2019").answer.level("EV")) for _ in range(3)}
    assert len(numbers) == 3


@pytest.mark.parametrize(("asked", "granted"), [("1", "1"), ("2", "1"), ("7.5", "3")])
def test_half_is_rounded_down_and_never_nothing(partner: Partner, asked: str, granted: str) -> None:
    assert segment_of(partner.ask("H2014", units=(asked,)).answer.level("SS"), "SV1")[4] == granted


def test_a_pattern_is_halved_too(partner: Partner) -> None:
    segments = [*request("H2014", units=("",)), "HSD*VS*12"]
    answer = partner.send(segments).answer
    assert segment_of(answer.level("SS"), "HSD")[1:] == ["VS", "6"]


def test_approved_as_requested_states_no_quantity(partner: Partner) -> None:
    answer = partner.ask("H0032").answer
    assert decision(answer.level("SS")) == ["A1"]
    assert segment_of(answer.level("SS"), "SV1")[1:] == ["HC:H0032"]
    dates = [segment[1:] for segment in answer.level("SS") if segment[0] == "DTP"]
    assert dates[1:] == [["007", "D8", "20260105"], ["036", "D8", "20260404"]]


def test_a_shorter_period_ends_halfway(partner: Partner) -> None:
    answer = partner.ask("H2016").answer
    assert decision(answer.level("EV")) == ["A6"]
    assert ["DTP", "007", "RD8", "20260105-20260218"] in answer.level("SS")
    assert ["DTP", "007", "RD8", "20260105-20260218"] in answer.level("EV")


def test_a_weekly_cap_stands_beside_the_total(partner: Partner) -> None:
    loop = partner.ask("T1021", units=("40",)).answer.level("SS")
    assert segment_of(loop, "SV1")[4] == "40"
    assert segment_of(loop, "HSD")[1:] == ["VS", "4", "WK"]


def test_another_code_is_granted_on_an_added_line(partner: Partner) -> None:
    answer = partner.ask("S9123").answer
    assert_sound(answer)
    assert decision(answer.level("EV")) == ["A2"]
    assert decision(answer.level("SS", 0)) == ["A3", "0C"]
    assert segment_of(answer.level("SS", 0), "SV1")[1:] == ["HC:S9123"]
    assert decision(answer.level("SS", 1)) == ["A1"]
    assert segment_of(answer.level("SS", 1), "SV1")[1:] == ["HC:S9124", "", "UN", "40"]
    assert "TRN" not in [segment[0] for segment in answer.level("SS", 1)]


def test_a_denial_gives_reason_and_reference_but_no_number(partner: Partner) -> None:
    answer = partner.ask("T1019").answer
    assert decision(answer.level("EV")) == ["A3", "09"]
    assert certification(answer.level("EV")) == ""
    assert segment_of(answer.level("EV"), "REF")[1] == "NT"
    assert segment_of(answer.level("SS"), "SV1")[1:] == ["HC:T1019"]


def test_two_reasons_repeat(partner: Partner) -> None:
    assert decision(partner.ask("T1020").answer.level("SS")) == ["A3", "0C^0D"]


def test_a_pend_says_what_is_wanted_and_where_to_send_it(partner: Partner) -> None:
    answer = partner.ask("G0299").answer
    assert answer.one("BHT")[6] == "19"
    event = answer.level("EV")
    assert decision(event) == ["A4", "0U"]
    assert certification(event) == ""
    assert segment_of(event, "REF")[1] == "NT"
    assert segment_of(event, "PWK")[1:3] == ["77", "FX"]
    assert segment_of(event, "MSG")[1]
    assert [segment[1] for segment in event if segment[0] == "NM1"][-1] == "L5"
    assert "102" not in [segment[1] for segment in event if segment[0] == "DTP"]


MIXES = {
    ("H2019", "T1019"): "A2",
    ("H2019", "G0299"): "A4",
    ("H2019", "H2015"): "CT",
    ("H2019", "H0031"): "A1",
    ("H2019", "S5140"): "A2",
    ("T1019", "T1020"): "A3",
    ("T1019", "S5140"): "A3",
    ("H2014", "H2014"): "A6",
    ("H0031", "H0031"): "NA",
    ("H2014", "T1019"): "A2",
    ("S5170", "S5170"): "C",
}


@pytest.mark.parametrize(("codes", "action"), MIXES.items(), ids=["+".join(codes) for codes in MIXES])
def test_the_event_follows_from_its_lines(partner: Partner, codes: tuple[str, ...], action: str) -> None:
    answer = partner.ask(*codes).answer
    assert_sound(answer)
    assert decision(answer.level("EV"))[0] == action


@pytest.mark.parametrize(
    ("code", "action"), [("H2015", ["CT"]), ("H0031", ["NA"]), ("S5170", ["C", "07"]), ("T2016", ["ZZ"]), ("T2017", [])]
)
def test_other_actions_stand_on_the_line(partner: Partner, code: str, action: list[str]) -> None:
    answer = partner.ask(code).answer
    assert decision(answer.level("SS")) == action
    assert "AAA" not in [segment[0] for segment in answer.segments]


REJECTIONS = {
    "S5100": ("2000A", ["Y", "", "42", "P"], ["20"]),
    "S5101": ("2010A", ["Y", "", "42", "Y"], ["20"]),
    "S5102": ("2010A", ["Y", "", "80", "P"], ["20"]),
    "S5105": ("2010A", ["N", "", "79", "N"], ["20"]),
    "S5110": ("2010B", ["N", "", "51", "C"], ["20", "21"]),
    "S5111": ("2010B", ["N", "", "41", "N"], ["20", "21"]),
    "S5115": ("2010B", ["N", "", "44", "R"], ["20", "21"]),
    "S5120": ("2010C", ["N", "", "72", "C"], ["20", "21", "22", "EV"]),
    "S5121": ("2010C", ["N", "", "75", "N"], ["20", "21", "22", "EV"]),
    "S5125": ("2010C", ["N", "", "71", "C"], ["20", "21", "22", "EV"]),
    "S5130": ("2000E", ["N", "", "15", "C"], ["20", "21", "22", "EV"]),
    "S5131": ("2000E", ["N", "", "52", "N"], ["20", "21", "22", "EV"]),
    "S5135": ("2000E", ["N", "", "AF", "C"], ["20", "21", "22", "EV"]),
    "S5136": ("2010EA", ["N", "", "43", "C"], ["20", "21", "22", "EV"]),
    "S5140": ("2000F", ["N", "", "AG", "C"], ["20", "21", "22", "EV", "SS"]),
    "S5141": ("2000F", ["N", "", "62", "N"], ["20", "21", "22", "EV", "SS"]),
    "S5150": ("2000F", ["N", "", "33", "C"], ["20", "21", "22", "EV", "SS"]),
}


def place_of_rejection(answer: Received) -> str:
    """The loop in which the AAA stands, from the segments before it."""
    loop = ""
    for segment in answer.segments:
        if segment[0] == "HL":
            loop = {"20": "2000A", "21": "2000B", "22": "2000C", "23": "2000D", "EV": "2000E", "SS": "2000F"}[
                segment[3]
            ]
        elif segment[0] == "NM1":
            loop = {"2000A": "2010A", "2000B": "2010B", "2000C": "2010C", "2000D": "2010D", "2000E": "2010EA"}.get(
                loop, "2010F" if loop == "2000F" else loop
            )
        elif segment[0] == "AAA":
            return loop
    return ""


@pytest.mark.parametrize(("code", "expected"), REJECTIONS.items(), ids=list(REJECTIONS))
def test_a_rejection_stands_at_its_level(
    partner: Partner, code: str, expected: tuple[str, list[str], list[str]]
) -> None:
    answer = partner.ask(code).answer
    assert_sound(answer)
    level, content, tree = expected
    assert place_of_rejection(answer) == level
    assert answer.one("AAA")[1:] == content
    assert [segment[3] for segment in answer.all("HL")] == tree
    assert answer.all("HCR") == []
    assert answer.one("BHT")[6] == ("19" if content[3] == "Y" else "18")


def test_a_rejected_dependent_and_line_provider_are_named_where_they_stand(partner: Partner) -> None:
    segments = request("S5125")
    segments[8:9] = ["HL*4*3*23*1", "NM1*QC*1*SAMPLE*CHILD", "HL*5*4*EV*1"]
    segments[-4] = "HL*6*5*SS*0"
    assert place_of_rejection(partner.send(segments).answer) == "2010D"
    segments = [*request("S5150"), "NM1*SJ*2*NORTH CLINIC*****XX*1234567893"]
    assert place_of_rejection(partner.send(segments).answer) == "2010F"


def test_a_request_without_lines_is_decided_at_the_event(partner: Partner) -> None:
    answer = partner.ask().answer
    assert_sound(answer)
    assert decision(answer.level("EV")) == ["A1"]
    assert [segment[3] for segment in answer.all("HL")] == ["20", "21", "22", "EV"]


def test_days_that_were_named_are_granted_by_their_echo_and_others_by_the_usual_window(partner: Partner) -> None:
    def days(answer: Received) -> dict[str, str]:
        return {dates[1]: dates[3] for dates in answer.level("EV") if dates[0] == "DTP" and dates[1] != "102"}

    segments = request()
    assert days(partner.send(segments).answer) == {"AAH": "20260105-20260404"}
    unnamed = [segment for segment in segments if not segment.startswith("DTP")]
    first, _, last = days(partner.send(unnamed).answer)["007"].partition("-")
    assert (date.fromisoformat(last) - date.fromisoformat(first)).days == 89


# -- on the wire


def only_answer(reply: Reply) -> Received:
    assert reply.acknowledgement.one("IK5")[1] == "A"
    return reply.answer


def test_a_999_refuses_the_service_code_on_demand(partner: Partner) -> None:
    reply = partner.ask("H2019", "T2001")
    assert [segment[1:] for segment in reply.acknowledgement.all("IK3")] == [["SV1", "23", "2000F", "8"]]
    assert reply.acknowledgement.one("IK4")[1:] == ["1:2", "234", "7", "T2001"]
    assert reply.acknowledgement.one("IK5")[1:] == ["R", "5"]
    assert reply.of_kind("278") == []
    assert partner.ledger()[-1]["effect"] is False


def test_a_999_may_only_remark(partner: Partner) -> None:
    reply = partner.ask("T2021")
    assert reply.acknowledgement.one("IK5")[1:] == ["E", "5"]
    assert reply.acknowledgement.one("AK9")[1:] == ["E", "1", "1", "1"]
    assert decision(reply.answer.level("EV")) == ["A1"]


def test_a_ta1_refuses_on_demand(partner: Partner) -> None:
    reply = partner.ask("T2002")
    assert reply.acknowledgement.one("TA1")[4:] == ["R", "024"]
    assert reply.acknowledgement.set_kind == "TA1"
    assert partner.ledger()[-1]["effect"] is False


def test_silence_is_a_999_and_nothing_after(partner: Partner) -> None:
    reply = partner.ask("T2004")
    assert [item.set_kind for item in reply.interchanges] == ["999"]
    assert partner.ledger()[-1]["effect"] is True


def test_a_request_may_be_taken_without_a_word(partner: Partner) -> None:
    reply = partner.ask("T2005")
    assert (reply.status, reply.body) == (202, b"")
    assert partner.ledger()[-1]["effect"] is True


def test_a_delayed_answer_is_fetched_when_it_is_due(partner: Partner) -> None:
    reply = partner.ask("E0601")
    assert [item.set_kind for item in reply.interchanges] == ["999"]
    (answer,) = picked_up(partner)
    assert_sound(answer)
    assert decision(answer.level("EV")) == ["A1"]
    assert partner.waiting() == []


def test_a_late_answer_does_not_come_with_the_delayed_ones(partner: Partner) -> None:
    assert partner.ask("T2007").of_kind("278") == []
    partner.ask("E0601", reference="INTIME")
    (answer,) = picked_up(partner)
    assert answer.one("BHT")[3] == "INTIME"


def test_one_slow_line_delays_the_whole_request(partner: Partner) -> None:
    assert partner.ask("H2019", "E0601").of_kind("278") == []
    (answer,) = picked_up(partner)
    assert len([segment for segment in answer.all("HL") if segment[3] == "SS"]) == 2


def test_a_pend_is_followed_by_its_approval(partner: Partner) -> None:
    first = partner.ask("T2003").answer
    assert decision(first.level("EV")) == ["A4", "0U"]
    (second,) = picked_up(partner)
    assert decision(second.level("EV")) == ["A1"]
    assert second.one("BHT")[6] == "18"
    assert second.one("BHT")[3] == first.one("BHT")[3]


def test_a_held_request_is_answered_later(partner: Partner) -> None:
    partner.ask("S5101")
    (second,) = picked_up(partner)
    assert decision(second.level("EV")) == ["A1"]


def test_an_approval_is_taken_back(partner: Partner) -> None:
    assert decision(partner.ask("T1005").answer.level("EV")) == ["A1"]
    (second,) = picked_up(partner)
    assert decision(second.level("EV")) == ["A3", "09"]


def test_an_older_message_arrives_after_a_newer_one(partner: Partner) -> None:
    first = partner.ask("S5151").answer
    assert decision(first.level("EV")) == ["A1"]
    (second,) = picked_up(partner)
    assert decision(second.level("EV"))[0] == "A4"
    assert second.one("BHT")[4] < first.one("BHT")[4]


def test_the_same_interchange_comes_twice(partner: Partner) -> None:
    first = partner.ask("T2010").answer
    (second,) = picked_up(partner)
    assert second.text == first.text


def test_the_same_content_comes_twice_under_new_numbers(partner: Partner) -> None:
    first = partner.ask("T2011").answer
    (second,) = picked_up(partner)
    assert second.one("ISA")[13] != first.one("ISA")[13]
    assert second.segments[2:-2] == first.segments[2:-2]


def test_an_unknown_trace_names_nobody(partner: Partner) -> None:
    answer = partner.ask("T2012", reference="MINE").answer
    assert "MINE" not in answer.text


def test_a_foreign_trace_is_that_of_another_partner(partner: Partner, rival: Partner) -> None:
    rival.ask("H2019", reference="RIVALCASE")
    answer = partner.ask("T2013", reference="MINE").answer
    assert answer.one("BHT")[3] == "RIVALCASE"
    assert ["TRN", "2", "RIVALCASE-T", OUR_COMPANY] in answer.level("EV")
    assert "MINE" not in answer.text


def test_an_answer_may_lack_our_trace(partner: Partner) -> None:
    answer = partner.ask("T2014", reference="MINE").answer
    assert answer.one("BHT")[3] == "MINE"
    assert [trace[1] for trace in answer.all("TRN")] == ["1"]


def test_our_trace_may_come_back_as_the_payers_own(partner: Partner) -> None:
    answer = partner.ask("T2015", reference="MINE").answer
    assert {trace[1] for trace in answer.all("TRN")} == {"1"}
    assert "MINE-T" in [trace[2] for trace in answer.all("TRN")]


def test_every_row_of_the_table_is_answered_or_kept_silent_as_it_says(partner: Partner) -> None:
    """No row may break the payer; each answer given at once shows the HCR or AAA of its row."""
    apart = {Delivery.SERVER_ERROR, Delivery.HANG, Delivery.WEB_PAGE, Delivery.LOST_REPLY}
    for scenario in TABLE:
        if scenario.delivery in apart:
            continue
        answers = partner.ask(scenario.code).of_kind("278")
        kept = {Delivery.TA1_REJECT, Delivery.REJECT_999, Delivery.SILENT, Delivery.NO_ACKNOWLEDGEMENT}
        kept |= {Delivery.DELAYED, Delivery.LATE}
        assert bool(answers) == (scenario.delivery not in kept), scenario.code
        for answer in answers:
            assert_sound(answer)
            found = {segment[1] for segment in answer.all("HCR")}
            assert scenario.outcome.action in (found or {""}), scenario.code
