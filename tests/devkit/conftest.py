"""A directory that PostgreSQL's user can enter: when we are root it runs as nobody, and pytest's own are private."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def open_directory() -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix="greenlight-test-"))
    directory.chmod(0o711)
    yield directory
    shutil.rmtree(directory)
