"""A payer turns a request back unread and says at which level: the draft is back, and its page leads to the fault."""

from __future__ import annotations

import pytest

from authorizations.models import Decision
from authorizations.states import ExchangeState, Status
from authorizations.views.returned import returned
from tests.cast import House
from tests.edi.exchanges import asked, case_of, fresh, sent, work

LEVELS = {
    "S5105": ("79", "", True),
    "S5110": ("51", "the form", False),
    "S5111": ("41", "the form", True),
    "S5115": ("44", "the form", False),
    "S5120": ("72", "the member’s record", False),
    "S5121": ("75", "the member’s record", True),
    "S5125": ("71", "the member’s record", False),
    "S5130": ("15", "", False),
    "S5131": ("52", "the form", True),
    "S5135": ("AF", "the form", False),
    "S5136": ("43", "the form", False),
    "S5140": ("AG", "the form", False),
    "S5141": ("62", "the form", True),
    "S5150": ("33", "the form", False),
}
"""By the service code that has the payer do it (docs/simulator.md): its reason, where to mend it, whether for good."""


@pytest.mark.parametrize("code", list(LEVELS))
def test_rejection_at_each_level_returns_the_draft_and_leads_to_what_is_wrong(wired_north: House, code: str) -> None:
    submission = asked(wired_north, code)
    work(wired_north)
    case = case_of(wired_north, submission)
    reason, place, final = LEVELS[code]
    assert (case.status, case.returned) == (Status.DRAFT, True)
    with wired_north.scope():
        found = returned(case, [fresh(wired_north, submission)], list(Decision.objects.prefetch_related("lines")))
    assert found is not None
    assert [(each.code, each.place) for each in found.reasons] == [(reason, place)]
    assert found.final == final


def test_request_with_twelve_diagnoses_is_taken_in_their_order(wired_north: House) -> None:
    codes = ("F84.0", "F80.1", "F90.0", "F41.1", "F43.1", "F32.1", "F33.1", "F42.2", "F50.0", "F60.3", "F63.8", "F70")
    submission = asked(wired_north, diagnoses=codes)
    work(wired_north)
    assert case_of(wired_north, submission).status == Status.APPROVED
    (row,) = sent(wired_north)
    written = next(each for each in bytes(row.body).decode().split("~") if each.startswith("HI*"))
    assert [part.partition(":")[2] for part in written.split("*")[1:]] == [code.replace(".", "") for code in codes]
    assert fresh(wired_north, submission).exchange_state == ExchangeState.ANSWERED
