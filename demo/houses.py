"""The two organizations of the demonstration, and what they work with: people, payers, providers, members.

All names and numbers are invented. Everything is found again by its natural key, so repeating adds nothing.
"""

from __future__ import annotations

import functools
import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.contrib.auth.hashers import make_password

from accounts.models import Membership, User
from accounts.scopes import ROLE_TEMPLATES
from accounts.services import found_organization, join, role_named
from audit.actors import Actor
from config.demo import DEMO_PASSWORD
from demo.playbooks import write_playbooks
from members.checking import record_check
from members.models import Coverage, Member
from members.services import add_coverage, add_member
from payers.models import Payer, Program, ProgramRules, ReviewRoute, TradingPartner, Workflow
from providers.models import Facility, Provider
from tenancy.models import Organization
from tenancy.scoping import organization_scope, user_scope

SEEDER = Actor.job("Demonstration")


@dataclass(frozen=True, slots=True)
class Plan:
    """How one organization of the demonstration is drawn."""

    slug: str
    name: str
    time_zone: str
    members: int
    people: dict[str, str]
    clinicians: tuple[tuple[str, str, str, str], ...]  # first name, last name, credentials, NPI
    group_npi: str
    facility_npi: str
    first_mrn: int


NORTH = Plan(
    slug="north",
    name="Cedar Bay Care",
    time_zone="America/New_York",
    members=40,
    people={
        "specialist": "Dana Whitlock",
        "clinician": "Renée Okafor",
        "biller": "Luis Ferran",
        "scheduler": "Mina Sorel",
        "supervisor": "Priya Nandal",
        "admin": "Howard Lisle",
        "edi": "Agnes Tolliver",
    },
    clinicians=(
        ("Renée", "Okafor", "BCBA", "1104923002"),
        ("Ines", "Halvorsen", "MD", "1215034004"),
        ("Tobias", "Wren", "RN", "1326145004"),
    ),
    group_npi="1437256005",
    facility_npi="1548367006",
    first_mrn=104100,
)
SOUTH = Plan(
    slug="south",
    name="Harbor Light Therapy",
    time_zone="America/Chicago",
    members=12,
    people={
        "specialist": "Oscar Bellamy",
        "clinician": "Noor Haddad",
        "biller": "Greta Lund",
        "scheduler": "Pavel Dorn",
        "supervisor": "Ruth Castellan",
        "admin": "Simon Achterberg",
        "edi": "Yara Quill",
    },
    clinicians=(("Noor", "Haddad", "BCBA", "1659478006"), ("Ivo", "Marsh", "MD", "1760589006")),
    group_npi="1871690008",
    facility_npi="1982701009",
    first_mrn=550100,
)

FIRST_NAMES = [
    "Rowan",
    "Imani",
    "Theo",
    "Junia",
    "Petra",
    "Casper",
    "Marisol",
    "Juno",
    "Otto",
    "Ewan",
    "Sable",
    "Linus",
    "Freya",
    "Amos",
    "Delphine",
    "Ravi",
    "Cora",
    "Emeka",
    "Tilda",
    "Bruno",
    "Anouk",
    "Jasper",
    "Lena",
    "Matteo",
    "Noor",
    "Silas",
    "Wren",
    "Yusuf",
    "Zadie",
    "Felix",
    "Greta",
    "Hollis",
    "Ilse",
    "Kofi",
    "Maeve",
    "Nico",
    "Opal",
    "Quentin",
    "Rosa",
    "Stellan",
]
LAST_NAMES = [
    "Ashdown",
    "Calder",
    "Brandt",
    "Hale",
    "Halloran",
    "Noonan",
    "Vega-Ortiz",
    "Pellerin",
    "Lindgren",
    "Pritchard",
    "Quimby",
    "Ferro",
    "Lindqvist",
    "Tamsin",
    "Okonkwo",
    "Mehra",
    "Bellweather",
    "Adeyemi",
    "Sorrel",
    "Castellan",
    "Duval",
    "Thorne",
    "Kessler",
    "Romano",
    "Haddad",
    "Greaves",
    "Penrose",
    "Demir",
    "Marlowe",
    "Hartwig",
    "Solberg",
    "Ainsley",
    "Baumann",
    "Mensah",
    "Kinsella",
    "Rossi",
    "Fairburn",
    "Abernathy",
    "Delacroix",
    "Nygaard",
]


