"""The pages of a PDF as pictures of themselves: what is printed on them, without links, scripts or attachments.

A page becomes a form XObject (ISO 32000-1, 8.10) that is drawn smaller into a page of ours; filled fields, stamps and
signatures, which stand in annotations, are drawn where they appear. Nothing of a foreign file is run. No Django here.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any, Final

from pypdf import PageObject, PdfReader, PdfWriter, Transformation
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NullObject,
    RectangleObject,
    StreamObject,
)

HIDDEN: Final = 0b10
MOST_STAMPS: Final = 2000
"""Annotations drawn on one page; a form has hundreds of fields at most."""

Box = tuple[float, float, float, float]
"""Left, bottom, width and height in points."""


class Unreadable(Exception):
    """The file cannot be taken apart; the message says why, for the list of the packet."""


def count(content: bytes, *, most: int) -> int:
    """How many pages a PDF has, at least one and at most so many, each of which can be drawn. Raises Unreadable."""
    try:
        pages = _reader(content).pages
        if len(pages) > most:
            raise Unreadable("too many pages")
        draw(_blank(len(pages)), [(0, content)], (0, 0, 100, 100))
        return len(pages)
    except Unreadable:
        raise
    except Exception as error:  # A damaged file breaks the reader in any way there is.
        raise Unreadable("cannot be read") from error


def draw(made: bytes, drawn: Sequence[tuple[int, bytes]], box: Box) -> bytes:
    """The PDF `made` with the pages of each file drawn from a page on (counted from 0), within `box`."""
    writer = PdfWriter(clone_from=io.BytesIO(made))
    for first, content in drawn:
        for offset, source in enumerate(_reader(content).pages):
            _draw(writer, writer.pages[first + offset], source, box)
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def _blank(pages: int) -> bytes:
    writer, written = PdfWriter(), io.BytesIO()
    if not pages:
        raise Unreadable("has no page")
    for _ in range(pages):
        writer.add_blank_page(100, 100)
    writer.write(written)
    return written.getvalue()


def _reader(content: bytes) -> PdfReader:
    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted:
        raise Unreadable("has a password")
    return reader


def _drawing(page: PageObject) -> bytes:
    contents = page.get_contents()
    return contents.get_data() if contents is not None else b""


def _draw(writer: PdfWriter, target: PageObject, source: PageObject, box: Box) -> None:
    """Upright, whole, as large as fits, in the middle of the box."""
    seen = source.cropbox
    turn = source.rotation % 360
    width, height = (seen.height, seen.width) if turn in (90, 270) else (seen.width, seen.height)
    scale = min(box[2] / float(width or 1), box[3] / float(height or 1))
    upright = Transformation().translate(-float(seen.left), -float(seen.bottom)).rotate(-turn)
    upright = upright.translate(*_back_into_sight(turn, float(seen.width), float(seen.height))).scale(scale)
    left = box[0] + (box[2] - float(width) * scale) / 2
    placed = upright.translate(left, box[1] + box[3] - float(height) * scale)
    form = _form(_drawing(source), source.get("/Resources"), seen, writer)
    lines = [_do(_name(writer, target, form, 0), Transformation())]
    for number, (stamp, moved) in enumerate(_stamps(source), start=1):
        lines.append(_do(_name(writer, target, stamp.clone(writer), number), moved))
    drawing = StreamObject()
    drawing.set_data(b"q " + _matrix(placed) + b" cm\n" + b"\n".join(lines) + b"\nQ")
    before = [target.raw_get("/Contents")] if "/Contents" in target else []
    target[NameObject("/Contents")] = ArrayObject([*before, writer._add_object(drawing)])


def _back_into_sight(turn: int, width: float, height: float) -> tuple[float, float]:
    """Where a page turned clockwise about its corner has to be moved to."""
    return {90: (0.0, width), 180: (width, height), 270: (height, 0.0)}.get(turn, (0.0, 0.0))


def _form(data: bytes, resources: Any, seen: RectangleObject, writer: PdfWriter) -> StreamObject:
    form = StreamObject()
    form.set_data(data)
    form[NameObject("/Type")] = NameObject("/XObject")
    form[NameObject("/Subtype")] = NameObject("/Form")
    form[NameObject("/BBox")] = ArrayObject(
        [FloatObject(each) for each in (seen.left, seen.bottom, seen.right, seen.top)]
    )
    known = resources.get_object() if resources is not None else DictionaryObject()
    form[NameObject("/Resources")] = known.clone(writer)
    return form.flate_encode()


def _name(writer: PdfWriter, target: PageObject, form: Any, number: int) -> bytes:
    """Make a form known to a page; the name it is drawn by."""
    reference = getattr(form, "indirect_reference", None) or writer._add_object(form)
    resources = target["/Resources"].get_object()
    assert isinstance(resources, DictionaryObject)
    name = f"/Sheet{number}"
    own = resources.get("/XObject", DictionaryObject()).get_object()
    # The pages made together share their resources: each that draws gets some of its own.
    forms = DictionaryObject({**own, NameObject(name): reference})
    target[NameObject("/Resources")] = DictionaryObject({**resources, NameObject("/XObject"): forms})
    return name.encode()


def _do(name: bytes, moved: Transformation) -> bytes:
    return b"q " + _matrix(moved) + b" cm " + name + b" Do Q"


def _matrix(moved: Transformation) -> bytes:
    return " ".join(f"{float(each):.5f}" for each in moved.ctm).encode()


def _stamps(page: PageObject) -> Iterator[tuple[StreamObject, Transformation]]:
    """What annotations show, and how it is moved to where it appears (ISO 32000-1, 12.5.5)."""
    found = page.get("/Annots", NullObject()).get_object()
    for each in list(found)[:MOST_STAMPS] if isinstance(found, ArrayObject) else []:
        annotation = each.get_object()
        stamp = _appearance(annotation) if isinstance(annotation, DictionaryObject) else None
        if stamp is not None:
            yield stamp, _moved(stamp, RectangleObject(_numbers(annotation, "/Rect")))


def _appearance(annotation: DictionaryObject) -> StreamObject | None:
    if int(annotation.get("/F", 0)) & HIDDEN or "/Rect" not in annotation:
        return None
    shown = annotation.get("/AP", DictionaryObject()).get_object().get("/N", NullObject()).get_object()
    if isinstance(shown, DictionaryObject) and not isinstance(shown, StreamObject):
        shown = shown.get(annotation.get("/AS", "/Off"), NullObject()).get_object()
    return shown if isinstance(shown, StreamObject) and "/BBox" in shown else None


def _moved(stamp: StreamObject, place: RectangleObject) -> Transformation:
    """From the box of the appearance, turned as it says, onto its rectangle."""
    box = RectangleObject(_numbers(stamp, "/BBox"))
    a, b, c, d, e, f = _numbers(stamp, "/Matrix") or (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    turned = Transformation((a, b, c, d, e, f))
    corners = [turned.apply_on(corner) for corner in (box.lower_left, box.lower_right, box.upper_left, box.upper_right)]
    left, bottom = min(each[0] for each in corners), min(each[1] for each in corners)
    width = max(each[0] for each in corners) - left or 1
    height = max(each[1] for each in corners) - bottom or 1
    grown = Transformation().translate(-float(left), -float(bottom))
    grown = grown.scale(float(place.width) / float(width), float(place.height) / float(height))
    return grown.translate(float(place.left), float(place.bottom))


def _numbers(holder: DictionaryObject, name: str) -> tuple[float, ...]:
    found = holder.get(name, NullObject()).get_object()
    return tuple(float(each.get_object()) for each in found) if isinstance(found, ArrayObject) else ()
