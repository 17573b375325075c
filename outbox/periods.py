"""Each period of a periodic job once, however many beats ring for it.

Two beats are no fault: one may be starting while the other has not died yet. What they ring for asks here first.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import connection

EARLY = 0.8
"""The part of a period after which its next run may begin: a beat's clock trembles, and a run must not be skipped."""


def take_period(job: str, every: timedelta) -> bool:
    """Whether the caller is the one who runs this period of the job, by the database's clock.

    The row is written before the work: a process that dies at it leaves the work to the next period.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO outbox_periodicrun AS run (job, last_at) VALUES (%s, clock_timestamp())
               ON CONFLICT (job) DO UPDATE SET last_at = clock_timestamp()
               WHERE run.last_at <= clock_timestamp() - make_interval(secs => %s)
               RETURNING job""",
            [job, every.total_seconds() * EARLY],
        )
        return cursor.fetchone() is not None
