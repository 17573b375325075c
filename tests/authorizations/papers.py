"""Files as people send them, and a scanner that answers what a test wants."""

from __future__ import annotations

import io
import socket
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from authorizations.documents.services import Upload, keep_documents
from authorizations.models import Authorization, Document
from tests.cast import NOW, House

PDF = b"%PDF-1.7\nthe plan"
PNG = b"\x89PNG\r\n\x1a\nnothing"


def paper(
    content: bytes = PDF, name: str = "plan.pdf", kind: str = Document.Kind.PLAN_OF_CARE, **fields: str
) -> Upload:
    return Upload("files_0", name, io.BytesIO(content), len(content), kind, **fields)  # type: ignore[arg-type]


def filed(house: House, case: Authorization, *uploads: Upload, now: datetime = NOW) -> list[Document]:
    return keep_documents(case.id, uploads or [paper()], actor=house.actor(), now=now)


def word_file(*, types: bytes = b"<Types/>", parts: tuple[str, ...] = ("word/document.xml",)) -> bytes:
    """An archive such as a word processor writes."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", types)
        for part in parts:
            archive.writestr(part, "<w/>")
    return written.getvalue()


@contextmanager
def clamd(*replies: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A daemon that speaks INSTREAM and gives these replies in turn: its address, and the files it was shown."""
    shown: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve() -> None:
            for reply in replies:
                line, _ = door.accept()
                with line:
                    shown.append(_received(line))
                    line.sendall(reply)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{door.getsockname()[1]}", shown


def _received(line: socket.socket) -> bytes:
    """The bytes of one INSTREAM, without the lengths between them."""
    with line.makefile("rb") as stream:
        assert stream.read(10) == b"zINSTREAM\0"
        found = b""
        while length := int.from_bytes(stream.read(4), "big"):
            found += stream.read(length)
        return found
