"""Where the bytes lie: MEDIA_ROOT/<organization>/<random>, readable by the product alone, never by an address.

A file is whole under its name, or not there: it is written under another name, reaches the disk, and is renamed
before the row that names it is written. What a rolled back transaction leaves is swept a day later.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import uuid
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from tenancy.scoping import current_organization_id

CHUNK = 64 * 1024
LEFT_OVER = timedelta(hours=24)
"""Longer than any transaction lives."""

_RANDOM = re.compile(r"[0-9a-f]{32}(\.part)?")


class Missing(Exception):
    """The bytes are gone, or are not those that were kept. The text is for an operator: no health data."""


def sha256_of(file: BinaryIO) -> str:
    """The digest of a file, which is left at its beginning."""
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def keep(file: BinaryIO) -> str:
    """Write a file for the open organization; its random name. It is on the disk when this returns."""
    folder = _folder(current_organization_id())
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = secrets.token_hex(16)
    part = folder / f"{name}.part"
    file.seek(0)
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as written:
        shutil.copyfileobj(file, written, CHUNK)
        written.flush()
        os.fsync(written.fileno())
    part.rename(folder / name)
    for each in (folder, folder.parent):
        _reach_disk(each)
    return name


def read(storage_name: str, sha256: str) -> bytes:
    """The bytes of a file of the open organization. Raises Missing also where they are others than were kept."""
    try:
        content = path_of(storage_name).read_bytes()
    except OSError:
        raise Missing("a stored file is missing") from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise Missing("a stored file was changed")
    return content


def path_of(storage_name: str) -> Path:
    """Where a file of the open organization lies."""
    return _folder(current_organization_id()) / storage_name


def organizations() -> Iterator[uuid.UUID]:
    """Whose folders there are."""
    root = Path(settings.MEDIA_ROOT)
    for folder in sorted(root.iterdir()) if root.is_dir() else ():
        try:
            yield uuid.UUID(folder.name)
        except ValueError:
            continue


def left_over(known: Collection[str], *, now: datetime) -> list[Path]:
    """Files of the open organization that no row names and that are a day old."""
    before = (now - LEFT_OVER).timestamp()
    folder = _folder(current_organization_id())
    files = (path for path in folder.iterdir() if path.is_file() and _RANDOM.fullmatch(path.name))
    return [path for path in files if path.name not in known and path.stat().st_mtime < before]


def _folder(organization_id: uuid.UUID) -> Path:
    return Path(settings.MEDIA_ROOT) / str(organization_id)


def _reach_disk(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
