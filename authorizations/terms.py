"""The terms of a line in force, and how an answer makes new ones. Plain values, no database.

Rules: design, "Amounts and time" (bases of a quantity, nothing approved is 0) and the rules under the table of
effects (new versions from their date; a cancellation or a take-back ends cover the day before).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from authorizations.decisions import Basis, CapTerms, LineAnswer, LineOutcome

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CodeTerms:
    """A code with its modifiers, in the order they are billed."""

    code: str
    system: str = "HCPCS"
    modifiers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LineTerms:
    """What may be used of a line: codes, how much, when, under which number.

    `quantity` is None where the basis is unlimited or unknown. Both dates are included; terms that end before
    they start hold for no day.
    """

    outcome: LineOutcome
    codes: tuple[CodeTerms, ...]
    quantity_type: str
    quantity: Decimal | None
    basis: Basis
    starts_on: date
    ends_on: date | None
    unit_minutes: int | None = None
    caps: tuple[CapTerms, ...] = ()
    certification_number: str = ""
    provider_id: UUID | None = None

    @property
    def is_empty(self) -> bool:
        """Whether the terms hold for no day at all."""
        return self.ends_on is not None and self.ends_on < self.starts_on

    def holds_on_or_after(self, day: date) -> bool:
        """Whether a service on `day`, or on a later one, can still be covered."""
        return not self.is_empty and (self.ends_on is None or self.ends_on >= day)


@dataclass(frozen=True, slots=True)
class AskedTerms:
    """What was asked for a line, which an answer that says less falls back on."""

    codes: tuple[CodeTerms, ...]
    quantity_type: str
    quantity: Decimal | None
    starts_on: date
    ends_on: date | None
    unit_minutes: int | None = None
    caps: tuple[CapTerms, ...] = ()


def granted(
    answer: LineAnswer,
    asked: AskedTerms,
    standing: LineTerms | None,
    *,
    day: date,
    provider_id: UUID | None = None,
) -> LineTerms:
    """The terms an approval makes: what it states, else what stands, else what was asked.

    Other codes or another provider without a date of their own hold from `day`, so that earlier services keep
    the terms they were given under.
    """
    base = _as_asked(asked) if standing is None else standing
    terms = replace(
        base,
        outcome=answer.outcome,
        codes=_codes(answer, base.codes),
        ends_on=answer.ends_on or base.ends_on,
        certification_number=answer.certification_number or base.certification_number,
        provider_id=provider_id or base.provider_id,
    )
    terms = _with_quantity(terms, answer, asked, standing)
    return replace(terms, starts_on=answer.starts_on or _from(terms, base, standing, day))


def changed(standing: LineTerms, asked: AskedTerms) -> LineTerms:
    """What stands, with what a change asks for in its place: what a plain yes to the change lets be used."""
    return replace(
        standing,
        outcome=LineOutcome.APPROVED,
        codes=asked.codes,
        quantity_type=asked.quantity_type,
        quantity=asked.quantity,
        basis=Basis.UNKNOWN if asked.quantity is None else Basis.AS_REQUESTED,
        starts_on=asked.starts_on,
        ends_on=asked.ends_on,
        unit_minutes=asked.unit_minutes,
        caps=asked.caps,
    )


def cut(standing: LineTerms, day: date, outcome: LineOutcome) -> LineTerms:
    """The same terms ended the day before `day`, or when they ended anyway; earlier services keep what they had.

    Where the standing terms only begin on or after `day`, the new ones hold for no day from `day` on, and
    older versions go on holding before it.
    """
    starts_on = standing.starts_on if standing.starts_on < day else day
    ends_on = day - ONE_DAY if standing.ends_on is None else min(standing.ends_on, day - ONE_DAY)
    return replace(standing, outcome=outcome, starts_on=starts_on, ends_on=ends_on)


def same_terms(one: LineTerms, other: LineTerms) -> bool:
    """Whether two versions let the same be used under the same number, whatever they are called."""
    same_basis = {Basis.STATED: Basis.AS_REQUESTED}
    plain = [
        replace(terms, outcome=LineOutcome.APPROVED, basis=same_basis.get(terms.basis, terms.basis))
        for terms in (one, other)
    ]
    return plain[0] == plain[1]


def _as_asked(asked: AskedTerms) -> LineTerms:
    return LineTerms(
        outcome=LineOutcome.APPROVED,
        codes=asked.codes,
        quantity_type=asked.quantity_type,
        quantity=asked.quantity,
        basis=Basis.AS_REQUESTED,
        starts_on=asked.starts_on,
        ends_on=asked.ends_on,
        unit_minutes=asked.unit_minutes,
        caps=asked.caps,
    )


def _codes(answer: LineAnswer, before: tuple[CodeTerms, ...]) -> tuple[CodeTerms, ...]:
    """Another code replaces all; only other modifiers change those of every code."""
    if answer.code:
        same = next((code for code in before if code.code == answer.code), None)
        modifiers = answer.modifiers if answer.modifiers is not None else same.modifiers if same else ()
        if same and len(before) > 1:
            return before
        return (CodeTerms(answer.code, answer.code_system or (same.system if same else "HCPCS"), modifiers),)
    if answer.modifiers is None:
        return before
    return tuple(replace(code, modifiers=answer.modifiers) for code in before)


def _with_quantity(terms: LineTerms, answer: LineAnswer, asked: AskedTerms, standing: LineTerms | None) -> LineTerms:
    """How much, and how we know. Modified without a quantity is unknown: the request is not copied.

    Where cover stands and the answer modifies something else, its quantity stands.
    """
    caps = answer.caps or terms.caps
    kind = answer.quantity_type or terms.quantity_type
    if answer.basis in (Basis.UNLIMITED, Basis.UNKNOWN):
        return replace(terms, quantity=None, basis=answer.basis, caps=answer.caps, quantity_type=kind)
    if answer.quantity is not None:
        basis = answer.basis or Basis.STATED
        return replace(terms, quantity=answer.quantity, basis=basis, caps=answer.caps, quantity_type=kind)
    if answer.outcome is LineOutcome.MODIFIED and (standing is None or not _says_anything_else(answer)):
        return replace(terms, quantity=None, basis=Basis.UNKNOWN, caps=answer.caps)
    if answer.basis is Basis.AS_REQUESTED or standing is None:
        known = Basis.UNKNOWN if asked.quantity is None else Basis.AS_REQUESTED
        return replace(terms, quantity=asked.quantity, basis=known, caps=caps, quantity_type=asked.quantity_type)
    return replace(terms, caps=caps)


def _says_anything_else(answer: LineAnswer) -> bool:
    return bool(answer.code or answer.modifiers is not None or answer.starts_on or answer.ends_on or answer.caps)


def _from(terms: LineTerms, base: LineTerms, standing: LineTerms | None, day: date) -> date:
    """The first day of the new terms where the answer names none."""
    if standing is None or (terms.codes, terms.provider_id) == (standing.codes, standing.provider_id):
        return base.starts_on
    return max(standing.starts_on, day)
