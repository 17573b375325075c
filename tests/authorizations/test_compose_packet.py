"""One PDF of a case: a cover sheet, what is in it, the pictures, and honest words about what is not."""

from __future__ import annotations

import io
import re
import zlib
from typing import Any

import pytest
from PIL import Image

from authorizations.documents import packet
from authorizations.documents.packet import Cover, Paper, compose
from tests.cast import NOW

COVER = Cover(
    "Cedar Bay Care", "Prior authorization PA-000001", "PA-000001", [("Member", "Ren\u00e9e \u0160m\u00edd")], NOW
)


def picture(kind: str, *, frames: int = 1, mode: str = "RGB", size: tuple[int, int] = (80, 100)) -> bytes:
    written = io.BytesIO()
    more: dict[str, Any] = {"save_all": True, "append_images": [Image.new(mode, size)] * (frames - 1)}
    Image.new(mode, size).save(written, kind, **(more if frames > 1 else {}))
    return written.getvalue()


def paper(name: str, content: bytes | None, content_type: str = "image/png", closed: str = "") -> Paper:
    return Paper(name, "Order", content_type, lambda: content, closed)


def pages(made: bytes) -> list[str]:
    """The words of each page, in order."""
    streams = [
        zlib.decompress(each) for each in re.findall(rb"FlateDecode.*?stream\n(.*?)\nendstream", made, re.DOTALL)
    ]
    texts = [" ".join(re.findall(r"\(((?:[^()\\]|\\.)*)\) Tj", each.decode("latin-1"))) for each in streams]
    return [each for each in texts if "page " in each]


def test_pictures_follow_the_cover_and_the_list_says_where_each_begins() -> None:
    papers = [
        paper("order.png", picture("PNG", mode="RGBA")),
        paper("fax.tif", picture("TIFF", frames=3, mode="1"), "image/tiff"),
        paper("photo.jpg", picture("JPEG"), "image/jpeg"),
    ]
    found = pages(compose(COVER, papers))
    assert len(found) == 7
    assert "Pages 7" in found[0]
    assert "Ren\u00e9e Sm\u00edd" in found[0]
    assert re.search(r"order.png page 3 .*fax.tif pages 4 to 6 .*photo.jpg page 7", found[1])
    assert "Order: photo.jpg" in found[6]
    assert all(f"PA-000001, page {number} of 7" in words for number, words in enumerate(found, start=1))


@pytest.mark.parametrize(
    ("content", "content_type", "closed", "why"),
    [
        (b"%PDF-1.7", "application/pdf", "", "not a picture"),
        (None, "image/png", "", "missing on the disk"),
        (b"\x89PNG\r\n\x1a\nbroken", "image/png", "", "cannot be read"),
        (picture("GIF"), "image/png", "", "cannot be read"),
        (picture("PNG"), "image/png", "not found clean", "not found clean"),
    ],
)
def test_what_cannot_be_printed_is_named_as_attached_separately(
    content: bytes | None, content_type: str, closed: str, why: str
) -> None:
    found = pages(compose(COVER, [paper("plan", content, content_type, closed), paper("b.png", picture("PNG"))]))
    assert len(found) == 3
    assert f"plan attached separately: {why}" in found[1]
    assert "b.png page 3" in found[1]


def test_a_picture_of_too_many_dots_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packet, "MOST_PIXELS", 80 * 100 - 1)
    found = pages(compose(COVER, [paper("huge.png", picture("PNG"))]))
    assert "huge.png attached separately: too large to print" in found[1]


def test_a_packet_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packet, "MOST_PAGES", 3)
    fax = picture("TIFF", frames=2)
    found = pages(compose(COVER, [paper("a.tif", fax, "image/tiff"), paper("b.tif", fax, "image/tiff")]))
    assert len(found) == 4
    assert "b.tif attached separately: too many pages" in found[1]


def test_a_picture_that_breaks_off_says_so_on_its_page() -> None:
    found = pages(compose(COVER, [paper("cut.jpg", picture("JPEG", size=(900, 900))[:700], "image/jpeg")]))
    assert "This page cannot be read" in found[2]


def test_a_long_list_takes_as_many_sheets_as_it_needs() -> None:
    papers = [paper(f"{number}.pdf", b"%PDF", "application/pdf") for number in range(packet.ROWS + 1)]
    found = pages(compose(COVER, [*papers, paper("last.png", picture("PNG"))]))
    assert len(found) == 4
    assert "last.png page 4" in found[2]


def test_a_case_without_documents_has_a_cover_sheet_all_the_same() -> None:
    assert "No document." in pages(compose(COVER, []))[1]
