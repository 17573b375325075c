"""The worker's side of the outbox: claim, hand to the topic's reader, mark."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import structlog
from celery import shared_task
from django.conf import settings

from outbox.crashpoints import CrashPoint, crash_point
from outbox.delivery import MAX_ATTEMPTS, claim_due, mark_done, mark_failed
from outbox.models import OutboxMessage

log = structlog.get_logger()

Handler = Callable[[OutboxMessage], None]
_handlers: dict[str, Handler] = {}


class Later(Exception):
    """The work cannot be finished now; the message comes back. The text is for an operator: no health data."""


class Never(Exception):
    """The work cannot be done at all: a person must look. The text is for an operator: no health data."""


def reads(topic: str) -> Callable[[Handler], Handler]:
    """Register the reader of a topic. One topic has one reader."""

    def register(handler: Handler) -> Handler:
        if topic in _handlers:
            raise RuntimeError(f"topic {topic} has a reader already")
        _handlers[topic] = handler
        return handler

    return register


@shared_task(name="outbox.tasks.drain", soft_time_limit=240, time_limit=270, ignore_result=True)
def drain() -> int:
    """Do due work until none is left, or for at most 60 seconds: the sweep rings again."""
    done = 0
    stop = time.monotonic() + 60
    while time.monotonic() < stop:
        messages = claim_due(limit=1)
        _show_life()
        if not messages:
            break
        for message in messages:
            with structlog.contextvars.bound_contextvars(request_id=message.request_id or str(message.id)):
                handle(message)
            done += 1
    return done


def _show_life() -> None:
    """A worker that is connected and does nothing looks well to everybody who only asks whether it is there."""
    if settings.HEARTBEAT_FILE:
        Path(settings.HEARTBEAT_FILE).touch()


def handle(message: OutboxMessage) -> None:
    if message.attempts > MAX_ATTEMPTS:
        # Nobody lived to say that the last attempt failed: this message ends its workers.
        mark_failed(message, "the worker died at it each time", retry=False)
        return
    handler = _handlers.get(message.topic)
    if handler is None:
        mark_failed(message, f"no reader for topic {message.topic}", retry=True)
        return
    try:
        handler(message)
    except Later as later:
        mark_failed(message, str(later))
    except Never as never:
        mark_failed(message, str(never), retry=False)
    except Exception as error:
        # The class only: a message of the database or of a payer could carry health data.
        log.error("outbox.failed", topic=message.topic, message_id=str(message.id), error=type(error).__name__)
        mark_failed(message, type(error).__name__)
    else:
        crash_point(CrashPoint.AFTER_WORK)
        mark_done(message)
