"""A person's browser, as far as a form needs one: cookies, the values of a form, a post of them."""

import http.client
from dataclasses import dataclass
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from devkit.machine import LOOPBACK

PATIENCE = 15.0


@dataclass(frozen=True)
class Page:
    status: int
    location: str
    text: str

    def form(self, marker: str) -> dict[str, str]:
        """What a browser would send of the form that has a field named ``marker``. Raises LookupError."""
        reader = _Forms()
        reader.feed(self.text)
        return next((values for values in reader.forms if marker in values), None) or _missing(marker)


def _missing(marker: str) -> dict[str, str]:
    raise LookupError(f"no form with a field {marker} on this page")


class Browser:
    """One person's. Raises OSError or http.client.HTTPException where no whole page comes back."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._cookies: dict[str, str] = {}

    def get(self, path: str) -> Page:
        return self._ask("GET", path, None)

    def post(self, path: str, values: dict[str, str]) -> Page:
        return self._ask("POST", path, urlencode(values))

    def _ask(self, method: str, path: str, body: str | None) -> Page:
        connection = http.client.HTTPConnection(LOOPBACK, self._port, timeout=PATIENCE)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        for header in answer.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(header).items():
                self._cookies[name] = morsel.value
        return Page(answer.status, answer.headers.get("Location", ""), text)


class _Forms(HTMLParser):
    """Inputs with their values, chosen options, texts; one dictionary a form."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, str]] = [{}]
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        name = found.get("name", "")
        if tag == "form":
            self.forms.append({})
        elif tag == "input" and name and self._is_sent(found):
            self.forms[-1][name] = found.get("value", "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in found or self._select not in self.forms[-1]):
            # Nothing chosen means the first.
            self.forms[-1][self._select] = found.get("value", "")
        elif tag == "textarea":
            self._area = name
            self.forms[-1][name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.forms[-1][self._area] += data

    @staticmethod
    def _is_sent(found: dict[str, str]) -> bool:
        if found.get("type") in ("checkbox", "radio"):
            return "checked" in found
        return found.get("type") != "submit"
