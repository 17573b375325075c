"""The checker of the fault driver finds what is planted: a loss, a duplicate, a gap, other bytes; in peace nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from devkit.faults.browser import Page
from devkit.faults.checker import Books, Sent, Submitted, compare
from devkit.faults.history import History, Operation, Told

OURS = "GLNORTH"


def row(number: int, reference: str = "", *, effect: bool = True, sha256: str = "") -> dict[str, Any]:
    """One line of the payer's ledger; a repeat and an acknowledgment name no reference."""
    return {
        "sender": OURS,
        "isa13": f"{number:09d}",
        "sha256": sha256 or f"bytes-{number}",
        "bht03s": [reference] if reference else [],
        "effect": effect,
        "verdict": "999 A",
    }


TOLD = [
    Operation("submit", "k1", Told.OK),
    Operation("submit", "k2", Told.UNKNOWN),
    Operation("submit", "k3", Told.FAILED),
    Operation("claim", "C-1", Told.OK),
    Operation("claim", "C-2", Told.FAILED),
]
RECEIVED = [row(1, "PA-1-1"), row(1, effect=False), row(2, "PA-2-1"), row(3, effect=False)]
BOOKS = Books(
    submitted=[Submitted("k1", OURS, "PA-1-1", "answered", 1), Submitted("k2", OURS, "PA-2-1", "acknowledged", 1)],
    sent=[
        Sent(OURS, 1, "bytes-1", "sent", "PA-1-1"),
        Sent(OURS, 2, "bytes-2", "sent", "PA-2-1"),
        Sent(OURS, 3, "bytes-3", "sent", ""),
    ],
    claims={"C-1": 1},
    counters={OURS: 3},
)


def changed(at: int, **fields: Any) -> list[Submitted]:
    rows = list(BOOKS.submitted)
    rows[at] = replace(rows[at], **fields)
    return rows


def test_ledgers_that_agree_give_no_finding() -> None:
    findings = compare(TOLD, RECEIVED, BOOKS)
    assert list(findings) == []
    assert not findings


def test_an_unknown_operation_may_have_happened_or_not() -> None:
    without = replace(BOOKS, submitted=BOOKS.submitted[:1], sent=[BOOKS.sent[0]], counters={OURS: 1})
    assert list(compare(TOLD, RECEIVED[:2], without)) == []


Planted = Callable[[], tuple[list[Operation], list[dict[str, Any]], Books]]

LOST: dict[str, Planted] = {
    "confirmed submission not in the database": lambda: (
        TOLD,
        RECEIVED[2:],
        replace(BOOKS, submitted=BOOKS.submitted[1:]),
    ),
    "confirmed claim not in the database": lambda: (TOLD, RECEIVED, replace(BOOKS, claims={})),
    "submission that never reached the payer": lambda: (TOLD, RECEIVED[:2] + RECEIVED[3:], BOOKS),
    "submission that was taken and not marked": lambda: (
        TOLD,
        RECEIVED,
        replace(BOOKS, submitted=changed(0, exchange_state="to_send")),
    ),
    "submission without its audit event": lambda: (TOLD, RECEIVED, replace(BOOKS, submitted=changed(0, events=0))),
}
EXCESS: dict[str, Planted] = {
    "second effect under another number": lambda: (TOLD, [*RECEIVED, row(3, "PA-1-1")], BOOKS),
    "refused submission in the database": lambda: (TOLD, RECEIVED, replace(BOOKS, submitted=changed(1, key="k3"))),
    "refused claim in the database": lambda: (TOLD, RECEIVED, replace(BOOKS, claims={"C-1": 1, "C-2": 1})),
    "one press, two submissions": lambda: (TOLD, RECEIVED, replace(BOOKS, submitted=changed(1, key="k1"))),
    "one press, two claims": lambda: (TOLD, RECEIVED, replace(BOOKS, claims={"C-1": 2})),
    "two audit events for one submission": lambda: (TOLD, RECEIVED, replace(BOOKS, submitted=changed(0, events=2))),
}
OTHER: dict[str, Planted] = {
    "gap in the control numbers": lambda: (TOLD, RECEIVED, replace(BOOKS, counters={OURS: 4})),
    "control number used twice": lambda: (TOLD, RECEIVED, replace(BOOKS, sent=[*BOOKS.sent, BOOKS.sent[2]])),
    "number that the database does not know": lambda: (TOLD, [*RECEIVED, row(9, effect=False)], BOOKS),
    "repeat with other bytes": lambda: (TOLD, [*RECEIVED, row(1, effect=False, sha256="other")], BOOKS),
    "counted as sent, never seen": lambda: (TOLD, RECEIVED[:3], BOOKS),
    "interchange still waiting": lambda: (
        TOLD,
        RECEIVED,
        replace(BOOKS, sent=[*BOOKS.sent[:2], replace(BOOKS.sent[2], state="ready")]),
    ),
    "work left in the outbox": lambda: (TOLD, RECEIVED, replace(BOOKS, outbox=["submission.send, 3 tries"])),
    "units that are not allocation": lambda: (TOLD, RECEIVED, replace(BOOKS, unequal=["a member"])),
    "broken chain of seals": lambda: (TOLD, RECEIVED, replace(BOOKS, broken_chains=["event 7 was changed"])),
}


@pytest.mark.parametrize("planted", LOST.values(), ids=list(LOST))
def test_a_planted_loss_is_found(planted: Planted) -> None:
    findings = compare(*planted())
    assert len(findings.lost) == 1
    assert not findings.excess


@pytest.mark.parametrize("planted", EXCESS.values(), ids=list(EXCESS))
def test_a_planted_excess_is_found(planted: Planted) -> None:
    findings = compare(*planted())
    assert len(findings.excess) == 1
    assert not findings.lost


@pytest.mark.parametrize("planted", OTHER.values(), ids=list(OTHER))
def test_another_planted_fault_is_found(planted: Planted) -> None:
    findings = compare(*planted())
    assert len(findings.other) == 1
    assert not findings.excess


def test_what_was_confirmed_once_stays_confirmed() -> None:
    history = History()
    for told in (Told.UNKNOWN, Told.FAILED, Told.OK, Told.UNKNOWN):
        history.record("submit", "k1", told)
    for told in (Told.UNKNOWN, Told.FAILED):
        history.record("submit", "k2", told)
    for told in (Told.FAILED, Told.UNKNOWN):
        history.record("claim", "k1", told)
    assert history.operations == [
        Operation("submit", "k1", Told.OK),
        Operation("submit", "k2", Told.UNKNOWN),
        Operation("claim", "k1", Told.UNKNOWN),
    ]
    assert history.presses == 8


def test_a_form_is_sent_as_a_browser_would_send_it() -> None:
    html = """<form><input name="q"></form>
    <form><input type="hidden" name="key" value="a1"><input type="checkbox" name="off" value="1">
    <input type="checkbox" name="on" value="1" checked><select name="first"><option value="x">X<option value="y">Y
    </select><select name="second"><option value="x">X<option value="y" selected>Y</select>
    <textarea name="note">Hello</textarea><input type="submit" name="go" value="Go"></form>"""
    page = Page(200, "", html)
    assert page.form("key") == {"key": "a1", "on": "1", "first": "x", "second": "y", "note": "Hello"}
    with pytest.raises(LookupError):
        page.form("nothing")
