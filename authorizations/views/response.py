"""Record response: what was read in the portal, heard on the telephone or found in a letter; and its correction."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.access import ConflictError, OrganizationRequest, organization_view
from accounts.scopes import Scope
from authorizations import queries, queue
from authorizations.decisions import Answer, Basis, LineOutcome
from authorizations.errors import Problem, Refused, Stale
from authorizations.explanations import NOTE_WORDS
from authorizations.hearing import is_waiting, root_of
from authorizations.models import Authorization, Decision, LineDecision, Submission
from authorizations.services import add_note
from authorizations.states import BY_HAND, Channel, Purpose, Status
from authorizations.transitions import Recorded, correct_decision, record_answer
from authorizations.views.answer_form import AnswerForms, answer_forms, answer_of
from authorizations.views.answer_lines import AskedOfLine, Slip, asked_lines, slips
from authorizations.views.evidence import evidence_of, keep_evidence
from payers.models import Playbook
from payers.queries import playbook_for
from web import typed

CHANNEL_OF_LETTER = Channel.LETTER
LETTERS = frozenset({Status.APPROVED, Status.DENIED})
"""Where a payer may write again though nothing is open."""


@dataclass
class AnswerPage:
    """One showing of the form: which case and submission it answers, and what is wrong with what was typed.

    `wrong` is the decision that is corrected, if any; `back` is "queue" where the person works the manual queue.
    """

    case: Authorization
    submission: Submission | None
    asked: Sequence[AskedOfLine]
    book: Playbook | None
    today: date
    forms: AnswerForms
    wrong: Decision | None = None
    back: str = ""
    heading: str = "Not saved"
    problems: list[dict[str, str]] = field(default_factory=list)
    slips: list[Slip] = field(default_factory=list)
    confirmed: Sequence[str] = ()
    unanswered: bool = False
    wrong_reason: str = ""

    @property
    def action(self) -> str:
        if self.wrong is not None:
            return reverse("decision_correct", args=[self.wrong.id])
        if self.submission is not None:
            return reverse("submission_response", args=[self.submission.id])
        return reverse("authorization_letter", args=[self.case.id])

    @property
    def asks(self) -> dict[str, Slip]:
        """What is asked about, by the id of its field."""
        return {slip.field_id: slip for slip in self.slips}

    @property
    def may_take_back(self) -> bool:
        """Whether a refusal would take cover from services, so that the day counts."""
        stood = self.wrong.before.get("status") if self.wrong is not None else self.case.status
        return bool(stood == Status.APPROVED)

    @property
    def may_open_next(self) -> bool:
        return self.wrong is None and self.submission is not None and self.submission.channel in BY_HAND


@organization_view(Scope.AUTHORIZATION_WRITE, reads="authorization.read")
def submission_response(request: OrganizationRequest, submission_id: uuid.UUID) -> HttpResponse:
    """The payer's answer to one open submission."""
    submission = Submission.objects.filter(id=submission_id).first()
    if submission is None:
        raise Http404
    case = _case(request, submission.authorization_id)
    if not is_waiting(submission) and request.method == "GET":
        raise ConflictError(f"{case.number}: this was answered or withdrawn already. Record a letter instead.")
    return _work(request, case, submission, None)


@organization_view(Scope.AUTHORIZATION_WRITE, reads="authorization.read")
def authorization_letter(request: OrganizationRequest, authorization_id: uuid.UUID) -> HttpResponse:
    """A letter or call about a decided case, which nobody asked for."""
    case = _case(request, authorization_id)
    if case.status not in LETTERS and request.method == "GET":
        raise ConflictError(f"{case.number} is not decided: record the response to what was asked instead.")
    return _work(request, case, None, None)


@organization_view(Scope.AUTHORIZATION_WRITE, reads="authorization.read")
def decision_correct(request: OrganizationRequest, decision_id: uuid.UUID) -> HttpResponse:
    """The latest answer was entered wrongly: the right one, and why."""
    wrong = Decision.objects.select_related("submission").filter(id=decision_id).first()
    if wrong is None:
        raise Http404
    return _work(request, _case(request, wrong.authorization_id), wrong.submission, wrong)


def blank(request: OrganizationRequest, case: Authorization, submission: Submission | None) -> AnswerPage:
    """The form as it opens: what was asked stands in it, the answer is chosen by the person."""
    return _page(request, case, submission, None)


# What a button does ------------------------------------------------------------------------------------------


def _work(
    request: OrganizationRequest, case: Authorization, submission: Submission | None, wrong: Decision | None
) -> HttpResponse:
    if request.method != "POST":
        return _show(request, _page(request, case, submission, wrong))
    page = _page(request, case, submission, wrong, data=request.POST)
    if page.unanswered:
        return _keep(request, page, None)
    if not page.forms.is_valid():
        page.problems = page.forms.problems()
        return _show(request, page, status=422)
    page.slips = _slips(page)
    asked_about = [slip for slip in page.slips if slip.key not in page.confirmed]
    if asked_about:
        _mark_fields(page, asked_about)
        page.heading = "Not saved yet"
        page.problems = [
            {"text": f"{slip.text} Confirm or correct it.", "field_id": slip.field_id} for slip in asked_about
        ]
        return _show(request, page, status=422)
    return _keep(request, page, answer_of(page.forms))


