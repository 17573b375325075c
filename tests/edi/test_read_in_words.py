"""A message reads in plain words, with the payer's codes in brackets, and marks what changed something."""

from datetime import date

import pytest

from edi.views.segments import rows

TODAY = date(2026, 11, 23)
RESPONSE = (
    "ISA*00*          *00*          *ZZ*TALLGRASSREV   *ZZ*CEDARBAY       *261120*0942*^*00501*000018842*0*P*:~"
    "GS*HI*TALLGRASSREV*CEDARBAY*20261120*0942*18842*X*005010X217~ST*278*0001*005010X217~"
    "BHT*0007*11*PA-000821-1*20261120*0942*19~HL*4*3*EV*1~TRN*2*PA-000821-1*9CEDARBAY1~"
    "HCR*A4**0U~REF*NT*TG-7731904~HI*LOI:18776-5~HL*5*4*SS*0~HCR*A6*N-1~SV1*HC:H2019:HN**UN*280~"
    "SE*10*0001~GE*1*18842~IEA*1*000018842~"
)


def words(text: str) -> dict[str, str]:
    found, _ = rows(text, TODAY)
    return {row.raw.partition("*")[0] + row.raw[row.raw.find("*") : row.raw.find("*") + 3]: row.words for row in found}


def test_a_decision_is_in_words_with_its_codes_in_brackets() -> None:
    found = words(RESPONSE)
    assert found["HCR*A4"] == "Pended (A4): more information about the patient is wanted (0U)."
    assert found["HCR*A6"] == "Modified (A6), number N-1."


def test_a_working_number_is_never_taken_for_the_authorization_number() -> None:
    assert words(RESPONSE)["REF*NT"].endswith("This is no authorization number.")


def test_decisions_and_documents_wanted_are_marked_and_the_rest_is_not() -> None:
    found, _ = rows(RESPONSE, TODAY)
    assert [row.raw.partition("*")[0] for row in found if row.key] == ["HCR", "HI", "HCR"]


def test_the_parts_of_the_message_have_headings_in_their_order() -> None:
    found, _ = rows(RESPONSE, TODAY)
    assert [row.heading for row in found if row.heading] == [
        "Envelope: from whom, to whom",
        "What they decided",
        "Line 1",
        "End",
    ]


def test_text_that_is_no_x12_is_told_not_raised() -> None:
    found, problems = rows("hello", TODAY)
    assert found == []
    assert problems


@pytest.mark.parametrize("cut", [30, 150, 260, 320])
def test_a_message_cut_off_anywhere_still_shows_what_there_is(cut: int) -> None:
    found, problems = rows(RESPONSE[:cut], TODAY)
    assert len(found) <= cut
    assert problems
