"""What each page reads from its address, learnt by watching it read: none is forgotten because nobody listed it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.http import QueryDict

IDS: dict[str, str] = {
    "member": "member_id",
    "payer": "payer_id",
    "program": "program_id",
    "owner": "membership_id",
    "for": "membership_id",
    "authorization": "authorization_id",
    "who": "user_id",
    "coverage": "coverage_id",
    "submission": "submission_id",
    "open": "submission_id",
    "paper": "document_id",
    "after": "after",
    "before": "after",
}
"""Parameters that name a row, and of which kind. `after` and `before` take the id of whatever is listed."""

WORDS = frozenset(
    {"q", "status", "waiting", "expiring", "ended", "rows", "tab", "line", "seen", "back", "part", "mine", "state",
     "faults", "inactive", "what", "first", "last", "code", "service_type", "place", "on",
     "priority", "due", "sort", "within", "column", "as_of", "how", "weekly", "until", "total",
     "quantity"}
)  # fmt: skip
"""Parameters that name no row."""

NOT_OF_A_PAGE = frozenset({"next", "_"})
"""Read by the entrance on every page."""


class Watched(QueryDict):
    """A query that remembers what was read of it: `read` is exchanged for the watcher's own once it is filled."""

    read: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.read.add(key)
        return super().get(key, default)

    def getlist(self, key: str, default: Any = None) -> Any:
        self.read.add(key)
        return super().getlist(key, default)

    def __getitem__(self, key: str) -> Any:
        self.read.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.read.add(str(key))
        return super().__contains__(key)


@contextmanager
def watching() -> Iterator[set[str]]:
    """Whatever is read from an address meanwhile. The set is emptied by the caller between pages."""
    read: set[str] = set()

    def query(request: WSGIRequest) -> QueryDict:
        if "_watched" not in request.__dict__:
            watched: Any = Watched(request.META.get("QUERY_STRING", ""), encoding=request.encoding)
            watched.read = read
            request.__dict__["_watched"] = watched
        found: QueryDict = request.__dict__["_watched"]
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WSGIRequest, "GET", property(query))
        yield read
