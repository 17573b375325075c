"""What a payer asked for when it pended a request, and what is said in answer to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from authorizations.errors import NotAllowed, Problem, Refused
from authorizations.hearing import Case, is_waiting
from authorizations.models import Decision, Submission
from authorizations.states import Status, SubmissionOutcome, WaitingOn

LONGEST_TEXT = 264
"""005010X217 guide, 2000E MSG01."""

MOST_ATTACHMENTS = 10
UNKNOWN_REPORT = "77"
"""Report type "support data for verification": what is sent where the payer named no kind (PWK01)."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A document that goes to the payer beside the answer (PWK): its kind, how it travels, and what it is called.

    `transmission` is a word of PWK02: BM by mail, FX by fax, EM by e-mail, VO by voice, EL electronically, AA on
    request. The control number is ours, made when it is asked.
    """

    transmission: str
    report_type: str = UNKNOWN_REPORT
    description: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What is said in answer to a pend."""

    text: str = ""
    attachments: tuple[Attachment, ...] = ()


def answerable(case: Case, pended: Submission) -> Submission:
    """The pended or returned submission at the end of its thread, to which an answer speaks.

    Raises NotAllowed, with the reason, unless the payer waits for us.
    """
    number = case.authorization.number
    thread = [row for row in case.thread(pended) if is_waiting(row)]
    if not thread or case.authorization.status == Status.DRAFT:
        raise NotAllowed(f"{number}: this is answered or closed, so there is nothing to send.")
    if any(row.outcome == SubmissionOutcome.NONE for row in thread):
        raise NotAllowed(f"{number}: something is on its way to the payer already. Recall it, or wait for the answer.")
    latest = thread[-1]
    if latest.outcome == SubmissionOutcome.PENDED and latest.waiting_on == WaitingOn.PAYER:
        raise NotAllowed(f"{number}: the payer keeps the request and will answer. It wants nothing more.")
    return latest


def last_word(case: Case, pended: Submission) -> Decision | None:
    """The answer that pended a thread, or returned it."""
    ids = [row.id for row in case.thread(pended)]
    found: Decision | None = (
        Decision.standing.filter(authorization=case.authorization, submission_id__in=ids, applied=True)
        .order_by("number")
        .last()
    )
    return found


def changed_since(case: Case, pended: Submission) -> bool:
    """Whether anything was added to the case since the payer asked: a document or a note."""
    word = last_word(case, pended)
    if word is None:
        return True
    row, since = case.authorization, word.recorded_at
    return bool(
        row.documents.filter(uploaded_at__gt=since, mistaken_at=None).exists()
        or row.notes.filter(at__gt=since).exists()
    )


def reply_faults(reply: Reply) -> list[Problem]:
    """What cannot be sent."""
    found = []
    if len(reply.text.strip()) > LONGEST_TEXT:
        found.append(Problem("text", f"At most {LONGEST_TEXT} characters fit into a message."))
    if len(reply.attachments) > MOST_ATTACHMENTS:
        found.append(Problem("attachments", f"At most {MOST_ATTACHMENTS} documents fit into a message."))
    return found


def insist_on_news(case: Case, pended: Submission, reply: Reply, *, confirmed: bool) -> None:
    """Raise Refused where the payer would read the same again, and nobody said that this is meant (requirement R95)."""
    problems = reply_faults(reply)
    nothing_new = not reply.text.strip() and not reply.attachments and not changed_since(case, pended)
    if nothing_new and not confirmed:
        problems.append(Problem("confirmed", "Nothing was added since the payer asked. Tick that it goes anyway."))
    if problems:
        raise Refused(problems)


def content_of_reply(root: Submission, reply: Reply, reference: str) -> dict[str, Any]:
    """What an answer holds: what its thread asked for, with the new words and documents."""
    return {
        **root.content,
        "note_to_payer": reply.text.strip(),
        "attachments": numbered(reply.attachments, reference),
    }


def numbered(attachments: Sequence[Attachment], reference: str) -> list[dict[str, str]]:
    """Each document with a control number of its own, by which the payer ties it to the answer."""
    return [
        {
            "report_type": each.report_type or UNKNOWN_REPORT,
            "transmission": each.transmission,
            "description": each.description,
            "control_number": f"{reference}-D{number}",
        }
        for number, each in enumerate(attachments, start=1)
    ]
