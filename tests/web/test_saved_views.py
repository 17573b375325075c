"""Views of the list that people keep: what they hold, who has them, and what happens when a part of them is gone."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from audit.models import AuditEvent
from authorizations.models import Authorization, SavedView
from authorizations.saving import save_view
from authorizations.states import Status
from payers.models import Payer
from tests.authorizations.cases import drafted, in_status
from tests.cast import NOW, House
from tests.web.conftest import SignIn
from tests.web.pages import text
from tests.web.test_list_authorizations import numbers


def kept(house: House, role: str, name: str, query: str, **values: bool) -> SavedView:
    given = {"name": name, "shared": False, "pinned": True, **values}
    return save_view(house.memberships[role].id, given, query=query, actor=house.actor(role), now=NOW)


def tabs(client: Any, query: str = "?view=open") -> list[str]:
    page = client.get(f"/authorizations{query}").content.decode()
    nav = re.search(r'(?s)aria-label="Saved views".*?</nav>', page)
    assert nav
    return [text(each) for each in re.findall(r"(?s)<li.*?</li>", nav.group(0))]


def test_a_list_is_kept_with_its_filter_order_columns_and_size_and_counted(north: House, sign_in: SignIn) -> None:
    with north.scope():
        pended = in_status(north, Status.PENDED)
        drafted(north)
    client = sign_in(north)
    asked = "status=pended&column=status&column=reference&sort=age&rows=50"
    page = client.get(f"/authorizations?{asked}").content.decode()
    assert "/authorizations/views/keep?status=pended&amp;column=status" in page
    assert 'data-label="Payer’s number"' in page
    assert 'data-label="Payer"' not in page
    answer = client.post(
        "/authorizations/views/keep", {"name": "Back to us", "pinned": "on", "query": f"{asked}&q=Ada"}
    )
    assert answer.status_code == 302
    assert answer["Location"] == "/authorizations?status=pended&column=status&column=reference&sort=age&rows=50"
    again = client.get(answer["Location"]).content.decode()
    assert numbers(again) == [pended.number]
    assert 'aria-current="page">Back to us' in again
    assert "Back to us 1" in tabs(client)
    with north.scope():
        assert AuditEvent.objects.filter(action="view.saved").count() == 1
    twice = client.post("/authorizations/views/keep", {"name": "back to US", "query": asked})
    assert (twice.status_code, "You have a view of this name" in text(twice.content.decode())) == (422, True)


def test_only_who_sees_everybodys_work_shares_and_colleagues_keep_a_copy(north: House, sign_in: SignIn) -> None:
    with north.scope():
        own = kept(north, "supervisor", "Late ones", "?due=overdue")
        team = kept(north, "supervisor", "Renewals", "?expiring=30", shared=True)
    specialist, supervisor = sign_in(north), sign_in(north, "supervisor")
    assert "Team: Renewals 0" in tabs(specialist)
    assert not any("Late ones" in each for each in tabs(specialist))
    for path in ("edit", "remove"):
        assert specialist.get(f"/authorizations/views/{own.id}/{path}").status_code == 404
    specialist.post(f"/authorizations/views/{team.id}/remove")
    specialist.post("/authorizations/views/keep", {"name": "Mine", "shared": "on", "pinned": "on", "query": ""})
    specialist.post(f"/authorizations/views/{team.id}/edit", {"name": "My renewals", "pinned": "on", "shared": "on"})
    with north.scope():
        assert SavedView.objects.get(id=team.id).removed_at is None
        copies = SavedView.objects.filter(owner=north.memberships["specialist"]).order_by("position")
        assert [(row.name, row.query, row.shared) for row in copies] == [
            ("Mine", "?", False), ("My renewals", "?expiring=30", False),
        ]  # fmt: skip
    supervisor.post(f"/authorizations/views/{team.id}/remove")
    assert not any("Renewals" in each and "Team" in each for each in tabs(specialist))
    assert specialist.get(f"/authorizations/views/{team.id}/edit").status_code == 404


def test_the_list_opens_with_the_view_somebody_chose_and_the_usual_one_is_still_there(
    north: House, sign_in: SignIn
) -> None:
    with north.scope():
        view = kept(north, "specialist", "Pended", "?status=pended")
    client = sign_in(north)
    client.post(f"/authorizations/views/{view.id}/first")
    answer = client.get("/authorizations")
    assert (answer.status_code, answer["Location"]) == (302, "/authorizations?status=pended")
    page = client.get("/authorizations?view=open")
    assert page.status_code == 200
    assert 'href="/authorizations?view=open" aria-current="page">All open' in page.content.decode()
    assert sign_in(north, "biller").get("/authorizations").status_code == 200
    client.post(f"/authorizations/views/{view.id}/remove")
    assert client.get("/authorizations").status_code == 200


def test_one_goes_up_and_an_overtaken_change_is_said_and_kept(north: House, sign_in: SignIn) -> None:
    with north.scope():
        first, second = kept(north, "specialist", "First", "?"), kept(north, "specialist", "Second", "?due=today")
    client = sign_in(north)
    client.post(f"/authorizations/views/{second.id}/up")
    client.post(f"/authorizations/views/{second.id}/up")
    found = [each for each in tabs(client) if each.startswith(("First", "Second"))]
    assert found == ["Second 0", "First 0"]
    page = f"/authorizations/views/{first.id}/edit"
    client.post(page, {"name": "Firstly", "version": "1"})
    stale = client.post(page, {"name": "At first", "version": "1"})
    assert stale.status_code == 409
    assert 'value="At first"' in stale.content.decode()
    assert client.post(page, {"name": "At first", "version": "2"}).status_code == 302
    assert not any("At first" in each for each in tabs(client)), "it is pinned no longer"


def test_a_view_of_something_that_is_not_there_any_more_says_so(north: House, sign_in: SignIn) -> None:
    gone = "0190a000-0000-7000-8000-000000000000"
    client = sign_in(north)
    with north.scope():
        payer = north.electronic.payer
        Payer.objects.filter(id=payer.id).update(active=False)
    page = text(client.get(f"/authorizations?payer={gone}&payer={payer.id}&owner={gone}").content.decode())
    assert f"Payer: {payer.name}, 1 that is not there any more" in page
    assert "Owner: somebody else" in page


def test_the_optional_columns_show_the_numbers_of_the_tightest_line(north: House, sign_in: SignIn) -> None:
    with north.scope():
        case = in_status(north, Status.APPROVED)
        Authorization.objects.filter(id=case.id).update(next_action_at=NOW + timedelta(days=2))
    query = "&".join(
        f"column={each}" for each in ("requested", "approved", "used", "remaining", "submitted", "answer", "follow_up")
    )
    page = sign_in(north).get(f"/authorizations?{query}").content.decode()
    row = text(page.partition("<tbody")[2].partition("</tbody>")[0])
    with north.scope():
        case.refresh_from_db()
    assert f"{case.tight_requested:.0f} units" in row
    assert f'href="/authorizations/{case.id}?tab=claims">0' in page
    assert "by Wed Nov 25" in row
