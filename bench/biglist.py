"""How long the list of a big organization takes: every order, its first page and one deep in it, and filters.

    python3 dev.py bench biglist

Goal: 300 ms at the 95th percentile for a whole answer of the server. Adds once, by SQL, an organization of its own with
200,000 authorizations of three years to the data of `up`, in about a minute.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("STATIC_MANIFEST", "false")
django.setup()

from django.db import ProgrammingError  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import User  # noqa: E402
from authorizations import orders, worklist  # noqa: E402
from authorizations.orders import Sort  # noqa: E402
from authorizations.states import Status  # noqa: E402
from authorizations.worklist import ListFilter  # noqa: E402
from demo.crowd import SIZE, big_organization  # noqa: E402
from payers.models import Payer, Program  # noqa: E402
from tenancy.models import Organization  # noqa: E402
from tenancy.scoping import organization_scope  # noqa: E402

GOAL = 300.0
ROUNDS = 20
DEEP = 0.5
"""How far into an order the deep page lies."""


def main() -> int:
    try:
        house = big_organization(now=timezone.now()).organization
    except ProgrammingError:  # no tables yet
        print("There is no database yet: run `python3 dev.py up` once.")
        return 1
    person = User.objects.get(email="specialist@bench.example")
    client = Client(HTTP_HOST="localhost")
    client.force_login(person)
    with organization_scope(house.id):
        filters = _filters()
        keys = {sort: _deep_key(house, sort) for sort in Sort}
    print(f"{SIZE:,} authorizations, {ROUNDS} rounds each; milliseconds of the whole answer\n")
    print(f"{'':52}{'p50':>8}{'p95':>8}")
    show("floor: a page that asks SELECT 1", partial(page, client, "/health/ready"))
    late = []
    for sort in Sort:
        late.append(
            show(f"{sort.value}: first page", partial(page, client, f"/authorizations?view=open&sort={sort.value}"))
        )
        deep = f"/authorizations?view=open&sort={sort.value}&after={keys[sort]}"
        late.append(show(f"{sort.value}: half way through", partial(page, client, deep)))
    for words, query in filters.items():
        late.append(show(words, partial(page, client, f"/authorizations?{query}")))
    print(f"\nslowest at p95: {max(late):.1f}. Goal: {GOAL:.0f}.")
    return 0 if max(late) <= GOAL else 1


def _filters() -> dict[str, str]:
    payer, program = Payer.objects.order_by("id").first(), Program.objects.order_by("id").first()
    assert payer is not None
    assert program is not None
    everything = "&".join(f"status={status.value}" for status in Status)
    return {
        "one payer": f"payer={payer.id}",
        "one payer, overdue, due first": f"payer={payer.id}&due=overdue&sort=due",
        "30 days, payer, owner": f"expiring=30&payer={payer.id}&owner=me",
        "30 days without a renewal, renew by": "expiring=30&state=not_renewed&sort=renew",
        "one program, oldest first": f"program={program.id}&sort=age",
        "pended, due first": "status=pended&sort=due",
        "exhausted, tightest first": "state=exhausted&sort=tightest",
        "a code that few have": "code=E0601",
        "a code that nobody has": "code=Z9999&sort=due",
        "show all, oldest first": f"{everything}&ended=all&sort=age",
        "show all, tightest first": f"{everything}&ended=all&sort=tightest",
    }


def _deep_key(house: Organization, sort: Sort) -> str:
    """Where a page half way through the default list begins."""
    seen = worklist.Viewpoint(timezone.now(), house.zone, house.id)
    rows = orders.ordered(worklist.listed(ListFilter(), seen), sort, seen.today)
    at = int(worklist.listed(ListFilter(), seen).count() * DEEP)
    row = rows[at]
    return orders.key_of(row)


def show(words: str, call: Callable[[], object]) -> float:
    """Measure, print a row, and return the 95th percentile."""
    times = []
    for round_number in range(ROUNDS + 1):
        begun = time.perf_counter()
        call()
        if round_number:
            times.append((time.perf_counter() - begun) * 1000)
    late = statistics.quantiles(times, n=20)[-1]
    print(f"{words:52}{statistics.median(times):8.1f}{late:8.1f}", flush=True)
    return late


def page(client: Client, address: str) -> None:
    answer = client.get(address)
    if answer.status_code != 200:
        sys.exit(f"{address} answered {answer.status_code}")


if __name__ == "__main__":
    sys.exit(main())
