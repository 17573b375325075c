"""What the environment may not say about the exchange."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register()
def check_lease(**_: Any) -> list[CheckMessage]:
    """A worker that still waits for a partner must not lose its message to another one."""
    if settings.EDI_DEADLINE_SECONDS < settings.OUTBOX_LEASE_SECONDS:
        return []
    told = f"{settings.EDI_DEADLINE_SECONDS:g} seconds for an exchange, {settings.OUTBOX_LEASE_SECONDS:g} for a lease"
    return [Error(told, hint="set OUTBOX_LEASE_SECONDS above EDI_DEADLINE_SECONDS", id="edi.E001")]
