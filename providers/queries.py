"""Reads about providers and facilities: pages of a list, and who a name or number of another system means."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from django.db.models import Q, QuerySet

from providers.models import Facility, Provider
from providers.npi import is_valid_npi

M = TypeVar("M", Provider, Facility)


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """Some rows by name, and where the next ones begin ("" at the end)."""

    rows: list[M]
    next_key: str


def providers_listed(text: str = "", *, today: date, ended: bool = False) -> QuerySet[Provider]:
    """Providers by name: those who work today or will, or with `ended` those who left. `text` is a name or NPI."""
    rows: QuerySet[Provider] = Provider.objects.filter(_ended(today) if ended else ~_ended(today))
    for word in text.split()[:4]:
        rows = rows.filter(Q(name__icontains=word) | Q(first_name__icontains=word) | Q(npi__startswith=word))
    return rows.order_by("name", "first_name", "id")


def facilities_listed(text: str = "", *, today: date, ended: bool = False) -> QuerySet[Facility]:
    rows: QuerySet[Facility] = Facility.objects.filter(_ended(today) if ended else ~_ended(today))
    for word in text.split()[:4]:
        rows = rows.filter(Q(name__icontains=word) | Q(city__icontains=word) | Q(npi__startswith=word))
    return rows.order_by("name", "id")


def _ended(today: date) -> Q:
    return Q(active_to__isnull=False, active_to__lt=today)


def provider_page(rows: QuerySet[Provider], *, size: int, after: str = "") -> Page[Provider]:
    """The rows behind the one with this id; an unknown id begins from the first."""
    start = _row(Provider.objects.all(), after)
    if start is not None:
        same = Q(name=start.name, first_name=start.first_name, id__gt=start.id)
        later = Q(name__gt=start.name) | Q(name=start.name, first_name__gt=start.first_name)
        rows = rows.filter(later | same)
    return _page(list(rows[: size + 1]), size)


def facility_page(rows: QuerySet[Facility], *, size: int, after: str = "") -> Page[Facility]:
    start = _row(Facility.objects.all(), after)
    if start is not None:
        rows = rows.filter(Q(name__gt=start.name) | Q(name=start.name, id__gt=start.id))
    return _page(list(rows[: size + 1]), size)


def _page(found: list[M], size: int) -> Page[M]:
    shown = found[:size]
    return Page(shown, str(shown[-1].id) if len(found) > size else "")


def _row(rows: QuerySet[M], text: str) -> Any:
    try:
        return rows.filter(id=uuid.UUID(text)).first()
    except ValueError:
        return None


def without_sound_npi(today: date) -> int:
    """How many who work today cannot be named in a 278, because their NPI is missing or wrong."""
    numbers = Provider.objects.exclude(_ended(today)).values_list("npi", flat=True)
    return sum(not is_valid_npi(npi) for npi in numbers)


def provider_with(npi: str) -> Provider | None:
    """The provider of an NPI, for files of other systems."""
    found: Provider | None = Provider.objects.filter(npi=npi).first() if npi else None
    return found
