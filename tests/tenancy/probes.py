"""A worker for tests: a task of an organization and one of nobody, who write what they saw into a list of the broker.

celery -A tests.tenancy.probes worker
"""

from __future__ import annotations

import json
import os
from typing import Any

from config.celery import app
from tenancy.tasks import OrganizationTask

SEEN = "probes.seen"


def tell(who: str, **seen: Any) -> None:
    """To the broker: the task's own transaction must not matter."""
    import redis

    told = json.dumps({"who": who, "process": os.getpid(), **seen})
    redis.Redis.from_url(os.environ["REDIS_URL"]).rpush(SEEN, told)


def names() -> list[str]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT last_name FROM members_member")
        return [name for (name,) in cursor.fetchall()]


@app.task(name="probes.look", base=OrganizationTask)
def look(organization_id: str, fail: bool = False) -> None:
    """Sees what an organization's task sees, and may break off."""
    from members.models import Member

    tell(organization_id, manager=list(Member.objects.values_list("last_name", flat=True)), sql=names())
    if fail:
        raise RuntimeError("broken off")


@app.task(name="probes.look_without")
def look_without() -> None:
    """Sees what a task sees that opens no scope."""
    from members.models import Member
    from tenancy.scoping import NoOrganizationScope

    try:
        manager = list(Member.objects.values_list("last_name", flat=True))
    except NoOrganizationScope:
        manager = ["refused"]
    tell("nobody", manager=manager, sql=names())
