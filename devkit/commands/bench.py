"""`bench`: one of the scripts under bench/, against the data of `up`."""

import os
from pathlib import Path

from devkit.commands.manage import call_with_servers
from devkit.errors import StopError
from devkit.places import CHECKOUT

BENCHES = CHECKOUT / "bench"


def names() -> list[str]:
    """What can be measured."""
    return sorted(path.stem for path in BENCHES.glob("*.py"))


def bench(path: Path, name: str) -> int:
    """Returns the script's own exit code. Raises StopError for a name that is none."""
    if name not in names():
        raise StopError(f"There is no bench “{name}”. There are: {', '.join(names())}.")
    os.environ["PYTHONPATH"] = str(CHECKOUT)
    return call_with_servers(path, [str(BENCHES / f"{name}.py")])
