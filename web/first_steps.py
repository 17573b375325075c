"""What an organization still lacks before it can ask for anything, each with where it is added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import reverse

from accounts.models import Membership
from members.models import Coverage, Member
from payers.queries import programs_offered
from providers.models import Provider


@dataclass(frozen=True, slots=True)
class FirstStep:
    """One thing to set up. `address` is "" for who may not do it."""

    words: str
    why: str
    done: bool
    address: str


def first_steps(can: Mapping[str, bool]) -> list[FirstStep]:
    """All of them while one is missing, in the order in which they are done; none afterwards."""
    payers, people = can.get("payer_write", False), can.get("member_write", False)
    colleagues = Membership.objects.filter(active=True)[:2]
    steps = [
        _step("A payer with a program", "says how a payer is asked", programs_offered().exists(), "payer_list", payers),
        _step("A provider", "renders the service", Provider.objects.exists(), "provider_list", payers),
        _step("A member", "receives it", Member.objects.exists(), "member_list", people),
        _step("A coverage", "says which program pays; it is added on the member’s page", Coverage.objects.exists(),
              "member_list", people),
        _step("Invite people", "do the work with you, each with a role", len(colleagues) > 1, "invite",
              can.get("account_write", False)),
    ]  # fmt: skip
    return [] if all(step.done for step in steps) else steps


def _step(words: str, why: str, done: bool, route: str, allowed: bool) -> FirstStep:
    return FirstStep(words, why, done, reverse(route) if allowed and not done else "")
