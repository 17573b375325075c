"""How a request begins: the cover it names, how the payer is asked, which codes it takes, and what it still lacks."""

from __future__ import annotations

import re
from datetime import date, timedelta

from authorizations.models import Authorization
from codesets.models import Code
from payers.models import Payer, ProgramRules
from providers.models import Provider
from tests.cast import TODAY, House, make_coverage, make_member, make_provider
from tests.web.conftest import SignIn
from tests.web.pages import form, text
from tests.web.test_fill_request import begun, complete, line, send


def test_the_primary_cover_in_force_is_chosen_and_one_that_ended_can_be_named_for_earlier_days(
    north: House, sign_in: SignIn
) -> None:
    with north.scope():
        member = make_member(last_name="Several")
        second = make_coverage(member, north.manual, position=2, starts_on=date(2025, 1, 1))
        first = make_coverage(member, north.electronic, position=1)
        ended = make_coverage(member, north.free, position=1, ends_on=TODAY - timedelta(days=1))
    page = sign_in(north).get(f"/members/{member.id}/authorizations/new").content.decode()
    assert form(page, 'name="coverage"')["coverage"] == str(first.id)
    assert f'value="{second.id}"' in page
    assert f'value="{ended.id}"' in page, "for a service given while it was in force"
    assert re.search(r'<input[^>]*id="member"[^>]*value="Ada Several[^"]*"[^>]*readonly', page), "the member is fixed"


def test_each_cover_says_how_its_payer_is_asked_before_anything_is_sent(north: House, sign_in: SignIn) -> None:
    with north.scope():
        Payer.objects.filter(id=north.payer.id).update(portal_url="https://portal.example/north")
        member = make_member(last_name="Ways")
        ways = {
            make_coverage(member, program).id: words
            for program, words in (
                (north.electronic, "278 electronic to Harborline North through Gateway north"),
                (north.manual, "By hand in the portal of Harborline North"),
                (north.free, "No authorization is needed"),
            )
        }
    client, address = sign_in(north), f"/members/{member.id}/authorizations/new"
    for coverage_id, words in ways.items():
        values = form(client.get(address).content.decode(), 'name="coverage"') | {"coverage": str(coverage_id)}
        assert words in text(client.post(address, values | {"do": "refresh"}).content.decode())


def test_the_payers_length_comes_before_ninety_days_and_the_programs_before_the_payers(
    north: House, sign_in: SignIn
) -> None:
    client = sign_in(north)
    with north.scope():
        Payer.objects.filter(id=north.payer.id).update(default_window_days=120)
    page = client.get(f"/members/{north.member.id}/authorizations/new").content.decode()
    assert form(page, 'name="coverage"')["ends_on"] == "2027-03-22"
    assert "120 days suggested, first and last day included: Harborline North" in text(page)
    with north.scope():
        ProgramRules.objects.filter(program=north.electronic).update(default_window_days=180)
    page = client.get(f"/members/{north.member.id}/authorizations/new").content.decode()
    assert form(page, 'name="coverage"')["ends_on"] == "2027-05-21"


def test_a_code_retired_before_the_first_day_is_refused_with_its_last_day(north: House, sign_in: SignIn) -> None:
    Code.objects.filter(system="HCPCS", code="H2019").update(ends_on=date(2026, 12, 31))
    client = sign_in(north)
    values = begun(client, north) | complete(north)
    late = values | {"starts_on": "2027-01-01", "ends_on": "2027-02-20"}
    refused = send(client, north, late, "save")
    assert refused.status_code == 422
    assert "H2019 was retired: Dec 31, 2026 was its last day." in text(refused.content.decode())
    assert send(client, north, values, "save").status_code == 302


def test_a_modifier_nobody_knows_is_refused_by_name(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    answer = send(client, north, begun(client, north) | line(0, "H2019", "80", modifiers="HN 0Q"), "save")
    assert answer.status_code == 422
    assert "0Q is not a modifier we know." in text(answer.content.decode())


def test_who_renders_the_service_is_chosen_by_name_and_npi_among_those_who_work_here(
    north: House, sign_in: SignIn
) -> None:
    with north.scope():
        left = make_provider(name="Gone", first_name="Jo", npi="1992999994", active_to=TODAY - timedelta(days=1))
        none = make_provider(name="Without", first_name="Ada", npi="")
    page = sign_in(north).get(f"/members/{north.member.id}/authorizations/new").content.decode()
    field = page.partition('name="rendering_provider"')[2].partition("</select>")[0]
    assert f'value="{left.id}"' not in field
    assert f'value="{none.id}"' in field
    assert north.clinician.npi in field
    assert re.search(r'<option value="12">12 Home', page), "places of service stand there in words"
    with north.scope():
        assert Provider.objects.filter(id=left.id).exists(), "kept, only not offered"


def test_a_draft_that_lacks_something_is_kept_and_lists_what(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    answer = send(client, north, begun(client, north) | line(0, "H2019", ""), "save")
    assert answer.status_code == 302
    page = client.get(answer["Location"]).content.decode()
    lacking = text(page.partition('class="checks')[2].partition("</ul>")[0])
    assert re.search(r"Complete: \d+ of \d+", text(page))
    for missing in ("missing: Service codes", "missing: Diagnosis", "missing: Place of service", "missing: Providers"):
        assert missing in lacking, (missing, lacking)
    assert "done: Coverage in force on the first day" in lacking
    with north.scope():
        assert Authorization.objects.get().owner_id == north.memberships["specialist"].id, (
            "who begins it looks after it"
        )
