"""Pages about claims: the list, one claim with the reason of every draw, the form, and the question before a void."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.access import ConflictError, OrganizationRequest, organization_view
from accounts.scopes import Scope
from authorizations.errors import Refused
from authorizations.models import LedgerEntry
from authorizations.queries import balances, in_force
from authorizations.views.lines import lines as lines_of_cases
from claims import explanations, forms, queries, services
from claims.allocation import Outcome
from claims.models import Claim, ClaimLine
from claims.queries import ClaimRow
from codesets.models import AnyCode
from codesets.queries import uses_of, words_of
from members.models import Member
from tenancy.services import KeyReused, earlier_result, keep_result
from web import typed, wording

PAGE_SIZE = 50
POST_ACTION = "claim.post"


@dataclass
class Page:
    """One showing of the form: whose claim it is, what stands in it, and what is wrong with it."""

    member: Member
    today: date
    claim: Claim | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    lines: list[dict[str, Any]] = field(default_factory=list)
    data: QueryDict | None = None

    def forms(self) -> tuple[Any, Any]:
        """The two forms: bound to what was sent, or filled with what is known."""
        kind = forms.ClaimForm if self.claim is None else forms.ReplacementForm
        if self.data is not None:
            return kind(self.data, member=self.member, today=self.today), forms.line_set(data=self.data)
        filled = kind(initial=self.fields, member=self.member, today=self.today)
        return filled, forms.line_set(initial=self.lines or [{}])


@organization_view(Scope.CLAIM_READ, methods=["GET"], reads="claim.listed")
def claim_list(request: OrganizationRequest) -> HttpResponse:
    """Claims, the latest posted first; `?member=` shows those of one member."""
    member = _member(request.GET.get("member", ""))
    shown = queries.claim_page(
        size=PAGE_SIZE, after=request.GET.get("after", ""), member_id=member.id if member else None
    )
    request.reading.found(len(shown.rows), member=str(member.id) if member else "")
    return render(request, "claims/list.html", {"page": shown, "member": member})


@organization_view(Scope.CLAIM_READ, methods=["GET"], reads="claim.read")
def claim_detail(request: OrganizationRequest, claim_id: uuid.UUID) -> HttpResponse:
    """One claim: what each line drew and why, and everything it ever did to the ledger."""
    row = _row(claim_id)
    claim = row.claim
    request.reading.of(("claim", claim.id), member_id=claim.member_id)
    entries = queries.entries_of(claim)
    outcomes = services.look_at(claim).outcomes
    context = {
        "row": row,
        "claim": claim,
        "lines": _told_lines(row, outcomes),
        "history": [(entry, explanations.told(entry.reason)) for entry in entries],
        "versions": queries.versions_of(claim),
    }
    return render(request, "claims/detail.html", context)


@organization_view(Scope.CLAIM_WRITE, reads="claim.read")
def claim_new(request: OrganizationRequest) -> HttpResponse:
    """Post a claim by hand for `?member=`; without one the member is chosen first."""
    member = _member(request.GET.get("member", ""))
    if member is None:
        return render(request, "members/pick.html", {"for": "claim", "query": "", "q": "", "shortest": 2})
    request.reading.of(("member", member.id), member_id=member.id)
    page = Page(member, _today(request), fields={"key": uuid.uuid4().hex})
    if request.method == "POST":
        return _answer(request, page)
    return _show(request, page, *page.forms())


@organization_view(Scope.CLAIM_WRITE, reads="claim.read")
def claim_replace(request: OrganizationRequest, claim_id: uuid.UUID) -> HttpResponse:
    """The form of a live claim, filled with what was billed: posting it replaces the claim."""
    row = _row(claim_id)
    claim = row.claim
    request.reading.of(("claim", claim.id), member_id=claim.member_id)
    if claim.state != Claim.State.LIVE:
        raise ConflictError(f"Claim {claim.number} is voided or parked, so it cannot be replaced.")
    first = row.lines[0]
    fields = {"key": uuid.uuid4().hex, "provider": first.provider_id, "place_of_service": first.place_of_service}
    page = Page(claim.member, _today(request), claim, fields, forms.lines_as_billed(row.lines))
    if request.method == "POST":
        return _answer(request, page)
    return _show(request, page, *page.forms())


@organization_view(Scope.CLAIM_WRITE, reads="claim.read")
def claim_void(request: OrganizationRequest, claim_id: uuid.UUID) -> HttpResponse:
    """Asks first, showing what returns and which other lines would move; then the claim is voided for good."""
    row = _row(claim_id)
    claim = row.claim
    request.reading.of(("claim", claim.id), member_id=claim.member_id)
    if request.method == "POST":
        reason = request.POST.get("reason", "").strip()
        services.void_claim(claim.id, reason=reason, actor=request.access.actor, now=request.access.now)
        messages.success(request, f"Claim {claim.number} is voided. What it drew is given back.")
        return redirect("claim_detail", claim.id)
    if claim.state == Claim.State.VOIDED:
        raise ConflictError(f"Claim {claim.number} is voided already.")
    context = {
        "claim": claim,
        "returns": _returns(claim),
        "heading": f"Void claim {claim.number}?",
        "body": "claims/_void.html",
        "action": reverse("claim_void", args=[claim.id]),
        "verb": "Void the claim",
        "stay_url": reverse("claim_detail", args=[claim.id]),
    }
    part = "#ask" if request.htmx.target == "dialog" else ""  # type: ignore[attr-defined]
    return render(request, f"confirm.html{part}", context)


# What a button does ------------------------------------------------------------------------------------------


def _answer(request: OrganizationRequest, page: Page) -> HttpResponse:
    """Add or remove a row, or post; whatever is wrong comes back with all that was typed."""
    action = request.POST.get("do", "post")
    if action == "post":
        page.data = request.POST
        return _posted(request, page)
    page.fields |= {name: request.POST.get(name, "") for name in forms.ReplacementForm.base_fields}
    page.lines = forms.typed_lines(request.POST)
    if action == "add-line" and len(page.lines) < forms.MOST_LINES:
        page.lines.append({})
    elif (gone := typed.removed(action)) is not None:
        page.lines = [line for at, line in enumerate(page.lines) if at != gone]
    return _show(request, page, *page.forms())


def _posted(request: OrganizationRequest, page: Page) -> HttpResponse:
    form, lines = page.forms()
    if form.is_valid() & lines.is_valid():
        try:
            claim = _store(request, page, form, lines)
        except Refused as refused:
            forms.put(refused.problems, form, lines)
        except KeyReused as reused:
            raise ConflictError(f"{str(reused).capitalize()}. Nothing was saved.") from reused
        else:
            messages.success(request, _outcome_words(claim))
            return redirect("claim_detail", claim.id)
    return _show(request, page, form, lines, status=422)


def _store(request: OrganizationRequest, page: Page, form: Any, lines: Any) -> Claim:
    """Post or replace. The form's key answers a second press with the first one's claim."""
    actor, now = request.access.actor, request.access.now
    billed = forms.posted_lines(form, lines)
    if page.claim is not None:
        reason = form.cleaned_data["reason"]
        return services.replace_claim(page.claim.id, lines=billed, reason=reason, actor=actor, now=now).claim
    cleaned = form.cleaned_data
    content = {"number": cleaned["number"], "coverage": cleaned["coverage"].id, "lines": billed}
    first = earlier_result(cleaned["key"], action=POST_ACTION, content=content)
    if first is not None:
        standing: Claim = Claim.objects.get(id=first)
        return standing
    posting = services.post_claim(
        number=cleaned["number"], coverage=cleaned["coverage"], lines=billed, actor=actor, now=now
    )
    if posting.changed:
        keep_result(cleaned["key"], action=POST_ACTION, content=content, result_id=posting.claim.id, now=now)
    return posting.claim


def _outcome_words(claim: Claim) -> str:
    row = _row(claim.id)
    if not row.drawn:
        return f"Claim {claim.number} is posted. It drew nothing: each line says why."
    over = f", {wording.quantity(row.over)} of it beyond what is approved" if row.over else ""
    return f"Claim {claim.number} is posted: {wording.quantity(row.drawn)} drawn{over}."


# How it is shown ---------------------------------------------------------------------------------------------


def _show(request: OrganizationRequest, page: Page, form: Any, lines: Any, *, status: int = 200) -> HttpResponse:
    """The form, with what is left of the member's cover beside it."""
    codes = [str(line["code"].value() or "").upper() for line in lines.forms]
    words = words_of("HCPCS", [code for code in codes if code])
    context = {
        "member": page.member,
        "claim": page.claim,
        "form": form,
        "lines": lines,
        "line_rows": [(line, words.get(code, "")) for line, code in zip(lines.forms, codes, strict=True)],
        "problems": forms.listed(form, lines) if page.data is not None else [],
        "cover": _cover(page.member, page.today),
        "action": request.get_full_path(),
    }
    part = "#claim" if request.htmx.target == "claim" else ""  # type: ignore[attr-defined]
    return render(request, f"claims/form.html{part}", context, status=status)


