"""The cast: two rival organizations, Cedar Bay Care (North) and Harbor Light Therapy (South).

Each has one person per role, a payer asked electronically, one worked by hand and one that needs no authorization,
providers, a facility and a member. North may never see anything of South.
"""

from __future__ import annotations

import functools
import itertools
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts.models import Membership, User
from accounts.scopes import ROLE_TEMPLATES
from accounts.services import found_organization, join, role_named
from audit.actors import SYSTEM, Actor
from members.checking import record_check
from members.models import Coverage, Member
from members.services import add_coverage, add_member
from payers.models import Payer, Program, ProgramRules, ReviewRoute, TradingPartner, Workflow
from providers.models import Facility, Provider
from tenancy.models import Organization
from tenancy.scoping import organization_scope

NOW = datetime(2026, 11, 23, 15, 18, tzinfo=UTC)
TODAY = date(2026, 11, 23)
PASSWORD = "a long enough password"

_counter = itertools.count(1)


def hashed_password() -> str:
    """Hashed once by each hasher: a good hash is slow on purpose."""
    return _hashed(settings.PASSWORD_HASHERS[0])


@functools.cache
def _hashed(hasher: str) -> str:
    return make_password(PASSWORD)


@dataclass
class House:
    """One organization of the cast and everybody in it."""

    organization: Organization
    users: dict[str, User] = field(default_factory=dict)
    memberships: dict[str, Membership] = field(default_factory=dict)
    payer: Payer = None  # type: ignore[assignment]
    partner: TradingPartner = None  # type: ignore[assignment]
    electronic: Program = None  # type: ignore[assignment]
    manual: Program = None  # type: ignore[assignment]
    free: Program = None  # type: ignore[assignment]
    clinician: Provider = None  # type: ignore[assignment]
    group: Provider = None  # type: ignore[assignment]
    facility: Facility = None  # type: ignore[assignment]
    member: Member = None  # type: ignore[assignment]
    coverage: Coverage = None  # type: ignore[assignment]

    def scope(self) -> AbstractContextManager[None]:
        return organization_scope(self.organization.id)

    def actor(self, role: str = "specialist") -> Actor:
        user = self.users[role]
        return Actor.user(user.id, user.name)


def found_house(slug: str, name: str, *, endpoint: str = "http://127.0.0.1:9/x12") -> House:
    """A whole organization, made through the services."""
    house = House(found_organization(name=name, actor=SYSTEM, now=NOW))
    with house.scope():
        for role in ROLE_TEMPLATES:
            user = User(
                email=f"{role}@{slug}.example",
                password=hashed_password(),
                name=f"{role.capitalize()} {slug.capitalize()}",
            )
            user.save()
            house.users[role] = user
            house.memberships[role] = join(user=user, role=role_named(role), actor=SYSTEM, now=NOW)
        _add_payer(house, slug, endpoint)
        house.clinician = make_provider(name=f"Okafor{slug.capitalize()}", first_name="Renée", npi="1234567893")
        house.group = make_provider(kind=Provider.Kind.GROUP, name=name, first_name="", npi="1245319599")
        house.facility = Facility(name=f"{name} Clinic", npi="1003000126", place_of_service="11")
        house.facility.save()
        house.member = make_member(last_name=f"Ashdown{slug.capitalize()}", first_name="Rowan")
        house.coverage = make_coverage(house.member, house.electronic)
    return house


def _add_payer(house: House, slug: str, endpoint: str) -> None:
    house.payer = Payer(name=f"Harborline {slug.capitalize()}", identifier=f"HL{slug[:3].upper()}")
    house.payer.save()
    house.partner = make_partner(slug, endpoint)
    house.electronic = make_program(house.payer, "Medicaid", Workflow.AUTOMATIC_278, partner=house.partner)
    house.manual = make_program(house.payer, "Commercial", Workflow.MANUAL_PENDING)
    house.free = make_program(house.payer, "Open access", Workflow.NONE)


def make_partner(slug: str, endpoint: str = "http://127.0.0.1:9/x12", **fields: Any) -> TradingPartner:
    values: dict[str, Any] = {
        "name": f"Gateway {slug}",
        "our_identifier": f"GL{slug.upper()}",
        "their_identifier": "PAYERSIM",
        "our_application": f"GL{slug.upper()}",
        "their_application": "PAYERSIM",
        "trace_identifier": "9" + slug.upper().ljust(9, "0")[:9],
        "capabilities": ["278"],
        "endpoint_url": endpoint,
        **fields,
    }
    partner = TradingPartner(**values)
    partner.save()
    return partner


def make_program(
    payer: Payer, name: str, workflow: Workflow, *, partner: TradingPartner | None = None, **rules: Any
) -> Program:
    program = Program(payer=payer, name=name)
    program.save()
    values: dict[str, Any] = {"starts_on": date(2020, 1, 1), "authorization_workflow": workflow, **rules}
    ProgramRules(program=program, **values).save()
    if partner:
        ReviewRoute(program=program, position=1, partner=partner).save()
    return program


def make_provider(**fields: Any) -> Provider:
    provider = Provider(**{"kind": Provider.Kind.PERSON, "name": f"Provider{next(_counter)}", **fields})
    provider.save()
    return provider


def make_member(**fields: Any) -> Member:
    values: dict[str, Any] = {
        "last_name": f"Member{next(_counter)}",
        "first_name": "Ada",
        "birth_date": date(2017, 3, 14),
        "sex": "F",
        "mrn": f"10{next(_counter):04d}",
        "address": "12 Mill Lane",
        "city": "Dover",
        "state": "DE",
        "postal_code": "19901",
        **fields,
    }
    return add_member(actor=SYSTEM, now=NOW, **values)


def make_coverage(member: Member, program: Program, *, checked: bool = True, **fields: Any) -> Coverage:
    """A coverage whose eligibility was looked up today, by the clock of the cast and by that of the machine."""
    values: dict[str, Any] = {
        "payer": program.payer,
        "program": program,
        "member_number": f"HSM{next(_counter):08d}",
        "starts_on": date(2024, 1, 1),
        **fields,
    }
    coverage = add_coverage(actor=SYSTEM, now=NOW, member=member, **values)
    if checked:
        record_check(coverage.id, {"result": "active", "source": "portal"}, actor=SYSTEM, now=max(NOW, timezone.now()))
    return coverage


def a_key() -> str:
    """An idempotency key, as a form carries it."""
    return uuid.uuid4().hex


@pytest.fixture
def north(db: None) -> House:
    return found_house("north", "Cedar Bay Care")


@pytest.fixture
def south(db: None) -> House:
    return found_house("south", "Harbor Light Therapy")


@pytest.fixture
def in_north(north: House) -> Iterator[House]:
    """North, with its scope open for the whole test."""
    with north.scope():
        yield north
