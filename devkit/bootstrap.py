"""Makes .venv, installs the locked requirements into it, and goes on inside it. Standard library only.

The machine's own pip configuration decides where packages come from; nothing of it is written down here. uv is used
when it can be had, because it is several times faster, and pip does the same work when it cannot.
"""

import fcntl
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from devkit.errors import StopError
from devkit.places import CHECKOUT, VENV
from devkit.progress import step

_PYTHON = VENV / "bin" / "python"
_LOG = VENV / "install.log"
_MADE_FOR = VENV / "made-for"
# What pip calls a setting, the variable that tells uv the same, and what stands between several values.
_SAME_FOR_UV = {
    "index-url": ("UV_DEFAULT_INDEX", None),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "cert": ("SSL_CERT_FILE", None),
    "proxy": ("ALL_PROXY", None),
}
# Kept open by what installs, so that another command waits for that too when this one was killed.
_held: list[int] = []
# A list of requirements that holds all of another one; what is installed for it serves both.
_HOLDS = {"up": ("up", "test"), "test": ("test",)}


def enter(requirements: str, arguments: list[str]) -> None:
    """Returns when this process runs inside .venv with the requirements installed; else becomes one that does."""
    if not any(_is_installed(name) for name in _HOLDS[requirements]):
        with _alone():
            if not _is_installed(requirements):
                _make_environment()
                _install(requirements)
    if Path(sys.prefix).resolve() != VENV.resolve():
        os.execv(_PYTHON, [str(_PYTHON), str(CHECKOUT / "dev.py"), *arguments])


def stamp_of(requirements: Path) -> str:
    """What the stamp of an installed list says. Another list, or a checkout that was moved, makes another."""
    return hashlib.sha256(requirements.read_bytes() + bytes(VENV)).hexdigest()


def _list_of(name: str) -> Path:
    return CHECKOUT / "requirements" / f"{name}.txt"


def _stamp_file(name: str) -> Path:
    return VENV / f"installed-{name}"


def _is_installed(name: str) -> bool:
    if VENV.is_symlink():
        # Lent by another checkout, which alone says what stands in it.
        return _PYTHON.exists()
    try:
        return _stamp_file(name).read_text() == stamp_of(_list_of(name)) and _PYTHON.exists()
    except OSError:
        return False


@contextmanager
def _alone() -> Iterator[None]:
    """Two commands started at once do not install into one environment at once."""
    if not os.access(CHECKOUT, os.W_OK):
        raise StopError(f"{CHECKOUT} cannot be written, and .venv must be made there: use a copy of your own.")
    descriptor = os.open(CHECKOUT, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        _held.append(descriptor)
        yield
    finally:
        _held.clear()
        os.close(descriptor)


def _make_environment() -> None:
    if _is_whole() and _runs([_PYTHON, "-m", "pip", "--version"]):
        return
    if find_spec("venv") is None or find_spec("ensurepip") is None:
        raise StopError(
            "This Python cannot make environments, its venv or ensurepip module is missing: "
            "install it (Debian, Ubuntu: apt-get install python3-venv) and run this again."
        )
    with step("Python environment in .venv"):
        command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
        made = subprocess.run(command, capture_output=True, text=True, check=False, pass_fds=_held)
        if made.returncode:
            reason = " ".join((made.stderr or made.stdout).split())
            raise StopError(f"Python could not make an environment in {VENV}: {reason}")
        _MADE_FOR.write_text(str(VENV))


def _is_whole() -> bool:
    """Whether .venv was made to its end, and here: in a moved or copied checkout its programs name the old place."""
    return _MADE_FOR.exists() and _MADE_FOR.read_text() == str(VENV)


def _install(name: str) -> None:
    with step(f"Packages of requirements/{name}.txt"):
        _LOG.write_text("")
        locked = ["--require-hashes", "-r", str(_list_of(name))]
        if not _install_with_uv(locked) and not _pip("--retries", "2", *locked):
            raise StopError(
                f"The packages could not be installed ({_last_error()}): check the network and pip's "
                f"configuration (pip config list), then run this again; the whole story is in {_LOG}."
            )
        (_site_packages() / "greenlight.pth").write_text(f"{CHECKOUT}\n")
        _stamp_file(name).write_text(stamp_of(_list_of(name)))


def _install_with_uv(locked: list[str]) -> bool:
    uv = str(VENV / "bin" / "uv")
    return _pip("--retries", "1", "uv") and _logged(
        [uv, "pip", "install", "--compile-bytecode", "--python", str(_PYTHON), *locked], _uv_settings()
    )


def _pip(*what: str) -> bool:
    command = [str(_PYTHON), "-m", "pip", "install", "--disable-pip-version-check", *what]
    return _logged(command, os.environ)


def _uv_settings() -> Mapping[str, str]:
    """What pip is told, told to uv, which does not read pip's configuration.

    With hashes it is safe to take a package from any of the indexes.
    """
    command = [str(_PYTHON), "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    settings = {"UV_INDEX_STRATEGY": "unsafe-best-match", "UV_PYTHON_DOWNLOADS": "never"}
    for setting, (variable, between) in _SAME_FOR_UV.items():
        values = _configured(listed, setting)
        if values:
            settings[variable] = values[0] if between is None else between.join(values)
    return {**settings, **os.environ}


def _configured(listed: str, setting: str) -> list[str]:
    """The values of one setting in the output of `pip config list`, where the environment's come first."""
    values = [
        word
        for name, _, value in (line.partition("=") for line in listed.splitlines())
        if name.rpartition(".")[2] == setting
        for word in value.strip("'\"").split()
    ]
    return list(dict.fromkeys(values))


def _logged(command: list[str], environment: Mapping[str, str]) -> bool:
    with _LOG.open("a") as log:
        done = subprocess.run(command, env=environment, stdout=log, stderr=log, check=False, pass_fds=_held)
        return done.returncode == 0


def _runs(command: list[str | Path]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _last_error() -> str:
    lines = [line.strip() for line in _LOG.read_text(errors="replace").splitlines() if "ERROR" in line]
    return lines[-1].removeprefix("ERROR:").strip().rstrip(".") if lines else "no reason given"


def _site_packages() -> Path:
    said = subprocess.run(
        [_PYTHON, "-c", "import json, sysconfig; print(json.dumps(sysconfig.get_path('purelib')))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return Path(json.loads(said))
