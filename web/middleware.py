"""What no page takes from a browser, whichever page it is."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase

ZERO = "\0"
"""No keyboard types it, and the database holds no text with it."""


def refuse_zero_bytes(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Answers 400 where an address or a form holds a byte of zero: no view has to think of it."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        sent = (request.GET, request.POST)
        if any(ZERO in text for query in sent for name, texts in query.lists() for text in (name, *texts)):
            raise BadRequest
        return get_response(request)

    return middleware
