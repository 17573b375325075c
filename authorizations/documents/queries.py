"""Reads about the files of a case."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from authorizations.hearing import Case, is_waiting
from authorizations.models import Authorization, Document
from authorizations.pends import last_word
from authorizations.states import Status, SubmissionOutcome, WaitingOn
from payers.queries import playbook_for


@dataclass(frozen=True, slots=True)
class Wanted:
    """A document the payer asked for, the submission it belongs to, and whether one was filed for it.

    What a playbook asks for with a draft belongs to no submission yet.
    """

    submission_id: uuid.UUID | None
    text: str
    filed: bool


def wanted(case: Authorization) -> list[Wanted]:
    """What the payer still waits for, by its word about what is pended; nothing once it is answered or closed."""
    heard = Case(case)
    pended = [row for row in heard.submissions if is_waiting(row) and row.outcome == SubmissionOutcome.PENDED]
    submission = next((row for row in reversed(pended) if row.waiting_on == WaitingOn.US), None)
    word = last_word(heard, submission) if submission else None
    if submission is None or word is None:
        return []
    filed = set(
        Document.objects.filter(authorization=case, submission=submission, mistaken_at=None).values_list(
            "requested_item", flat=True
        )
    )
    texts = [row.get("text") or row.get("kind") or "" for row in word.facts.get("requested_documents", [])]
    return [Wanted(submission.id, text[:120], text[:120] in filed) for text in texts if text]


def filed_for(authorization_id: uuid.UUID) -> frozenset[str]:
    """The things asked for that a file of the case answers; files marked as mistaken answer nothing."""
    rows = Document.objects.filter(authorization_id=authorization_id, mistaken_at=None).exclude(requested_item="")
    return frozenset(rows.values_list("requested_item", flat=True))


def needed(case: Authorization) -> list[Wanted]:
    """What the playbook asks for with a request that is still a draft, less what it does without."""
    book = playbook_for(case.program) if case.status == Status.DRAFT else None
    filed, waived = filed_for(case.id), {row["item"] for row in case.waived}
    items = [item for item in (book.documents if book else ()) if item not in waived]
    return [Wanted(None, item[:120], item[:120] in filed) for item in items]


def news(case: Authorization, asked: Sequence[str], since: datetime | None) -> list[Document]:
    """What was filed since the payer asked, for the answer: neither its own letters nor what answers an item it
    `asked` for, which is announced under that name."""
    letters = (Document.Kind.APPROVAL_LETTER, Document.Kind.DENIAL_LETTER)
    rows = Document.objects.filter(authorization=case, mistaken_at=None).exclude(kind__in=letters)
    rows = rows.exclude(requested_item__in=[text for text in asked if text])
    return list((rows.filter(uploaded_at__gt=since) if since else rows).order_by("uploaded_at", "id"))


def document(document_id: uuid.UUID) -> Document | None:
    """One file with its case; None when it is not there."""
    found: Document | None = Document.objects.select_related("authorization").filter(id=document_id).first()
    return found
