"""Which characters, numbers and dates X12 can carry.

X12 has no escape character, so a delimiter inside any element breaks the message (RFI 1815, 2026). Names and
texts are cleaned, because a person reads them; identifiers and codes are refused, because a changed one names
something else.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from edi.x12.tokenizer import STANDARD, Delimiters

# Letters that Unicode does not take apart into a base letter and a mark.
_SPELLED = str.maketrans(
    {
        "ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L",
        "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i",
        "‘": "'", "’": "'", "ʼ": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...",
    }
)  # fmt: skip
# The extended character set of the guides, beside letters, digits and the blank. A circumflex and a back
# quote are in neither set.
_SPECIAL = frozenset("!\"&'()*+,-./:;?=%~@[]_{}\\|<>#$")
_LONGEST_NUMBER = 15


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A text fit for an element. `changed` says that more than its blanks was replaced or dropped."""

    text: str
    changed: bool


@dataclass(frozen=True, slots=True)
class Period:
    """Local days, both inclusive. A single day has equal ends."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days it holds; not positive when the ends are the wrong way round."""
        return (self.last - self.first).days + 1


def clean(value: str, delimiters: Delimiters = STANDARD, *, uppercase: bool = False) -> Cleaned:
    """A name, an address or a text in ASCII: accents folded, delimiters and the like made blanks."""
    kept = "".join(_carried(character, delimiters) for character in value)
    folded = "".join(_carried(character, delimiters) for character in _fold(kept))
    text = " ".join((folded.upper() if uppercase else folded).split())
    before = " ".join(value.split())
    return Cleaned(text, text != (before.upper() if uppercase else before))


def is_carried(value: str, delimiters: Delimiters = STANDARD) -> bool:
    """True when the value can stand in an element as it is: no delimiter, extended set, no outer blanks."""
    if value != value.strip(" "):
        return False
    barred = delimiters.all()
    return all(_is_extended(character) and character not in barred for character in value)


def format_number(value: Decimal) -> str:
    """A number of X12 type R: no exponent, no trailing `.0`, no leading zero, a plain `0` for zero."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    if digits.startswith("0."):
        digits = digits[1:]
    return "0" if digits in {"", "0"} else sign + digits


def parse_number(text: str) -> Decimal | None:
    """A number of X12 type R, read with leading zeros allowed; None for anything else, exponents too."""
    unsigned = text[1:] if text.startswith("-") else text
    digits = unsigned.replace(".", "", 1)
    if not 0 < len(digits) <= _LONGEST_NUMBER or not (digits.isascii() and digits.isdigit()):
        return None
    return Decimal(text)


def fits_number(value: Decimal, longest: int = _LONGEST_NUMBER) -> bool:
    """True for a finite number that is not negative and has at most `longest` digits as written."""
    if not value.is_finite() or value < 0 or value.adjusted() > longest:
        return False
    exponent = value.normalize().as_tuple().exponent
    if isinstance(exponent, int) and exponent < -longest:
        return False
    return len(format_number(value).replace(".", "")) <= longest


def format_date(value: date) -> str:
    """CCYYMMDD."""
    return f"{value.year:04d}{value.month:02d}{value.day:02d}"


def parse_date(text: str) -> date | None:
    """CCYYMMDD as a day; None for anything else."""
    if len(text) != 8 or not (text.isascii() and text.isdigit()):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def format_period(value: Period) -> tuple[str, str]:
    """The qualifier and the value of a DTP: D8 for one day, RD8 for several."""
    if value.first == value.last:
        return "D8", format_date(value.first)
    return "RD8", f"{format_date(value.first)}-{format_date(value.last)}"


def parse_period(qualifier: str, text: str) -> Period | None:
    """D8 or RD8 as a period; None for anything else and for a range that ends before it begins."""
    if qualifier == "D8":
        day = parse_date(text)
        return Period(day, day) if day else None
    if qualifier != "RD8" or text.count("-") != 1:
        return None
    first, last = (parse_date(part) for part in text.split("-"))
    if first is None or last is None or last < first:
        return None
    return Period(first, last)


def _carried(character: str, delimiters: Delimiters) -> str:
    if character in delimiters.all() or unicodedata.category(character) == "Cc":
        return " "
    return character


def _fold(value: str) -> str:
    """ASCII letters for accented ones; a character without any such letter becomes a blank."""
    if value.isascii():
        spelled = value
    else:
        parts = unicodedata.normalize("NFKD", value.translate(_SPELLED))
        spelled = "".join(each for each in parts if not unicodedata.combining(each))
    return "".join(each if _is_extended(each) else " " for each in spelled)


def _is_extended(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character == " " or character in _SPECIAL)
