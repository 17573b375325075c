"""`{% clock_card submission as card %}`: every clock of a submission for its page, from what was kept with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.template import Context

from authorizations.models import Submission
from authorizations.states import BY_HAND
from web import wording
from web.wording import Clock

register = template.Library()

SOURCES = {
    "federal": "Federal rule",
    "core": "CAQH CORE",
    "contract": "Contract",
    "program": "Program",
    "playbook": "Playbook",
}


@dataclass(frozen=True, slots=True)
class ClockLine:
    """One clock: who set it, its rule and where that stands, when it ends on our clock and on the payer's."""

    source: str
    rule: str
    basis: str
    starts: str
    ends: str
    ends_there: str
    otherwise: str
    is_first: bool


@dataclass(frozen=True, slots=True)
class ClockCard:
    """What stands behind "why?" of a due time. Sentences, ready to read."""

    began: str
    lines: tuple[ClockLine, ...]
    zone: str
    pause: str
    remarks: tuple[str, ...]
    asked_as: str
    other_class: str
    handled: str
    handled_lines: tuple[ClockLine, ...]


@register.simple_tag(takes_context=True)
def clock_card(context: Context, submission: Submission) -> ClockCard | None:
    """None where no clock was worked out."""
    kept = submission.clocks
    if not kept:
        return None
    clock: Clock = context["clock"]
    there = Clock(clock.now, ZoneInfo(kept["zone"]))
    differs = kept["zone_of"] == "payer" and there.zone_label != clock.zone_label
    classes = ("urgent", "routine") if kept["urgent"] else ("routine", "urgent")

    def lines(runs: list[dict[str, str]]) -> tuple[ClockLine, ...]:
        return tuple(
            _line(run, clock, there if differs else None, is_first=place == 0) for place, run in enumerate(runs)
        )

    said = kept.get("handled")
    return ClockCard(
        began=_began(submission, clock),
        lines=lines(kept["runs"]),
        zone=_zone(kept["zone_of"], clock, there),
        pause=_pause(kept),
        remarks=tuple(kept["remarks"]),
        asked_as=classes[0],
        other_class=classes[1],
        handled=f"{said['by']}, {wording.moment(datetime.fromisoformat(said['at']), clock)}" if said else "",
        handled_lines=lines(said["runs"]) if said else (),
    )


def _line(run: dict[str, str], clock: Clock, there: Clock | None, *, is_first: bool) -> ClockLine:
    ends_at = datetime.fromisoformat(run["ends_at"])
    otherwise = datetime.fromisoformat(run["otherwise_at"]) if run["otherwise_at"] else None
    return ClockLine(
        source=SOURCES.get(run["source"], run["source"]),
        rule=run["rule"],
        basis=run["basis"],
        starts=wording.moment(datetime.fromisoformat(run["starts_at"]), clock),
        ends=wording.moment(ends_at, clock),
        ends_there=f"{wording.moment(ends_at, there)} {there.zone_label}" if there else "",
        otherwise=wording.moment(otherwise, clock) if otherwise else "",
        is_first=is_first,
    )


def _began(submission: Submission, clock: Clock) -> str:
    """What started the clocks, and whether we know it."""
    if submission.acknowledged_at:
        return f"Received by the payer: acknowledgment read {wording.moment(submission.acknowledged_at, clock)}"
    if submission.sent_at and submission.channel in BY_HAND:
        return f"Handed in {wording.moment(submission.sent_at, clock)}, as a person noted"
    if submission.sent_at:
        return f"Assumed: sent {wording.moment(submission.sent_at, clock)}, no acknowledgment yet"
    return f"Assumed: asked {wording.moment(submission.created_at, clock)}, not sent yet"


def _zone(zone_of: str, clock: Clock, there: Clock) -> str:
    if zone_of != "payer":
        return f"Times and days in {clock.zone_name}: the payer’s own zone is not known."
    if there.zone_label == clock.zone_label:
        return f"Times and days in {clock.zone_name}, which is the payer’s too."
    return f"Times in {clock.zone_name}; days end in the payer’s zone, {there.zone_name}."


def _pause(kept: dict[str, Any]) -> str:
    seconds = int(kept["paused_seconds"])
    if not seconds:
        rule = "runs on" if kept["runs_on"] else "stops"
        return (
            f"Should the payer ask for more, the clock {rule} until it has our answer (assumed by the program’s rules)."
        )
    waited = wording.span(timedelta(seconds=seconds))
    what = "ran on" if kept["runs_on"] else "stopped"
    return f"The payer waited {waited} for us; the clock {what} meanwhile, as the program’s rules say (assumed)."