def _mark_fields(page: AnswerPage, asked_about: Sequence[Slip]) -> None:
    """Show the fields that are asked about as those to look at."""
    fields = {bound.auto_id: bound for form in (page.forms.form, *page.forms.rows) for bound in form}
    for slip in asked_about:
        if slip.field_id in fields:
            fields[slip.field_id].field.widget.attrs["aria-invalid"] = "true"


def _keep(request: OrganizationRequest, page: AnswerPage, answer: Answer | None) -> HttpResponse:
    """Record it. What cannot be taken comes back with everything that was typed."""
    following = _following(request, page)
    try:
        with transaction.atomic():
            recorded = _record(request, page, answer)
            note = request.POST.get("note", "").strip()
            if note and not recorded.repeated:
                add_note(page.case.id, note[:2000], actor=request.access.actor, now=request.access.now)
            if not recorded.repeated:
                keep_evidence(request, page.case.id, page.submission.id if page.submission else None)
    except Refused as refused:
        page.problems = [_placed(problem, page) for problem in refused.problems]
        return _show(request, page, status=422)
    except Stale as stale:
        return _overtaken(request, page, stale)
    _say(request, page, recorded)
    if request.POST.get("do") == "next":
        return redirect(f"{reverse('manual_queue')}?open={following.id}#work" if following else reverse("manual_queue"))
    if page.back == "queue":
        return redirect("manual_queue")
    return redirect("authorization_detail", page.case.id)


def _record(request: OrganizationRequest, page: AnswerPage, answer: Answer | None) -> Recorded:
    actor, now, key = request.access.actor, request.access.now, request.POST.get("key", "")[:40]
    version = typed.version(request.POST)
    if page.wrong is not None:
        return correct_decision(
            page.wrong.id, answer, reason=page.wrong_reason, actor=actor, now=now, version=version, key=f"correct-{key}"
        )
    assert answer is not None
    return record_answer(
        page.case.id,
        answer,
        submission_id=page.submission.id if page.submission else None,
        actor=actor,
        now=now,
        version=version,
        key=f"answer-{key}",
    )


def _following(request: OrganizationRequest, page: AnswerPage) -> Submission | None:
    """What comes next in the queue, found before this one leaves it."""
    if request.POST.get("do") != "next" or page.submission is None:
        return None
    return queue.following(queue.waiting(queue.QueueFilter()), page.submission)


def _say(request: OrganizationRequest, page: AnswerPage, recorded: Recorded) -> None:
    number = page.case.number
    if recorded.effect is None:
        messages.info(request, f"{number}: the same answer stands already. Nothing was changed.")
        return
    words = NOTE_WORDS[recorded.effect.note]
    verb = "corrected" if page.wrong is not None else "recorded"
    if recorded.effect.applied or page.unanswered:
        messages.success(request, f"{number}: {verb}. {words}.")
    else:
        messages.warning(request, f"{number}: {verb}. {words}.")


def _overtaken(request: OrganizationRequest, page: AnswerPage, stale: Stale) -> HttpResponse:
    """Somebody changed the case in between: everything typed stays, and a second Save is a decision."""
    latest = Authorization.objects.get(id=page.case.id)
    page.forms.form.data = page.forms.form.data.copy()  # type: ignore[attr-defined]
    page.forms.form.data["version"] = str(latest.version)  # type: ignore[index]
    page.heading = "Not saved: the case was changed meanwhile"
    at = reverse("authorization_detail", args=[latest.id])
    words = f"{stale.message} What you typed is below: look before you save it again. See how it stands now."
    page.problems = [{"text": words, "field_id": "", "address": at}]
    return _show(request, page, status=409)


# What stands in the form -------------------------------------------------------------------------------------


def _case(request: OrganizationRequest, authorization_id: uuid.UUID) -> Authorization:
    found = queries.case(authorization_id)
    if found is None:
        raise Http404
    request.reading.of(found.subject, member_id=found.member_id, authorization_id=found.id)
    return found


def _page(
    request: OrganizationRequest,
    case: Authorization,
    submission: Submission | None,
    wrong: Decision | None,
    data: QueryDict | None = None,
) -> AnswerPage:
    today = request.access.organization.today(request.access.now)
    asked = asked_lines(case, submission)
    book = playbook_for(case.program)
    initial, lines = (_initial(case, submission, asked, today), [_line_as_asked(line) for line in asked])
    if wrong is not None and data is None:
        initial, lines = initial | _as_recorded(wrong), _lines_as_recorded(wrong, asked)
    made = answer_forms(
        asked,
        today=today,
        proof=book.evidence if book and evidence_of(request) is None else "",
        data=data,
        initial=initial,
        line_initial=lines,
        purpose=Purpose(root_of(submission).purpose) if submission else Purpose.INITIAL,
    )
    page = AnswerPage(case, submission, asked, book, today, made, wrong=wrong, back=request.GET.get("back", ""))
    if data is not None:
        page.back = data.get("back", "")
        page.confirmed = data.getlist("confirm")
        page.unanswered = wrong is not None and data.get("unanswered") == "on"
        page.wrong_reason = data.get("wrong_reason", "").strip()[:200]
    return page


