"""Which files are taken, told by their bytes and their name together, and how a file is called. No Django here.

Nothing is unpacked: of a Word file only the list of its parts and the first bytes of one part are read.
"""

from __future__ import annotations

import re
import struct
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass
from typing import BinaryIO, Final

MEGABYTE: Final = 1024 * 1024
LARGEST: Final = 20 * MEGABYTE
"""Bytes of one file."""

MOST_AT_ONCE: Final = 10
LONGEST_NAME: Final = 120
TAKEN: Final = "PDF, PNG, JPEG, TIFF and DOCX"

_DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_LONGEST_DIRECTORY: Final = MEGABYTE
_LONGEST_TYPES: Final = 256 * 1024
_RUNS: Final = (b"macroenabled", b"vbaproject", b"activex")
_END_OF_DIRECTORY: Final = b"PK\x05\x06"
_LARGE_ARCHIVE: Final = b"PK\x06\x07"


class Unfit(Exception):
    """A file that is not taken. The text is for the person and names no file."""


@dataclass(frozen=True, slots=True)
class FileType:
    """A kind of file that is taken. `endings`: the first one is given to a name that has lost its own."""

    content_type: str
    beginnings: tuple[bytes, ...]
    endings: tuple[str, ...]


TYPES: Final = (
    FileType("application/pdf", (b"%PDF-",), (".pdf",)),
    FileType("image/png", (b"\x89PNG\r\n\x1a\n",), (".png",)),
    FileType("image/jpeg", (b"\xff\xd8\xff",), (".jpg", ".jpeg")),
    FileType("image/tiff", (b"II*\x00", b"MM\x00*"), (".tif", ".tiff")),
    FileType(_DOCX, (b"PK\x03\x04",), (".docx",)),
)
ACCEPT: Final = ",".join(ending for each in TYPES for ending in each.endings)
"""What a browser offers to choose from; a comfort, no wall."""


def type_of(name: str, file: BinaryIO, size: int) -> FileType:
    """What a file is, where its name and its bytes agree. `file` is left at its beginning. Raises Unfit."""
    if not size:
        raise Unfit("it is empty")
    if size > LARGEST:
        raise Unfit(f"it is larger than {LARGEST // MEGABYTE} MB")
    file.seek(0)
    beginning = file.read(16)
    found = next((each for each in TYPES if beginning.startswith(each.beginnings)), None)
    if found is None:
        raise Unfit(f"only {TAKEN} files are taken")
    if not name.lower().endswith(found.endings):
        raise Unfit(f"its name does not end in {found.endings[0]}, as its content would have it")
    if found.content_type == _DOCX:
        _refuse_unless_plain_word(file, size)
    file.seek(0)
    return found


def display_name(raw: str, kind: FileType) -> str:
    """The name people see and save under: no folders, nothing invisible, nothing that turns the reading direction."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", raw))[-1]
    seen = "".join(" " if char.isspace() else char for char in last if not _is_hidden(char))
    stem, dot, ending = re.sub(r'[<>:"|?*]', "_", seen).rpartition(".")
    stem = " ".join((stem if dot else ending).split()).strip(". ")
    ending = f".{ending.strip().lower()}" if dot else ""
    ending = ending if ending in kind.endings else kind.endings[0]
    return (stem[: LONGEST_NAME - len(ending)].rstrip(". ") or "document") + ending


def _is_hidden(char: str) -> bool:
    """Control, format (direction marks among them), private and unassigned characters."""
    return unicodedata.category(char).startswith("C") and not char.isspace()


def _refuse_unless_plain_word(file: BinaryIO, size: int) -> None:
    """Raise Unfit for an archive that is no Word document, or one that can run something."""
    _refuse_long_directory(file, size)
    try:
        with zipfile.ZipFile(file) as archive:
            names = [name.lower() for name in archive.namelist()]
            with archive.open("[Content_Types].xml") as part:
                types = part.read(_LONGEST_TYPES + 1)
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, ValueError, OSError, EOFError, zlib.error):
        raise Unfit("it is no Word document that can be read") from None
    if "word/document.xml" not in names or len(types) > _LONGEST_TYPES:
        raise Unfit("it is no Word document that can be read")
    # Without zeros, so that UTF-16 hides no word.
    said = types.replace(b"\0", b"").lower()
    if any(word in said for word in _RUNS) or any("vbaproject" in name or "/activex/" in name for name in names):
        raise Unfit("it holds macros: save it as a plain DOCX or PDF")


def _refuse_long_directory(file: BinaryIO, size: int) -> None:
    """Raise Unfit where the list of parts alone would fill the memory: it is read whole by whoever opens an archive."""
    file.seek(max(0, size - 66_000))
    tail = file.read()
    place = tail.rfind(_END_OF_DIRECTORY)
    if place < 0 or len(tail) < place + 16 or _LARGE_ARCHIVE in tail:
        raise Unfit("it is no Word document that can be read")
    (length,) = struct.unpack_from("<L", tail, place + 12)
    if length > _LONGEST_DIRECTORY:
        raise Unfit("it has too many parts")
