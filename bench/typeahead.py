"""How long the server takes to look a code up while somebody types, next to what nothing at all costs.

    python3 dev.py bench typeahead

Goal: 50 ms at the 95th percentile over all shared codes. The floors are `SELECT 1` and a page that asks only that.
Needs the demonstration.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from functools import partial

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("STATIC_MANIFEST", "false")
django.setup()

from django.db import ProgrammingError, connection  # noqa: E402
from django.test import Client  # noqa: E402

from accounts.models import User  # noqa: E402
from codesets.models import Code  # noqa: E402
from codesets.queries import matching  # noqa: E402

GOAL = 50.0
ROUNDS = 20
DIAGNOSES = (
    "F84", "f840", "autis", "type 2 diab", "diabetes", "initial encounter", "fracture left radius init", "un", "in",
    "without", "S72", "zz",
)  # fmt: skip
PROCEDURES = ("H20", "home health", "ther", "15 min", "j", "wheelchair power", "zz")


def main() -> int:
    try:
        person = User.objects.filter(email="specialist@north.example").first()
    except ProgrammingError:  # no tables yet
        person = None
    if person is None:
        print("The demonstration is missing: run `python3 dev.py up` once.")
        return 1
    client = Client(HTTP_HOST="localhost")
    client.force_login(person)
    today = date.today()  # noqa: DTZ011 (any day will do)
    print(f"{Code.objects.filter(system='ICD-10-CM').count():,} diagnoses, {ROUNDS} rounds each; milliseconds\n")
    print(f"{'':44}{'p50':>8}{'p95':>8}")
    show("floor: SELECT 1", [select_one])
    show("floor: a page that asks SELECT 1", [partial(page, client, "/health/ready", None)])
    show("diagnoses, statements", [partial(matching, "ICD-10-CM", text, today, limit=12) for text in DIAGNOSES])
    asked = {text: partial(page, client, "/codes/diagnoses", text) for text in DIAGNOSES}
    late = [
        show("diagnoses, whole answer", list(asked.values())),
        show("procedures, whole answer", [partial(page, client, "/codes/procedures", text) for text in PROCEDURES]),
    ]
    slowest = {text: measure([call])[1] for text, call in asked.items()}
    text = max(slowest, key=lambda each: slowest[each])
    print(f"\nslowest: “{text}”, {slowest[text]:.1f} at p95. Goal: {GOAL:.0f}.")
    return 0 if max(late) <= GOAL else 1


def show(words: str, calls: list[Callable[[], object]]) -> float:
    """Measure, print a row, and return the 95th percentile."""
    middle, late = measure(calls)
    print(f"{words:44}{middle:8.1f}{late:8.1f}")
    return late


def measure(calls: list[Callable[[], object]]) -> tuple[float, float]:
    """Median and 95th percentile in milliseconds, after one round that counts for nothing."""
    times = []
    for round_number in range(ROUNDS + 1):
        for call in calls:
            begun = time.perf_counter()
            call()
            if round_number:
                times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times), statistics.quantiles(times, n=20)[-1]


def select_one() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchall()


def page(client: Client, address: str, text: str | None) -> None:
    answer = client.get(address) if text is None else client.post(address, {"q": text})
    if answer.status_code != 200:
        sys.exit(f"{address} answered {answer.status_code}")


if __name__ == "__main__":
    sys.exit(main())
