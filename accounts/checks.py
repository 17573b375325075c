"""The server does not start with a route whose view declares neither a scope nor why it needs none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.urls import URLPattern, URLResolver, get_resolver

# Views of libraries: they cannot carry our mark. Each with the reason it needs no scope.
ALLOWED = {
    "account_login": "everybody may try to sign in",
    "account_logout": "whoever is signed in may sign out",
    "account_inactive": "tells somebody with a closed account so; holds nothing",
    "mfa_authenticate": "the second step of signing in: before it nobody is signed in",
}


def routes(patterns: Sequence[Any] | None = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every route with its whole path."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, prefix + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            yield prefix + str(pattern.pattern), pattern


def is_declared(pattern: URLPattern) -> bool:
    marks = ("scope", "public_reason", "personal_reason")
    return any(hasattr(pattern.callback, mark) for mark in marks) or pattern.name in ALLOWED


@register()
def check_routes(**_: Any) -> list[CheckMessage]:
    errors: list[CheckMessage] = []
    seen = set()
    for path, pattern in routes():
        seen.add(pattern.name)
        if not is_declared(pattern):
            errors.append(Error(f"/{path} declares no scope", hint="use @organization_view", id="accounts.E001"))
    errors += [Error(f"the exemption of {name} is stale", id="accounts.E002") for name in sorted(set(ALLOWED) - seen)]
    return errors
