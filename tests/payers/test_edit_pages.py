"""What the pages of the configuration do with what is typed: keep it, refuse it in words, ask before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from imports.models import ImportFile
from payers import rule_changes, services
from payers.models import Payer, Playbook, Program, ProgramRules, ReviewRoute, TradingPartner, Workflow
from payers.queries import playbook_for
from providers.models import Provider
from tenancy.models import Holiday
from tests.authorizations.cases import submitted
from tests.cast import NOW, TODAY, House
from tests.payers.stage import configured, make_playbook, signed_in

RULES = {
    "authorization_workflow": "MANUAL_PENDING",
    "regulation": "commercial",
    "renewal_lead_days": "14",
    "rounding": "exact",
    "weekly_cap_type": "units",
    "routine_days_are_business": "True",
}


@pytest.fixture(autouse=True)
def _that_day() -> Iterator[None]:
    """Monday, November 23, 2026."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def client(in_north: House) -> Client:
    return signed_in(in_north)


def words(response: Any) -> str:
    """The page as it reads."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_payer_is_added_and_its_page_asks_for_a_program(client: Client) -> None:
    response = client.post("/configuration/payers/new", {"name": "Lakeshore", "identifier": "LAKE"}, follow=True)
    payer = Payer.objects.get(identifier="LAKE")
    assert response.redirect_chain == [(f"/configuration/payers/{payer.id}", 302)]
    assert "There is no program yet" in words(response)


def test_what_was_typed_stays_with_everything_that_is_wrong(client: Client) -> None:
    typed = {"name": "", "identifier": "HLNOR", "default_window_days": "ninety", "portal_url": "nowhere at all"}
    response = client.post("/configuration/payers/new", typed)
    page = response.content.decode()
    assert response.status_code == 422
    assert 'value="ninety"' in page
    assert 'value="nowhere at all"' in page
    assert 'href="#id_default_window_days"' in page
    response = client.post("/configuration/payers/new", {"name": "", "identifier": "X" * 81})
    assert response.status_code == 422
    assert "Name is missing." in words(response)


def test_edit_of_an_older_version_is_a_decision(client: Client, in_north: House) -> None:
    address = f"/configuration/payers/{in_north.payer.id}/edit"
    services.save_payer(in_north.payer.id, {"phone": "1"}, version=1, actor=in_north.actor("admin"), now=NOW)
    typed = {"name": "My name for it", "identifier": "HLNOR", "version": "1"}
    response = client.post(address, typed)
    assert response.status_code == 409
    assert "Admin North changed it, Today, 10:18 AM" in words(response)
    assert "Not saved: this was changed meanwhile: 1 thing to look at" in words(response)
    assert 'value="My name for it"' in response.content.decode()
    assert Payer.objects.get().name == "Harborline North"
    version = re.search(r'name="version" value="(\d+)"', response.content.decode())
    assert version is not None
    assert client.post(address, typed | {"version": version[1]}).status_code == 302
    assert Payer.objects.get().name == "My name for it"


def test_program_and_its_first_rules_are_one_step(client: Client, in_north: House) -> None:
    address = f"/configuration/payers/{in_north.payer.id}/programs/new"
    refused = client.post(address, {**RULES, "name": "", "starts_on": "2026-01-01", "default_window_days": "0"})
    assert refused.status_code == 422
    assert Program.objects.count() == 3
    client.post(address, {**RULES, "name": "PPO", "starts_on": "2026-01-01", "default_window_days": "180"})
    rules = ProgramRules.objects.get(program__name="PPO")
    assert (rules.authorization_workflow, rules.default_window_days, rules.routine_days_are_business) == (
        Workflow.MANUAL_PENDING,
        180,
        True,
    )


def test_form_offers_exactly_the_three_workflows_and_takes_no_other(client: Client, in_north: House) -> None:
    address = f"/configuration/programs/{in_north.electronic.id}/rules/new"
    page = client.get(address).content.decode()
    offered = re.findall(r'name="authorization_workflow" value="(\w*)"', page)
    assert offered == ["AUTOMATIC_278", "MANUAL_PENDING", "NONE"]
    for other in ("PORTAL", ""):
        sent = {**RULES, "starts_on": "2027-01-01", "authorization_workflow": other}
        assert client.post(address, sent).status_code == 422
    assert ProgramRules.objects.filter(program=in_north.electronic).count() == 1


def test_rules_form_says_how_many_requests_are_on_the_way(client: Client, in_north: House) -> None:
    submitted(in_north)
    address = f"/configuration/programs/{in_north.electronic.id}"
    sentence = "1 request is on the way (1 by 278 electronic). It keeps its channel."
    assert sentence in words(client.get(f"{address}/rules/new"))
    client.post(f"{address}/rules/new", {**RULES, "starts_on": "2026-11-23"})
    assert sentence in words(client.get(address))


def test_overlap_comes_back_as_a_sentence_beside_the_day(client: Client, in_north: House) -> None:
    sent = {**RULES, "starts_on": "2026-01-01"}
    response = client.post(f"/configuration/programs/{in_north.electronic.id}/rules/new", sent)
    assert response.status_code == 422
    assert 'id="id_starts_on_error"' in response.content.decode()
    assert "a mistake is mended by correcting them" in words(response)


def test_begun_rules_are_corrected_only_with_the_tick(client: Client, in_north: House) -> None:
    rules = in_north.electronic.rules.get()
    address = f"/configuration/rules/{rules.id}/edit"
    sent = {**RULES, "routine_days": "5", "version": "1", "authorization_workflow": "NONE", "starts_on": "2021-01-01"}
    assert "Tick that this holds for all days since Jan 1, 2020." in words(client.post(address, sent))
    assert client.post(address, sent | {"understood": "on"}).status_code == 302
    again = in_north.electronic.rules.get()
    assert (again.routine_days, again.authorization_workflow, again.starts_on) == (
        5,
        Workflow.AUTOMATIC_278,
        date(2020, 1, 1),
    )


def test_history_shows_old_and_new_and_who(client: Client, in_north: House) -> None:
    address = f"/configuration/programs/{in_north.manual.id}"
    client.post(f"{address}/rules/new", {**RULES, "starts_on": "2027-01-01", "authorization_workflow": "AUTOMATIC_278"})
    page = words(client.get(address))
    assert "Rules begun: from Jan 1, 2027" in page
    assert "Workflow: Manual queue → 278 electronic" in page
    assert "Supervisor North" in page


def test_program_without_a_partner_says_so_on_page_list_and_overview(client: Client, in_north: House) -> None:
    route = in_north.electronic.routes.get()
    rule_changes.switch_route(route.id, active=False, actor=in_north.actor("supervisor"), now=NOW)
    sentence = "This program sends 278s, and no trading partner is routed for its services."
    for address in (f"/{in_north.electronic.id}", ""):
        assert sentence in words(client.get(f"/configuration/programs{address}"))
    assert sentence in words(client.get("/configuration"))
    assert sentence in words(client.get(f"/configuration/payers/{in_north.payer.id}"))


def test_what_would_happen_names_the_rule_that_won(client: Client, in_north: House) -> None:
    rule_changes.add_route(
        in_north.electronic.id, {"code_from": "H2019", "workflow": "MANUAL_PENDING", "phone": "555-0140"},
        actor=in_north.actor("supervisor"), now=NOW,
    )  # fmt: skip
    address = f"/configuration/programs/{in_north.electronic.id}"
    page = words(client.get(address, {"code": "h2019", "on": "2026-11-30"}))
    assert "by hand: phone" in page
    assert "Won route 1 of Medicaid (H2019)" in page
    page = words(client.get(address, {"code": "H2014", "on": "2026-11-30"}))
    assert "Won Medicaid since Jan 1, 2020, route 2 (every service)" in page
    assert "No rules" not in page
    assert "has no rules for Jan 1, 2019" in words(client.get(address, {"code": "H2014", "on": "2019-01-01"}))
    assert client.get(address, {"code": "X" * 99, "on": "soon"}).status_code == 200


def test_routes_are_moved_edited_and_retired(client: Client, in_north: House) -> None:
    address = f"/configuration/programs/{in_north.electronic.id}/routes/new"
    assert client.post(address, {"code_from": "h2019", "reviewer_qualifier": "PI"}).status_code == 302
    route = ReviewRoute.objects.get(code_from="H2019")
    client.post(f"/configuration/routes/{route.id}/move", {"way": "down"})
    assert ReviewRoute.objects.get(id=route.id).position == 2
    sent = {"code_from": "H2014", "reviewer_qualifier": "PI", "partner": str(in_north.partner.id), "version": "1"}
    client.post(f"/configuration/routes/{route.id}/edit", sent)
    again = ReviewRoute.objects.get(id=route.id)
    assert (again.code_from, again.partner_id) == ("H2014", in_north.partner.id)
    assert "Retire route 2?" in words(client.get(f"/configuration/routes/{route.id}/switch"))
    client.post(f"/configuration/routes/{route.id}/switch", {"active": "no"})
    assert not ReviewRoute.objects.get(id=route.id).active


def test_partner_of_another_organization_cannot_be_routed(north: House, south: House) -> None:
    browser = signed_in(north)
    sent = {"reviewer_qualifier": "PI", "partner": str(south.partner.id)}
    response = browser.post(f"/configuration/programs/{north.electronic.id}/routes/new", sent)
    assert response.status_code == 422
    assert "Gateway south" not in response.content.decode()


def test_production_is_asked_before_and_never_set_by_the_form(client: Client, in_north: House) -> None:
    address = f"/configuration/partners/{in_north.partner.id}"
    assert "real request for a real member" in words(client.get(f"{address}/usage"))
    names = (
        "name our_qualifier our_identifier their_qualifier their_identifier our_application their_application "
        "trace_identifier transport endpoint_url follow_up_certification_type"
    )
    form = {name: getattr(in_north.partner, name) for name in names.split()}
    client.post(f"{address}/edit", {**form, "capabilities": ["278", "275"], "usage": "P", "version": "1"})
    partner = TradingPartner.objects.get()
    assert (partner.usage, partner.capabilities) == ("T", ["278", "275"])
    client.post(f"{address}/usage", {"usage": "P"})
    assert TradingPartner.objects.get().usage == "P"


def test_switching_a_partner_off_names_the_programs_that_stop(client: Client, in_north: House) -> None:
    page = words(client.get(f"/configuration/partners/{in_north.partner.id}/switch"))
    assert "Harborline North, Medicaid cannot submit 278s until another partner is routed." in page


def test_holidays_are_added_taken_off_and_put_back(client: Client) -> None:
    assert client.post("/configuration/holidays/add", {"day": "2026-13-40", "name": "Never"}).status_code == 422
    assert client.post("/configuration/holidays/add", {"day": "", "name": ""}).status_code == 422
    client.post("/configuration/holidays/add", {"day": "2026-12-25", "name": "Christmas"})
    holiday = Holiday.objects.get()
    client.post(f"/configuration/holidays/{holiday.id}/switch", {"active": "no"})
    assert not Holiday.objects.get().active
    assert "Christmas" in words(client.get("/configuration/holidays"))


def test_alias_of_another_payer_comes_back_with_what_was_typed(client: Client, in_north: House) -> None:
    services.add_payer({"name": "Lakeshore", "identifier": "LAKE"}, actor=in_north.actor("admin"), now=NOW)
    response = client.post(f"/configuration/payers/{in_north.payer.id}/aliases", {"alias": "lakeshore"})
    assert response.status_code == 422
    assert 'value="lakeshore"' in response.content.decode()
    assert "That is the name or ID of Lakeshore." in words(response)


def test_playbook_is_written_with_lists_and_an_order_and_reviewed(client: Client, in_north: House) -> None:
    address = f"/configuration/programs/{in_north.manual.id}/playbook/new"
    sent = {
        "owner": str(in_north.memberships["biller"].id),
        "review_days": "30",
        "documents": "plan of care\n\n  assessment  \n",
        "place_codes": "2",
        "place_member_number": "1",
    }
    double = client.post(address, sent | {"place_units": "2"})
    assert double.status_code == 422
    assert "2 is the place of Codes and modifiers." in words(double)
    assert client.post(address, sent | {"owner": ""}).status_code == 422
    client.post(address, sent)
    playbook = playbook_for(in_north.manual)
    assert playbook is not None
    assert playbook.owner == in_north.memberships["biller"]
    assert (playbook.documents, playbook.field_order) == (["plan of care", "assessment"], ["member_number", "codes"])
    Playbook.objects.update(reviewed_on=date(2026, 1, 1))
    client.post(f"/configuration/playbooks/{playbook.id}/review")
    assert Playbook.objects.get().reviewed_on == TODAY


def test_owner_from_another_organization_is_refused(north: House, south: House) -> None:
    sent = {"owner": str(south.memberships["biller"].id), "review_days": "30"}
    response = signed_in(north).post(f"/configuration/programs/{north.manual.id}/playbook/new", sent)
    assert response.status_code == 422
    assert "Biller South" not in response.content.decode()


def test_playbook_shows_what_it_said_before(client: Client, in_north: House) -> None:
    playbook = make_playbook(in_north)
    services.save_playbook(
        playbook.id, {"evidence": "a screenshot"}, version=1, actor=in_north.actor("specialist"), now=NOW
    )
    page = words(client.get(f"/configuration/playbooks/{playbook.id}"))
    assert "Version 2" in page
    assert "Keep before closing nothing → a screenshot" in page


def send(client: Client, content: bytes, kind: str = "payers") -> Any:
    return client.post(f"/configuration/{kind}/import", {"file": SimpleUploadedFile("list.csv", content)})


def test_file_is_looked_at_and_then_imported(client: Client) -> None:
    response = send(client, b"Payer ID,Payer name,Program,Workflow\nLAKE,Lakeshore,PPO,NONE\n,Nameless,,\n")
    page = words(client.get(response["Location"]))
    assert "1 line would be imported : 1 new, 0 changed." in page
    assert "2 Lakeshore, PPO new" in page
    assert "Payer ID is missing." in page
    assert not Payer.objects.filter(identifier="LAKE").exists()
    done = client.post(response["Location"], follow=True)
    assert "1 new, 0 changed, 0 as they were, 1 left out." in words(done)
    assert Program.objects.filter(payer__identifier="LAKE").exists()
    faults = client.get(f"{response['Location']}?faults=csv").content.decode()
    assert faults == "\ufeffLine,Column,What is wrong\r\n3,Payer ID,Payer ID is missing.\r\n"


def test_file_that_is_missing_empty_or_too_large_is_not_kept(client: Client) -> None:
    assert "Choose a file." in words(client.post("/configuration/payers/import"))
    assert "The file is empty." in words(send(client, b""))
    assert "larger than 5 MB" in words(send(client, b"x" * (5 * 1024 * 1024 + 1)))
    assert not ImportFile.objects.exists()


def test_file_that_cannot_be_read_says_why_and_writes_nothing(client: Client) -> None:
    response = send(client, b"PK\x03\x04 a workbook")
    assert "This is an Excel workbook." in words(client.get(response["Location"]))
    client.post(response["Location"])
    assert ImportFile.objects.get().state == "uploaded"


def test_file_of_another_kind_is_not_found(client: Client, in_north: House) -> None:
    ids = configured(in_north)
    assert client.get(f"/configuration/payers/import/{ids['provider_file_id']}").status_code == 404


def test_provider_gets_a_last_day_after_being_asked(client: Client, in_north: House) -> None:
    submitted(in_north)
    address = f"/configuration/providers/{in_north.clinician.id}/close"
    assert "1 request is on the way" in words(client.get(address))
    assert client.post(address, {"last": ""}).status_code == 422
    client.post(address, {"last": "2026-11-30"})
    assert Provider.objects.get(id=in_north.clinician.id).active_to == date(2026, 11, 30)
    assert "Take the last day away" in words(client.get(f"/configuration/providers/{in_north.clinician.id}"))
    client.post(address, {"again": "yes"})
    assert Provider.objects.get(id=in_north.clinician.id).active_to is None


def test_empty_lists_say_what_to_do(in_north: House) -> None:
    browser = signed_in(in_north)
    assert "Nothing is found for “zzz”" in words(browser.get("/configuration/providers", {"q": "zzz"}))
    assert "No payer is found for “zzz”" in words(browser.get("/configuration/payers", {"q": "zzz"}))
    assert "No rules carry a contract’s number" in words(browser.get("/configuration/contracts"))
    assert "No holiday is to come" in words(browser.get("/configuration/holidays"))


def test_search_finds_a_payer_by_alias_and_a_provider_by_npi(client: Client, in_north: House) -> None:
    configured(in_north)
    assert "Harborline North" in words(client.get("/configuration/payers", {"q": "harbor pl"}))
    assert "OkaforNorth, Renée" in words(client.get("/configuration/providers", {"q": "12345"}))


def part(client: Client, address: str, target: str) -> str:
    """What a page answers when only one part of it is asked for."""
    answer = client.get(address, headers={"HX-Request": "true", "HX-Target": target})
    assert answer.status_code == 200
    return answer.content.decode()


def test_changing_parts_are_sent_alone(client: Client, in_north: House) -> None:
    program = f"/configuration/programs/{in_north.electronic.id}"
    asked = part(client, f"{program}?code=H2019&on=2026-11-30", "answer")
    assert "278 electronic" in asked
    for address, target in (
        ("/configuration/payers?q=harbor", "list"),
        ("/configuration/providers?q=okafor", "list"),
        ("/configuration/facilities?q=clinic", "list"),
        (f"{program}/switch", "dialog"),
        (f"/configuration/providers/{in_north.clinician.id}/close", "dialog"),
    ):
        assert "<html" not in part(client, address, target), address
    assert "<html" not in asked
