"""`faults`: the product under load while it dies in parts, then three ledgers side by side."""

import os
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from devkit.data_directory import DataDirectory
from devkit.errors import StopError
from devkit.faults.checker import Books, Findings, Sent, Submitted, compare, effects
from devkit.faults.history import Operation, Told
from devkit.faults.injector import Injector
from devkit.faults.load import Crowd
from devkit.faults.plant import DELAY, Plant, refuse_foreign_servers, wait
from devkit.progress import step
from devkit.scratch import scratch_directory, signals_raise
from devkit.supervisor import Supervisor

_SETTLE_SECONDS = 240.0
_MOST_PRINTED = 20


def faults(minutes: float, seed: int) -> int:
    """Returns 0 when every promise was kept, 1 with the findings printed. Leaves no process and no file."""
    if reason := refuse_foreign_servers(os.environ):
        raise StopError(reason)
    with scratch_directory("faults") as directory, signals_raise():
        data = DataDirectory(directory / "data")
        data.open()
        supervisor = Supervisor(data.run, data.log, lock=data.busy, say=lambda _: None)
        plant = Plant(data, supervisor)
        try:
            return _run(plant, minutes, seed)
        finally:
            plant.thaw(all_of_them=True)
            supervisor.stop()
            data.close()


def _run(plant: Plant, minutes: float, seed: int) -> int:
    print(f"Faults for {minutes:g} minutes with seed {seed}", flush=True)
    plant.start()
    with step("Two organizations"):
        houses = plant.scene("furnish", f"http://127.0.0.1:{plant.payer_port}")
    crowd, injector = Crowd(plant.web_port, houses, seed, _say), Injector(plant, seed)
    with step("People at work, processes dying"):
        _break(plant, crowd, injector, minutes * 60)
    with step("Letting it settle"):
        settled = _settle(plant)
    received, books = plant.ledger(), _books(plant.scene("tell"))
    told = crowd.history.operations
    findings = compare(told, received, books)
    _report(told, crowd.history.presses, injector.done, received, books)
    return _verdict(findings, told, settled)


def _break(plant: Plant, crowd: Crowd, injector: Injector, seconds: float) -> None:
    """The first seconds are quiet, so that there is something to lose."""
    end = time.monotonic() + seconds
    crowd.start()
    try:
        wait(plant.supervisor, min(3.0, seconds / 4))
        while time.monotonic() < end:
            injector.strike()
            plant.thaw()
            wait(plant.supervisor, min(injector.pause(), max(0.0, end - time.monotonic())))
    finally:
        plant.thaw(all_of_them=True)
        plant.disarm()
        crowd.stopping.set()
        wait(plant.supervisor, 120, lambda: not any(person.is_alive() for person in crowd.people))


def _settle(plant: Plant) -> bool:
    """Whether all work was done in time: leases of the dead end, delayed answers come.

    Who works stands still afterwards, so that the ledgers can be read one after the other.
    """
    supervisor = plant.supervisor
    wait(supervisor, DELAY + 3)
    quiet = 0

    def looks_quiet() -> bool:
        nonlocal quiet
        quiet = quiet + 1 if plant.is_ready() and plant.is_settled() else 0
        return quiet >= 20 and plant.stand_still()

    return wait(supervisor, _SETTLE_SECONDS, looks_quiet)


def _books(told: dict[str, Any]) -> Books:
    rows = {"submitted": [Submitted(**row) for row in told["submitted"]], "sent": [Sent(**row) for row in told["sent"]]}
    return Books(**{**told, **rows})


def _report(
    told: Sequence[Operation],
    presses: int,
    done: Counter[str],
    received: Sequence[dict[str, Any]],
    books: Books,
) -> None:
    kinds = Counter((each.kind, each.told) for each in told)
    requests = [row for row in received if row["kind"] == "278"]
    print(f"\nFaults, {time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}: {sum(done.values())}")
    for name, count in sorted(done.items()):
        print(f"  {name:<36}{count:6}")
    print(f"People were told ({presses} presses of the button)")
    for kind in ("submit", "claim"):
        print(f"  {kind:<10}" + "".join(f"{kinds[kind, each]:8} {each}" for each in Told))
    print(f"The payer received {len(requests)} requests and began {sum(effects(requests).values())} reviews")
    states = Counter(each.exchange_state for each in books.submitted)
    print(
        f"The database has {len(books.submitted)} submissions ({_listed(states)}), {sum(books.claims.values())} claims,"
    )
    print(f"  {len(books.sent)} interchanges sent under {sum(books.counters.values())} control numbers", flush=True)


def _listed(counted: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counted.items())) or "none"


def _verdict(findings: Findings, told: Sequence[Operation], settled: bool) -> int:
    others = list(findings.other)
    if not settled:
        others.append(f"work was left after {_SETTLE_SECONDS:.0f} seconds of peace")
    for kind in ("submit", "claim"):
        if not any(each.kind == kind and each.told is Told.OK for each in told):
            others.append(f"nobody got a single {kind} done, so the run proves nothing")
    sentences = [*findings.lost, *findings.excess, *others]
    for sentence in sentences[:_MOST_PRINTED]:
        print(f"  {sentence}")
    if len(sentences) > _MOST_PRINTED:
        print(f"  and {len(sentences) - _MOST_PRINTED} more")
    print(f"Lost {len(findings.lost)}, excess {len(findings.excess)}, other {len(others)}", flush=True)
    return 1 if sentences else 0


def _say(text: str) -> None:
    print(f"  {time.strftime('%H:%M:%S')} {text}", flush=True)
