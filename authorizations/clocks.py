"""Every clock that runs for one submission: worked out when it starts, kept with it, read by the page.

Kept, because a rule or a playbook that changes later does not change by when an answer was due. The days are those of
the payer's zone where it is known, and of our own else (requirements D62 to D69).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from authorizations import deadlines
from authorizations.deadlines import Receipt, Run
from authorizations.models import Authorization, Submission
from authorizations.models.choices import Priority
from authorizations.states import Purpose
from payers.models import Playbook
from payers.queries import playbook_for
from payers.rules import rules_on


@dataclass(frozen=True, slots=True)
class Clocks:
    """The clocks of a submission, the first to end first. `zone_of`: "payer", or "ours" where its zone is not known.

    `remarks` are sentences about clocks that do not run, and why.
    """

    urgent: bool
    receipt: Receipt
    zone: str
    zone_of: str
    runs: tuple[Run, ...]
    remarks: tuple[str, ...]

    @property
    def due_at(self) -> datetime | None:
        return self.runs[0].ends_at if self.runs else None

    @property
    def due_rule(self) -> str:
        return self.runs[0].clock.rule if self.runs else ""

    def as_json(self) -> dict[str, Any]:
        """As a submission keeps it: instants in ISO text, the pause in whole seconds."""
        return {
            "urgent": self.urgent,
            "first_at": self.receipt.first_at.isoformat(),
            "latest_at": self.receipt.latest_at.isoformat(),
            "paused_seconds": int(self.receipt.paused.total_seconds()),
            "runs_on": self.receipt.runs_on,
            "zone": self.zone,
            "zone_of": self.zone_of,
            "remarks": list(self.remarks),
            "runs": [
                {
                    "rule": run.clock.rule,
                    "source": str(run.clock.source),
                    "basis": run.clock.basis,
                    "starts_at": run.starts_at.isoformat(),
                    "ends_at": run.ends_at.isoformat(),
                    "otherwise_at": run.otherwise_at.isoformat() if run.otherwise_at else "",
                }
                for run in self.runs
            ],
        }


def work_out(
    submission: Submission,
    authorization: Authorization,
    *,
    received_at: datetime,
    holidays: Collection[date],
    urgent: bool | None = None,
) -> Clocks:
    """The clocks of a submission that the payer has since `received_at`, by the rules of that local day.

    `urgent`: the class, where it is another than was asked for.
    """
    payer, organization = authorization.payer, authorization.organization
    rules = rules_on(authorization.program, organization.today(received_at))
    urgent = authorization.priority == Priority.URGENT if urgent is None else urgent
    said = _playbook_says(playbook_for(authorization.program), urgent)
    zone = payer.time_zone or organization.time_zone
    receipt = _receipt(submission, received_at, runs_on=rules.clock_runs_on if rules else False)
    running = deadlines.clocks(
        urgent=urgent,
        regulation=rules.regulation if rules else "",
        urgent_hours=rules.urgent_hours if rules else None,
        routine_days=rules.routine_days if rules else None,
        routine_days_are_business=rules.routine_days_are_business if rules else False,
        follows_core=rules.follows_core if rules else False,
        contract=rules.contract_reference if rules else "",
        playbook=said,
    )
    return Clocks(
        urgent=urgent,
        receipt=receipt,
        zone=zone,
        zone_of="payer" if payer.time_zone else "ours",
        runs=tuple(deadlines.runs(running, receipt, deadlines.Calendar(ZoneInfo(zone), frozenset(holidays)))),
        remarks=tuple(_remarks(rules.regulation if rules else "", said)),
    )


def _receipt(submission: Submission, received_at: datetime, *, runs_on: bool) -> Receipt:
    """An answer to a pend goes on with the clock of what it answers; the payer waited since it asked."""
    parent = submission.parent if submission.purpose == Purpose.ANSWER else None
    if parent is None:
        return Receipt(received_at, received_at, runs_on=runs_on)
    before: Mapping[str, Any] = parent.clocks
    first = before.get("first_at")
    first_at = datetime.fromisoformat(first) if first else parent.acknowledged_at or parent.sent_at or parent.created_at
    asked_at = parent.answered_at or parent.created_at
    waited = max(received_at - asked_at, timedelta(0)) + timedelta(seconds=before.get("paused_seconds", 0))
    return Receipt(min(first_at, received_at), received_at, waited, runs_on)


def _playbook_says(playbook: Playbook | None, urgent: bool) -> str:
    if playbook is None:
        return ""
    said: str = playbook.urgent_turnaround if urgent else playbook.routine_turnaround
    return said


def _remarks(regulation: str, said: str) -> list[str]:
    """Why a clock that somebody might look for does not run."""
    found = []
    if regulation in deadlines.NOT_BOUND:
        found.append(deadlines.NOT_BOUND[regulation])
    if said.strip() and deadlines.turnaround(said) is None:
        found.append(f"The playbook says “{said.strip()}”: no time that can be counted.")
    return found
