"""The worker's part: a file is looked at by the scanner; what a broken upload left behind is swept."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from audit.actors import Actor
from authorizations.documents import storage
from authorizations.documents.scanning import Unreachable, Verdict, scanner
from authorizations.documents.services import SCAN, leave_unscanned, note_scan, sweep
from authorizations.models import Document
from outbox.models import OutboxMessage
from outbox.tasks import Later, Never, reads
from tenancy.scoping import organization_scope

SCANNER = Actor.job("Scanner")
AWAITING = (Document.Scan.PENDING, Document.Scan.FAILED)


@reads(SCAN)
def scan_document(message: OutboxMessage) -> None:
    """`subject_id` is the document. No transaction is open while the scanner looks.

    A scanner that is away is asked again later, and the file stays closed; one that refuses the file leaves the work
    to a person.
    """
    looks = scanner()
    with organization_scope(message.organization_id):
        found = Document.objects.filter(id=message.subject_id, scan__in=AWAITING).first()
        if found is None:
            return
        if looks is None:
            leave_unscanned(found.id)
            return
        path = storage.path_of(found.storage_name)
    try:
        with path.open("rb") as file:
            verdict = looks.scan(file)
    except Unreachable:
        raise Later("the scanner cannot be reached") from None
    except FileNotFoundError:
        raise Never("a stored file is missing") from None
    with organization_scope(message.organization_id):
        note_scan(found.id, verdict, actor=SCANNER, now=timezone.now())
    if verdict is Verdict.FAILED:
        raise Never("the scanner refused a file")


@shared_task(name="authorizations.documents.tasks.sweep", ignore_result=True)
def sweep_documents() -> int:
    """Each organization's folder, one after the other. How many files were removed."""
    removed = 0
    for organization_id in storage.organizations():
        with organization_scope(organization_id):
            removed += sweep(now=timezone.now())
    return removed
