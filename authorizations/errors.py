"""Why something was not done, as values that pages turn into answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from accounts.access import ConflictError


class NotAllowed(ConflictError):
    """The verb does not fit where the case stands. Answered 409; nothing was written."""


class Stale(ConflictError):
    """Somebody changed the record since it was read. Answered 409; nothing was written."""

    def __init__(self, changed_by: str, changed_at: datetime, zone: ZoneInfo) -> None:
        local = changed_at.astimezone(zone)
        at = f"{local:%b} {local.day}, {f'{local:%I:%M %p}'.lstrip('0')}"
        super().__init__(f"Changed by {changed_by} on {at}. Nothing of yours was saved.")
        self.changed_by = changed_by
        self.changed_at = changed_at


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field, in a sentence for the person who filled it in.

    `field` is a name of `Asked`, or `lines-2` (a line by its number) with `.quantity`, `.codes` and the like.
    """

    field: str
    message: str


class Refused(Exception):
    """What was sent cannot be taken; every problem is named. Nothing was written."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problem.message for problem in self.problems))

    def by_field(self) -> dict[str, list[str]]:
        """The messages of each field, for a form."""
        fields: dict[str, list[str]] = {}
        for problem in self.problems:
            fields.setdefault(problem.field, []).append(problem.message)
        return fields
