"""Rules for passwords beside Django's: length and a list of common ones, no composition (NIST 800-63B, ASVS 6.2)."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError

LONGEST = 128


class LongestPassword:
    """A password may be long, and not endless: hashing costs by length."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > LONGEST:
            raise ValidationError(self.get_help_text(), code="password_too_long")

    def get_help_text(self) -> str:
        return f"A password has at most {LONGEST} characters."
