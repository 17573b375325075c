"""Whoever follows "next" to the end of a list has seen every row of the house once, and none of another."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from audit.queries import EventFilter
from audit.queries import found as found_events
from authorizations import my_work, queue
from authorizations.models import Authorization, Submission
from authorizations.states import Status
from claims.models import Claim
from edi.models import Message
from members.models import Member
from providers.models import Facility, Provider
from tests.attack.markup import Markup
from tests.attack.walk import ROUTES, complete
from tests.authorizations.cases import drafted, submitted
from tests.cast import NOW, House, make_coverage, make_member, make_provider
from tests.claims.stage import bill, post
from tests.web.permissions import TABLE
from tests.web.stage import Stage, by_hand
from tests.web.theatre import Theatre, everything_said, undone

MORE = 6
SIZE = 2


@dataclass(frozen=True)
class List:
    """A list with pages: how a row of it is known on the page, and the rows it should show."""

    row: str
    rows: Callable[[], Any]
    query: str = ""
    back: bool = False
    unmarked: bool = False
    who: str = "supervisor"
    key: str = "after"

    def on(self, body: str, page: int) -> list[str]:
        """The rows of one page by their ids; where they carry none, by their place."""
        found = re.findall(self.row, body.partition("<main")[2])
        return [f"{page}.{at}" for at, _ in enumerate(found)] if self.unmarked else list(dict.fromkeys(found))


ID = "([0-9a-f-]{36})"
EVERY_STATUS = "?" + "&".join(f"status={status.value}" for status in Status) + "&ended=all"


def stuck() -> Any:
    return Submission.objects.filter(exchange_state="not_delivered")


LISTS: dict[str, List] = {
    "authorization_list": List(rf'href="/authorizations/{ID}">', Authorization.objects.all, EVERY_STATUS, back=True),
    "member_list": List(rf'href="/members/{ID}"', Member.objects.all, back=True),
    "claim_list": List(rf'href="/claims/{ID}"', Claim.objects.all),
    "manual_queue": List(rf"open={ID}", lambda: queue.waiting(queue.QueueFilter()), back=True),
    "routine_queue": List(
        rf'rowlink nowrap" href="/authorizations/{ID}"', lambda: my_work.of_priority("routine"), back=True
    ),
    "message_list": List(rf'href="/exchange/messages/{ID}"', Message.objects.all, key="before"),
    "undelivered_list": List(rf'name="submission" value="{ID}"', stuck, who="edi", key="before"),
    "provider_list": List(rf'href="/configuration/providers/{ID}"', Provider.objects.all),
    "facility_list": List(rf'href="/configuration/facilities/{ID}"', Facility.objects.all),
    "audit_log": List(
        r'(<th role="rowheader")', lambda: found_events(EventFilter(what="changes")), "?what=changes", unmarked=True
    ),
}


def crowd(house: House, slug: str) -> None:
    """More of everything than three pages hold."""
    with house.scope():
        for number in range(MORE):
            member = make_member(last_name=f"Ashdown{slug.capitalize()}", first_name=f"Kim{number}")
            drafted(house, coverage=make_coverage(member, house.electronic))
            post(house, bill("H2019", "11-21"), number=f"M-{slug}-{number}")
            by_hand(house)
            asked = submitted(house, coverage=make_coverage(member, house.electronic))
            Submission.objects.filter(id=asked.id).update(exchange_state="not_delivered")
            received_again(house, number)
            make_provider(name=f"Okafor{slug.capitalize()}", first_name=f"Kim{number}")
            Facility(name=f"{house.organization.name} {number}").save()


def received_again(house: House, number: int) -> None:
    first = Message.objects.order_by("id")[0]
    Message(
        interchange=first.interchange, partner=house.partner, kind=first.kind, state=first.state, position=number + 2,
        created_at=NOW,
    ).save()  # fmt: skip


@pytest.fixture(scope="module")
def crowded(stages: Theatre) -> Iterator[Theatre]:
    """Both houses with long lists."""
    with undone():
        crowd(stages.north.house, "north")
        crowd(stages.south.house, "south")
        yield stages


@pytest.fixture(autouse=True)
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows a page; the log, which is long by itself, gets more."""
    for name in paged_views():
        monkeypatch.setattr(f"{name}.PAGE_SIZE", SIZE if name != "audit.views.log" else 40)
    monkeypatch.setattr("authorizations.filters.SIZES", (SIZE, 50, 100))


def paged_views() -> set[str]:
    """Modules of pages that cut their rows into pages."""
    return {name for name, module in list(sys.modules.items()) if ".views" in name and hasattr(module, "PAGE_SIZE")}


def follow(client: Any, address: str, shown: List, word: str, other: Stage) -> tuple[list[str], str, int]:
    """Every row from here on, the address of the last page, and how many pages there were."""
    found: list[str] = []
    pages, onward = 0, address
    while onward:
        address, pages = onward, pages + 1
        assert pages < 60, "the pages never end"
        answer = client.get(address)
        assert answer.status_code == 200
        said = everything_said(answer)
        assert not [name for name in other.sentinels if name in said], f"{address} shows the other house"
        body = answer.content.decode()
        rows = shown.on(body, pages)
        found += rows
        onward = next_address(address, body, word)
    return found, address, pages


def next_address(address: str, body: str, word: str) -> str:
    """Where the link to the next page leads; "" on the last. Every list carries its key as `after` or `before`."""
    links = [complete(address, lead.address) for lead in Markup(body).leads if lead.method == "GET"]
    path = address.partition("?")[0]
    keyed = re.compile(rf"{path}\?(?!.*open=)(.*&)?{word}=[^&]")
    return next((link for link in links if keyed.match(link)), "")


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("slug", ["north", "south"])
def test_every_row_is_met_once_on_the_way_through_all_pages(crowded: Theatre, name: str, slug: str) -> None:
    shown = LISTS[name]
    stage, other = (crowded.north, crowded.south) if slug == "north" else (crowded.south, crowded.north)
    client = crowded.client(shown.who if slug == "north" else f"south {shown.who}")
    with stage.house.scope():
        expected = shown.rows().count()
    start = ROUTES[name].path(stage.ids) + shown.query
    found, last, pages = follow(client, start, shown, shown.key, other)
    assert len(found) == len(set(found)), "no row twice"
    assert pages > 2, "the control: the list has pages"
    assert len(found) == expected, "none left out"
    if shown.back:
        again, _, _ = follow(client, last, shown, "before", other)
        assert sorted(again) == sorted(found), "the same on the way back"


def test_every_list_with_pages_is_followed() -> None:
    """A view that cuts its rows into pages has a line in LISTS."""
    assert paged_views() == {
        "authorizations.views.queue", "authorizations.views.priorities", "members.views.listing", "claims.views",
        "edi.views.messages", "edi.views.undelivered", "providers.views.subject", "audit.views.log", "audit.views.part",
    }, "follow the new list too"  # fmt: skip
    assert set(LISTS) <= set(TABLE)
