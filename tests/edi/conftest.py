"""Two rival organizations and a payer that really runs."""

from __future__ import annotations

import itertools

import pytest
from pytest_django import Settings

from payers.models import TradingPartner
from tests.cast import House, found_house
from tests.edi.simulator.conftest import PayerProcess, shared_payer

__all__ = ["shared_payer"]

_houses = itertools.count(1)


@pytest.fixture(autouse=True)
def cheap_passwords(settings: Settings) -> None:
    """Nobody signs in here, and a strong hash for every person of the cast costs more than the test."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def connected(house: House, payer: PayerProcess) -> House:
    """The house's partner is the running payer, which remembers control numbers: each house has its own
    name.
    """
    name = f"H{next(_houses)}{house.partner.our_identifier}"[:15]
    with house.scope():
        TradingPartner.objects.filter(id=house.partner.id).update(
            endpoint_url=f"{payer.url}/x12", our_identifier=name, our_application=name
        )
        house.partner.refresh_from_db()
    return house


@pytest.fixture
def wired_north(db: None, shared_payer: PayerProcess) -> House:
    """North, its partner answering."""
    return connected(found_house("north", "Cedar Bay Care"), shared_payer)


@pytest.fixture
def wired_south(db: None, shared_payer: PayerProcess) -> House:
    """South, its partner answering."""
    return connected(found_house("south", "Harbor Light Therapy"), shared_payer)
