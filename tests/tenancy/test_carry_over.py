"""Nothing of one organization is carried to the next: on one connection, among many threads, after the commit."""

from __future__ import annotations

import ast
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache
from django.db import connection, connections, transaction
from django.test import Client
from django.urls import reverse

from accounts import receivers
from devkit.places import CHECKOUT
from members.models import Member
from tenancy.scoping import NoOrganizationScope, has_organization_scope, user_scope
from tests.cast import House, found_house
from tests.tenancy.test_isolate import TENANT_MODELS, rows

SWITCHES = 1000
THREADS = 32
LONG = bool(os.environ.get("GREENLIGHT_LONG"))
"""GREENLIGHT_LONG=1 reads a hundred thousand times instead of for two seconds."""


@pytest.fixture
def houses(transactional_db: None) -> list[House]:
    return [found_house("north", "Cedar Bay Care"), found_house("south", "Harbor Light Therapy")]


def seen_by_manager() -> set[str]:
    return set(Member.objects.values_list("last_name", flat=True))


def seen_by_sql() -> set[str]:
    return {name for (name,) in rows("SELECT last_name FROM members_member")}


class Interrupted(Exception):
    """A request that breaks off in the middle."""


def look(house: House, *, fail: bool = False) -> tuple[set[str], set[str]]:
    """What a request of this house sees, also one that breaks off."""
    found: tuple[set[str], set[str]] = set(), set()
    try:
        with house.scope():
            found = seen_by_manager(), seen_by_sql()
            if fail:
                raise Interrupted
    except Interrupted:
        pass
    return found


def assert_nobody_sees_anything() -> None:
    assert not has_organization_scope()
    with pytest.raises(NoOrganizationScope):
        seen_by_manager()
    assert seen_by_sql() == set()
    assert rows("SELECT nullif(current_setting('app.organization_id', true), '')") == [(None,)]


def test_one_connection_serves_a_then_b_then_nobody_a_thousand_times(houses: list[House]) -> None:
    """Every third switch breaks off, every fourth goes through the scope of a person."""
    [(backend,)] = rows("SELECT pg_backend_pid()")
    for n in range(SWITCHES):
        house = houses[n % 2]
        if n % 4 == 0:
            with user_scope(house.users["specialist"].id):
                assert seen_by_sql() == set()
        only = {house.member.last_name}
        assert look(house, fail=n % 3 == 0) == (only, only), n
        assert_nobody_sees_anything()
    assert rows("SELECT pg_backend_pid()") == [(backend,)], "one connection, or nothing was proved"


def test_requests_of_both_and_of_nobody_share_a_connection(houses: list[House]) -> None:
    browsers = []
    for house in houses:
        browser = Client()
        browser.force_login(house.users["specialist"])
        browsers.append(browser)
    stranger = Client()
    for n in range(20):
        for house, other, browser in zip(houses, reversed(houses), browsers, strict=True):
            text = browser.get(reverse("member_list")).content.decode()
            assert house.member.last_name in text, n
            assert other.member.last_name not in text, n
        answer = stranger.get(reverse("member_list"))
        assert answer.status_code == 302
        assert_nobody_sees_anything()


def test_threads_that_alternate_see_their_own_only(houses: list[House]) -> None:
    until = time.monotonic() + 2
    wanted = 100_000 // THREADS
    start = threading.Barrier(THREADS)

    def alternate(number: int) -> tuple[int, list[str]]:
        count, wrong = 0, []
        try:
            start.wait(30)
            while count < wanted if LONG else time.monotonic() < until or not count:
                house = houses[(number + count) % 2]
                only = {house.member.last_name}
                if look(house, fail=count % 5 == 0) != (only, only):
                    wrong.append(f"{number}:{count}")
                count += 2
        finally:
            connections.close_all()
        return count, wrong

    with ThreadPoolExecutor(THREADS) as pool:
        results = list(pool.map(alternate, range(THREADS)))
    assert [wrong for _, wrong in results if wrong] == []
    assert sum(count for count, _ in results) >= (100_000 if LONG else 4 * THREADS)
    assert_nobody_sees_anything()


