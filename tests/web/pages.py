"""Reading a page the way a test needs it: its text, its links, the fields of its form."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any


def text(html: str) -> str:
    """What a person reads, in one line: tags become spaces, scripts and the icon sprite are left out."""
    body = re.sub(r"(?s)<(svg|script|datalist)\b.*?</\1>", " ", html.partition("<main")[2] or html)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body))).strip()


class _Form(HTMLParser):
    """Collects what a browser would send: inputs with their values, the chosen options."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, Any] = {}
        self._select = ""
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        name = found.get("name") or ""
        if tag == "input" and name and found.get("type") not in ("checkbox", "radio", "submit"):
            self.values[name] = found.get("value") or ""
        elif tag == "input" and name and "checked" in found:
            self.values[name] = found.get("value") or "on"
        elif tag == "select":
            self._select = name
            self.values[name] = ""
        elif tag == "option" and self._select and "selected" in found:
            self.values[self._select] = found.get("value") or ""
        elif tag == "textarea":
            self._area = name
            self.values[name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.values[self._area] += data.lstrip("\n")


def form(html: str, marker: str) -> dict[str, Any]:
    """The values of the form whose text holds `marker`, as a browser would send them."""
    found = next(part for part in re.findall(r"(?s)<form\b.*?</form>", html) if marker in part)
    parser = _Form()
    parser.feed(found)
    return {name: value for name, value in parser.values.items() if name != "csrfmiddlewaretoken"}