@dataclass
class House:
    """One organization of the demonstration, ready to work in. `coverages` are primary covers, one a member."""

    plan: Plan
    organization: Organization
    memberships: dict[str, Membership] = field(default_factory=dict)
    programs: dict[str, Program] = field(default_factory=dict)
    providers: list[Provider] = field(default_factory=list)
    facility: Facility | None = None
    coverages: dict[str, list[Coverage]] = field(default_factory=dict)

    def actor(self, role: str) -> Actor:
        membership = self.memberships[role]
        return Actor.user(membership.user_id, membership.user.name)


def build(plan: Plan, *, simulator_url: str, now: datetime) -> House:
    """Make what is missing and return all of it. The partner's address follows the simulator's, which may move."""
    house = House(plan, _organization(plan, now=now))
    with organization_scope(house.organization.id):
        for role in ROLE_TEMPLATES:
            house.memberships[role] = _person(plan, role, now=now)
        _payers(house, f"{simulator_url}/x12")
        _providers(house)
        write_playbooks(house.programs, house.memberships["specialist"], now=now)
        _members(house, now=now)
    return house


def _organization(plan: Plan, *, now: datetime) -> Organization:
    user = User.objects.filter(email=f"admin@{plan.slug}.example").first()
    if user is None:
        return found_organization(name=plan.name, time_zone=plan.time_zone, actor=SEEDER, now=now)
    with user_scope(user.id):
        place = Membership.of_person.get(user=user).organization_id
    with organization_scope(place):
        return Organization.objects.get(id=place)


@functools.cache
def hashed() -> str:
    """One slow hash for all: everybody has the same, printed password."""
    return make_password(DEMO_PASSWORD)


def _person(plan: Plan, role: str, *, now: datetime) -> Membership:
    email = f"{role}@{plan.slug}.example"
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User(email=email, name=plan.people[role], password=hashed())
        user.save()
    standing = Membership.objects.select_related("user").filter(user=user).first()
    return standing or join(user=user, role=role_named(role), actor=SEEDER, now=now)


def _payers(house: House, endpoint: str) -> None:
    partner = _partner(house.plan, endpoint)
    harborline = _payer("Harborline Medicaid", "HLMCD", phone="(555) 013-0188")
    northfield = _payer("Northfield Advantage", "NFADV", phone="(555) 013-0171", default_window_days=120)
    prairie = _payer("Prairie Oak Mutual", "POMUT", portal_url="https://portal.prairie-oak.example/")
    summit = _payer("Summit Ridge", "SMRDG", phone="(555) 013-0167", fax="(555) 013-0168")
    electronic = Workflow.AUTOMATIC_278
    clocks = {"urgent_hours": 72, "routine_days": 7, "appeal_days": 60, "peer_to_peer_days": 14}
    house.programs = {
        "medicaid": _program(harborline, "Behavioral", electronic, partner, regulation="medicaid", **clocks),
        "advantage": _program(
            northfield, "Medicare Advantage", electronic, partner, regulation="medicare_advantage", **clocks
        ),
        "portal": _program(prairie, "Behavioral, portal", Workflow.MANUAL_PENDING, None, routine_days=10),
        "phone": _program(summit, "PPO, phone", Workflow.MANUAL_PENDING, None, default_window_days=180),
        "free": _program(summit, "Open access", Workflow.NONE, None),
    }
    _equipment(house.programs["advantage"])


def _partner(plan: Plan, endpoint: str) -> TradingPartner:
    ours = f"GL{plan.slug.upper()}"
    partner = TradingPartner.objects.filter(our_identifier=ours).first()
    if partner is None:
        partner = TradingPartner(
            name="Payer simulator",
            our_identifier=ours,
            their_identifier="PAYERSIM",
            our_application=ours,
            their_application="PAYERSIM",
            trace_identifier=("9" + plan.slug.upper()).ljust(10, "0"),
            capabilities=["278"],
            usage=TradingPartner.Usage.TEST,
        )
    partner.endpoint_url = endpoint
    partner.save()
    return partner


def _payer(name: str, identifier: str, **fields: object) -> Payer:
    payer = Payer.objects.filter(identifier=identifier).first()
    if payer is None:
        payer = Payer(name=name, identifier=identifier, **fields)
        payer.save()
    return payer


