"""Two beats ring for the same job: each of its periods is run once."""

from __future__ import annotations

import threading
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from outbox.models import PeriodicRun
from outbox.periods import take_period

EVERY = timedelta(seconds=60)


def pass_by(seconds: float) -> None:
    """Let time pass since the last run."""
    PeriodicRun.objects.update(last_at=timezone.now() - timedelta(seconds=seconds))


def test_of_eight_processes_that_ask_at_once_one_runs_the_period(transactional_db: None) -> None:
    for _ in range(5):
        results: list[bool] = []
        barrier = threading.Barrier(8)

        def beat(results: list[bool] = results, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            results.append(take_period("poll", EVERY))
            connection.close()

        threads = [threading.Thread(target=beat) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(results) == [False] * 7 + [True]
        pass_by(61)


def test_a_second_beat_half_a_period_later_runs_nothing(db: None) -> None:
    assert take_period("poll", EVERY)
    pass_by(30)
    assert not take_period("poll", EVERY)
    pass_by(59)
    assert take_period("poll", EVERY), "a beat that is a little early must not lose its period"


def test_jobs_do_not_share_their_periods(db: None) -> None:
    assert take_period("poll", EVERY)
    assert take_period("seal", EVERY)
