"""What was asked beyond the lines, in words: from when, why, by whom, with which documents."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from authorizations.models import Authorization, Submission
from authorizations.models.choices import RequestCategory
from authorizations.states import AppealLevel, Purpose
from web import wording
from web.wording import Clock


def details(submission: Submission, clock: Clock) -> str:
    """ "peer-to-peer, Renée Okafor speaks for us, taken until Dec 23"; "" for what is plain."""
    return ", ".join(_parts(submission, clock))


def request_facts(case: Authorization, clock: Clock) -> list[tuple[str, str]]:
    """What the request says beside lines, provider, place and diagnoses, each with its label; nothing that is usual."""
    stay = wording.counted(case.admission_days, "day") if case.admission_days else ""
    admitted = f"{wording.day(case.admission_on, clock.today)}, " if case.admission_on else ""
    kind = case.request_category != RequestCategory.HEALTH_SERVICES
    asks = case.requesting_provider if case.requesting_provider_id != case.rendering_provider_id else None
    found = [
        ("Kind of request", str(case.get_request_category_display()) if kind else ""),
        ("Admission", f"{admitted}{stay}".rstrip(", ")),
        ("Requesting", str(asks or "")),
        ("Facility", str(case.facility or "")),
        ("Asked late because", case.retro_reason),
        ("Note to the payer", f"“{case.note_to_payer}”" if case.note_to_payer else ""),
        *(("Not needed", f"{each['item']}, because: {each['reason']}") for each in case.waived),
    ]
    return [(label, words) for label, words in found if words]


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