def _cover(member: Member, today: date) -> list[Any]:
    """What may be drawn from today: each line in force, with its authorization and meter."""
    cases = {case.id: case for case in in_force([member.id], today).get(member.id, [])}
    shown = lines_of_cases(balances(cases), today)
    return [(cases[line.balance.authorization_id], line) for line in shown if line.balance.in_force]


@dataclass(frozen=True, slots=True)
class ToldLine:
    """A billed line with what became of it. `record` is the explanation as it would be kept."""

    line: ClaimLine
    words: str
    draws: list[tuple[Decimal, Any]]
    why: str
    over: str
    flags: list[str]
    refusals: list[str]


def _told_lines(row: ClaimRow, outcomes: Iterable[Outcome]) -> list[ToldLine]:
    """What allocation says of each line now, which is what the ledger says."""
    by_line = {outcome.charge.claim_line_id: outcome for outcome in outcomes}
    known = uses_of("HCPCS", [line.code for line in row.lines])
    return [_told(line, known.get(line.code, []), by_line.get(line.id)) for line in row.lines]


def _told(line: ClaimLine, uses: Sequence[AnyCode], outcome: Outcome | None) -> ToldLine:
    words = uses[-1].words if uses else ""
    if outcome is None:
        return ToldLine(line, words, [], "Voided: it draws nothing any more.", "", [], [])
    covers = {cover.line_id: cover for cover in outcome.shelf}
    draws = [(draw.units, covers[draw.line_id]) for draw in outcome.draws]
    record = explanations.record_of(outcome)
    over = sum((draw.over for draw in outcome.draws), Decimal(0))
    by = draws[0][1] if draws else None
    covered_by = (sorted(by.numbers) or [by.authorization_number])[0] if by else ""
    return ToldLine(
        line=line,
        words=words,
        draws=draws,
        why=explanations.why(record),
        over=explanations.over_words(record, over),
        flags=_code_flags(line, uses) + explanations.flags(record, covered_by=covered_by),
        refusals=explanations.refusals(record),
    )


