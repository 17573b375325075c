"""Why a payer returned a request unread, in words, and where each thing is mended: a field, the member, the cover."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from authorizations.decisions import FollowUp
from authorizations.errors import Problem
from authorizations.form_problems import field_id
from authorizations.models import Authorization, Decision, Submission
from authorizations.states import Status, SubmissionOutcome
from edi.x12.codes import REJECTION_REASONS

FIELD_OF_CODE = {
    "56": "starts_on", "57": "starts_on", "62": "starts_on", "60": "starts_on", "52": "starts_on",
    "AF": "diagnoses", "AG": "lines", "04": "lines", "AA": "", "T5": "note_to_payer",
    "43": "rendering_provider", "44": "rendering_provider", "45": "rendering_provider", "46": "rendering_provider",
    "47": "rendering_provider", "51": "rendering_provider", "97": "rendering_provider", "35": "rendering_provider",
    "49": "requesting_provider", "IP": "rendering_provider",
}  # fmt: skip
"""Which field of the form mends what a code complains of (codes: 005010X217 guide, AAA03)."""

FIELD_OF_SUBJECT = {"requester": "requesting_provider", "provider": "rendering_provider", "line": "lines"}
PEOPLE = {"member": "the member’s record", "subscriber": "the coverage"}
"""Whose data is mended on the member's page, in words."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that is wrong: the words, the payer's code, and where it is mended ("" when nowhere in particular)."""

    words: str
    code: str = ""
    address: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Returned:
    """Why a request came back. `final`: the payer will not take it again."""

    reasons: tuple[Reason, ...]
    final: bool
    reviewer: str


def returned(
    case: Authorization, submissions: Sequence[Submission], decisions: Sequence[Decision], *, in_form: bool = False
) -> Returned | None:
    """What came back of a case, and where to mend it; None when nothing did. Both lists come the latest first.

    `in_form`: the page holds the form's own fields, so links stay on it.
    """
    asked = next((row for row in submissions if row.outcome == SubmissionOutcome.RETURNED), None)
    if asked is None or (case.status == Status.DRAFT and not case.returned):
        return None
    form = "" if in_form else reverse("authorization_edit", args=[case.id]) if case.status == Status.DRAFT else None
    decision = next((row for row in decisions if row.submission_id == asked.id and row.column == "returns"), None)
    reasons = tuple(_of_fields(asked.field_errors, form))
    final = False
    if decision is not None:
        rejections = list(_rejections(decision.facts))
        reasons += tuple(_of_rejection(row, case, form) for row in rejections)
        final = any(row.get("follow_up") == FollowUp.NOT_TAKEN_AGAIN for row in rejections)
        final |= any(row.follow_up == FollowUp.NOT_TAKEN_AGAIN for row in decision.lines.all())
    if not reasons:
        words = asked.problem or (decision.message if decision else "")
        reasons = (Reason(words or "The payer gave no reason."),)
    return Returned(tuple(dict.fromkeys(reasons)), final, case.reviewer_name or case.payer_name)


def _rejections(facts: Mapping[str, Any]) -> Iterator[Mapping[str, str]]:
    """Every rejection of an answer: of the whole, of all lines, of single lines."""
    parts = [facts, facts.get("overall") or {}, *facts.get("lines", [])]
    seen = set()
    for part in parts:
        for row in part.get("rejections", ()):
            key = (row["subject"], row["code"])
            if key not in seen:
                seen.add(key)
                yield row


def _of_rejection(row: Mapping[str, str], case: Authorization, form: str | None) -> Reason:
    code, subject = row["code"], row["subject"]
    words = REJECTION_REASONS.get(code, "The payer gives a reason we have no words for")
    if subject in PEOPLE:
        return Reason(words, code, reverse("member_detail", args=[case.member_id]), PEOPLE[subject])
    field = FIELD_OF_CODE.get(code) or FIELD_OF_SUBJECT.get(subject, "")
    if subject == "requester" and field == "rendering_provider":
        field = "requesting_provider"
    return Reason(words, code, *_place(field, form))


def _of_fields(errors: Mapping[str, Sequence[str]], form: str | None) -> Iterator[Reason]:
    for field, messages in errors.items():
        for message in messages:
            yield Reason(message.rstrip("."), "", *_place(field, form))


def _place(field: str, form: str | None) -> tuple[str, str]:
    """The address of a field of the form, and the words of the link."""
    if not field or form is None:
        return "", ""
    anchor = field_id(Problem(field, ""))
    return (f"{form}#{anchor}", "the form") if anchor else ("", "")
