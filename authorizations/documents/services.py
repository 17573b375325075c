"""Keep a file with a case, say that it was filed by mistake, note what the scanner found, sweep what is left over.

One transaction each, inside an open organization scope, with its audit event; names of files stay out of events.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO, Final

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Sum

from audit.actors import Actor
from audit.services import record
from authorizations.documents import storage
from authorizations.documents.files import MEGABYTE, MOST_AT_ONCE, FileType, Unfit, display_name, type_of
from authorizations.documents.scanning import Verdict, scanner
from authorizations.errors import NotAllowed, Problem, Refused
from authorizations.models import Authorization, Document
from authorizations.services import lock_case
from authorizations.work import open_task
from outbox.delivery import enqueue
from tenancy.models import Organization
from tenancy.scoping import current_organization_id

SCAN: Final = "document.scan"
"""Topic of the outbox: the subject is the document."""

INFECTED_WORDS: Final = "The scanner found something harmful in a document: ask who sent it for another copy"

SHORTLY: Final = timedelta(minutes=10)
MOST_SHORTLY: Final = 100
"""So many files of one person are taken within a short time."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent. `place` names its field on the form; `requested_item` is what the payer asked for."""

    place: str
    name: str
    file: BinaryIO
    size: int
    kind: str
    requested_item: str = ""
    submission_id: uuid.UUID | None = None


@transaction.atomic
def keep_documents(
    authorization_id: uuid.UUID, uploads: Sequence[Upload], *, actor: Actor, now: datetime
) -> list[Document]:
    """Keep all of them, or none; the bytes are on the disk before a row names them.

    What the case has already, by its bytes, is not kept twice and not returned: a form that is sent again does no harm.
    Raises Refused with what is wrong with each file.
    """
    case = lock_case(authorization_id)
    types = _types(uploads)
    _refuse_in_a_hurry(uploads, actor=actor, now=now)
    _refuse_beyond_quota(uploads)
    standing = set(Document.objects.filter(authorization=case, mistaken_at=None).values_list("sha256", flat=True))
    kept = []
    for upload, kind in zip(uploads, types, strict=True):
        digest = storage.sha256_of(upload.file)
        if digest not in standing:
            standing.add(digest)
            kept.append(_keep(case, upload, kind, digest, actor=actor, now=now))
    return kept


@transaction.atomic
def mark_mistaken(document_id: uuid.UUID, reason: str, *, actor: Actor, now: datetime) -> Document:
    """It belongs elsewhere: it stays with its bytes, and is shown apart. Raises NotAllowed the second time, Refused
    without a reason."""
    found: Document = Document.objects.get(id=document_id)
    case = lock_case(found.authorization_id)
    document: Document = Document.objects.get(id=document_id)
    if document.mistaken_at is not None:
        raise NotAllowed("This is marked as filed by mistake already.")
    if not reason.strip():
        raise Refused([Problem("reason", "Say what is wrong with it.")])
    document.mistaken_at, document.mistaken_by = now, actor.label
    document.mistaken_reason = reason.strip()[:200]
    document.save(update_fields=["mistaken_at", "mistaken_by", "mistaken_reason"])
    _tell("document.marked_mistaken", document, case, actor=actor, now=now)
    return document


def may_be_had(document: Document) -> bool:
    """Whether the bytes may leave: once clean where there is a scanner, else unless one has found something."""
    if document.scan == Document.Scan.NOT_SCANNED:
        return scanner() is None
    return bool(document.scan == Document.Scan.CLEAN)


@transaction.atomic
def note_scan(document_id: uuid.UUID, verdict: Verdict, *, actor: Actor, now: datetime) -> None:
    """What the scanner found. Something harmful asks a person to look."""
    found: Document = Document.objects.get(id=document_id)
    case = lock_case(found.authorization_id)
    found.scan, found.scanned_at = Document.Scan(verdict), now
    found.save(update_fields=["scan", "scanned_at"])
    if verdict is Verdict.INFECTED:
        open_task(case, "infected_document", INFECTED_WORDS, now=now, facts={"document": str(found.id)})
    _tell("document.scanned", found, case, actor=actor, now=now)


