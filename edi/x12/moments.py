"""The moment a message says it was prepared (BHT04 and BHT05)."""

from __future__ import annotations

from datetime import datetime, time

from edi.x12.charset import parse_date


def read_moment(day_text: str, time_text: str) -> datetime | None:
    """Without a zone, for X12 has none: HHMM, HHMMSS or with hundredths; an empty time is midnight."""
    day = parse_date(day_text)
    plain = time_text.isascii() and time_text.isdigit() and len(time_text) in {4, 6, 7, 8}
    if day is None or (time_text and not plain):
        return None
    hour, minute, second = (int(time_text[at : at + 2] or "0") for at in (0, 2, 4))
    try:
        return datetime.combine(day, time(hour, minute, second))
    except ValueError:
        return None
