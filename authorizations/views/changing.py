"""The pages that ask for other terms of an approved case: Amend and Extend."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpResponse

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from authorizations import changes, queries
from authorizations.additional_units import wish_of
from authorizations.asked import AskedLine, plain_number
from authorizations.changes import Change, ChangedLine
from authorizations.models import Authorization, ServiceLine, Submission
from authorizations.models.choices import QuantityType
from authorizations.standing import terms_in_force
from authorizations.states import Purpose
from authorizations.terms import CodeTerms, LineTerms
from authorizations.views.asking import (
    AskForm,
    AskPage,
    How,
    ask_form,
    clock_of,
    day_input,
    find_case,
    whole_number,
    work,
)
from codesets.queries import by_code
from payers.rules import Service, route


@dataclass(frozen=True, slots=True)
class Row:
    """One line in force with its fields."""

    line: ServiceLine
    terms: LineTerms
    label: str
    quantity: Any
    ends_on: Any
    used: Any


class ChangeForm(AskForm):
    """A new total and a new last day for each line in force; for a change, one further code."""

    added_code = forms.CharField(label="Code", max_length=12, required=False)
    added_modifiers = forms.CharField(label="Modifiers", max_length=20, required=False)
    added_quantity = forms.DecimalField(
        label="How many", required=False, max_digits=12, widget=forms.TextInput({"inputmode": "decimal"})
    )
    added_from = forms.DateField(label="From", required=False, widget=day_input())
    note = forms.CharField(
        label="Why, for the payer", required=False, max_length=200, widget=forms.Textarea({"rows": 2})
    )

    def __init__(self, *args: Any, lines: list[tuple[ServiceLine, LineTerms]], adds: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        if not adds:
            for name in ("added_code", "added_modifiers", "added_quantity", "added_from"):
                del self.fields[name]
        for line, terms in lines:
            label = " / ".join(" ".join([code.code, *code.modifiers]) for code in terms.codes)
            self.fields[f"line_{line.number}_quantity"] = forms.DecimalField(
                label=f"{label}, new total",
                required=False,
                max_digits=12,
                widget=forms.TextInput({"inputmode": "decimal"}),
            )
            self.fields[f"line_{line.number}_ends_on"] = forms.DateField(
                label=f"{label}, last day", required=False, widget=day_input()
            )

    def clean(self) -> dict[str, Any]:
        """A further code is one we know."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        code = str(cleaned.get("added_code") or "").strip().upper()
        if code and code not in by_code("HCPCS", [code], cleaned.get("added_from") or self.lines[0][1].starts_on):
            self.add_error("added_code", f"{code} is not in the HCPCS set.")
        if cleaned.get("added_quantity") is not None and not code:
            self.add_error("added_code", "Give the code these units are for.")
        return cleaned

    def change(self) -> Change:
        """What a valid form asks for."""
        given = self.cleaned_data
        lines = tuple(
            ChangedLine(line.number, given[f"line_{line.number}_quantity"], given[f"line_{line.number}_ends_on"])
            for line, _ in self.lines
        )
        return Change(lines, self._added(), given.get("added_from"), given["note"])

    def _added(self) -> tuple[AskedLine, ...]:
        given = self.cleaned_data
        code = str(given.get("added_code") or "").strip().upper()
        if not code:
            return ()
        known = by_code("HCPCS", [code], given.get("added_from") or self.lines[0][1].starts_on)[code]
        modifiers = tuple(str(given["added_modifiers"]).upper().split())
        terms = CodeTerms(code, modifiers=modifiers)
        return (AskedLine((terms,), given["added_quantity"], QuantityType.UNITS, known.unit_minutes),)


@organization_view(Scope.AUTHORIZATION_WRITE, reads="authorization.read")
def authorization_amend(request: OrganizationRequest, authorization_id: uuid.UUID) -> HttpResponse:
    """Ask for other totals, other last days, or a further code. What is approved stands until the answer."""
    return _change(request, find_case(request, authorization_id), Purpose.REVISE)


@organization_view(Scope.AUTHORIZATION_WRITE, reads="authorization.read")
def authorization_extend(request: OrganizationRequest, authorization_id: uuid.UUID) -> HttpResponse:
    """Ask for the same services for longer."""
    return _change(request, find_case(request, authorization_id), Purpose.EXTEND)


def _change(request: OrganizationRequest, case: Authorization, purpose: Purpose) -> HttpResponse:
    if request.method != "POST":
        changes.refuse_unless_changeable(case, terms_in_force(case))
    extends = purpose is Purpose.EXTEND
    lines = list(changes.lines_for(case))
    form = ask_form(
        request, case, ChangeForm, initial=_initial(request, case, lines, extends), lines=lines, adds=not extends
    )
    page = AskPage(
        case,
        form,
        heading="Extend" if extends else "Amend",
        verb="Ask for the extension" if extends else "Ask for the change",
        body="authorizations/_change.html",
        done="asked. What is approved stays in force until the payer answers.",
        more={
            "rows": _rows(case, lines, form),
            "extends": extends,
            "returned": changes.open_change(case),
            "wish": wish_of(case),
        },
    )
    verb = changes.extend if extends else changes.amend

    def ask(cleaned: dict[str, Any], how: How) -> Submission:
        return verb(case.id, form.change(), **how.as_arguments())

    return work(request, page, ask)


def _initial(
    request: OrganizationRequest, case: Authorization, lines: list[tuple[ServiceLine, LineTerms]], extends: bool
) -> dict[str, Any]:
    """What stands; an extension begins with the payer's usual window after the end. A returned change stands again."""
    today = clock_of(request).today
    window = route(case.program, Service("", case.service_type, case.place_of_service), today).window
    found: dict[str, Any] = {}
    for line, terms in lines:
        longer = window.end(terms.ends_on) if extends and terms.ends_on else terms.ends_on
        found[f"line_{line.number}_quantity"] = "" if terms.quantity is None else plain_number(terms.quantity)
        found[f"line_{line.number}_ends_on"] = longer
    wish = wish_of(case)
    wanted = f"line_{wish.facts['line']}_quantity" if wish else ""
    if wish and found.get(wanted):
        found[wanted] = plain_number(Decimal(found[wanted]) + Decimal(wish.facts["quantity"]))
    found |= _carried(request, found)
    returned = changes.open_change(case)
    for row in returned.content["lines"] if returned else []:
        if f"line_{row['number']}_quantity" in found:
            found[f"line_{row['number']}_quantity"] = row["quantity"]
            found[f"line_{row['number']}_ends_on"] = row["ends_on"]
    return found


def _carried(request: OrganizationRequest, known: dict[str, Any]) -> dict[str, Any]:
    """What the what-if panel worked out for one line: `?line=1&total=120&until=2026-12-31`."""
    line = whole_number(request.GET.get("line", ""))
    total, until = whole_number(request.GET.get("total", "")), request.GET.get("until", "")
    carried = {f"line_{line}_quantity": total, f"line_{line}_ends_on": until[:10]}
    return {name: value for name, value in carried.items() if value and name in known}


def _rows(case: Authorization, lines: list[tuple[ServiceLine, LineTerms]], form: ChangeForm) -> list[Row]:
    used = {balance.line_id: balance for balance in queries.balances([case.id])}
    return [
        Row(
            line,
            terms,
            used[line.id].label,
            form[f"line_{line.number}_quantity"],
            form[f"line_{line.number}_ends_on"],
            used[line.id].used,
        )
        for line, terms in lines
    ]
