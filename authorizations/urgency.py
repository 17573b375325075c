"""Whether a request looks urgent, and why. A person decides: nothing is made urgent by itself (requirements R155)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from authorizations.models.choices import RequestCategory

SOON_DAYS = 7
ONCOLOGY = ("C", "D0")
"""How malignant and in-situ neoplasms begin in ICD-10-CM: C00 to C96, D00 to D09."""


def reasons_for_urgency(
    starts_on: date | None, today: date, request_category: str, diagnoses: Sequence[str]
) -> list[str]:
    """Why a request should perhaps be urgent, in words for behind "Urgent is suggested:"; [] when nothing says so."""
    found = []
    days = (starts_on - today).days if starts_on else SOON_DAYS
    if 0 <= days < SOON_DAYS:
        found.append("the service begins today" if days == 0 else f"the service begins in {_days(days)}")
    if request_category == RequestCategory.ADMISSION:
        found.append("it is an admission")
    if any(code.startswith(ONCOLOGY) for code in diagnoses):
        found.append("the diagnosis is one of oncology")
    return found


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"