def _initial(
    case: Authorization, submission: Submission | None, asked: Sequence[AskedOfLine], today: date
) -> dict[str, Any]:
    by_hand = submission is not None and submission.channel in BY_HAND
    return {
        "number": case.certification_number,
        "decided_on": today,
        "starts_on": asked[0].starts_on if asked else None,
        "ends_on": asked[0].ends_on if asked else None,
        "holds_from": _holds_from(case, submission, today),
        "channel": submission.channel if by_hand and submission else CHANNEL_OF_LETTER,
        "reference": submission.portal_reference if submission else "",
        "version": case.version,
        "key": uuid.uuid4().hex,
    }


def _holds_from(case: Authorization, submission: Submission | None, today: date) -> date | None:
    """The day a letter takes cover back, or that a cancellation was asked for."""
    if submission is None:
        return today if case.status == Status.APPROVED else None
    asked = root_of(submission).content.get("effective_on")
    return date.fromisoformat(asked) if asked else None


def _line_as_asked(asked: AskedOfLine) -> dict[str, Any]:
    return {"quantity": _plain(asked.quantity if asked.quantity is not None else asked.stands)}


def _as_recorded(wrong: Decision) -> dict[str, Any]:
    """The wrong entry as it was typed, to be mended."""
    facts = wrong.facts
    outcomes = [_typed_outcome(line.outcome) for line in wrong.lines.all()]
    wanted = [row["text"] for row in facts.get("requested_documents", [])]
    first = next((line for line in wrong.lines.all() if line.starts_on), None)
    found = {
        "outcome": outcomes[0] if outcomes else "",
        "number": wrong.certification_number,
        "no_number_reason": facts.get("number_missing_reason", ""),
        "decided_on": wrong.decided_on,
        "holds_from": facts.get("effective_on"),
        "reason": "" if wanted else wrong.message,
        "reason_code": ", ".join(wrong.reasons)[:30],
        "wanted": "\n".join(wanted),
        "answer_by": facts.get("answer_by"),
        "channel": facts.get("channel") or CHANNEL_OF_LETTER,
        "spoken_with": facts.get("spoken_with", ""),
        "reference": facts.get("evidence", ""),
        "approved_for": next((line.provider_named for line in wrong.lines.all() if line.provider_named), ""),
    }
    return found | ({"starts_on": first.starts_on, "ends_on": first.ends_on} if first else {})


def _lines_as_recorded(wrong: Decision, asked: Sequence[AskedOfLine]) -> list[dict[str, Any]]:
    words = {line.line_id: line for line in wrong.lines.all()}
    first = next(iter(words.values()), None)
    rows = []
    for line in asked:
        word = words.get(line.line_id) if line.line_id else None
        if word is None:
            rows.append(_line_as_asked(line))
            continue
        outcome = _typed_outcome(word.outcome)
        same = first is not None and outcome == _typed_outcome(first.outcome)
        rows.append(_line_as_typed(word, "" if same else outcome, line))
    return rows


def _line_as_typed(word: LineDecision, outcome: str, asked: AskedOfLine) -> dict[str, Any]:
    cap = word.caps[0] if word.caps and not asked.caps else None
    code = word.codes[0] if word.codes else None
    return {
        "outcome": outcome,
        "quantity": _plain(word.quantity if word.quantity is not None else asked.quantity),
        "how_much": word.basis if word.basis in (Basis.UNLIMITED, Basis.UNKNOWN) else "",
        "code": code["code"] if code else "",
        "modifiers": " ".join(code["modifiers"]) if code else "",
        "cap": cap["quantity"] if cap else None,
        "cap_period": cap["period"] if cap else "",
    }


def _typed_outcome(outcome: str) -> str:
    """Other terms than asked are still what a person calls approved."""
    known = {LineOutcome.MODIFIED: LineOutcome.APPROVED, LineOutcome.CONTACT_PAYER: LineOutcome.PENDED}
    return str(known.get(LineOutcome(outcome), outcome))


def _slips(page: AnswerPage) -> list[Slip]:
    rows = [
        (asked, row.cleaned_data, str(row.prefix))
        for asked, row in zip(page.asked, page.forms.rows, strict=True)
        if row in page.forms.approved
    ]
    return slips(rows, page.forms.form.cleaned_data, page.case, page.submission, page.today)


def _placed(problem: Problem, page: AnswerPage) -> dict[str, str]:
    """A refusal of the rules beside the field that mends it."""
    field_id = {"certification_number": "id_number", "reason": "id_wrong_reason", "evidence": "id_evidence"}.get(
        problem.field, ""
    )
    if field_id == "id_number":
        page.forms.form.add_error("number", problem.message)
    return {"text": problem.message, "field_id": field_id}


def _show(request: OrganizationRequest, page: AnswerPage, *, status: int = 200) -> HttpResponse:
    context = {"answer": page, "case": page.case, "playbook": page.book}
    return render(request, "authorizations/response.html", context, status=status)


def _plain(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"
