"""The budgets of the codec, asserted loosely: a slow machine must not fail, a quadratic reader must."""

import sys
import time
from collections.abc import Callable

import pytest

from edi.x12.envelope import read_envelopes
from edi.x12.outcome import outcomes
from edi.x12.review_request import compose
from edi.x12.review_response import read_response
from tests.edi.x12.samples import text_of
from tests.edi.x12.test_compose_request import ENVELOPE, REQUEST


def milliseconds(work: Callable[[], object], times: int) -> float:
    """Processor time of one call, the best of three rounds."""
    rounds = []
    for _ in range(3):
        began = time.process_time()
        for _ in range(times):
            work()
        rounds.append((time.process_time() - began) * 1000 / times)
    return min(rounds)


def read_answer(text: str) -> None:
    for transaction in read_envelopes(text).interchanges[0].sets:
        response = read_response(transaction).response
        assert response is not None
        outcomes(response)


def test_an_answer_is_read_and_judged_within_a_millisecond(capsys: pytest.CaptureFixture[str]) -> None:
    text = text_of("approved-with-fewer-units-response.edi")
    taken = milliseconds(lambda: read_answer(text), 100)
    with capsys.disabled():
        sys.stdout.write(f"\n  one answer read and judged: {taken:.2f} ms (goal 1)")
    assert taken < 5


def test_a_request_is_composed_within_two_milliseconds(capsys: pytest.CaptureFixture[str]) -> None:
    taken = milliseconds(lambda: compose(REQUEST, ENVELOPE), 100)
    with capsys.disabled():
        sys.stdout.write(f"\n  one request composed and read back: {taken:.2f} ms (goal 2)")
    assert taken < 10


def test_a_file_of_two_thousand_answers_takes_as_long_as_two_thousand_files() -> None:
    text = text_of("approved-with-fewer-units-response.edi").replace("\n", "")
    start, end = text.index("ST*"), text.index("GE*")
    body = text[start:end]
    sets = "".join(body.replace("*0001", f"*{number:04d}") for number in range(1, 2001))
    many = text[:start] + sets + text[end:].replace("GE*1*", "GE*2000*")
    one = milliseconds(lambda: read_answer(text), 20)
    began = time.process_time()
    read_answer(many)
    assert (time.process_time() - began) * 1000 / 2000 < one * 5
