"""An export holds every row of its organization and none of another: never empty, never more."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from audit.models import AuditEvent
from members.models import Member
from payers.models import Payer, Program, ProgramRules, TradingPartner, Workflow
from payers.queries import contracts
from payers.services import add_holiday
from providers.models import Facility, Provider
from tenancy.models import Holiday
from tests.cast import NOW, TODAY, House, make_partner, make_program, make_provider
from tests.tenancy.test_isolate import rows
from tests.web.stage import every_route

MANY = 60


def _payers_without_program() -> int:
    return Payer.objects.exclude(id__in=Program.objects.values("payer_id")).count()


EXPORTS: dict[str, Callable[[], int]] = {
    "audit_export": lambda: AuditEvent.objects.count(),
    "contract_export": lambda: len(list(contracts(TODAY))),
    "facility_export": lambda: Facility.objects.count(),
    "holiday_export": lambda: Holiday.objects.count(),
    "partner_export": lambda: TradingPartner.objects.count(),
    "payer_export": lambda: Program.objects.count() + _payers_without_program(),
    "program_export": lambda: ProgramRules.objects.count(),
    "provider_export": lambda: Provider.objects.count(),
}
"""Every export of a list, and how many rows it must have."""

HELD_ELSEWHERE = {
    "authorization_export": "what the filters of the list show: tests/web/test_list_export.py",
    "rework_export": "counts by payer: tests/web/test_trace_denial.py",
    "roster_export": "one roster, named by its id: tests/members",
}


def fill(house: House, slug: str, count: int) -> None:
    """As many rows of every kind, with the house's name in each."""
    with house.scope():
        for n in range(count):
            Payer(name=f"{slug} payer {n}", identifier=f"{slug}{n}").save()
            make_program(house.payer, f"{slug} program {n}", Workflow.NONE, contract_reference=f"{slug}-{n}")
            Facility(name=f"{slug} clinic {n}").save()
            make_provider(name=f"{slug} provider {n}")
            make_partner(slug, their_identifier=f"T{n}", name=f"{slug} partner {n}")
            add_holiday(TODAY + timedelta(days=n), f"{slug} day {n}", actor=house.actor(), now=NOW)


def test_every_export_is_known() -> None:
    assert {route.name for route in every_route() if route.name.endswith("_export")} == set(EXPORTS) | set(
        HELD_ELSEWHERE
    )


def test_every_export_has_exactly_the_rows_of_its_organization(north: House, south: House) -> None:
    fill(north, "northern", MANY)
    fill(south, "southern", MANY // 2)
    client = Client()
    client.force_login(north.users["supervisor"])
    for name, count in EXPORTS.items():
        with north.scope():
            wanted = count()
        answer = client.get(reverse(name))
        text = answer.content.decode()
        found = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))[1:]
        assert len(found) == wanted, name
        assert wanted >= MANY, name
        assert "southern" not in text, name
        assert "South" not in text, name


def test_a_response_that_would_stream_after_the_scope_is_refused(north: House) -> None:
    """It would be an empty file that looks like a whole one."""

    @organization_view(Scope.MEMBER_READ, reads="member.exported")
    def stream(request: OrganizationRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(name for (name,) in rows("SELECT last_name FROM members_member"))

    @organization_view(Scope.MEMBER_READ, reads="member.exported")
    def whole(request: OrganizationRequest) -> HttpResponse:
        return HttpResponse(" ".join(Member.objects.values_list("last_name", flat=True)))

    request = RequestFactory().get("/x")
    client = Client()
    client.force_login(north.users["specialist"])
    request.user, request.session = north.users["specialist"], client.session
    assert whole(request).content == b"AshdownNorth"  # type: ignore[attr-defined]
    with pytest.raises(RuntimeError, match="outlives the organization's scope"):
        stream(request)
