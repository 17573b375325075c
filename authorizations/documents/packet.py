"""One PDF of a case: a cover sheet, what is in it, and the documents; each page numbered, with the number of the case.

Pictures and the pages of PDF files are printed. What cannot be (a Word file, a locked PDF) is named in the list as
attached separately, so that whoever sends it knows what else to send. No Django here.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fpdf import FPDF
from PIL import Image, ImageOps, UnidentifiedImageError

from authorizations.documents import sheets

PDF: Final = "application/pdf"
PICTURES: Final = {"image/png": "PNG", "image/jpeg": "JPEG", "image/tiff": "TIFF"}
MOST_PIXELS: Final = 36_000_000
"""Of one picture, before it is unpacked: a letter page at 600 dots an inch."""

MOST_PAGES: Final = 100
ROWS: Final = 36
"""Lines of the list on one page."""

_DOTS: Final = (1700, 2200)
_WIDTH: Final = 176.0
_HEIGHT: Final = 232.0
_LEFT: Final = 20.0
_TOP: Final = 24.0
_POINTS: Final = 72 / 25.4
_SHEET: Final = 279.4
_BOX: Final = (
    _LEFT * _POINTS,
    (_SHEET - _TOP - _HEIGHT) * _POINTS,
    _WIDTH * _POINTS,
    _HEIGHT * _POINTS,
)
"""Where a page of a document stands on ours, in points from the lower left."""

_PLAIN: Final = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "..."})


@dataclass(frozen=True, slots=True)
class Cover:
    """What the first sheet says. `number` stands on every page; `facts` are pairs of a label and a value."""

    organization: str
    title: str
    number: str
    facts: Sequence[tuple[str, str]]
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Paper:
    """One document. `read` gives its bytes, None where they cannot be had; `closed` says why before it is asked."""

    name: str
    kind: str
    content_type: str
    read: Callable[[], bytes | None]
    closed: str = ""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a document stands in the packet; no `pages`: why it does not."""

    paper: Paper
    first: int = 0
    pages: int = 0
    why: str = ""

    @property
    def is_pdf(self) -> bool:
        return self.paper.content_type == PDF

    @property
    def words(self) -> str:
        if not self.pages:
            return f"attached separately: {self.why}"
        last = self.first + self.pages - 1
        return f"page {self.first}" if last == self.first else f"pages {self.first} to {last}"


