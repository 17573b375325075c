"""The locked requirements and pyproject.toml say the same."""

import shutil
from pathlib import Path

import pytest

from devkit.lockfile import drift
from devkit.places import CHECKOUT


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copy(CHECKOUT / "pyproject.toml", tmp_path)
    shutil.copytree(CHECKOUT / "requirements", tmp_path / "requirements")
    return tmp_path


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_lists_are_whole() -> None:
    assert drift() == []


def test_package_added_without_locking_is_found(copy: Path) -> None:
    change(copy / "pyproject.toml", "dependencies = [", 'dependencies = [\n  "left-pad>=1",')
    assert "requirements/app.txt lacks left-pad, which pyproject.toml needs." in drift(copy)


def test_raised_floor_without_locking_is_found(copy: Path) -> None:
    change(copy / "pyproject.toml", '"redis>=8.1,<9"', '"redis>=8.9,<9"')
    assert any("redis==" in problem and "needs redis<9,>=8.9" in problem for problem in drift(copy))


def test_package_that_nothing_needs_any_more_is_found(copy: Path) -> None:
    change(copy / "pyproject.toml", '  "fpdf2>=2.8.9",\n', "")
    assert "requirements/app.txt has fpdf2, which nothing needs." in drift(copy)


def test_missing_hash_is_found(copy: Path) -> None:
    with (copy / "requirements" / "app.txt").open("a") as file:
        file.write("whitenoise==6.12.0\n")
    assert "app.txt: not pinned with a hash: whitenoise==6.12.0" in drift(copy)


def test_address_in_a_list_is_found(copy: Path) -> None:
    with (copy / "requirements" / "test.txt").open("a") as file:
        file.write("--index-url https://packages.example/simple\n")
    assert "test.txt holds an address." in drift(copy)


def test_list_that_lags_behind_a_smaller_one_is_found(copy: Path) -> None:
    change(copy / "requirements" / "app.txt", "whitenoise==6.12.0", "whitenoise==6.12.1")
    assert "requirements/up.txt has not whitenoise==6.12.1 of app.txt." in drift(copy)
