"""The list: four statuses unless asked otherwise, what ends first on top, ids only in the address."""

from __future__ import annotations

from datetime import date, timedelta

import time_machine

from audit.actors import Actor
from authorizations.models import Authorization
from authorizations.services import note_exchange
from authorizations.states import ExchangeState, Status
from tests.authorizations.cases import drafted, in_status, submitted
from tests.cast import NOW, House, make_coverage, make_member
from tests.claims.stage import authorize, bill, post
from tests.web.conftest import SignIn
from tests.web.pages import text
from tests.web.stage import by_hand


def numbers(html: str) -> list[str]:
    """The numbers of the rows, in their order."""
    return [part.split("<")[0] for part in html.split('class="rowlink nowrap"')[1:] for part in [part.split(">", 1)[1]]]


def test_a_fresh_list_shows_the_four_open_statuses(north: House, sign_in: SignIn) -> None:
    with north.scope():
        shown = {
            in_status(north, each).number for each in (Status.DRAFT, Status.SUBMITTED, Status.PENDED, Status.APPROVED)
        }
        hidden = in_status(north, Status.DENIED).number
    page = sign_in(north).get("/authorizations").content.decode()
    assert set(numbers(page)) == shown
    assert hidden not in page
    assert "Denied (1)" in text(page)


def test_a_row_says_how_far_its_request_has_come(north: House, sign_in: SignIn) -> None:
    with north.scope():
        by_hand(north)
        sent = submitted(north)
        note_exchange(sent.id, ExchangeState.SENT, actor=Actor.job("Exchange"), now=NOW - timedelta(minutes=14))
        pended = in_status(north, Status.PENDED)
        Authorization.objects.filter(id=pended.id).update(administrative_number="ADM-1", certification_number="")
        in_status(north, Status.DENIED)
    with time_machine.travel(NOW + timedelta(days=3), tick=False):
        page = text(sign_in(north).get("/authorizations?status=submitted&status=pended&status=denied").content.decode())
    assert "Submitted to submit" in page, "nobody has entered it in the portal"
    assert "Submitted sent Mon Nov 23, 10:04 AM, waiting 3 days" in page
    assert "Pended for 3 days" in page
    assert "ADM-1" in page, "the number a payer works by until it decides"
    assert "Nov 23 – Feb 20, 2027 asked" in page, "what was refused does not run out"


def test_a_row_leads_from_what_is_used_to_its_claims(north: House, sign_in: SignIn) -> None:
    with north.scope():
        case = authorize(north, ("H2019", 80), starts="11-01", ends="12-31", number="A")
        post(north, bill("H2019", "11-20", 12))
        Authorization.objects.filter(id=case.id).update(tight_requested=100)
    page = sign_in(north).get("/authorizations").content.decode()
    assert f'href="/authorizations/{case.id}?tab=claims">12 used' in page
    assert "linked claims , 100 asked" in text(page)


def test_one_status_shows_only_its_rows(north: House, sign_in: SignIn) -> None:
    with north.scope():
        in_status(north, Status.APPROVED)
        denied = in_status(north, Status.DENIED).number
    page = sign_in(north).get("/authorizations?status=denied&ended=all").content.decode()
    assert numbers(page) == [denied]


def test_two_payers_show_rows_of_both_and_of_no_other(north: House, sign_in: SignIn) -> None:
    with north.scope():
        mine = drafted(north).number
        other = make_coverage(make_member(), north.manual)
        theirs = drafted(north, coverage=other)
        Authorization.objects.filter(id=theirs.id).update(payer_name="Somebody else")
    page = sign_in(north).get(f"/authorizations?payer={north.payer.id}").content.decode()
    assert set(numbers(page)) == {mine, theirs.number}
    nobody = sign_in(north).get("/authorizations?payer=00000000-0000-7000-8000-000000000000").content.decode()
    assert numbers(nobody) == []


def test_expiring_within_30_days_means_approved_and_ending_from_today_to_today_and_30(
    north: House, sign_in: SignIn
) -> None:
    with north.scope():
        today = authorize(north, ("H2019", 80), starts="09-01", ends="11-23", number="A").number
        last = authorize(north, ("H2014", 80), starts="09-01", ends="12-23", number="B").number
        authorize(north, ("H0032", 80), starts="09-01", ends="12-24", number="C")
        authorize(north, ("T1019", 80), starts="09-01", ends="11-22", number="D")
        drafted(north, ends_on=date(2026, 12, 1))
    page = sign_in(north).get("/authorizations?expiring=30").content.decode()
    assert numbers(page) == [today, last]
    assert "Expiring in 30 days 2" in text(page)