def compose(cover: Cover, papers: Sequence[Paper]) -> bytes:
    """The packet."""
    front = 1 + max(1, -(-len(papers) // ROWS))
    places = list(_places(papers, front + 1))
    total = front + sum(place.pages for place in places)
    pdf = FPDF(format="letter")
    pdf.set_auto_page_break(False)
    pdf.set_creation_date(cover.made_at)
    pdf.set_title(_plain(cover.number))
    pdf.set_image_filter("DCTDecode")
    foot = f"{cover.number}, page {{page}} of {total}"
    _write_cover(pdf, cover, total, foot)
    _write_contents(pdf, places, foot)
    for place in places:
        if place.pages:
            _write_pages(pdf, place, foot)
    made = bytes(pdf.output())
    drawn = [(each.first - 1, each.paper.read() or b"") for each in places if each.pages and each.is_pdf]
    return sheets.draw(made, drawn, _BOX) if drawn else made


def _places(papers: Sequence[Paper], first: int) -> Iterator[_Place]:
    left = MOST_PAGES
    for paper in papers:
        pages, why = _pages_of(paper, left)
        yield _Place(paper, first, pages, why)
        first, left = first + pages, left - pages


def _pages_of(paper: Paper, left: int) -> tuple[int, str]:
    """How many pages a document takes, or why none. Only the head of a picture is read."""
    if paper.closed:
        return 0, paper.closed
    if paper.content_type not in (PDF, *PICTURES):
        return 0, "cannot be printed"
    content = paper.read()
    if content is None:
        return 0, "missing on the disk"
    if paper.content_type == PDF:
        return _pages_of_pdf(content, left)
    try:
        with Image.open(io.BytesIO(content), formats=[PICTURES[paper.content_type]]) as picture:
            frames = getattr(picture, "n_frames", 1)
            if frames > left:
                return 0, "too many pages"
            for frame in range(frames):
                picture.seek(frame)
                if picture.width * picture.height > MOST_PIXELS:
                    return 0, "too large to print"
            return frames, ""
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError):
        return 0, "cannot be read"


def _pages_of_pdf(content: bytes, left: int) -> tuple[int, str]:
    try:
        pages = sheets.count(content, most=left)
    except sheets.Unreadable as why:
        return 0, str(why)
    return pages, ""


def _write_cover(pdf: Any, cover: Cover, total: int, foot: str) -> None:
    _new_page(pdf, foot)
    pdf.set_font("Helvetica", "", 11)
    _line(pdf, cover.organization, 8)
    pdf.set_font("Helvetica", "B", 18)
    _line(pdf, cover.title, 14)
    for label, value in [*cover.facts, ("Pages", str(total))]:
        pdf.set_font("Helvetica", "B", 11)
        pdf.set_x(_LEFT)
        pdf.cell(52, 8, _plain(label))
        pdf.set_font("Helvetica", "", 11)
        pdf.cell(_WIDTH - 52, 8, _fitted(pdf, value, _WIDTH - 54), new_x="LMARGIN", new_y="NEXT")
    pdf.set_y(-40)
    pdf.set_font("Helvetica", "", 9)
    _line(pdf, "This packet holds health information. If it is not meant for you, tell the sender and destroy it.", 5)


def _write_contents(pdf: Any, places: Sequence[_Place], foot: str) -> None:
    for start in range(0, max(1, len(places)), ROWS):
        _new_page(pdf, foot)
        pdf.set_font("Helvetica", "B", 14)
        _line(pdf, "Contents", 11)
        pdf.set_font("Helvetica", "", 10)
        for place in places[start : start + ROWS]:
            pdf.set_x(_LEFT)
            words = f"{place.paper.kind}: {place.paper.name}"
            pdf.cell(_WIDTH - 66, 6, _fitted(pdf, words, _WIDTH - 68))
            pdf.cell(66, 6, _fitted(pdf, place.words, 66), new_x="LMARGIN", new_y="NEXT", align="R")
        if not places:
            _line(pdf, "No document.", 6)


def _write_pages(pdf: Any, place: _Place, foot: str) -> None:
    """A headed page for each of the document: with the picture, or left for `sheets` to draw on."""
    content = place.paper.read() or b""
    for number in range(place.pages):
        _new_page(pdf, foot)
        pdf.set_font("Helvetica", "", 9)
        _line(pdf, f"{place.paper.kind}: {place.paper.name}", 6)
        if not place.is_pdf:
            _write_picture(pdf, content, PICTURES[place.paper.content_type], number)


def _write_picture(pdf: Any, content: bytes, kind: str, frame: int) -> None:
    """As large as fits. What breaks off in the middle says so on its page."""
    try:
        picture = _frame(content, kind, frame)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        _line(pdf, "This page cannot be read: ask for the file itself.", 8)
        return
    pdf.image(picture, x=_LEFT, y=_TOP, w=_WIDTH, h=_HEIGHT, keep_aspect_ratio=True)


def _frame(content: bytes, kind: str, frame: int) -> Image.Image:
    """One page of a picture, upright, on white, no finer than is printed."""
    with Image.open(io.BytesIO(content), formats=[kind]) as opened:
        opened.seek(frame)
        picture = _on_white(ImageOps.exif_transpose(opened))
    picture.thumbnail(_DOTS)
    return picture


def _on_white(picture: Image.Image) -> Image.Image:
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture.convert("RGB")
    seen = picture.convert("RGBA")
    paper = Image.new("RGB", seen.size, "white")
    paper.paste(seen, mask=seen.getchannel("A"))
    return paper


def _new_page(pdf: Any, foot: str) -> None:
    pdf.add_page()
    pdf.set_left_margin(_LEFT)
    pdf.set_font("Helvetica", "", 8)
    pdf.set_y(-14)
    pdf.cell(_WIDTH, 5, _plain(foot.format(page=pdf.page_no())), align="C")
    pdf.set_xy(_LEFT, 15)


def _line(pdf: Any, words: str, height: float) -> None:
    pdf.set_x(_LEFT)
    pdf.cell(_WIDTH, height, _fitted(pdf, words, _WIDTH), new_x="LMARGIN", new_y="NEXT")


def _fitted(pdf: Any, words: str, width: float) -> str:
    """As much as stands in `width` millimetres."""
    shown = _plain(words)
    while pdf.get_string_width(shown) > width:
        shown = f"{shown[:-4]}..."
    return shown


def _plain(words: str) -> str:
    """In the letters the built-in fonts have (Latin-1); an accent they lack is left off."""
    known = words.translate(_PLAIN)
    return "".join(char if ord(char) < 256 else _without_accent(char) for char in known)


def _without_accent(char: str) -> str:
    return unicodedata.normalize("NFKD", char).encode("ascii", "ignore").decode() or "?"
