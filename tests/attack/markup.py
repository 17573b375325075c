"""Reading a page as a browser does: its forms with every control, every address it leads to, every element."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from html.parser import HTMLParser

TYPED = frozenset({"text", "search", "email", "url", "tel", "textarea", "password", "number", "date", "amount"})
"""Kinds of controls into which a person types."""
PRESSED = frozenset({"submit", "button", "reset", "image", "file"})
LEADS = {"a": ("href",), "form": ("action",), "button": ("formaction",), "input": ("formaction",)}
"""Attributes that name an address; htmx's own may stand on any element."""


@dataclass
class Control:
    """One field of a form. `values` is what a browser sends untouched; `choices` what a select or radio offers."""

    name: str
    kind: str
    values: list[str] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)
    longest: int | None = None

    @property
    def is_typed(self) -> bool:
        return self.kind in TYPED

    @property
    def names_a_row(self) -> bool:
        """Whether it carries ids."""
        return any(is_id(value) for value in (*self.values, *self.choices))


@dataclass
class Form:
    """A form as it stands."""

    method: str = "GET"
    action: str = ""
    controls: dict[str, Control] = field(default_factory=dict)

    @property
    def fields(self) -> dict[str, list[str]]:
        """What is sent when nothing is changed."""
        return {name: list(control.values) for name, control in self.controls.items() if control.values}


@dataclass(frozen=True)
class Lead:
    """An address the page leads to, and how it is asked for."""

    method: str
    address: str
    on: str


_BULK = re.compile(r"(?s)<(svg|datalist)\b.*?</\1>")
"""Icons and offered codes: many, and no address or field among them."""


class Markup(HTMLParser):
    """A parsed page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.leads: list[Lead] = []
        self._by_id: dict[str, Form] = {}
        self._open: Form | None = None
        self._control: Control | None = None
        self.feed(_BULK.sub("", html))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._begin(given)
        elif tag in ("input", "select", "textarea") and given.get("name") and "disabled" not in given:
            self._add(tag, given)
        elif tag == "option" and self._control is not None:
            self._offer(given)
        self._lead(tag, given)

    def _begin(self, given: dict[str, str]) -> None:
        # A control may name its form before the form comes.
        self._open = self._by_id.setdefault(given.get("id", f"form {len(self.forms)}"), Form())
        self._open.method, self._open.action = given.get("method", "get").upper(), given.get("action", "")
        self.forms.append(self._open)

    def _add(self, tag: str, given: dict[str, str]) -> None:
        form = self._by_id.setdefault(given["form"], Form()) if "form" in given else self._open
        kind = given.get("type", "text") if tag == "input" else tag
        kind = "amount" if given.get("inputmode") in ("decimal", "numeric") else kind
        if form is None or kind in PRESSED:
            return
        control = form.controls.setdefault(given["name"], Control(given["name"], kind))
        control.longest = int(given["maxlength"]) if given.get("maxlength", "").isdigit() else None
        if kind in ("checkbox", "radio"):
            control.choices.append(given.get("value", "on"))
            control.values += [given.get("value", "on")] if "checked" in given else []
        elif tag == "input":
            control.values = [given.get("value", "")]
        else:
            control.values = [""] if tag == "textarea" else []
            self._control = control

    def _offer(self, given: dict[str, str]) -> None:
        assert self._control is not None
        value = given.get("value", "")
        self._control.choices.append(value)
        if "selected" in given or not self._control.values:
            self._control.values = [value]

    def handle_data(self, data: str) -> None:
        if self._control is not None and self._control.kind == "textarea":
            # The first line break after the tag is not part of the text.
            self._control.values[0] += data if self._control.values[0] else data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag in ("select", "textarea"):
            self._control = None

    def _lead(self, tag: str, given: dict[str, str]) -> None:
        for name in LEADS.get(tag, ()):
            if name in given:
                method = given.get("method", "get").upper() if tag == "form" else "GET"
                self.leads.append(Lead("POST" if name == "formaction" else method, given[name], tag))
        for name, method in (("hx-get", "GET"), ("hx-post", "POST"), ("hx-put", "PUT"), ("hx-delete", "DELETE")):
            if name in given:
                self.leads.append(Lead(method, given[name], tag))


def is_id(text: str) -> bool:
    """Whether a text is the id of a row."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
