from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.edi.simulator.wire import Partner, Received

ROOT = Path(__file__).resolve().parents[3]
DELAY = 0.2
senders = itertools.count(1)


class PayerProcess:
    """The simulator as it really runs: a process of its own on a free port."""

    def __init__(self, data: Path, *options: str, **environment: str) -> None:
        self.data = data
        self.options = options
        self.environment = environment
        self.start()

    def start(self) -> None:
        outside = {name: value for name, value in os.environ.items() if name != "GREENLIGHT_LIFELINE"}
        environment = {**outside, **self.environment}
        command = [sys.executable, "-m", "edi.simulator", "--port", "0", "--data", str(self.data)]
        self.process = subprocess.Popen(
            [*command, *self.options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
            env=environment,
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().split()[-1]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(10)

    def partner(self) -> Partner:
        return Partner(self.url, f"SENDER{next(senders):04d}")


StartPayer = Callable[..., PayerProcess]


@pytest.fixture(scope="session")
def shared_payer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PayerProcess]:
    payer = PayerProcess(tmp_path_factory.mktemp("payer"), "--delay", str(DELAY), "--late", "3600", "--hang", "0.2")
    yield payer
    assert payer.stop() == 0


@pytest.fixture
def partner(shared_payer: PayerProcess) -> Partner:
    return shared_payer.partner()


@pytest.fixture
def rival(shared_payer: PayerProcess) -> Partner:
    return shared_payer.partner()


@pytest.fixture
def start_payer(tmp_path: Path) -> Iterator[StartPayer]:
    started: list[PayerProcess] = []

    def start(*options: str, **environment: str) -> PayerProcess:
        started.append(PayerProcess(tmp_path / "payer", *options, **environment))
        return started[-1]

    yield start
    for payer in started:
        if payer.process.poll() is None:
            payer.kill()


def picked_up(partner: Partner, count: int = 1) -> list[Received]:
    """Poll until so many answers wait, take them, and give them back in the order offered."""
    end = time.monotonic() + 5
    while len(offered := partner.waiting()) < count:
        assert time.monotonic() < end, "it did not come in time"
        time.sleep(0.02)
    for item in offered:
        assert partner.take(item["id"]) == 204
    return [Received(item["x12"]) for item in offered]