def _code_flags(line: ClaimLine, uses: Sequence[AnyCode]) -> list[str]:
    """A claim comes from outside and is kept as billed; a code nobody may use on its day is said."""
    if any(use.valid_on(line.first_day) for use in uses):
        return []
    if not uses:
        return [f"{line.code} is in no code set here: check the code."]
    return [f"{line.code} was not valid on the day of service: check the code."]


def _returns(claim: Claim) -> list[str]:
    """What a void would do, sentence by sentence: what returns, and which other lines move because of it."""
    entries = services.look_at(claim, voided=True).entries
    numbers = queries.authorization_numbers(entry.authorization_id for entry in entries)
    found = [
        f"{_amount(-entry.quantity, entry)} of {entry.code} go back to {numbers[entry.authorization_id]}"
        for entry in entries
        if entry.claim_id == claim.id
    ]
    others: dict[str, list[LedgerEntry]] = {}
    for entry in entries:
        if entry.claim_id not in (None, claim.id):
            others.setdefault(f"{entry.claim_number} line {entry.claim_line_number}", []).append(entry)
    return found + [f"{name} {_moves(moved, numbers)}" for name, moved in others.items()]


def _moves(entries: Sequence[LedgerEntry], numbers: Mapping[uuid.UUID, str]) -> str:
    """Where another line was drawn from and where it would be, and what is over then."""
    before = [entry for entry in entries if entry.quantity < 0]
    after = [entry for entry in entries if entry.quantity > 0]
    was_over, is_over = -sum(entry.over for entry in before), sum(entry.over for entry in after)
    over = f", over by {wording.quantity(is_over)}" if is_over else ", no longer over" if was_over else ""
    source = wording.join_words([numbers[entry.authorization_id] for entry in before])
    target = wording.join_words([numbers[entry.authorization_id] for entry in after])
    if not after:
        return f"no longer draws from {source}"
    if source == target:
        return f"stays with {target}{over}"
    moved = f"moves from {source} to {target}" if before else f"draws from {target}"
    return f"{moved}{over}"


def _amount(quantity: Decimal, entry: LedgerEntry) -> str:
    return wording.counted(quantity, entry.quantity_type.removesuffix("s"))


def _row(claim_id: uuid.UUID) -> ClaimRow:
    row = queries.claim_row(claim_id)
    if row is None:
        raise Http404
    return row


def _member(text: str) -> Member | None:
    """The member an address names, or None where it names none. Raises Http404 for an unknown one."""
    if not text:
        return None
    try:
        found: Member | None = Member.objects.filter(id=uuid.UUID(text)).first()
    except ValueError as error:
        raise Http404 from error
    if found is None:
        raise Http404
    return found


def _today(request: OrganizationRequest) -> date:
    return request.access.organization.today(request.access.now)
