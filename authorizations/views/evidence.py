"""The letter or screenshot that comes with an answer which was read by a person."""

from __future__ import annotations

import uuid
from typing import Any

from accounts.access import OrganizationRequest
from accounts.scopes import Scope
from authorizations.decisions import LineOutcome
from authorizations.documents.services import Upload, keep_documents
from authorizations.models import Document

FIELD = "evidence"
KIND: dict[str, Document.Kind] = {
    LineOutcome.APPROVED: Document.Kind.APPROVAL_LETTER,
    LineOutcome.MODIFIED: Document.Kind.APPROVAL_LETTER,
    LineOutcome.DENIED: Document.Kind.DENIAL_LETTER,
}
"""What a file is that proves an answer; of the others nobody says more than that it is one."""


def evidence_of(request: OrganizationRequest) -> Any:
    """The file that came with the form; None without one, and for who may not add documents."""
    return request.FILES.get(FIELD) if request.access.allows(Scope.AUTHORIZATION_CONTRIBUTE) else None


def keep_evidence(request: OrganizationRequest, authorization_id: uuid.UUID, submission_id: uuid.UUID | None) -> None:
    """Keep it with the case, in the transaction of the answer. Raises Refused."""
    file = evidence_of(request)
    if file is None:
        return
    kind = KIND.get(request.POST.get("outcome", ""), Document.Kind.OTHER)
    upload = Upload(FIELD, file.name or "", file.file, file.size or 0, kind, submission_id=submission_id)
    keep_documents(authorization_id, [upload], actor=request.access.actor, now=request.access.now)
