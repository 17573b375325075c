"""Line versions as plain terms, and back."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from authorizations.decisions import Basis, CapPeriod, CapTerms, LineOutcome
from authorizations.models import Decision, LineVersion, ServiceLine
from authorizations.terms import CodeTerms, LineTerms


def terms_of(version: LineVersion) -> LineTerms:
    """The terms a stored version says."""
    return LineTerms(
        outcome=LineOutcome(version.outcome),
        codes=tuple(CodeTerms(row["code"], row["system"], tuple(row["modifiers"])) for row in version.codes),
        quantity_type=version.quantity_type,
        quantity=version.quantity,
        basis=Basis(version.basis),
        starts_on=version.starts_on,
        ends_on=version.ends_on,
        unit_minutes=version.unit_minutes,
        caps=tuple(CapTerms(CapPeriod(row["period"]), Decimal(row["quantity"])) for row in version.caps),
        certification_number=version.certification_number,
        provider_id=version.provider_id,
    )


def write_version(line: ServiceLine, terms: LineTerms, *, decision: Decision, now: datetime) -> LineVersion:
    """The next version of a line, in force from now on. Under the lock of the member's account."""
    last = LineVersion.objects.filter(line=line).order_by("-number").values_list("number", flat=True).first()
    version = LineVersion(
        line=line,
        authorization_id=line.authorization_id,
        number=(last or 0) + 1,
        decision=decision,
        outcome=terms.outcome,
        quantity_type=terms.quantity_type,
        quantity=terms.quantity,
        basis=terms.basis,
        unit_minutes=terms.unit_minutes,
        codes=codes_as_rows(terms.codes),
        caps=caps_as_rows(terms.caps),
        starts_on=terms.starts_on,
        ends_on=terms.ends_on,
        certification_number=terms.certification_number,
        provider_id=terms.provider_id,
        created_at=now,
    )
    version.save(force_insert=True)
    return version


def codes_as_rows(codes: tuple[CodeTerms, ...]) -> list[dict[str, Any]]:
    """As a JSON column holds them."""
    return [{"system": code.system, "code": code.code, "modifiers": list(code.modifiers)} for code in codes]


def caps_as_rows(caps: tuple[CapTerms, ...]) -> list[dict[str, str]]:
    """As a JSON column holds them: quantities as text."""
    return [{"period": str(cap.period), "quantity": str(cap.quantity)} for cap in caps]
