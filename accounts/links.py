"""Links that open a door by themselves: an organization's id and a key, of which only a hash is kept."""

from __future__ import annotations

import hashlib
import secrets
import uuid

KEY_BYTES = 32


def new_link(organization_id: uuid.UUID) -> tuple[str, str]:
    """The last part of a new address, to be shown once, and the hash of its key, to be kept."""
    key = secrets.token_urlsafe(KEY_BYTES)
    return f"{organization_id.hex}.{key}", key_hash(key)


def parts(link: str) -> tuple[uuid.UUID | None, str]:
    """Whose a link is, as it says itself, and the hash of its key; None where it is no link of ours."""
    organization, _, key = link.partition(".")
    try:
        return uuid.UUID(organization), key_hash(key)
    except ValueError:
        return None, ""


def key_hash(key: str) -> str:
    """SHA-256: a key of 256 random bits needs no slow hash."""
    return hashlib.sha256(key.encode()).hexdigest()
