"""What a form field for codes carries so that static/codes.js looks codes up while somebody types."""

from __future__ import annotations

from typing import Any

from django.urls import reverse_lazy

TYPED: dict[str, Any] = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
PROCEDURE_FIELD: dict[str, Any] = {**TYPED, "data-codes": reverse_lazy("procedure_search")}
DIAGNOSIS_FIELD: dict[str, Any] = {**TYPED, "data-codes": reverse_lazy("diagnosis_search"), "data-codes-many": True}
"""Several codes in one field, a comma between them."""
