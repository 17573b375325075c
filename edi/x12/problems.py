"""What is wrong with a piece of X12, as a value: nothing in this package raises for bad input."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """Whether the content may still be trusted."""

    TOLERATED = "tolerated"
    DEFECT = "defect"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing found wrong.

    `position` counts the segments of the interchange, the ISA being 1; `element` counts from 1 as the guides
    do (NM109 is 9). `message` is for a person and never holds a value from the data: those are health
    information.
    """

    code: str
    message: str
    position: int | None = None
    element: int | None = None
    severity: Severity = Severity.DEFECT


def has_defect(problems: Iterable[Problem]) -> bool:
    """True when at least one of the problems forbids acting on the content."""
    return any(problem.severity is Severity.DEFECT for problem in problems)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a message is not composed: the field it stands in, and what is wrong with it.

    `path` names the field in the model, counting list items from 0: `services[1].procedure.code`. `message`
    holds no value from the data.
    """

    path: str
    code: str
    message: str
