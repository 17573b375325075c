"""A page, and a task that takes as long as a test wants, to be killed in the middle."""

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from celery import Celery

from config.lifeline import watch

watch()

app = Celery("slow", broker=os.environ["REDIS_URL"])
app.conf.update(task_default_queue=os.environ.get("SLOW_QUEUE", "slow"), task_ignore_result=True)


@app.task(name="sleep_for")
def sleep_for(seconds: float, note: str) -> None:
    """Says that it has begun, and in which process, by writing the note."""
    Path(note).write_text(str(os.getpid()))
    time.sleep(seconds)


def application(environment: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
