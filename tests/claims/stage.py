"""Approved cover and claims for tests against the database: made through the services, in few words."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from audit.actors import Actor
from authorizations.asked import Asked, AskedLine
from authorizations.decisions import Answer, Basis, LineAnswer, LineOutcome
from authorizations.models import Authorization, Decision, LedgerEntry, LineVersion, UtilizationAccount
from authorizations.states import Channel
from authorizations.terms import CodeTerms
from authorizations.transitions import record_existing
from authorizations.versions import terms_of, write_version
from claims import queries
from claims.allocation import allocate
from claims.drawing import difference
from claims.models import Claim
from claims.services import PostedLine, Posting, post_claim
from members.models import Coverage
from tests.cast import NOW, House

WORKER = Actor.job("Allocation")
_claim_numbers = itertools.count(1)


def day(text: str) -> date:
    """A day of 2026, as month-day."""
    return date.fromisoformat(f"2026-{text}")


def code_terms(words: str) -> CodeTerms:
    """ "H2019 HN" as a code with its modifiers."""
    code, *modifiers = words.split()
    return CodeTerms(code, modifiers=tuple(modifiers))


def authorize(
    house: House,
    *lines: tuple[str, str | int | None],
    starts: str = "01-01",
    ends: str = "06-30",
    number: str = "",
    coverage: Coverage | None = None,
    **openings: Any,
) -> Authorization:
    """An approval taken over from elsewhere: each line is (codes separated by commas, units or None for unlimited)."""
    asked = Asked(
        coverage=coverage or house.coverage,
        lines=tuple(
            AskedLine(
                tuple(code_terms(code) for code in codes.split(",")), None if units is None else Decimal(str(units))
            )
            for codes, units in lines
        ),
        starts_on=day(starts),
        ends_on=day(ends),
    )
    answers = tuple(
        LineAnswer(
            at,
            LineOutcome.APPROVED,
            quantity=None if units is None else Decimal(str(units)),
            basis=Basis.UNLIMITED if units is None else Basis.STATED,
        )
        for at, (_, units) in enumerate(lines, start=1)
    )
    answer = Answer(lines=answers, certification_number=number, number_missing_reason="" if number else "gave none")
    return record_existing(asked, answer, channel=Channel.PHONE, owner=None, actor=house.actor(), now=NOW, **openings)


def bill(code: str, on: str, units: str | int = 8, to: str | None = None, **changes: Any) -> PostedLine:
    """One billed line; "H2019 HN" gives code and modifier."""
    terms = code_terms(code)
    return PostedLine(
        code=terms.code,
        modifiers=terms.modifiers,
        first_day=day(on),
        last_day=day(to) if to else None,
        quantity=Decimal(str(units)),
        **changes,
    )


def post(house: House, *lines: PostedLine, number: str = "", coverage: Coverage | None = None) -> Posting:
    return post_claim(
        number=number or f"C-{next(_claim_numbers):05}",
        coverage=coverage or house.coverage,
        lines=lines,
        actor=house.actor("biller"),
        now=NOW,
    )


def used(authorization: Authorization) -> Decimal:
    total = LedgerEntry.objects.filter(authorization=authorization).aggregate(total=Sum("quantity"))["total"]
    return total or Decimal(0)


def drawn_from(claim: Claim) -> dict[str, str]:
    """What stands of a claim now: authorization number to units."""
    rows = (
        LedgerEntry.objects.filter(claim_id=claim.id)
        .values_list("authorization__number")
        .annotate(units=Sum("quantity"))
        .exclude(units=0)
    )
    return {name: f"{units.normalize():f}" for name, units in rows}


def history(claim: Claim) -> list[int]:
    """Every entry of a claim in the order written."""
    rows = LedgerEntry.objects.filter(claim_id=claim.id).order_by("sequence")
    return [int(quantity) for quantity in rows.values_list("quantity", flat=True)]


def change_terms(authorization: Authorization, line_number: int = 1, **changes: Any) -> LineVersion:
    """Another version of a line, as a decision writes it, without the case around it."""
    last = LineVersion.objects.filter(authorization=authorization, line__number=line_number).latest("number")
    decision = Decision.objects.filter(authorization=authorization).latest("number")
    return write_version(last.line, replace(terms_of(last), **changes), decision=decision, now=NOW)


def ledger_as_written(member_id: uuid.UUID) -> dict[tuple[Any, ...], tuple[Decimal, Decimal]]:
    """What the ledger says: (claim line, service line) to (units, over)."""
    account = UtilizationAccount.objects.get(member_id=member_id)
    return {key: (amount.units, amount.over) for key, amount in queries.standing_draws(account.id).items()}


def ledger_from_nothing(member_id: uuid.UUID) -> dict[tuple[Any, ...], tuple[Decimal, Decimal]]:
    """What allocation says, from the versions, the live claim lines and the choices alone."""
    lines = queries.lines_in_force(member_id)
    openings = [line.opening for line in lines if line.opening]
    found: dict[tuple[Any, ...], tuple[Decimal, Decimal]] = {
        (None, opening.line_id): (opening.units, Decimal(0)) for opening in openings
    }
    covers = [line.cover for line in lines]
    for draw in allocate(covers, queries.live_charges(member_id), openings).draws:
        found[draw.claim_line_id, draw.line_id] = (draw.units, draw.over)
    return found


def missing_entries(member_id: uuid.UUID) -> list[LedgerEntry]:
    """What would still have to be appended: nothing, when all is well."""
    account = UtilizationAccount.objects.get(member_id=member_id)
    return difference(account, queries.lines_in_force(member_id)).entries
