"""How codes and words are compared: what a person types and what stands in a set are folded alike."""

from __future__ import annotations

import re
import unicodedata


def fold(text: str) -> str:
    """Words in small letters without accents, everything else a blank: “Crohn’s, type 2” is `crohn s type 2`."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return " ".join(re.findall(r"[a-z0-9]+", plain))


def plain_code(text: str) -> str:
    """A code in capitals without points, blanks and dashes; empty only where `fold` leaves nothing either."""
    return fold(text).replace(" ", "").upper()


def dotted(text: str) -> str:
    """An ICD-10-CM code with its point after the third character, however it was typed: `f840` is `F84.0`."""
    code = plain_code(text)
    return f"{code[:3]}.{code[3:]}" if len(code) > 3 else code


def after(prefix: str) -> str:
    """The first text, in byte order, that no longer begins with the prefix."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)
