"""Making the environment: when it is skipped, and what is said when it cannot be made."""

import fcntl
import os
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from devkit import bootstrap
from devkit.errors import StopError
from devkit.places import CHECKOUT
from tests.process.trees import children_of, eventually


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with an empty list of requirements and no environment."""
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "up.txt").write_text("")
    monkeypatch.setattr(bootstrap, "CHECKOUT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "_PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(bootstrap, "_MADE_FOR", tmp_path / ".venv" / "made-for")
    monkeypatch.setattr(bootstrap, "_LOG", tmp_path / ".venv" / "install.log")
    return tmp_path


def make_environment_with_pip(checkout: Path) -> None:
    """Without ensurepip's five seconds: pip is lent by the environment that runs the tests."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", checkout / ".venv"], check=True)
    (library,) = (checkout / ".venv" / "lib").glob("python3*/site-packages")
    pip = find_spec("pip")
    assert pip
    assert pip.origin
    (library / "pip").symlink_to(Path(pip.origin).parent)
    (checkout / ".venv" / "made-for").write_text(str(checkout / ".venv"))


def test_changed_list_is_installed_anew(checkout: Path) -> None:
    make_environment_with_pip(checkout)
    stamp = checkout / ".venv" / "installed-up"
    stamp.write_text(bootstrap.stamp_of(checkout / "requirements" / "up.txt"))
    assert bootstrap._is_installed("up")
    (checkout / "requirements" / "up.txt").write_text("# another version\n")
    assert not bootstrap._is_installed("up")


def test_environment_that_came_with_a_moved_checkout_is_made_anew(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_environment_with_pip(checkout)
    stamp = checkout / ".venv" / "installed-up"
    stamp.write_text(bootstrap.stamp_of(checkout / "requirements" / "up.txt"))
    assert bootstrap._is_whole()
    monkeypatch.setattr(bootstrap, "VENV", checkout / "elsewhere" / ".venv")
    assert not bootstrap._is_whole()
    assert stamp.read_text() != bootstrap.stamp_of(checkout / "requirements" / "up.txt")


def test_environment_whose_making_was_killed_is_made_anew(checkout: Path) -> None:
    make_environment_with_pip(checkout)
    (checkout / ".venv" / "made-for").unlink()
    assert not bootstrap._is_whole()


def test_environment_lent_by_another_checkout_is_used_and_never_changed(checkout: Path) -> None:
    (checkout / ".venv").symlink_to(sys.prefix)
    before = (Path(sys.prefix) / "pyvenv.cfg").stat().st_mtime_ns
    bootstrap.enter("up", [])
    assert (Path(sys.prefix) / "pyvenv.cfg").stat().st_mtime_ns == before


INSTALLING = """
import sys
from pathlib import Path
from devkit import bootstrap
bootstrap.CHECKOUT, bootstrap._LOG = Path(sys.argv[1]), Path(sys.argv[1]) / "install.log"
with bootstrap._alone():
    bootstrap._logged(["sh", "-c", "echo $$ > begun; sleep 60"], {})
"""


def test_next_command_waits_for_an_installation_whose_command_was_killed(tmp_path: Path) -> None:
    """Otherwise two of them write into one environment."""
    command = [sys.executable, "-c", INSTALLING, str(tmp_path)]
    killed = subprocess.Popen(command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(CHECKOUT)})
    begun = tmp_path / "begun"
    assert eventually(lambda: begun.exists() and begun.read_text().strip())
    killed.kill()
    killed.wait()
    descriptor = os.open(tmp_path, os.O_RDONLY)
    try:
        with pytest.raises(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for process in (int(begun.read_text()), *children_of(int(begun.read_text()))):
            os.kill(process, signal.SIGKILL)
        assert eventually(lambda: not taken(descriptor)), "nobody installs, and yet it is locked"
    finally:
        os.close(descriptor)


def taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def test_environment_whose_python_is_gone_does_not_count(checkout: Path) -> None:
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / "installed-up").write_text(bootstrap.stamp_of(checkout / "requirements" / "up.txt"))
    assert not bootstrap._is_installed("up")


def test_python_without_venv_module_says_what_to_install(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "find_spec", lambda name: None if name == "ensurepip" else find_spec(name))
    with pytest.raises(StopError, match="apt-get install python3-venv"):
        bootstrap.enter("up", [])
    assert not (checkout / ".venv").exists()


def test_no_network_says_so_and_the_next_run_tries_again(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_environment_with_pip(checkout)
    (checkout / "requirements" / "up.txt").write_text(f"amqp==5.4.2 --hash=sha256:{'0' * 64}\n")
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    with pytest.raises(StopError, match=r"could not be installed \(.*amqp.*\): check the network and pip's"):
        bootstrap.enter("up", [])
    assert not bootstrap._is_installed("up")


def test_uv_is_told_what_pip_is_told_each_value_once() -> None:
    listed = ":env:.find-links='/a'\nglobal.find-links='/a /b'\nglobal.index-url='https://x/simple'\n"
    assert bootstrap._configured(listed, "find-links") == ["/a", "/b"]
    assert bootstrap._configured(listed, "index-url") == ["https://x/simple"]
    assert bootstrap._configured(listed, "proxy") == []
