"""The processes of the product, as `up` runs them. Each knows the runtime role only."""

import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from devkit.machine import LOOPBACK
from devkit.supervisor import Program

_BIN = Path(sys.executable).parent


def web(port: int, environment: Mapping[str, str], application: str = "config.wsgi:application") -> Program:
    """Two workers; the number of blocking threads is said outright, since each may hold a database connection."""
    return Program(
        name="web",
        command=[
            *(_BIN / "granian", "--interface", "wsgi", "--host", LOOPBACK, "--port", str(port)),
            *("--workers", "2", "--blocking-threads", "4", "--backpressure", "64", "--respawn-failed-workers"),
            *("--workers-kill-timeout", "5", "--no-ws", "--log-level", "warning", application),
        ],
        environment=environment,
        stop_signal=signal.SIGTERM,
        grace=8.0,
    )


def worker(environment: Mapping[str, str], application: str = "config") -> Program:
    return Program(
        name="worker",
        command=[
            *(_BIN / "celery", "-A", application, "worker", "--pool", "prefork", "--concurrency", "2"),
            *("--prefetch-multiplier", "1", "--loglevel", "INFO", "--without-gossip", "--without-mingle"),
        ],
        environment=environment,
        grace=10.0,
    )


def beat(environment: Mapping[str, str], schedule: Path) -> Program:
    return Program(
        name="beat",
        command=[
            *(_BIN / "celery", "-A", "config", "beat", "--schedule", schedule, "--pidfile", ""),
            *("--loglevel", "INFO"),
        ],
        environment=environment,
        grace=5.0,
    )


def simulator(port: int, environment: Mapping[str, str], data: Path) -> Program:
    return Program(
        name="simulator",
        command=[sys.executable, "-m", "edi.simulator", "--port", str(port), "--data", data],
        environment=environment,
        grace=5.0,
    )
