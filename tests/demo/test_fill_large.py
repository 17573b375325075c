"""The large demonstration keeps what the product promises, though most of it is copied and not clicked."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
from django.apps import apps

from audit.models import AuditEvent
from authorizations.ledger import WIDE_ROW, refresh_wide_rows
from authorizations.models import Authorization, LedgerEntry, LineVersion, Submission, UtilizationAccount
from authorizations.states import Status
from claims.drawing import difference
from claims.models import Claim
from claims.queries import lines_in_force
from demo import houses, large
from demo.copying import GRAPH
from members.models import Member
from tenancy.models import OrganizationModel
from tenancy.scoping import organization_scope

pytestmark = pytest.mark.django_db
TENANT_MODELS = [model for model in apps.get_models() if issubclass(model, OrganizationModel)]
NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
SMALL = large.Size(members=80, authorizations=172)
OUTSIDE = {LedgerEntry: "written when claims draw, after the copies were made"}


def filled() -> houses.House:
    house = houses.build(large.WEST, simulator_url="http://127.0.0.1:9", now=NOW)
    assert list(large.fill(house, SMALL, now=NOW))[-1] == SMALL.members
    return house


def test_every_promise_holds_for_what_was_copied() -> None:
    house = filled()
    with organization_scope(house.organization.id):
        cases = list(Authorization.objects.all())
        assert (len(cases), Member.objects.count()) == (SMALL.authorizations, SMALL.members)
        assert len({case.number for case in cases}) == len(cases)
        assert {case.status for case in cases} == set(Status)
        assert_history(cases)
        assert_units()
        assert_wide_rows(cases)
        assert_nothing_left_behind(cases)


def assert_history(cases: list[Authorization]) -> None:
    """Each case has its audit events and submissions, its days lie in eighteen months, and its numbers are its own."""
    told = Counter(AuditEvent.objects.values_list("authorization_id", flat=True))
    asked = Counter(Submission.objects.values_list("authorization_id", flat=True))
    granted = [case for case in cases if case.status == Status.APPROVED]
    numbers = [case.certification_number for case in granted]
    assert len(set(numbers)) == len(numbers)
    assert all(number.endswith(case.number[-6:]) for number, case in zip(numbers, granted, strict=True))
    for case in cases:
        assert told[case.id] > 0, case
        assert asked[case.id] or case.status in (Status.DRAFT, Status.CANCELLED), case
        assert case.created_at <= NOW
        assert (NOW - case.created_at).days <= 7 * large.HISTORY_WEEKS
        assert case.member_name == case.member.display_name
        assert case.coverage.member_id == case.member_id


def assert_units() -> None:
    """The ledger is what allocation says from nothing; claims drew, and some are over."""
    assert Claim.objects.count() > SMALL.authorizations
    for account in UtilizationAccount.objects.all():
        assert difference(account, lines_in_force(account.member_id)).entries == []
    assert LedgerEntry.objects.filter(over__gt=0).exists()


def assert_wide_rows(cases: list[Authorization]) -> None:
    """The columns of the list say what the lines say."""
    before = {row["id"]: row for row in Authorization.objects.values("id", *WIDE_ROW)}
    refresh_wide_rows([case.id for case in cases])
    assert {row["id"]: row for row in Authorization.objects.values("id", *WIDE_ROW)} == before


def assert_nothing_left_behind(cases: list[Authorization]) -> None:
    """No table hangs on a case that copies leave out."""
    copied = {model for model, _ in GRAPH}
    for model in TENANT_MODELS:
        if model in copied or model in OUTSIDE:
            continue
        for field in model._meta.concrete_fields:
            if field.related_model in copied:
                assert not model.objects.exclude(**{field.name: None}).exists(), (model, field.name)
    assert LineVersion.objects.filter(authorization_id__in=[case.id for case in cases]).exists()


def test_filling_again_adds_nothing() -> None:
    house = filled()
    with organization_scope(house.organization.id):
        first = figures()
    list(large.fill(house, SMALL, now=NOW))
    with organization_scope(house.organization.id):
        assert figures() == first


def figures() -> list[tuple[object, ...]]:
    rows = Authorization.objects.order_by("number")
    return list(rows.values_list("number", "member_mrn", "status", "codes", "starts_on", "tight_used"))


def test_the_large_one_is_as_large_as_it_says() -> None:
    assert (large.LARGE.members, large.LARGE.authorizations) == (2000, 5000)
    counts = large._spread(1978, 4978)
    assert (len(counts), sum(counts), set(counts)) == (1978, 4978, {2, 3})
