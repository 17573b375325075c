"""Whole numbers as a form or an address carries them: what is none is told apart, and never an error."""

from __future__ import annotations

from django.http import QueryDict

LONGEST = 9
UNREADABLE = -1
"""A version no record has."""


def whole(text: str) -> int | None:
    """The number a text writes in plain digits; None for anything else, also digits of another script."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST else None


def version(form: QueryDict) -> int | None:
    """Which version of its record a page showed: None where the form does not say, UNREADABLE where it is no number."""
    text = form.get("version")
    if text is None:
        return None
    found = whole(text)
    return UNREADABLE if found is None else found


def removed(action: str) -> int | None:
    """The row a button "remove-3" takes away; None where the button is another one."""
    return whole(action.removeprefix("remove-")) if action.startswith("remove-") else None
