"""People, roles and invitations as their pages show them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator

from accounts.models import Invitation, Membership, Role
from accounts.scopes import SCOPE_WORDS


@dataclass(frozen=True, slots=True)
class Person:
    """One line of the list of people."""

    membership: Membership
    has_second_factor: bool


@dataclass(frozen=True, slots=True)
class RoleLine:
    """A role, what it may in words, and how many people have it."""

    role: Role
    may: tuple[str, ...]
    people: int


def people() -> list[Person]:
    """Everybody who has or had a place in the open organization, those who have one first."""
    rows = list(Membership.objects.select_related("user", "role").order_by("-active", "user__name", "id"))
    secured = _with_second_factor(rows)
    return [Person(row, row.user_id in secured) for row in rows]


def _with_second_factor(rows: Sequence[Membership]) -> set[object]:
    found = Authenticator.objects.filter(user_id__in=[row.user_id for row in rows], type=Authenticator.Type.TOTP)
    return set(found.values_list("user_id", flat=True))


def open_invitations(now: datetime) -> list[Invitation]:
    rows = Invitation.objects.filter(accepted_at=None, withdrawn_at=None).select_related("role")
    return [row for row in rows.order_by("-created_at") if row.is_open(now)]


def roles() -> list[RoleLine]:
    """Every role by name."""
    counts = Counter(Membership.objects.filter(active=True).values_list("role_id", flat=True))
    return [RoleLine(role, scope_words(role.scopes), counts[role.id]) for role in Role.objects.order_by("name")]


def scope_words(scopes: Sequence[str]) -> tuple[str, ...]:
    """Rights in words, in the order in which they are always listed."""
    return tuple(words for scope, words in SCOPE_WORDS.items() if scope in scopes)
