"""`reset`: gives the data of `up` up. Standard library only."""

import shutil
import sys
from pathlib import Path

from devkit.data_directory import DataDirectory
from devkit.errors import StopError


def reset(path: Path, *, ask: bool) -> int:
    """Returns 0 when the data is gone. Raises StopError while it is in use, or when the answer is not yes."""
    if not path.exists():
        print(f"There is no data in {path}.")
        return 0
    if not (path / "lock").exists():
        raise StopError(f"{path} is not a data directory of Greenlight: nothing was removed.")
    data = DataDirectory(path)
    data.open()
    try:
        if ask:
            _ask(path)
        shutil.rmtree(path)
    finally:
        data.close()
    print(f"Removed {path}.")
    return 0


def _ask(path: Path) -> None:
    if not sys.stdin.isatty():
        raise StopError("Nobody can be asked here: say `python3 dev.py reset --yes`.")
    if input(f"Remove the database, documents and logs in {path}? Type yes: ").strip() != "yes":
        raise StopError("Nothing was removed.")
