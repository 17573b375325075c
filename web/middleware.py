"""What holds for every page: what none takes from a browser, and that each refusal can be found again."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase

log = structlog.get_logger()

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


def log_refusals(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """One line for each refusal, with the request's id, whose beginning the page shows as a reference."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if response.status_code >= 400:
            match = request.resolver_match
            log.info("page.refused", status=response.status_code, route=match.view_name if match else "")
        return response

    return middleware
