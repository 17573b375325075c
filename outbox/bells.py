"""The bell that wakes a worker. Only a bell: what must be done stands in the outbox, and the sweep finds it anyway.

So nobody waits for a broker in trouble: a second at most, and then not again for a while.
"""

from __future__ import annotations

import time

import structlog
from kombu import pools
from kombu.exceptions import KombuError

from outbox.crashpoints import CrashPoint, crash_point

log = structlog.get_logger()

PATIENCE = 1.0
"""Seconds that a person may have to wait for the broker."""

SILENCE = 5.0
"""Seconds without a bell after one that was not heard."""

_silent_until = 0.0


def ring() -> None:
    """Wake a worker, if the broker is there."""
    global _silent_until
    from config.celery import app

    crash_point(CrashPoint.AFTER_COMMIT)
    if time.monotonic() < _silent_until:
        return
    # Without the last one the library tries for seconds to connect to a broker that is not there.
    options = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE, "max_retries": 0}
    try:
        with pools.producers[app.connection(transport_options=options)].acquire(block=True, timeout=PATIENCE) as bell:
            app.send_task("outbox.tasks.drain", producer=bell, retry=False, expires=60)
    except KombuError as error:
        _silent_until = time.monotonic() + SILENCE
        log.warning("outbox.bell_lost", error=type(error).__name__)
