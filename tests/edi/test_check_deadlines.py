"""The server does not start with a deadline that outlasts the lease."""

from pytest_django import Settings

from edi.checks import check_lease


def test_a_deadline_below_the_lease_is_well(settings: Settings) -> None:
    settings.EDI_DEADLINE_SECONDS, settings.OUTBOX_LEASE_SECONDS = 50.0, 120.0
    assert check_lease() == []


def test_a_deadline_that_outlasts_the_lease_is_refused(settings: Settings) -> None:
    settings.EDI_DEADLINE_SECONDS = settings.OUTBOX_LEASE_SECONDS = 50.0
    assert [error.id for error in check_lease()] == ["edi.E001"]
