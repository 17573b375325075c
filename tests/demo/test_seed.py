"""The demonstration can be filled twice, or after a crash, and nothing is there twice."""

from __future__ import annotations

import uuid
from collections import Counter

import pytest
from django.utils import timezone

from accounts.models import Absence
from authorizations.models import Authorization, HandOver
from claims.models import Claim
from demo import cases, charges, daily, houses, lessons
from members.models import Coverage, Member
from notices.models import Kind
from notices.queries import unread
from notices.services import give_notice
from payers.models import ReviewRoute
from tenancy.scoping import organization_scope

pytestmark = pytest.mark.django_db
URL = "http://127.0.0.1:9"


def seed(plan: houses.Plan, *, url: str = URL) -> houses.House:
    house = houses.build(plan, simulator_url=url, now=timezone.now())
    with organization_scope(house.organization.id):
        for case, authorization_id in list(cases.make(house, now=timezone.now())):
            charges.bill(house, case, authorization_id, now=timezone.now())
        for case, link in zip(lessons.CHAIN, lessons.make_chain(house, now=timezone.now()), strict=True):
            charges.bill(house, case, link.id, now=timezone.now())
        daily.hand_out(house, now=timezone.now())
    return house


def counts(house: houses.House) -> tuple[int, int, int, Counter[str], int, int]:
    with organization_scope(house.organization.id):
        return (
            Member.objects.count(),
            Coverage.objects.count(),
            Claim.objects.count(),
            Counter(Authorization.objects.values_list("status", flat=True)),
            HandOver.objects.count(),
            Absence.objects.count(),
        )


def test_filling_twice_adds_nothing() -> None:
    first = counts(seed(houses.SOUTH))
    again = seed(houses.SOUTH)
    assert counts(again) == first
    members, coverages, claims, statuses, handed_over, away = first
    assert (handed_over > 2, away) == (True, 1)
    assert (members, coverages) == (12, 12)
    assert claims > 0
    assert sum(statuses.values()) == len(cases.SOUTH_CASES) + len(lessons.CHAIN)


def test_the_bell_tells_of_a_handful_and_whoever_reads_is_let_be() -> None:
    house = seed(houses.SOUTH)
    with organization_scope(house.organization.id):
        person = house.memberships["specialist"]
        about, now = ("membership", person.id), timezone.now()
        for each in range(daily.STILL_UNREAD + 3):
            give_notice([person.id], Kind.ESCALATED, f"{each}", about=about, cause=uuid.uuid4(), now=now)
        daily.have_read(house, now=now)
        assert unread(person.id).count() == daily.STILL_UNREAD
        for each in range(3):
            give_notice([person.id], Kind.ESCALATED, f"{each}", about=about, cause=uuid.uuid4(), now=now)
        daily.have_read(house, now=now)
        assert unread(person.id).count() == daily.STILL_UNREAD + 3


def test_the_partner_follows_the_simulator_to_another_port() -> None:
    seed(houses.SOUTH)
    house = seed(houses.SOUTH, url="http://127.0.0.1:10")
    with organization_scope(house.organization.id):
        routes = ReviewRoute.objects.filter(program__in=house.programs.values()).exclude(partner=None)
        [partner] = {row.partner for row in routes}
        assert partner is not None
        assert partner.endpoint_url == "http://127.0.0.1:10/x12"


def test_north_has_forty_members_and_sixty_authorizations() -> None:
    assert houses.NORTH.members == 40
    assert len(cases.NORTH_CASES) == 60
