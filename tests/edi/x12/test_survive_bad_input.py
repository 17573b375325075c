"""Damaged input: every finding is a value, nothing raises, and nothing damaged may be applied."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edi.x12.acknowledgment import read_acknowledgment, read_ta1
from edi.x12.envelope import EnvelopeFile, read_envelopes
from edi.x12.outcome import outcomes
from edi.x12.problems import Severity, has_defect
from edi.x12.request_reader import read_request
from edi.x12.review_response import read_response
from edi.x12.tokenizer import MAX_FILE_LENGTH, MAX_SEGMENT_LENGTH, decode, join, read_delimiters, tokenize
from tests.edi.x12.samples import good_texts, interchange_of, text_of

GOOD = good_texts()
RESPONSE = text_of("one-line-denied-response.edi")


def read_everything(text: str) -> EnvelopeFile:
    """All readers on a text, as the exchange runs them."""
    file = read_envelopes(text)
    for interchange in file.interchanges:
        for segment in interchange.acknowledgments:
            read_ta1(segment)
        for transaction in interchange.sets:
            read_request(transaction)
            read_acknowledgment(transaction)
            response = read_response(transaction).response
            if response:
                outcomes(response)
    return file


@pytest.mark.parametrize("name", list(GOOD))
def test_a_good_sample_has_no_finding_and_writes_back_as_it_was(name: str) -> None:
    file = tokenize(GOOD[name])
    (interchange,) = file.interchanges
    assert file.problems == interchange.problems == ()
    assert join(interchange.segments, interchange.delimiters, line_breaks=True) == GOOD[name]
    assert all(each.may_be_applied for each in interchange_of(GOOD[name]).sets)


@pytest.mark.parametrize("name", list(GOOD))
def test_a_file_cut_off_anywhere_has_a_finding_and_no_set_that_may_be_applied(name: str) -> None:
    text = GOOD[name].replace("\n", "")
    for end in range(len(text)):
        file = read_everything(text[:end])
        problems = [*file.problems, *(each for one in file.interchanges for each in one.problems)]
        assert problems, end
        applied = [each for one in file.interchanges for each in one.sets if each.may_be_applied]
        # Only the terminator of a complete IEA may be missing.
        assert not applied or (end == len(text) - 1 and problems[0].severity is Severity.TOLERATED), end


@pytest.mark.parametrize("element", "*|+>!")
@pytest.mark.parametrize("segment", ["~", "\n", "\r\n", "'", "\x1c"])
def test_any_delimiters_declared_by_the_isa_are_obeyed(element: str, segment: str) -> None:
    plain = RESPONSE.replace("\n", "").replace("*", "\0").replace(":", "\1").replace("^", "\2")
    text = plain.replace("~", segment).replace("\0", element).replace("\1", "&").replace("\2", "?")
    read = read_response(interchange_of(text).sets[0])
    assert read.problems == ()
    assert read.response is not None
    assert read.response.events[0].services[1].decision is not None
    assert read.response.events[0].services[1].decision.reasons == ("09", "0C")


@pytest.mark.parametrize(
    "isa",
    [
        RESPONSE[:106].replace("*", "A"),
        RESPONSE[:104] + "*~",
        RESPONSE[:104] + "::",
        RESPONSE[:50],
        "ISA",
        "GS*HI~",
    ],
)
def test_an_isa_without_usable_delimiters_is_told(isa: str) -> None:
    file = read_envelopes(isa)
    assert file.interchanges == ()
    assert [problem.severity for problem in file.problems] == [Severity.DEFECT]


def test_a_repetition_separator_equal_to_another_is_none_and_told() -> None:
    text = RESPONSE.replace("*^*00501*", "*:*00501*")
    delimiters = read_delimiters(text)
    assert getattr(delimiters, "repetition", None) == ""
    interchange = interchange_of(text)
    assert [problem.code for problem in interchange.problems] == ["isa_repetition"]
    assert interchange.sets[0].may_be_applied


def test_each_interchange_of_a_file_is_read_by_its_own_delimiters() -> None:
    other = text_of("denied-response.edi").replace("\n", "").replace("*", "|").replace("~", "'")
    file = read_envelopes("\ufeff" + RESPONSE + "\r\n" + other + "\n" + text_of("interchange-accepted-ta1.edi"))
    assert file.problems == ()
    first, second, third = file.interchanges
    assert first.sets[0].may_be_applied
    assert second.sets[0].may_be_applied
    assert third.sets == ()
    assert read_ta1(third.acknowledgments[0]).accepted


def test_text_after_the_last_interchange_is_told() -> None:
    file = read_envelopes(RESPONSE + "Best regards")
    assert [problem.code for problem in file.problems] == ["text_after_interchange"]
    assert len(file.interchanges) == 1


def test_an_interchange_that_begins_before_the_last_ended_leaves_the_first_defective() -> None:
    cut = RESPONSE[: RESPONSE.index("GE*")]
    first, second = read_envelopes(cut + text_of("denied-response.edi")).interchanges
    assert not first.sets[0].may_be_applied
    assert second.sets[0].may_be_applied


def test_empty_segments_are_skipped_and_told_once() -> None:
    interchange = interchange_of(RESPONSE.replace("~\n", "~\n~~"))
    assert [problem.code for problem in interchange.problems] == ["segment_empty"]
    assert interchange.sets[0].may_be_applied
    assert len(interchange.sets[0].segments) == len(interchange_of(RESPONSE).sets[0].segments)


def test_a_byte_order_mark_and_lines_of_eighty_characters_are_read() -> None:
    flat = RESPONSE.replace("\n", "")
    wrapped = "\r\n".join(flat[at : at + 80] for at in range(0, len(flat), 80))
    read = read_response(interchange_of(decode(b"\xef\xbb\xbf" + wrapped.encode())).sets[0])
    assert read.may_be_applied
    assert read.response == read_response(interchange_of(flat).sets[0]).response


def test_bytes_that_are_no_utf8_are_read_as_latin_1() -> None:
    assert decode("NM1*IL*1*MÜLLER~".encode("latin-1")) == "NM1*IL*1*MÜLLER~"


def test_a_segment_without_end_and_a_file_too_large_are_refused() -> None:
    long = RESPONSE.replace("CEDAR HEALTH PLAN", "X" * (MAX_SEGMENT_LENGTH + 1))
    interchange = interchange_of(long)
    assert "segment_too_long" in {problem.code for problem in interchange.sets[0].problems}
    assert not interchange.sets[0].may_be_applied
    file = tokenize("ISA" + " " * MAX_FILE_LENGTH)
    assert [problem.code for problem in file.problems] == ["file_too_large"]


DEFECTS = {
    "se_count": ("SE*23*0001", "SE*24*0001"),
    "se_control_number": ("SE*23*0001", "SE*23*0002"),
    "ge_count": ("GE*1*202", "GE*2*202"),
    "ge_control_number": ("GE*1*202", "GE*1*203"),
    "iea_count": ("IEA*1*", "IEA*9*"),
    "iea_control_number": ("IEA*1*000000202", "IEA*1*000000203"),
    "isa_control_number": ("000000202", "00000A202"),
    "isa_version": ("*00501*", "*00401*"),
    "isa_usage": ("*0*T*:", "*0*X*:"),
    "st_version": ("ST*278*0001*005010X217", "ST*278*0001*005010X216"),
    "st_control_number": ("0001", "01"),
    "gs_control_number": ("20260105*1030*202*X", "20260105*1030*ABC*X"),
    "hl_parent": ("HL*5*4*SS*0", "HL*5*9*SS*0"),
    "hl_parent_level": ("HL*5*4*SS*0", "HL*5*1*SS*0"),
    "hl_number_used": ("HL*6*4*SS*0", "HL*5*4*SS*0"),
    "number_format": ("**UN*480", "**UN*48O"),
    "number_format ": ("**UN*480", "**UN*-480"),
    "date_format": ("UM*HS*I*A4*12:B", "HI*ABK:F840:D8:20261301"),
    "segment_outside": ("GE*1*202~", "NTE*1~\nGE*1*202~"),
}


@pytest.mark.parametrize("code", list(DEFECTS))
def test_a_planted_defect_is_named_and_forbids_applying_the_set(code: str) -> None:
    before, after = DEFECTS[code]
    assert before in RESPONSE
    read = read_response(interchange_of(RESPONSE.replace(before, after)).sets[0])
    assert code.strip() in {problem.code for problem in read.problems}
    assert not read.may_be_applied
    assert read.response is not None
    assert len(read.response.events[0].services) == 2


@pytest.mark.parametrize("count", ["²3", "٢٣", "+23", "23 ", "2.3e1", "9" * 5000])
def test_a_count_in_other_digits_is_no_count(count: str) -> None:
    text = RESPONSE.replace("SE*23*0001", f"SE*{count}*0001")
    assert not interchange_of(text).sets[0].may_be_applied


def test_one_bad_set_does_not_spoil_the_others_of_its_group() -> None:
    good, bad = interchange_of(text_of("two-requests-one-miscounted-response.edi")).sets
    assert good.may_be_applied
    assert not bad.may_be_applied


def test_ten_thousand_lines_under_lines_are_read_without_running_out_of_stack() -> None:
    lines = "".join(f"HL*{number}*{number - 1}*SS*1~" for number in range(7, 10_007))
    text = RESPONSE.replace("SE*23*", lines + "SE*10023*")
    read = read_response(interchange_of(text).sets[0])
    assert read.response is not None
    assert len(read.response.events[0].services) == 10_002


def test_a_flood_of_findings_is_cut_short() -> None:
    text = RESPONSE.replace("SE*23*", "?~" * 50_000 + "SE*50023*")
    began = time.monotonic()
    interchange = interchange_of(text)
    assert time.monotonic() - began < 2
    assert len(interchange.sets[0].problems) < 200
    assert not interchange.sets[0].may_be_applied


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(GOOD)), st.randoms(use_true_random=False))
def test_no_damage_makes_a_reader_raise(name: str, chance: random.Random) -> None:
    text = list(GOOD[name])
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(text))
        action = chance.random()
        if action < 0.4:
            text[at] = chance.choice("*~:^\n\r ABZ09²é\0")
        elif action < 0.7:
            del text[at]
        else:
            text.insert(at, chance.choice(["*", "~", ":", "HL*", "~SE*1", "IEA", "ISA*"]))
    read_everything("".join(text))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_text_that_is_no_x12_is_told_and_never_raises(text: str) -> None:
    file = read_everything(text)
    assert has_defect(file.problems) or any(has_defect(each.problems) for each in file.interchanges)


def test_values_never_appear_in_a_finding_or_a_repr() -> None:
    text = RESPONSE.replace("**UN*480", "**UN*RIVERA").replace("DTP*007*D8*20260112", "DTP*007*D8*RIVERA")
    transaction = interchange_of(text).sets[0]
    read = read_response(transaction)
    assert len(read.problems) == 2
    for shown in (repr(read.problems), repr(transaction), repr(read.response)):
        assert "RIVERA" not in shown
        assert "CH5501728" not in shown
