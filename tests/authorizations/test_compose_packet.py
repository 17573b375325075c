"""One PDF of a case: a cover sheet, what is in it, the pictures, and honest words about what is not."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from fpdf import FPDF
from PIL import Image
from pypdf import PdfReader, PdfWriter, Transformation
from pypdf.annotations import FreeText
from pypdf.generic import DictionaryObject, NameObject, RectangleObject, StreamObject, TextStringObject

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


def pdf_file(*texts: str, landscape: bool = False) -> bytes:
    made = FPDF(orientation="landscape" if landscape else "portrait", format="a4")
    for text in texts:
        made.add_page()
        made.set_font("Helvetica", "", 14)
        made.cell(0, 10, text)
    return bytes(made.output())


def rewritten(content: bytes, change: Callable[[PdfWriter], object]) -> bytes:
    writer, written = PdfWriter(clone_from=io.BytesIO(content)), io.BytesIO()
    change(writer)
    writer.write(written)
    return written.getvalue()


def locked(content: bytes) -> bytes:
    return rewritten(content, lambda writer: writer.encrypt("secret", algorithm="RC4-128"))


def drawn(made: bytes) -> list[str]:
    """The words a reader finds on each page, drawn forms included."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(made)).pages]


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


def test_the_pages_of_a_pdf_stand_in_the_packet_under_its_numbers() -> None:
    papers = [
        paper("plan.pdf", pdf_file("Goals of care", "Signed by the physician"), packet.PDF),
        paper("order.png", picture("PNG")),
        paper("letter.pdf", pdf_file("Wide table", landscape=True), packet.PDF),
    ]
    found = drawn(compose(COVER, papers))
    assert len(found) == 6
    assert "pages 3 to 4" in found[1]
    assert all(f"PA-000001, page {number} of 6" in words for number, words in enumerate(found, start=1))
    assert [("Goals" in words, "Signed" in words, "Wide" in words) for words in found[2:]] == [
        (True, False, False),
        (False, True, False),
        (False, False, False),
        (False, False, True),
    ]


def test_a_page_is_drawn_within_ours_and_nothing_of_it_can_be_run() -> None:
    def mischief(writer: PdfWriter) -> None:
        script = {**_named({"/S": "/JavaScript"}), NameObject("/JS"): TextStringObject("app.alert('hello')")}
        writer.root_object[NameObject("/OpenAction")] = DictionaryObject(script)
        writer.add_attachment("payload.exe", b"MZ")
        writer.add_uri(0, "https://elsewhere.example", RectangleObject((0, 0, 100, 100)))
        writer.pages[0].rotate(90)

    made = compose(COVER, [paper("plan.pdf", rewritten(pdf_file("Goals of care"), mischief), packet.PDF)])
    assert not re.search(rb"/JavaScript|/EmbeddedFile|/Annots|/URI|app.alert|MZ", made)
    page = PdfReader(io.BytesIO(made)).pages[2]
    assert (page.mediabox.width, page.mediabox.height) == (612, 792)
    placed, where = Transformation(), (0.0, 0.0)

    def look(text: str, drawn_at: list[float], at: list[float], *_: object) -> None:
        """The reader tells how a form is placed before it reads it, and where the words stand within."""
        nonlocal placed, where
        a, b, c, d, e, f = drawn_at
        placed = placed if (a, d) == (1, 1) else Transformation((a, b, c, d, e, f))
        where = placed.apply_on((at[4], at[5])) if "Goals" in text else where

    page.extract_text(visitor_text=look)
    assert 306 < where[0] < 612, "turned clockwise, what began at the left stands at the right"
    assert 396 < where[1] < 792


def test_what_was_typed_into_a_form_is_printed() -> None:
    def fill(writer: PdfWriter) -> None:
        field = FreeText(text="Filled by hand", rect=(50, 550, 250, 650))
        shown = StreamObject()
        shown.set_data(b"BT /Helv 12 Tf 2 2 Td (Filled by hand) Tj ET")
        font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica", "/Name": "/Helv"}
        fonts = DictionaryObject({NameObject("/Helv"): DictionaryObject(_named(font))})
        shown.update(
            {
                **_named({"/Type": "/XObject", "/Subtype": "/Form"}),
                NameObject("/BBox"): RectangleObject((0, 0, 100, 20)),
                NameObject("/Resources"): DictionaryObject({NameObject("/Font"): fonts}),
            }
        )
        field[NameObject("/AP")] = DictionaryObject({NameObject("/N"): writer._add_object(shown)})
        writer.add_annotation(0, field)

    made = compose(COVER, [paper("form.pdf", rewritten(pdf_file("Printed"), fill), packet.PDF)])
    assert "Filled by hand" in drawn(made)[2]


def _named(words: dict[str, str]) -> dict[Any, Any]:
    return {NameObject(name): NameObject(value) for name, value in words.items()}


@pytest.mark.parametrize(
    ("content", "content_type", "closed", "why"),
    [
        (b"%PDF-1.7", "application/pdf", "", "cannot be read"),
        (pdf_file("a", "b")[:-400], "application/pdf", "", "cannot be read"),
        (locked(pdf_file("a")), "application/pdf", "", "has a password"),
        (pdf_file(*"x" * (packet.MOST_PAGES + 1)), "application/pdf", "", "too many pages"),
        (b"PK", "application/vnd.openxmlformats", "", "cannot be printed"),
        (None, "image/png", "", "missing on the disk"),
        (b"\x89PNG\r\n\x1a\nbroken", "image/png", "", "cannot be read"),
        (picture("GIF"), "image/png", "", "cannot be read"),
        (picture("PNG"), "image/png", "not found clean", "not found clean"),
    ],
)
def test_what_cannot_be_printed_is_named_as_attached_separately(
    content: bytes | None, content_type: str, closed: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    found = pages(compose(COVER, [paper("plan", content, content_type, closed), paper("b.png", picture("PNG"))]))
    assert len(found) == 3
    assert f"plan attached separately: {why}" in found[1]
    assert caplog.records == [], "no line of a log tells of a file"
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
