"""What the lines of a tracker spreadsheet are compared with: members, covers, codes, providers, what stands already.

Read once for a whole file, in a fixed number of statements beside one for each first day and each payer named.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from authorizations.models import Authorization, LineVersion
from codesets.models import AnyCode
from codesets.queries import by_code
from imports.csv_import import Row
from members.models import Coverage, Member, MemberIdentifier
from members.queries import coverages
from members.services import identifier_key
from payers.models import Payer
from payers.queries import payers_called
from providers.models import Provider

Key = tuple[uuid.UUID, str, str, date]
"""Member, payer's number without blanks and dashes, codes with modifiers, first day."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A line that stands: the authorization's number of ours, and (quantity, last day) of each version of it."""

    authorization: str
    terms: tuple[tuple[Decimal | None, date | None], ...]


@dataclass
class Lookups:
    """Answers for the lines of one file."""

    codes: frozenset[str]
    members: dict[str, dict[str, list[Member]]]
    coverages: dict[uuid.UUID, list[Coverage]]
    providers: dict[str, Provider]
    standing: dict[Key, Standing]
    owners: dict[str, tuple[uuid.UUID, str]]
    _codes: dict[date, dict[str, AnyCode]] = field(default_factory=dict)
    _payers: dict[str, list[Payer]] = field(default_factory=dict)

    def members_with(self, name: str, typed: str) -> list[Member]:
        """The members with an MRN (`mrn`) or another number (`member_number`)."""
        return self.members[name].get(identifier_key(typed), [])

    def codes_on(self, day: date) -> dict[str, AnyCode]:
        """The codes of the file that may be used on a day."""
        if day not in self._codes:
            self._codes[day] = by_code("HCPCS", self.codes, day)
        return self._codes[day]

    def payers_called(self, text: str) -> list[Payer]:
        if text not in self._payers:
            self._payers[text] = payers_called(text)
        return self._payers[text]

    def owner_of(self, number: str, member: Member) -> str:
        """Our number of another member's authorization with this number of the payer; "" where there is none."""
        owner, ours = self.owners.get(identifier_key(number), (member.id, ""))
        return "" if owner == member.id else ours


def look_up(rows: Sequence[Row]) -> Lookups:
    """Read what these lines are about."""
    members = {name: _members(rows, name) for name in ("mrn", "member_number")}
    ids = {member.id for found in members.values() for several in found.values() for member in several}
    numbers = {identifier_key(number) for row in rows if (number := row.values.get("number"))}
    npis = {npi for row in rows if (npi := row.values.get("npi"))}
    return Lookups(
        codes=frozenset(code.code for row in rows for code in row.values["codes"]),
        members=members,
        coverages=coverages(ids),
        providers={provider.npi: provider for provider in Provider.objects.filter(npi__in=npis)},
        standing=_standing(ids),
        owners={
            key: (member_id, ours)
            for key, member_id, ours in Authorization.objects.filter(certification_key__in=numbers).values_list(
                "certification_key", "member_id", "number"
            )
        },
    )


def stands_meanwhile(keys: Iterable[Key]) -> bool:
    """Whether one of these lines of one member stands by now. The caller holds the member's account."""
    wanted = set(keys)
    return bool(wanted & set(_standing({member_id for member_id, *_ in wanted})))


def _members(rows: Sequence[Row], name: str) -> dict[str, list[Member]]:
    """The members who have the numbers of a column, by number. Numbers of the past count, as trackers have them."""
    keys = {identifier_key(typed) for row in rows if (typed := row.values.get(name))}
    numbers = MemberIdentifier.objects.filter(value_key__in=keys).select_related("member")
    is_mrn = {"kind": MemberIdentifier.Kind.MRN}
    numbers = numbers.filter(**is_mrn) if name == "mrn" else numbers.exclude(**is_mrn)
    found: dict[str, dict[uuid.UUID, Member]] = {}
    for each in numbers:
        found.setdefault(each.value_key, {})[each.member_id] = each.member
    return {key: list(several.values()) for key, several in found.items()}


def _standing(member_ids: set[uuid.UUID]) -> dict[Key, Standing]:
    """Every version of the members' lines by what makes a line of a file the same."""
    rows: Any = LineVersion.standing.filter(authorization__member_id__in=member_ids).order_by("number")
    names = ("authorization__member_id", "authorization__number", "certification_number", "codes", "starts_on",
             "quantity", "ends_on")  # fmt: skip
    found: dict[Key, Standing] = {}
    for member_id, ours, number, codes, starts_on, quantity, ends_on in rows.values_list(*names):
        label = " / ".join(" ".join([code["code"], *code["modifiers"]]) for code in codes)
        key = (member_id, identifier_key(number), label, starts_on)
        before = found.get(key, Standing(ours, ()))
        found[key] = Standing(ours, (*before.terms, (quantity, ends_on)))
    return found