def test_what_ended_long_ago_is_left_out_and_counted(north: House, sign_in: SignIn) -> None:
    with north.scope():
        old = authorize(north, ("H2019", 80), starts="01-01", ends="10-23", number="A").number
        fresh = authorize(north, ("H2014", 80), starts="01-01", ends="10-24", number="B").number
    client = sign_in(north)
    page = client.get("/authorizations").content.decode()
    assert numbers(page) == [fresh]
    assert "Ended more than 30 days ago: hidden (1)" in text(page)
    assert numbers(client.get("/authorizations?ended=all").content.decode()) == [old, fresh]


def test_next_and_back_walk_all_rows_once_in_order(north: House, sign_in: SignIn) -> None:
    with north.scope():
        made = [drafted(north).number for _ in range(60)]
    client = sign_in(north)
    first = client.get("/authorizations").content.decode()
    second = client.get(link(first, "Next 25")).content.decode()
    third = client.get(link(second, "Next 25")).content.decode()
    walked = numbers(first) + numbers(second) + numbers(third)
    assert sorted(walked) == sorted(made)
    assert len(walked) == len(set(walked))
    assert "Next 25" not in third
    assert numbers(client.get(link(third, "Back")).content.decode()) == numbers(second)


def test_a_page_keeps_its_filters(north: House, sign_in: SignIn) -> None:
    with north.scope():
        for _ in range(27):
            drafted(north)
    page = sign_in(north).get(f"/authorizations?status=draft&member={north.member.id}").content.decode()
    assert "status=draft" in link(page, "Next 25")
    assert f"member={north.member.id}" in link(page, "Next 25")


def test_nothing_matching_says_which_filter_to_leave_out(north: House, sign_in: SignIn) -> None:
    with north.scope():
        in_status(north, Status.PENDED)
    page = text(sign_in(north).get("/authorizations?status=pended&expiring=14").content.decode())
    assert "No authorization is pended and ends within 14 days" in page
    assert "looks at approved authorizations only" in page
    assert "Expiring within 14 days 1" in page


def test_no_address_on_the_list_names_a_person(north: House, sign_in: SignIn) -> None:
    with north.scope():
        drafted(north)
    page = sign_in(north).get(f"/authorizations?member={north.member.id}").content.decode()
    addresses = [part.split('"')[0] for part in page.split('href="')[1:]]
    assert not [address for address in addresses if "Ashdown" in address or "Rowan" in address]


def test_a_member_of_another_organization_is_not_found_as_a_filter(north: House, south: House, sign_in: SignIn) -> None:
    assert sign_in(north).get(f"/authorizations?member={south.member.id}").status_code == 404


def test_htmx_gets_the_changing_part_of_the_same_page(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    part = client.get("/authorizations", headers={"HX-Request": "true", "HX-Target": "list"}).content.decode()
    assert part.strip().startswith('<div id="list"')
    assert "<html" not in part
    whole = client.get("/authorizations").content.decode()
    assert text(part) in text(whole)
    assert "<h1>Authorizations</h1>" in part


def test_who_may_only_read_finds_no_way_to_write(north: House, sign_in: SignIn) -> None:
    with north.scope():
        draft = drafted(north)
        approved = authorize(north, ("H2019", 80), starts="09-01", ends="12-31", number="A")
    client = sign_in(north, "scheduler")
    for address in (
        "/authorizations",
        f"/authorizations/{draft.id}",
        f"/authorizations/{approved.id}?tab=communication",
        f"/members/{north.member.id}",
        "/",
    ):
        page = client.get(address)
        assert page.status_code == 200
        for control in ("/new", "/edit", "/discard", "/notes", 'value="submit"', "Add the note"):
            assert control not in page.content.decode(), (address, control)


def link(page: str, words: str) -> str:
    """The address behind the words of a link."""
    before = page.split(words)[0]
    return before.rsplit('<a class="btn btn-sm" href="', 1)[1].split('"')[0].replace("&amp;", "&")
