"""What a case stands on when something more is asked: the lines in force with their terms, as a request holds them."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

from authorizations.asked import freeze, frozen_line, lines_of, plain_number
from authorizations.decisions import LineOutcome
from authorizations.models import Authorization, LineDecision, LineVersion, ServiceLine
from authorizations.terms import LineTerms
from authorizations.versions import caps_as_rows, codes_as_rows, terms_of

GRANTED = frozenset({LineOutcome.APPROVED, LineOutcome.MODIFIED})


def terms_in_force(case: Authorization) -> dict[uuid.UUID, LineTerms]:
    """The latest terms of each line that is granted, by line."""
    latest = {row.line_id: terms_of(row) for row in LineVersion.standing.filter(authorization=case).order_by("number")}
    return {line_id: terms for line_id, terms in latest.items() if terms.outcome in GRANTED and not terms.is_empty}


def refused_lines(case: Authorization) -> list[ServiceLine]:
    """The lines that the payer refused, or took back, and that are not granted."""
    rows = LineDecision.standing.filter(decision__authorization=case, decision__applied=True)
    words = dict(rows.order_by("decision__number").values_list("line_id", "outcome"))
    granted = terms_in_force(case)
    return [line for line in lines_of(case) if line.id not in granted and words.get(line.id) == LineOutcome.DENIED]


def frozen_terms(line: ServiceLine, terms: LineTerms) -> dict[str, Any]:
    """A line as it stands, in the shape of a frozen line, with its own days."""
    return frozen_line(line) | {
        "quantity": plain_number(terms.quantity),
        "quantity_type": terms.quantity_type,
        "unit_minutes": terms.unit_minutes,
        "codes": codes_as_rows(terms.codes),
        "caps": caps_as_rows(terms.caps),
        "starts_on": terms.starts_on.isoformat(),
        "ends_on": terms.ends_on.isoformat() if terms.ends_on else "",
    }


def content_of(case: Authorization, lines: list[dict[str, Any]], *, note: str = "", **more: Any) -> dict[str, Any]:
    """A frozen request about some lines of a case: its days are those the lines span."""
    first = [date.fromisoformat(line["starts_on"]) for line in lines if line.get("starts_on")]
    last = [date.fromisoformat(line["ends_on"]) for line in lines if line.get("ends_on")]
    content = freeze(case) | {"lines": lines, "note_to_payer": note}
    content |= {"starts_on": min(first).isoformat()} if first else {}
    content |= {"ends_on": max(last).isoformat()} if last else {}
    return content | more


def total(value: Decimal | None) -> str:
    """A quantity for a sentence."""
    return "no limit" if value is None else plain_number(value)
