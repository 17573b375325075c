"""What of a request is asked for or covered already: said while somebody types, and asked about at Submit.

Two open requests to one payer for one code in one time are duplicates (requirements R79); cover that stands already
is no obstacle, but its units should be known before more are asked for.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from authorizations import queries
from authorizations.models import Authorization
from authorizations.queries import LineBalance
from authorizations.states import Status
from members.models import Coverage

WAITS = frozenset({Status.SUBMITTED, Status.PENDED})
ASKED = WAITS | {Status.DRAFT}


@dataclass(frozen=True, slots=True)
class Span:
    """From the first day to the last, both included."""

    starts_on: date
    ends_on: date

    def meets(self, starts_on: date | None, ends_on: date | None) -> bool:
        """Whether they share a day; without an end it goes on for ever."""
        if starts_on is None:
            return False
        return starts_on <= self.ends_on and (ends_on is None or self.starts_on <= ends_on)


@dataclass(frozen=True, slots=True)
class Covering:
    """A line of another case with a code of this request in the same time. `covers`: it is approved."""

    case: Authorization
    line: LineBalance
    covers: bool

    @property
    def is_duplicate(self) -> bool:
        """Whether the payer has the same question already."""
        return self.case.status in WAITS


def coverings(
    member_id: uuid.UUID, own_id: uuid.UUID | None, labels: Sequence[str], coverage: Coverage, span: Span
) -> list[Covering]:
    """Lines of the member's other cases with one payer that ask for or cover what `labels` ask for in the span.

    A label is a code with its modifiers, "H2019 HN". Codes without modifiers meet those with any (requirements D19).
    """
    rows = [case for case in queries.of_member(member_id) if case.id != own_id and case.payer_id == coverage.payer_id]
    cases = {case.id: case for case in rows if case.status in ASKED or case.status == Status.APPROVED}
    if not cases or not labels:
        return []
    return [
        found
        for line in queries.balances(cases)
        if any(_same(label, part) for label in labels for part in re.split("[/,]", line.label))
        for found in _met(cases[line.authorization_id], line, coverage, span)
    ]


def labels_of(authorization: Authorization) -> list[str]:
    """The codes of a stored case with their modifiers."""
    lines = authorization.lines.filter(removed_at=None).prefetch_related("codes")
    return [code.words for line in lines for code in line.codes.all()]


def duplicates_of(authorization: Authorization) -> list[Covering]:
    """What the payer was asked already of what a stored draft asks for."""
    if authorization.starts_on is None or authorization.ends_on is None:
        return []
    span = Span(authorization.starts_on, authorization.ends_on)
    found = coverings(authorization.member_id, authorization.id, labels_of(authorization), authorization.coverage, span)
    return [each for each in found if each.is_duplicate]


def _met(case: Authorization, line: LineBalance, coverage: Coverage, span: Span) -> Iterator[Covering]:
    if case.status in ASKED and span.meets(case.starts_on, case.ends_on):
        yield Covering(case, line, covers=False)
    approved = case.status == Status.APPROVED and line.in_force and case.program_id == coverage.program_id
    if approved and span.meets(line.starts_on, line.ends_on):
        yield Covering(case, line, covers=True)


def _same(label: str, other: str) -> bool:
    code, *modifiers = label.split()
    others = other.split()
    if not others or code != others[0]:
        return False
    return not modifiers or not others[1:] or set(modifiers) == set(others[1:])
