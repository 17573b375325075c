"""What must not stand in the database in clear: authenticator secrets, forms kept for a person.

Fernet (AES-128 in CBC mode with HMAC-SHA256), with a key made from SECRET_KEY; the keys of SECRET_KEY_FALLBACKS still
open what they closed.
"""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.encoding import force_bytes


class CannotOpen(Exception):
    """It was closed with a key we do not have, or somebody changed it."""


def close(text: str) -> bytes:
    return _keys().encrypt(text.encode())


def open_text(closed: bytes | memoryview[int]) -> str:
    """Raises CannotOpen."""
    try:
        return _keys().decrypt(bytes(closed)).decode()
    except InvalidToken as error:
        raise CannotOpen from error


def _keys() -> MultiFernet:
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(b"greenlight.vault:" + force_bytes(secret)).digest() for secret in secrets]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
