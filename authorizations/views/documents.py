"""The files of a case: sent, fetched, and marked when they were filed by mistake."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import structlog
from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django_htmx.http import HttpResponseClientRedirect

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from authorizations.documents import queries, storage
from authorizations.documents.files import ACCEPT, LARGEST, MEGABYTE, MOST_AT_ONCE, TAKEN
from authorizations.documents.queries import Wanted
from authorizations.documents.scanning import scanner
from authorizations.documents.services import Upload, keep_documents, mark_mistaken, may_be_had
from authorizations.errors import NotAllowed, Problem, Refused
from authorizations.models import Authorization, Document
from authorizations.states import Status
from authorizations.views.asking import find_case
from edi.views.codes import report_words

ROWS = 3
"""Kinds of file that can be sent with one press; each takes several files."""

WHY_CLOSED = {
    Document.Scan.PENDING: "The scanner has not looked at this file yet. Try again in a minute.",
    Document.Scan.NOT_SCANNED: "The scanner has not looked at this file yet. Try again in a minute.",
    Document.Scan.INFECTED: "The scanner found something harmful in this file. It is kept and given to nobody.",
    Document.Scan.FAILED: "The scanner could not look at this file. Tell whoever runs Greenlight.",
}


log = structlog.get_logger()


class FilesInput(forms.FileInput):
    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Any]:
        return list(files.getlist(name)) if hasattr(files, "getlist") else []


class Files(forms.Field):
    """Any number of files of one kind; what they are is judged where they are kept."""

    widget = FilesInput


class UploadForm(forms.Form):
    """Rows of files with what they are; `wanted` is what the payer asked for."""

    def __init__(self, *args: Any, wanted: Sequence[Wanted], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wanted = wanted
        for number in range(ROWS):
            self.fields[f"files_{number}"] = Files(
                label="Files", required=False, widget=FilesInput({"accept": ACCEPT, "multiple": True})
            )
            self.fields[f"kind_{number}"] = forms.ChoiceField(
                label="What they are", choices=[("", "choose"), *Document.Kind.choices], required=False
            )
            if wanted:
                items = [(each.text, report_words(each.text)) for each in wanted]
                self.fields[f"item_{number}"] = forms.ChoiceField(
                    label="Which the payer asked for", choices=[("", "none of these"), *items], required=False
                )

    @property
    def rows(self) -> list[list[forms.BoundField]]:
        names = ("files", "kind", "item")
        return [[self[f"{name}_{row}"] for name in names if f"{name}_{row}" in self.fields] for row in range(ROWS)]

    @property
    def problems(self) -> list[dict[str, str]]:
        return [
            {"text": str(text), "field_id": "" if name == "__all__" else f"id_{name}"}
            for name, texts in self.errors.items()
            for text in texts
        ]

    def put(self, problems: Sequence[Problem]) -> None:
        for problem in problems:
            self.add_error(problem.field if problem.field in self.fields else None, problem.message)

    def uploads(self) -> list[Upload]:
        """What a valid form sends."""
        return [upload for row in range(ROWS) for upload in self._of_row(row)]

    def _of_row(self, row: int) -> list[Upload]:
        given = self.cleaned_data
        item = next((each for each in self.wanted if each.text == given.get(f"item_{row}")), None)
        return [
            Upload(
                place=f"files_{row}",
                name=file.name or "",
                file=file.file,
                size=file.size or 0,
                kind=given[f"kind_{row}"],
                requested_item=item.text if item else "",
                submission_id=item.submission_id if item else None,
            )
            for file in given[f"files_{row}"] or ()
        ]


class MistakeForm(forms.Form):
    reason = forms.CharField(label="What is wrong with it?", max_length=200)


@organization_view(Scope.AUTHORIZATION_CONTRIBUTE, reads="authorization.read")
def document_upload(request: OrganizationRequest, authorization_id: uuid.UUID) -> HttpResponse:
    """Send files, each with what it is and, for a pend, what it answers."""
    case = find_case(request, authorization_id)
    wanted = queries.wanted(case) or queries.needed(case)
    if request.method != "POST":
        return _upload_page(request, case, UploadForm(initial=_asked(request, wanted), wanted=wanted))
    form = UploadForm(request.POST, request.FILES, wanted=wanted)
    if not form.is_valid():
        return _upload_page(request, case, form, status=422)
    uploads = form.uploads()
    try:
        kept = keep_documents(case.id, uploads, actor=request.access.actor, now=request.access.now)
    except Refused as refused:
        form.put(refused.problems)
        return _upload_page(request, case, form, status=422)
    _say_what_was_kept(request, len(kept), len(uploads))
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponseClientRedirect(_documents_of(request, case))
    return redirect(_documents_of(request, case))


@organization_view(Scope.AUTHORIZATION_READ, methods=["GET"], reads="document.downloaded")
def document_download(request: OrganizationRequest, document_id: uuid.UUID) -> HttpResponse:
    """The bytes as they were sent, to be saved: a browser neither shows nor runs them here."""
    document = _find(document_id)
    case = document.authorization
    request.reading.of(document.subject, member_id=case.member_id, authorization_id=case.id, kind=document.kind)
    if not may_be_had(document):
        raise NotAllowed(WHY_CLOSED[Document.Scan(document.scan)])
    try:
        content = storage.read(document.storage_name, document.sha256)
    except storage.Missing as missing:
        log.error("document.unreadable", document_id=str(document.id), problem=str(missing))
        raise NotAllowed("This file is missing or damaged on the disk. Tell whoever runs Greenlight.") from None
    return saved(content, document.content_type, document.name)


@organization_view(Scope.AUTHORIZATION_CONTRIBUTE, reads="authorization.read")
def document_mistake(request: OrganizationRequest, document_id: uuid.UUID) -> HttpResponse:
    """Say that a file belongs elsewhere. It stays, apart from the others."""
    document = _find(document_id)
    case = find_case(request, document.authorization_id)
    if document.mistaken_at is not None:
        messages.info(request, "This is marked as filed by mistake already.")
        return redirect(_documents_of(request, case))
    form = MistakeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        mark_mistaken(document.id, form.cleaned_data["reason"], actor=request.access.actor, now=request.access.now)
        messages.success(request, "Marked as filed by mistake. It is kept below the others.")
        return redirect(_documents_of(request, case))
    status = 422 if form.is_bound else 200
    context = {"case": case, "document": document, "form": form}
    return render(request, "authorizations/document_mistake.html", context, status=status)


def saved(content: bytes, content_type: str, name: str) -> HttpResponse:
    """Bytes for the disk of whoever asked: a browser that shows them all the same runs nothing of them."""
    disposition = {"Content-Disposition": content_disposition_header(True, name)}
    response = HttpResponse(content, content_type=content_type, headers=disposition)
    response._csp_update = {"sandbox": True}  # type: ignore[attr-defined]
    return response


def documents_part(found: Authorization, documents: Sequence[Document]) -> dict[str, Any]:
    """What the Documents tab shows."""
    return {
        "documents": [(each, may_be_had(each)) for each in documents if each.mistaken_at is None],
        "mistaken": [(each, may_be_had(each)) for each in documents if each.mistaken_at is not None],
        "wanted": queries.wanted(found),
        "scanned": scanner() is not None,
    }


def _find(document_id: uuid.UUID) -> Document:
    found = queries.document(document_id)
    if found is None:
        raise Http404
    return found


def _upload_page(
    request: OrganizationRequest, case: Authorization, form: UploadForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "case": case,
        "form": form,
        "back": _documents_of(request, case),
        "problems": form.problems if form.is_bound else [],
        "taken": TAKEN,
        "megabytes": LARGEST // MEGABYTE,
        "most": MOST_AT_ONCE,
    }
    return render(request, "authorizations/document_upload.html", context, status=status)


def _asked(request: OrganizationRequest, wanted: Sequence[Wanted]) -> dict[str, str]:
    """Where the payer waits for something, the first row answers what was chosen, by its number in `?what=`, else the
    first thing that is not here yet."""
    chosen = request.GET.get("what", "")
    if chosen.isdecimal() and len(chosen) < 4 and 0 < int(chosen) <= len(wanted):
        return {"item_0": wanted[int(chosen) - 1].text}
    return next(({"item_0": each.text} for each in wanted if not each.filed), {})


def _say_what_was_kept(request: OrganizationRequest, kept: int, sent: int) -> None:
    if kept:
        messages.success(request, f"{kept} {'file is' if kept == 1 else 'files are'} kept.")
    if kept < sent:
        again = sent - kept
        messages.info(request, f"{again} of them {'was' if again == 1 else 'were'} here already and not kept twice.")


def _documents_of(request: OrganizationRequest, case: Authorization) -> str:
    """Back to the form of a draft, for whoever may write it; else to the Documents tab."""
    if case.status == Status.DRAFT and request.access.allows(Scope.AUTHORIZATION_WRITE):
        return f"{reverse('authorization_edit', args=[case.id])}#documents"
    return f"{reverse('authorization_detail', args=[case.id])}?tab=documents"
