"""Fill an installation with two rival organizations to try the product with."""

from __future__ import annotations

import time
import uuid
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from authorizations.models import Authorization
from claims.models import Claim
from demo import cases, charges, conversations, daily, houses, large, late, lessons
from edi.polling import POLL
from edi.reading import RETRY
from notices.daily import DAILY
from notices.services import MAIL
from outbox.models import OutboxMessage
from tenancy.scoping import organization_scope


class Command(BaseCommand):
    help = (
        "Two organizations with people, payers, members, authorizations in every status and claims, made by the "
        "services and the running worker. Repeating it adds only what is missing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--simulator", default=settings.SIMULATOR_URL, help="where the payer simulator listens")
        parser.add_argument(
            "--size", choices=["small", "large"], default="small",
            help="large adds a third organization with 2,000 members and 5,000 authorizations, in a few minutes",
        )  # fmt: skip
        parser.add_argument("--wait", type=int, default=300, help="seconds to wait for the worker and the payer")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["simulator"]:
            raise CommandError("Say where the payer simulator listens: --simulator http://127.0.0.1:8278")
        for plan in (houses.NORTH, houses.SOUTH):
            self._seed(houses.build(plan, simulator_url=options["simulator"], now=timezone.now()), options["wait"])
        if options["size"] == "large":
            self._fill_large(options["simulator"])

    def _fill_large(self, simulator_url: str) -> None:
        now = timezone.now()
        house = houses.build(large.WEST, simulator_url=simulator_url, now=now)
        for members in large.fill(house, large.LARGE, now=now):
            if members % 500 < large.GROUP:
                self.stdout.write(f"{house.organization.name}: {members:,} of {large.LARGE.members:,} members")
        with organization_scope(house.organization.id):
            claims = Claim.objects.count()
        self._report(house, large.LARGE.members, f"{claims} claims")

    def _seed(self, house: houses.House, wait: int) -> None:
        with organization_scope(house.organization.id):
            conversations.want_second_look(house, now=timezone.now())
            made = list(cases.make(house, now=timezone.now()))
        self._wait_for_answers(house.organization.id, wait)
        claims = 0
        for case, authorization_id in made:
            with organization_scope(house.organization.id):
                claims += charges.bill(house, case, authorization_id, now=timezone.now())
        with organization_scope(house.organization.id):
            daily.hand_out(house, now=timezone.now())
            late.let_payers_be_late(house, now=timezone.now())
            found = list(Authorization.objects.filter(id__in=[each for _, each in made]).order_by("id"))
            conversations.talk(house, found, now=timezone.now())
            for case, link in zip(lessons.CHAIN, lessons.make_chain(house, now=timezone.now()), strict=True):
                claims += charges.bill(house, case, link.id, now=timezone.now())
            lessons.trace_denials(house, now=timezone.now())
            daily.have_read(house, now=timezone.now())
        self._report(house, house.plan.members, f"{claims} claims posted now")

    def _wait_for_answers(self, organization_id: uuid.UUID, wait: int) -> None:
        """Until the worker has sent everything and read what came back; mails and errands come when they come."""
        stop = time.monotonic() + wait
        waiting = OutboxMessage.objects.filter(organization_id=organization_id, dead_at=None).exclude(
            topic__in=[POLL, RETRY, MAIL, DAILY]
        )
        while waiting.exists():
            if time.monotonic() > stop:
                raise CommandError(
                    f"{waiting.count()} messages were not sent or read within {wait} seconds: is the worker running? "
                    "Run seed_demo again once it is; nothing is made twice."
                )
            time.sleep(0.2)

    def _report(self, house: houses.House, members: int, claims: str) -> None:
        with organization_scope(house.organization.id):
            found = Counter(Authorization.objects.values_list("status", flat=True))
        counts = ", ".join(f"{found[status]} {status}" for status in sorted(found))
        self.stdout.write(
            f"{house.organization.name}: {members} members, {sum(found.values())} authorizations ({counts}), {claims}"
        )
