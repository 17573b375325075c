"""What stands above a case until somebody has dealt with it: other terms than asked, an entry nobody confirmed, cover
that ends with the coverage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from audit.actors import Actor
from authorizations.departures import Departure, departures
from authorizations.models import Authorization, Decision, Task
from authorizations.queries import LineBalance
from authorizations.reviewing import SECOND_LOOK, recorded_any
from authorizations.states import Status


@dataclass(frozen=True, slots=True)
class Alerts:
    """`entry`: the decision a second person confirms, `own` when the reader recorded it. `coverage_ends_on`: the day
    cover ends though the payer approved to `approved_until` (None: without end)."""

    departures: Sequence[Departure] = ()
    entry: Decision | None = None
    own: bool = False
    coverage_ends_on: date | None = None
    approved_until: date | None = None

    @property
    def only_more(self) -> bool:
        """Whether everything that differs is in our favour."""
        return bool(self.departures) and all(each.gives_more for each in self.departures)


NOTHING = Alerts()


def alerts(
    case: Authorization,
    decisions: Sequence[Decision],
    balances: Sequence[LineBalance],
    tasks: Sequence[Task],
    reader: Actor,
) -> Alerts:
    """Reads only where something is to be told. An entry that was rejected waits for its correction, not for a look."""
    if case.status != Status.APPROVED:
        return NOTHING
    entry = next((each for each in decisions if each.applied and each.correction is None and each.grants), None)
    ends_on, until = _ends_early(case, balances)
    return Alerts(
        departures=departures(case) if case.to_acknowledge else (),
        entry=entry if case.unverified and any(task.kind == SECOND_LOOK for task in tasks) else None,
        own=entry is not None and case.unverified and recorded_any(entry, reader),
        coverage_ends_on=ends_on,
        approved_until=until,
    )


def _ends_early(case: Authorization, balances: Sequence[LineBalance]) -> tuple[date | None, date | None]:
    ends_on = case.coverage.ends_on
    standing = [line.approved_until for line in balances if line.in_force]
    if ends_on is None or not standing:
        return None, None
    until = None if None in standing else max(day for day in standing if day)
    return (ends_on, until) if until is None or ends_on < until else (None, None)
