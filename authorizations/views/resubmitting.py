"""The page that answers a pend: what is said, which papers go along, and files that are kept with the same press."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import Http404, HttpResponse

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from authorizations import pends
from authorizations.documents.files import ACCEPT
from authorizations.documents.queries import news
from authorizations.documents.services import Upload, keep_documents
from authorizations.hearing import Case
from authorizations.models import Decision, Document, Submission
from authorizations.pends import Attachment, Reply
from authorizations.transitions import resubmit
from authorizations.views.asking import AskForm, AskPage, How, ask_form, find_case, work
from authorizations.views.documents import Files, FilesInput
from edi.views.codes import reason_words, report_words

TRAVELS = (
    ("", "does not go"),
    ("FX", "goes by fax"),
    ("BM", "goes by mail"),
    ("EM", "goes by e-mail"),
    ("AA", "is kept ready, on request"),
)
"""How a document reaches the payer (005010X217 guide, PWK02)."""

REPORT_TYPE = {
    Document.Kind.ORDER: "B3",
    Document.Kind.CHART_NOTE: "M1",
    Document.Kind.PLAN_OF_CARE: "08",
    Document.Kind.IMAGING: "RR",
}
"""What the payer is told a document is (005010X217 guide, PWK01)."""


class ReplyForm(AskForm):
    """What is said in answer to a pend, and which of the wanted documents go along."""

    text = forms.CharField(
        label="What we say", required=False, max_length=pends.LONGEST_TEXT, widget=forms.Textarea({"rows": 3})
    )
    other = forms.CharField(label="Another document", required=False, max_length=80)
    other_by = forms.ChoiceField(label="How it goes", choices=TRAVELS, required=False)
    confirmed = forms.BooleanField(label="Send it although nothing was added", required=False)

    def __init__(
        self,
        *args: Any,
        wanted: list[dict[str, str]],
        news: Sequence[Document] = (),
        adds: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.wanted = wanted
        self.news = list(news)[: pends.MOST_ATTACHMENTS]
        for document in self.news:
            label = f"{document.get_kind_display()}: {document.name}"
            self.fields[f"kept_{document.id}"] = forms.ChoiceField(label=label, choices=TRAVELS, required=False)
        for number, each in enumerate(wanted):
            words = each.get("text") or f"What the payer wants ({each.get('kind') or number + 1})"
            self.fields[f"document_{number}"] = forms.ChoiceField(label=words, choices=TRAVELS, required=False)
        if adds:
            self._add_files()

    def _add_files(self) -> None:
        """Files of one kind that are kept with the case and go along."""
        self.fields["added"] = Files(
            label="Files to add", required=False, widget=FilesInput({"accept": ACCEPT, "multiple": True})
        )
        kinds = [("", "choose"), *Document.Kind.choices]
        self.fields["added_kind"] = forms.ChoiceField(label="What they are", choices=kinds, required=False)
        items = [(each["text"], report_words(each["text"])) for each in self.wanted if each.get("text")]
        if items:
            self.fields["added_item"] = forms.ChoiceField(
                label="Which the payer asked for", choices=[("", "none of these"), *items], required=False
            )
        self.fields["added_by"] = forms.ChoiceField(
            label="How they go", choices=[("", "choose"), *TRAVELS[1:]], required=False
        )

    @property
    def documents(self) -> list[Any]:
        asked = [self[f"document_{number}"] for number in range(len(self.wanted))]
        return asked + [self[f"kept_{document.id}"] for document in self.news]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("other") and not cleaned.get("other_by"):
            self.add_error("other_by", "Say how it goes.")
        if cleaned.get("added") and not cleaned.get("added_kind"):
            self.add_error("added_kind", "Say what they are.")
        if cleaned.get("added") and not cleaned.get("added_by"):
            self.add_error("added_by", "Say how they go.")
        return cleaned

    def reply(self) -> Reply:
        """What two valid halves say."""
        given = self.cleaned_data
        found = [
            Attachment(given[f"document_{number}"], _kind(each), each.get("text", "")[:80])
            for number, each in enumerate(self.wanted)
            if given[f"document_{number}"]
        ]
        found += [
            _announced(given[f"kept_{document.id}"], document.kind)
            for document in self.news
            if given[f"kept_{document.id}"]
        ]
        found += [self._added() for _ in given.get("added") or ()]
        found += [Attachment(given["other_by"], description=given["other"])] if given["other"] else []
        return Reply(given["text"], tuple(found))

    def _added(self) -> Attachment:
        """How a file that came with the form is announced: as the thing asked for, where it answers one."""
        given = self.cleaned_data
        asked = given.get("added_item")
        item = next((each for each in self.wanted if asked and each.get("text") == asked), None)
        if item is not None:
            return Attachment(given["added_by"], _kind(item), item["text"][:80])
        return _announced(given["added_by"], given["added_kind"])

    def uploads(self, submission: Submission) -> list[Upload]:
        """The files of a valid form; `submission` is the one that the payer pended."""
        given = self.cleaned_data
        item = given.get("added_item") or ""
        return [
            Upload(
                place="added",
                name=file.name or "",
                file=file.file,
                size=file.size or 0,
                kind=given["added_kind"],
                requested_item=item[:120],
                submission_id=submission.id if item else None,
            )
            for file in given.get("added") or ()
        ]


@organization_view(Scope.AUTHORIZATION_WRITE, reads="authorization.read")
def submission_resubmit(request: OrganizationRequest, submission_id: uuid.UUID) -> HttpResponse:
    """Answer what a payer asked for when it pended, or send again what came back unreviewed."""
    submission = Submission.objects.filter(id=submission_id).first()
    if submission is None:
        raise Http404
    case = find_case(request, submission.authorization_id)
    thread = Case(case)
    submission = thread.submission(submission_id)
    if request.method != "POST":
        pends.answerable(thread, submission)
    word = pends.last_word(thread, submission)
    wanted = _wanted(word)
    asked = [each.get("text", "")[:120] for each in wanted]
    filed = news(case, asked, word.recorded_at if word else None)
    adds = request.access.allows(Scope.AUTHORIZATION_CONTRIBUTE)
    form = ask_form(request, case, ReplyForm, wanted=wanted, news=filed, adds=adds)
    page = AskPage(
        case,
        form,
        heading="Resubmit",
        verb="Resubmit",
        body="authorizations/_resubmit.html",
        done="the answer is on its way.",
        more={"word": word, "why": reason_words(word.reasons) if word else "", "contact": _contact(word)},
    )

    def ask(cleaned: dict[str, Any], how: How) -> Submission:
        answer = resubmit(submission_id, form.reply(), confirmed=cleaned["confirmed"], **how.as_arguments())
        uploads = form.uploads(submission)
        if uploads:
            keep_documents(case.id, uploads, actor=how.actor, now=how.now)
        return answer

    return work(request, page, ask)


def _wanted(word: Decision | None) -> list[dict[str, str]]:
    return list(word.facts.get("requested_documents", [])) if word else []


def _contact(word: Decision | None) -> str:
    """Where the payer wants documents, in one line."""
    found = (word.facts.get("contact") if word else None) or {}
    parts = [found.get(name, "") for name in ("name", "phone", "fax", "email", "url", "address")]
    labels = ("", "phone ", "fax ", "", "", "")
    return ", ".join(f"{label}{part}" for label, part in zip(labels, parts, strict=True) if part)


def _kind(each: dict[str, str]) -> str:
    """The report type the payer named, where it is one."""
    kind = each.get("kind", "")
    return kind if each.get("code_system") == "PWK01" and len(kind) == 2 else pends.UNKNOWN_REPORT


def _announced(by: str, kind: str) -> Attachment:
    """A paper of ours that answers nothing the payer named."""
    return Attachment(by, REPORT_TYPE.get(Document.Kind(kind), pends.UNKNOWN_REPORT), Document.Kind(kind).label)