def test_a_thread_of_its_own_inherits_no_scope(houses: list[House]) -> None:
    heard: list[object] = []

    def ask() -> None:
        try:
            heard.append(has_organization_scope())
            with pytest.raises(NoOrganizationScope):
                seen_by_manager()
            heard.append(seen_by_sql())
        finally:
            connections.close_all()

    with houses[0].scope():
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join(20)
    assert heard == [False, set()]


# After the commit, and signals -------------------------------------------------------------------------------


def test_what_runs_after_the_commit_has_no_scope_and_is_told_so(houses: list[House]) -> None:
    """Not an empty answer that looks like a right one."""
    north = houses[0]
    answers: list[object] = []

    def ask() -> None:
        try:
            answers.append(seen_by_manager())
        except NoOrganizationScope as error:
            answers.append(error)
        with north.scope():
            answers.append(seen_by_manager())

    with north.scope():
        transaction.on_commit(ask)
        assert answers == []
    loud, own = answers
    assert isinstance(loud, NoOrganizationScope)
    assert own == {north.member.last_name}, "a scope of its own works there"


def after_commit_calls() -> Iterator[tuple[str, str]]:
    """Every call of on_commit in the product: the file, and what is called after the commit."""
    for path in sorted(CHECKOUT.glob("*/**/*.py")):
        place = path.relative_to(CHECKOUT)
        if place.parts[0] in ("tests", "bench") or place.parts[0].startswith("."):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "on_commit":
                yield str(place), ast.unparse(node.args[0])


REVIEWED_AFTER_COMMIT = {
    ("accounts/invitations.py", "lambda: send_mail(f'Invitation to {organization}', text, None, [invitation.email])"),
    ("outbox/delivery.py", "ring"),
    ("outbox/services.py", "ring"),
}
"""Read through: none of these touches a row. They ring a bell or send what was made before the commit."""


def test_every_call_after_a_commit_was_read_through() -> None:
    assert set(after_commit_calls()) == REVIEWED_AFTER_COMMIT


def test_receivers_of_library_signals_know_no_table_of_an_organization() -> None:
    """They run where no scope is open: before anybody knows which organization is meant."""
    known = {name for name, value in vars(receivers).items() if value in TENANT_MODELS}
    assert known == set()
    others = [
        str(path.relative_to(CHECKOUT))
        for path in CHECKOUT.glob("*/**/*.py")
        if not path.relative_to(CHECKOUT).parts[0].startswith((".", "tests"))
        and ("@receiver(" in path.read_text() or "post_save" in path.read_text())
    ]
    assert others == ["accounts/receivers.py"]


# What no connection may be told ------------------------------------------------------------------------------


def test_no_code_tells_a_connection_its_organization_for_longer_than_a_transaction() -> None:
    """SET without LOCAL, or set_config(..., false), would outlive the request on a pooled connection."""
    found = []
    for path in CHECKOUT.glob("*/**/*.py"):
        place = path.relative_to(CHECKOUT)
        if place.parts[0].startswith((".", "tests")):
            continue
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            told = "app.organization_id" in line or "app.user_id" in line
            lasting = "SET app." in line or "SET SESSION" in line.upper()
            if (told and lasting) or ("set_config" in line and "true)" not in line):
                found.append(f"{place}:{number}")
    assert found == []


def test_nothing_of_an_organization_is_kept_in_a_cache(houses: list[House]) -> None:
    """The product caches no page and no row; what stands in the cache are counters of tries."""
    cache.clear()
    for house in houses:
        browser = Client()
        browser.force_login(house.users["supervisor"])
        for name in ("home", "member_list", "authorization_list", "payer_list"):
            assert browser.get(reverse(name)).status_code == 200
    kept = getattr(cache, "_cache", {})
    assert not [key for key in kept if "rl:" not in str(key)], list(kept)
    assert connection.settings_dict["CONN_MAX_AGE"], "connections are kept, so the tests above mean something"
