"""Nobody is shown a link or a button that would refuse them: whoever may only read finds nothing that writes."""

from __future__ import annotations

import pytest

from tests.attack.markup import Markup
from tests.attack.walk import ROUTES, Visited, Walks, complete, name_of
from tests.web.permissions import TABLE
from tests.web.theatre import ROLES

NO_ROUTES = ("mailto:", "tel:", "https://", "http://", "/static/")


def wrongly_offered(page: Visited, role: str) -> list[str]:
    """Every address on a page that its reader may not use, or not in that way."""
    found = []
    for lead in page.markup.leads:
        if lead.address.startswith(NO_ROUTES):
            continue
        name = name_of(complete(page.address, lead.address))
        if not name:
            found.append(f"{page.address}: {lead.on} leads nowhere: {lead.address}")
        elif name in TABLE and role not in TABLE[name].roles.split():
            found.append(f"{page.address}: {lead.on} to {name}")
        elif lead.method not in ROUTES[name].methods:
            found.append(f"{page.address}: {lead.on} asks {name} by {lead.method}")
    return found


@pytest.mark.parametrize("role", ROLES)
def test_everything_offered_may_be_used(walks: Walks, role: str) -> None:
    assert [line for page in walks[role].pages.values() for line in wrongly_offered(page, role)] == []


@pytest.mark.parametrize("role", ROLES)
def test_every_page_that_was_offered_opens(walks: Walks, role: str) -> None:
    shut = {
        page.address: page.answer.status_code for page in walks[role].pages.values() if page.answer.status_code >= 400
    }
    assert shut == {}


@pytest.mark.parametrize("role", ROLES)
def test_every_page_one_may_open_was_seen(walks: Walks, role: str) -> None:
    """The control: the walk saw each page of the permission table, with its navigation."""
    wanted = {name for name, row in TABLE.items() if row.opens and role in row.roles.split()}
    assert wanted - {page.route for page in walks[role].pages.values()} == set()
    assert "account_logout" in walks[role].forms


def test_a_button_too_many_is_noticed(walks: Walks) -> None:
    """A canary: a page of a clinician with a way to void a claim, and one with a form that leads nowhere."""
    seen = walks["clinician"].pages["/"]
    for html in (
        '<form method="post" action="/claims/01a203bd-6425-7fee-a061-634641e460a2/void"></form>',
        '<a href="/claims/new">New claim</a>',
        '<button hx-post="/payers/new">x</button>',
        '<form method="post" action="/nowhere"></form>',
        '<form method="post" action="/members"></form>',
    ):
        assert len(wrongly_offered(Visited("/", "home", seen.answer, Markup(html)), "clinician")) == 1, html
