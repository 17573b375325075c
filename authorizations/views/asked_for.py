"""What was asked beyond the lines, in words: from when, why, by whom, with which documents."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from authorizations.models import Submission
from authorizations.states import AppealLevel, Purpose
from web import wording
from web.wording import Clock


def details(submission: Submission, clock: Clock) -> str:
    """ "peer-to-peer, Renée Okafor speaks for us, taken until Dec 23"; "" for what is plain."""
    return ", ".join(_parts(submission, clock))


def _parts(submission: Submission, clock: Clock) -> Iterator[str]:
    content = submission.content
    if submission.appeal_level not in ("", AppealLevel.APPEAL):
        yield str(submission.get_appeal_level_display()).lower()
    if content.get("effective_on"):
        yield f"from {wording.day(date.fromisoformat(content['effective_on']), clock.today)}"
    yield from _appeal(content.get("appeal") or {}, clock)
    for each in content.get("attachments") or []:
        yield f"{each['description'] or 'document'} as {each['control_number']}"
    said = content.get("reason") or (content.get("note_to_payer") if submission.purpose != Purpose.INITIAL else "")
    if said:
        yield f"“{said}”"


def _appeal(facts: dict[str, str], clock: Clock) -> Iterator[str]:
    if facts.get("slot"):
        at = datetime.fromisoformat(facts["slot"])
        local = at.astimezone(clock.zone).date()
        yield f"call {wording.weekday(local, clock.today)}, {wording.clock_time(at, clock.zone)} {clock.zone_label}"
        yield f"{facts.get('clinician')} speaks for us"
    if facts.get("deadline"):
        yield f"taken until {wording.day(date.fromisoformat(facts['deadline']), clock.today)}"
