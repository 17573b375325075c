"""What is wrong with a provider or a facility: the same for a form and for a file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from codesets.queries import is_unknown
from providers.models import Facility, Provider
from providers.npi import is_valid_npi
from tenancy.editing import Problem, field_faults

TAXONOMY = re.compile(r"[0-9]{2}[0-9A-Z]{7}X")
"""A provider taxonomy code: ten characters, the last an X (National Uniform Claim Committee)."""


def provider_faults(provider: Provider) -> Iterator[Problem]:
    yield from field_faults(provider)
    yield from _number_faults(provider)
    if provider.taxonomy and taxonomy_problem(provider.taxonomy):
        yield Problem("taxonomy", taxonomy_problem(provider.taxonomy))
    if provider.kind == Provider.Kind.PERSON and not provider.first_name:
        yield Problem("first_name", "First name is missing. A group has none: choose “Group” then.")
    if provider.kind == Provider.Kind.GROUP and provider.first_name:
        yield Problem("first_name", "A group has no first name. Choose “Person”, or leave it empty.")


def facility_faults(facility: Facility) -> Iterator[Problem]:
    yield from field_faults(facility)
    yield from _number_faults(facility)
    if facility.state and not re.fullmatch(r"[A-Z]{2}", facility.state):
        yield Problem("state", "A state is two letters, such as DE.")
    if facility.place_of_service and not re.fullmatch(r"[0-9]{2}", facility.place_of_service):
        yield Problem("place_of_service", "A place of service is two digits, such as 11.")
    elif facility.place_of_service and is_unknown("POS", facility.place_of_service):
        yield Problem("place_of_service", f"{facility.place_of_service} is no place of service that payers know.")
    if facility.postal_code and not re.fullmatch(r"[0-9]{5}(-?[0-9]{4})?", facility.postal_code):
        yield Problem("postal_code", "A ZIP code has 5 or 9 digits.")


def npi_problem(value: str) -> str:
    """Why this is no NPI; "" when it is one."""
    if is_valid_npi(value):
        return ""
    words = "ten digits are needed" if len(value) != 10 else "its check digit does not fit, so a digit is wrong"
    return f"{value} is not an NPI: {words}."


def taxonomy_problem(value: str) -> str:
    """Why this is no taxonomy code; "" when it may be one."""
    if TAXONOMY.fullmatch(value):
        return ""
    return f"{value} is no taxonomy code: those have 10 characters and end in X, such as 103K00000X."


def _number_faults(row: Provider | Facility) -> Iterator[Problem]:
    if row.npi and npi_problem(row.npi):
        yield Problem("npi", npi_problem(row.npi))
    if row.active_from and row.active_to and row.active_to < row.active_from:
        yield Problem("active_to", "The last day is before the first.")
