"""Which columns the list shows: the usual ones, unless an address or a saved view names others."""

from __future__ import annotations

from enum import StrEnum

from django.http import QueryDict


class Column(StrEnum):
    """What a row may show beside its number and its member, in the order of the columns."""

    PAYER = "payer"
    TIGHTEST = "tightest"
    REQUESTED = "requested"
    APPROVED = "approved"
    USED = "used"
    REMAINING = "remaining"
    WINDOW = "window"
    STATUS = "status"
    REFERENCE = "reference"
    SUBMITTED = "submitted"
    ANSWER = "answer"
    NEXT = "next"
    FOLLOW_UP = "follow_up"
    WAITING = "waiting"
    OWNER = "owner"


LABELS = {
    Column.PAYER: "Payer",
    Column.TIGHTEST: "Tightest line",
    Column.REQUESTED: "Requested",
    Column.APPROVED: "Approved",
    Column.USED: "Used",
    Column.REMAINING: "Remaining",
    Column.WINDOW: "Window",
    Column.STATUS: "Status",
    Column.REFERENCE: "Payer’s number",
    Column.SUBMITTED: "Submitted",
    Column.ANSWER: "Answer due",
    Column.NEXT: "Next action, due",
    Column.FOLLOW_UP: "Follow-up",
    Column.WAITING: "Waiting on",
    Column.OWNER: "Owner, age",
}
USUAL = frozenset(
    {
        Column.PAYER, Column.TIGHTEST, Column.WINDOW, Column.STATUS, Column.NEXT, Column.WAITING, Column.OWNER,
    }
)  # fmt: skip


def read(query: QueryDict) -> frozenset[Column]:
    """The columns an address names; none that is known means the usual ones."""
    known = frozenset(Column)
    return frozenset(Column(value) for value in query.getlist("column") if value in known) or USUAL


def named(columns: frozenset[Column]) -> list[str]:
    """How an address names them: not at all where they are the usual ones."""
    return [] if columns == USUAL else [column.value for column in Column if column in columns]
