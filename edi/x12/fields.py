"""Rules that hold for every field of a message, whatever it means: characters, lengths, numbers, dates.

The lengths stand beside the fields in `parts.py`; the walk over a whole message needs no list of its own, so
that no element can be forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar, get_args, get_type_hints

from edi.x12.charset import Period, clean, fits_number, is_carried
from edi.x12.parts import Plain, Text
from edi.x12.problems import Refusal
from edi.x12.tokenizer import Delimiters

Message = TypeVar("Message")
Spec = Text | Plain
ANY = Plain(264, shortest=0)
LARGEST_COUNT = 999


def tidied(message: Message, delimiters: Delimiters, *, uppercase: bool = False) -> tuple[Message, tuple[str, ...]]:
    """The message with its texts fit for the wire, and the paths of those that lost more than blanks."""
    changed: list[str] = []
    return _tidy(message, ANY, "", delimiters, uppercase, changed), tuple(changed)


def field_refusals(message: object, delimiters: Delimiters) -> list[Refusal]:
    """Every field that cannot be carried as it is. Empty optional fields are no concern of this check."""
    return list(_refusals(message, ANY, "", delimiters))


def _tidy(value: Any, spec: Spec, path: str, delimiters: Delimiters, upper: bool, changed: list[str]) -> Any:
    if not value:
        return value
    if isinstance(value, str):
        return _tidy_text(value, spec, path, delimiters, upper, changed)
    if isinstance(value, tuple):
        items = (_tidy(item, spec, f"{path}[{index}]", delimiters, upper, changed) for index, item in enumerate(value))
        return tuple(items)
    if not is_dataclass(value) or isinstance(value, type | Period):
        return value
    news = {}
    for name, inner in _fields_of(type(value)):
        old = getattr(value, name)
        new = _tidy(old, inner, _joined(path, name), delimiters, upper, changed)
        if new is not old:
            news[name] = new
    return replace(value, **news) if news else value


def _tidy_text(value: str, spec: Spec, path: str, delimiters: Delimiters, upper: bool, changed: list[str]) -> str:
    if isinstance(spec, Plain):
        return value.strip(" ")
    cleaned = clean(value, delimiters, uppercase=upper)
    if cleaned.changed:
        changed.append(path)
    return cleaned.text


def _refusals(value: Any, spec: Spec, path: str, delimiters: Delimiters) -> Iterator[Refusal]:
    if not value:
        return
    if isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _refusals(item, spec, f"{path}[{index}]", delimiters)
    elif isinstance(value, str):
        yield from _check_text(value, spec, path, delimiters)
    elif is_dataclass(value) and not isinstance(value, type | Period):
        for name, inner in _fields_of(type(value)):
            yield from _refusals(getattr(value, name), inner, _joined(path, name), delimiters)
    else:
        yield from _check_value(value, path)


def _check_value(value: Any, path: str) -> Iterator[Refusal]:
    if isinstance(value, Decimal) and not fits_number(value):
        yield Refusal(path, "number", "The number must not be negative, and may have at most 15 digits.")
    if isinstance(value, int) and not 0 <= value <= LARGEST_COUNT:
        yield Refusal(path, "number", "The count must be a whole number from 0 to 999.")
    if isinstance(value, Period) and value.last < value.first:
        yield Refusal(path, "period", "The last day must not come before the first.")


def _check_text(value: str, spec: Spec, path: str, delimiters: Delimiters) -> Iterator[Refusal]:
    if not is_carried(value, delimiters):
        text = "The value holds a character that X12 cannot carry, or begins or ends with a blank."
        yield Refusal(path, "character", text)
    if len(value) > spec.longest:
        yield Refusal(path, "too_long", f"The value may have at most {spec.longest} characters.")
    if isinstance(spec, Plain) and len(value) < spec.shortest:
        yield Refusal(path, "too_short", f"The value must have at least {spec.shortest} characters.")


@cache
def _fields_of(kind: type) -> tuple[tuple[str, Spec], ...]:
    """The names and rules of a dataclass, read from its annotations once."""
    hints = get_type_hints(kind, include_extras=True)
    return tuple((each.name, _spec_of(hints[each.name]) or ANY) for each in fields(kind))


def _spec_of(hint: Any) -> Spec | None:
    """The rule annotated to a type or to what it holds: `Code`, `Code | None`, `tuple[Code, ...]`."""
    for part in (*getattr(hint, "__metadata__", ()), *get_args(hint)):
        if isinstance(part, Text | Plain):
            return part
        found = _spec_of(part) if get_args(part) else None
        if found:
            return found
    return None


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