@transaction.atomic
def leave_unscanned(document_id: uuid.UUID) -> None:
    """There is no scanner any more: the file says so instead of waiting for one."""
    waiting = Document.objects.filter(id=document_id, scan=Document.Scan.PENDING)
    waiting.update(scan=Document.Scan.NOT_SCANNED)


@transaction.atomic
def sweep(*, now: datetime) -> int:
    """Remove files that no row names. What a new scanner has not seen is handed over, what waits for a gone one let go.

    How many files were removed.
    """
    if not Organization.objects.filter(id=current_organization_id()).exists():
        return 0
    left = storage.left_over(set(Document.objects.values_list("storage_name", flat=True)), now=now)
    for path in left:
        path.unlink(missing_ok=True)
    if scanner() is not None:
        unseen = Document.objects.filter(scan=Document.Scan.NOT_SCANNED)
        for document_id in list(unseen.values_list("id", flat=True)):
            enqueue(SCAN, document_id, now=now)
        unseen.update(scan=Document.Scan.PENDING)
    else:
        Document.objects.filter(scan=Document.Scan.PENDING).update(scan=Document.Scan.NOT_SCANNED)
    if left:
        log.info("documents.swept", files=len(left))
    return len(left)


def _types(uploads: Sequence[Upload]) -> list[FileType]:
    problems, types = [], []
    if not uploads:
        problems.append(Problem("", "Choose at least one file."))
    if len(uploads) > MOST_AT_ONCE:
        problems.append(Problem(uploads[-1].place, f"Send at most {MOST_AT_ONCE} files at once."))
    for upload in uploads:
        if upload.kind not in Document.Kind.values:
            problems.append(Problem(upload.place.replace("files", "kind"), "Say what it is."))
        try:
            types.append(type_of(upload.name, upload.file, upload.size))
        except Unfit as unfit:
            problems.append(Problem(upload.place, f"{upload.name[-80:]}: {unfit}."))
    if problems:
        raise Refused(dict.fromkeys(problems))
    return types


def _refuse_in_a_hurry(uploads: Sequence[Upload], *, actor: Actor, now: datetime) -> None:
    """Nobody files by hand so fast: a guard against a script, or a browser gone wild."""
    lately = Document.objects.filter(uploaded_at__gt=now - SHORTLY, uploaded_by=actor.label).count()
    if lately + len(uploads) > MOST_SHORTLY:
        minutes = int(SHORTLY.total_seconds() // 60)
        words = (
            f"You have sent {lately} files within {minutes} minutes: at most {MOST_SHORTLY} are taken. Wait a little."
        )
        raise Refused([Problem("", words)])


def _refuse_beyond_quota(uploads: Sequence[Upload]) -> None:
    """A guard against a full disk. Whoever sends at the same moment waits here, and counts what the other has kept."""
    with connection.cursor() as cursor:
        key = f"documents:{current_organization_id()}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
    quota = settings.DOCUMENT_QUOTA_MB * MEGABYTE
    used = Document.objects.aggregate(size=Sum("size"))["size"] or 0
    if quota and used + sum(upload.size for upload in uploads) > quota:
        raise Refused([Problem("", "The organization’s room for documents is used up. Tell whoever runs Greenlight.")])


def _keep(case: Authorization, upload: Upload, kind: FileType, digest: str, *, actor: Actor, now: datetime) -> Document:
    waits = scanner() is not None
    document = Document(
        authorization=case,
        submission_id=upload.submission_id,
        kind=upload.kind,
        name=display_name(upload.name, kind),
        content_type=kind.content_type,
        size=upload.size,
        sha256=digest,
        storage_name=storage.keep(upload.file),
        scan=Document.Scan.PENDING if waits else Document.Scan.NOT_SCANNED,
        requested_item=upload.requested_item[:120],
        uploaded_by=actor.label,
        uploaded_at=now,
    )
    document.save(force_insert=True)
    if waits:
        enqueue(SCAN, document.id, now=now)
    _tell("document.uploaded", document, case, actor=actor, now=now, type=kind.content_type, bytes=upload.size)
    return document


def _tell(
    action: str, document: Document, case: Authorization, *, actor: Actor, now: datetime, **data: str | int
) -> None:
    record(
        action,
        actor=actor,
        now=now,
        subject=document.subject,
        member_id=case.member_id,
        authorization_id=case.id,
        data={"kind": document.kind, "scan": document.scan, **data},
    )
