"""Text that would run if a page forgot to escape it, marked so that every place where it shows is found again."""

from __future__ import annotations

import re

from tests.attack.markup import Control

MARK = re.compile(r"k\d{1,4}z", re.IGNORECASE)
RUNS = re.compile(
    r"(?<![0-9a-z])k\d{1,4}z[\"'<>]|<script>alert|<img src=x|<svg/onload|onerror=alert\(1\)&gt;49", re.IGNORECASE
)
"""A mark is always followed by a quote or a bracket: where it stands there as it was typed, it runs."""
OTHER_SCHEMES = (
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:x",
    "file:///etc/passwd", "ftp://files.example/x", "https:portal.example",
    "javascript://portal.example/%0aalert(1)",
)  # fmt: skip


def payloads(control: Control, number: int) -> list[str]:
    """What to try in a field, the worst first, each no longer than the field takes."""
    mark = f"k{number}z"
    tries = {
        "email": [f'"{mark}<b>"@x.example'],
        "url": [f'https://x.example/{mark}"><img/src=x/onerror=alert(1)>'],
        "date": [],
        "number": [],
        "amount": [],
    }
    usual = [
        f"{mark}\"'></script></textarea><script>alert(1)</script><img src=x onerror=alert(1)>{{{{7*7}}}}<svg/onload=a>",
        f"{mark}\"'><b>",
        f"{mark}<",
    ]
    return [text for text in tries.get(control.kind, usual) if len(text) <= (control.longest or 10_000)]


def runs(body: str) -> list[str]:
    """Where a page would run what was typed: the surroundings of each place."""
    return [body[max(0, found.start() - 60) : found.end() + 30] for found in RUNS.finditer(body)]


def marks(body: str) -> set[str]:
    return {mark.lower() for mark in MARK.findall(body)}
