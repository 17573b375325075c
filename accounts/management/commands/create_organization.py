"""The first step of an installation: an organization, and the link by which its first administrator comes in."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.urls import reverse
from django.utils import timezone

from accounts.invitations import invite
from accounts.services import found_organization, role_named
from audit.actors import Actor
from tenancy.models import Weekday
from tenancy.scoping import organization_scope

FOUNDER = Actor.job("Installation")


class Command(BaseCommand):
    help = (
        "Sets up an organization with its roles and prints the link by which its first administrator comes in: it "
        "works once, for seven days. The administrator invites everybody else. Each run sets up another organization."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="what the organization is called")
        parser.add_argument("--admin", required=True, metavar="ADDRESS", help="mail address of the first administrator")
        parser.add_argument("--time-zone", default="America/New_York", help="such as America/Chicago")
        parser.add_argument(
            "--week-start",
            type=int,
            choices=Weekday.values,
            default=Weekday.SUNDAY,
            help="1 for Monday to 7 for Sunday",
        )
        parser.add_argument("--url", default="", help="where the installation is reached, such as https://auth.example")

    def handle(self, *args: Any, **options: Any) -> None:
        name, address = " ".join(options["name"].split()), options["admin"].strip().lower()
        _check(name, address, options["time_zone"])
        now = timezone.now()
        organization = found_organization(
            name=name, actor=FOUNDER, now=now, time_zone=options["time_zone"], week_start=options["week_start"]
        )
        with organization_scope(organization.id):
            _, link = invite(address, role_named("admin"), actor=FOUNDER, now=now)
        self.stdout.write(f"{name} is set up. {address} comes in, within seven days and once, by")
        path = reverse("invitation", args=[link])
        if options["url"]:
            self.stdout.write(options["url"].rstrip("/") + path)
        else:
            self.stdout.write(f"opening this path at the address of your installation (--url prints it whole): {path}")


def _check(name: str, address: str, time_zone: str) -> None:
    """Raises CommandError, before anything is written."""
    if not 0 < len(name) <= 120:
        raise CommandError("Give the organization a name of at most 120 characters.")
    try:
        validate_email(address)
    except ValidationError as error:
        raise CommandError(f"{address} is not a mail address.") from error
    if time_zone not in available_timezones():
        raise CommandError(f"{time_zone} is not a time zone. Write it like America/Chicago.")
