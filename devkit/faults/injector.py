"""What is done to the plant, by chance: one fault at a time, counted by its name."""

import random
import signal
from collections import Counter
from collections.abc import Callable
from functools import partial

from devkit.faults.plant import LEASE, Plant
from outbox.crashpoints import CrashPoint

Fault = Callable[[], bool]
"""Does it, and says whether there was anybody to do it to."""


class Injector:
    """`done` counts by name what really happened."""

    def __init__(self, plant: Plant, seed: int) -> None:
        self.chance = random.Random(f"faults-{seed}")
        self.done: Counter[str] = Counter()
        self._plant = plant
        self._faults = _faults(plant, self.chance)

    def pause(self) -> float:
        """Seconds until the next one: long enough for the dead to be missed, too short for peace."""
        return self.chance.uniform(1.0, 6.0)

    def strike(self) -> None:
        names = list(self._faults)
        weights = [self._faults[name][0] for name in names]
        (name,) = self.chance.choices(names, weights)
        if self._faults[name][1]():
            self.done[name] += 1


def _faults(plant: Plant, chance: random.Random) -> dict[str, tuple[int, Fault]]:
    """Every fault by its name, with how often it comes."""
    worker = partial(chance.choice, ["worker one", "worker two"])
    found: dict[str, tuple[int, Fault]] = {
        "web killed": (1, lambda: plant.end("web")),
        "web process killed": (2, lambda: _one_below(plant, "web", chance)),
        "worker killed": (4, lambda: plant.end(worker())),
        "worker process killed": (6, lambda: _one_below(plant, worker(), chance)),
        "worker told to stop": (2, lambda: plant.end(worker(), signal.SIGTERM)),
        "worker asleep beyond its lease": (2, lambda: plant.freeze(worker(), LEASE + 2)),
        "beat killed": (2, lambda: plant.end("beat")),
        "payer killed": (3, lambda: plant.end("payer")),
        "broker killed": (2, lambda: plant.end("valkey")),
        "broker flushed": (3, lambda: plant.tell_broker("FLUSHALL")),
        "broker cut all connections": (
            2,
            lambda: plant.tell_broker("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"),
        ),
        "broker asleep": (1, lambda: plant.freeze("valkey", 5)),
        "database stopped at once": (2, lambda: plant.end("postgresql", signal.SIGQUIT)),
        "guard killed": (1, lambda: _guard(plant, worker())),
    }
    for point in CrashPoint:
        found[f"death at {point}"] = (2, partial(plant.arm, point))
    return found


def _one_below(plant: Plant, name: str, chance: random.Random) -> bool:
    """One of the processes that a program keeps."""
    below = plant.tree_of(name)[1:]
    return bool(below) and plant.send(signal.SIGKILL, [chance.choice(below)])


def _guard(plant: Plant, name: str) -> bool:
    child = plant.children[name]
    child.deaths = 0
    return child.guard.poll() is None and plant.send(signal.SIGKILL, [child.guard.pid])