def _program(payer: Payer, name: str, workflow: Workflow, partner: TradingPartner | None, **rules: object) -> Program:
    program = Program.objects.filter(payer=payer, name=name).first()
    if program is None:
        program = Program(payer=payer, name=name)
        program.save()
        ProgramRules(program=program, starts_on=date(2020, 1, 1), authorization_workflow=workflow, **rules).save()
        if partner:
            ReviewRoute(program=program, position=1, partner=partner).save()
    return program


def _equipment(program: Program) -> None:
    """Oxygen at home is reviewed by somebody else, by telephone: a request with both goes two ways."""
    if program.routes.filter(code_from="E0431").exists():
        return
    for row in program.routes.order_by("-position"):
        row.position += 1
        row.save()
    ReviewRoute(
        program=program, position=1, code_from="E0431", code_to="E0444", workflow=Workflow.MANUAL_PENDING,
        reviewer_name="Bluffside Equipment Review", reviewer_identifier="BLUFF1", phone="(555) 013-0143",
    ).save()  # fmt: skip


def _providers(house: House) -> None:
    plan = house.plan
    people = [
        _provider(npi, name=last, first_name=first, credentials=words) for first, last, words, npi in plan.clinicians
    ]
    group = _provider(plan.group_npi, kind=Provider.Kind.GROUP, name=plan.name)
    house.providers = [group, *people]
    house.facility = Facility.objects.filter(npi=plan.facility_npi).first()
    if house.facility is None:
        house.facility = Facility(
            name=f"{plan.name} Clinic", npi=plan.facility_npi, place_of_service="11",
            address="40 Harbor Road", city="Dover", state="DE", postal_code="19901",
        )  # fmt: skip
        house.facility.save()


def _provider(npi: str, **fields: object) -> Provider:
    provider = Provider.objects.filter(npi=npi).first()
    if provider is None:
        provider = Provider(npi=npi, phone="(555) 013-0100", **fields)
        provider.save()
    return provider


def _members(house: House, *, now: datetime) -> None:
    """Programs are dealt in turn, so that each has members; every seventh member is a dependent."""
    dice = random.Random(house.plan.slug)  # noqa: S311  (the same people each time)
    keys = ("medicaid", "advantage", "medicaid", "portal", "medicaid", "phone")
    names = list(zip(FIRST_NAMES, LAST_NAMES, strict=True))
    if house.plan.slug != "north":
        names = [(first, last) for (first, _), (_, last) in zip(names, reversed(names), strict=True)]
    for index in range(house.plan.members):
        key = keys[index % len(keys)]
        born = date(1952, 1, 1) if key == "advantage" else date(2008, 1, 1)
        birth_date = born + timedelta(days=dice.randrange(3600))
        mrn = str(house.plan.first_mrn + index * 7)
        member = Member.objects.filter(mrn=mrn).first()
        if member is None:
            first, last = names[index]
            member = add_member(
                actor=SEEDER, now=now, mrn=mrn, first_name=first, last_name=last, birth_date=birth_date,
                sex=dice.choice("FM"), address=f"{10 + index} Mill Lane", city="Dover", state="DE", postal_code="19901",
            )  # fmt: skip
            _cover(house, member, key, index, now=now)
        coverage = Coverage.objects.select_related("member", "payer", "program").get(member=member, position=1)
        if not coverage.eligibility_checks.exists():
            record_check(coverage.id, {"result": "active", "source": "portal"}, actor=SEEDER, now=now)
        house.coverages.setdefault(key, []).append(coverage)


def _cover(house: House, member: Member, key: str, index: int, *, now: datetime) -> None:
    program = house.programs[key]
    number = f"{program.payer.identifier}{member.mrn}"
    dependent = index % 7 == 6
    holder = {
        "relationship": Coverage.Relationship.CHILD,
        "subscriber_last_name": member.last_name,
        "subscriber_first_name": "Alex",
        "subscriber_number": number,
        "subscriber_birth_date": date(1980, 5, 1 + index % 28),
        "subscriber_sex": "F",
    }
    add_coverage(
        actor=SEEDER, now=now, member=member, payer=program.payer, program=program, starts_on=date(2024, 1, 1),
        **(holder if dependent else {"member_number": number}),
    )  # fmt: skip
