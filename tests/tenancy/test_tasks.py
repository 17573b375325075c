"""Work in the background acts for one organization at a time, and says so loudly when it has none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import Task
from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, transaction

from config.celery import app
from devkit.places import CHECKOUT
from tenancy.scoping import NoOrganizationScope
from tenancy.tasks import OrganizationTask
from tests.cast import found_house
from tests.tenancy import probes

TASKS = 1000
BELLS = {
    "accounts.tasks.tidy": "kept forms and sessions belong to people",
    "audit.tasks.seal": "looks at pointers of all organizations, and opens the scope of each",
    "authorizations.tasks.escalate": "looks for what is late in every organization, and opens the scope of each",
    "notices.tasks.plan_day": "looks for the morning of every organization, and opens the scope of each",
    "authorizations.documents.tasks.sweep": "removes files that no row names, organization by organization",
    "edi.tasks.poll_partners": "a bell: the work stands in the outbox, with its organization",
    "outbox.tasks.drain": "a bell: each message names its organization, and its reader opens that scope",
}
"""Tasks that name no organization, each with the reason."""


def ours() -> dict[str, Task]:  # type: ignore[type-arg]
    app.loader.import_default_modules()
    of_the_product = {config.name for config in apps.get_app_configs() if (CHECKOUT / config.name).is_dir()}
    return {name: task for name, task in app.tasks.items() if task.__module__.partition(".")[0] in of_the_product}


def test_a_task_names_its_organization_or_is_listed_with_the_reason_why_not() -> None:
    without = {name for name, task in ours().items() if not isinstance(task, OrganizationTask)}
    assert without == set(BELLS)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((), TypeError),
        (("",), ValueError),
        (("north",), ValueError),
        ((None,), ValueError),
        ((str(uuid.uuid4()),), None),
    ],
    ids=["nothing", "empty", "a word", "none", "nobody's id"],
)
def test_a_task_without_an_organization_fails_loudly(
    db: None, arguments: tuple[Any, ...], error: type[Exception] | None
) -> None:
    """One of nobody is a scope in which nothing exists."""
    seen: list[Any] = []

    @app.task(name=f"probes.{uuid.uuid4().hex}", base=OrganizationTask)
    def work(*given: Any) -> None:
        from members.models import Member

        seen.append(Member.objects.count())

    if error is None:
        work(*arguments)
        assert seen == [0]
    else:
        with pytest.raises(error):
            work(*arguments)
        assert seen == []


def test_the_reader_of_every_topic_opens_the_scope_of_its_message(db: None) -> None:
    """A message of nobody's organization finds nothing: no reader works without a scope, or in another one."""
    import edi.tasks  # noqa: F401
    from outbox import tasks as outbox
    from outbox.models import OutboxMessage
    from tests.cast import NOW

    assert outbox._handlers
    for topic, handler in outbox._handlers.items():
        message = OutboxMessage(organization_id=uuid.uuid4(), topic=topic, subject_id=uuid.uuid4(), due_at=NOW)
        try:
            with transaction.atomic():
                handler(message)
        except NoOrganizationScope:
            pytest.fail(f"the reader of {topic} opens no scope")
        except (ObjectDoesNotExist, IntegrityError, outbox.Never, outbox.Later):
            pass


# A real worker -----------------------------------------------------------------------------------------------


@pytest.fixture
def queue(transactional_db: None, tmp_path: Path) -> Iterator[str]:
    """A queue of its own, and one process that takes everything from it."""
    broker = redis.Redis.from_url(os.environ["REDIS_URL"])
    name = f"probes-{uuid.uuid4().hex}"
    command = [sys.executable, "-m", "celery", "-A", "tests.tenancy.probes", "worker", "--pool", "solo"]
    log = (tmp_path / "log").open("wb")
    process = subprocess.Popen(
        [*command, "--queues", name, "--loglevel", "ERROR", "--without-gossip", "--without-mingle"],
        cwd=CHECKOUT,
        env=dict(os.environ),
        stdout=log,
        stderr=log,
    )
    broker.delete(probes.SEEN)
    try:
        yield name
    finally:
        process.terminate()
        process.wait(30)
        broker.delete(probes.SEEN, name)


def test_one_worker_process_that_works_for_a_then_b_then_nobody_carries_nothing_over(queue: str) -> None:
    houses = [found_house("north", "Cedar Bay Care"), found_house("south", "Harbor Light Therapy")]
    names = {str(house.organization.id): [house.member.last_name] for house in houses} | {"nobody": []}
    for number, who in enumerate(islice(cycle(names), TASKS)):
        if who == "nobody":
            probes.look_without.apply_async(queue=queue)
        else:
            probes.look.apply_async((who, number % 5 == 0), queue=queue)
    broker: Any = redis.Redis.from_url(os.environ["REDIS_URL"])
    end = time.monotonic() + 120
    while broker.llen(probes.SEEN) < TASKS and time.monotonic() < end:
        time.sleep(0.2)
    told = [json.loads(each) for each in broker.lrange(probes.SEEN, 0, -1)]
    assert len(told) == TASKS
    assert len({each["process"] for each in told}) == 1, "one process, or nothing was proved"
    for each in told:
        expected = ["refused"] if each["who"] == "nobody" else names[each["who"]]
        assert (each["manager"], each["sql"]) == (expected, names[each["who"]])
    assert [each["who"] for each in told] == list(islice(cycle(names), TASKS)), "they alternated"
