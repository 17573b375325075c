"""Writes about providers and facilities.

Each is one transaction inside an open organization scope, with its audit event. Nobody is deleted: who leaves gets a
last day. All may raise Refused with every problem, and Stale when the row is not the version given.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from audit.actors import Actor
from payers.services import tidy, write_changed, write_new
from providers.faults import facility_faults, provider_faults
from providers.models import Facility, Provider
from tenancy.editing import Problem, locked

TAKEN = {
    "one_provider_an_npi": Problem("npi", "Another provider has this NPI already: change that one."),
    "one_facility_a_name": Problem("name", "There is a facility of that name already: change that one."),
}


@transaction.atomic
def add_provider(values: Mapping[str, Any], *, actor: Actor, now: datetime) -> Provider:
    provider = Provider(**_capitals(values))
    write_new(provider, provider_faults, "provider", actor=actor, now=now, taken=TAKEN)
    return provider


@transaction.atomic
def save_provider(
    provider_id: uuid.UUID, values: Mapping[str, Any], *, version: int | None, actor: Actor, now: datetime
) -> Provider:
    provider = locked(Provider, provider_id, version=version)
    write_changed(provider, _capitals(values), provider_faults, "provider", actor=actor, now=now, taken=TAKEN)
    return provider


@transaction.atomic
def add_facility(values: Mapping[str, Any], *, actor: Actor, now: datetime) -> Facility:
    facility = Facility(**_capitals(values))
    write_new(facility, facility_faults, "facility", actor=actor, now=now, taken=TAKEN)
    return facility


@transaction.atomic
def save_facility(
    facility_id: uuid.UUID, values: Mapping[str, Any], *, version: int | None, actor: Actor, now: datetime
) -> Facility:
    facility = locked(Facility, facility_id, version=version)
    write_changed(facility, _capitals(values), facility_faults, "facility", actor=actor, now=now, taken=TAKEN)
    return facility


def _capitals(values: Mapping[str, Any]) -> dict[str, Any]:
    """Codes as they are written; an NPI without blanks and dashes."""
    found = tidy(values)
    found |= {name: found[name].upper() for name in ("taxonomy", "state") if found.get(name)}
    if found.get("npi"):
        found["npi"] = found["npi"].replace(" ", "").replace("-", "")
    return found
