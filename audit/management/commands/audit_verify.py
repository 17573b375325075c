"""Says whether the audit log is as it was sealed."""

from __future__ import annotations

import uuid
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit.verification import Verdict, chained_organizations, verify


class Command(BaseCommand):
    help = (
        "Walks the chain of seals of every organization and names the first event or seal that was changed, removed, "
        "cut off or left unsealed. Ends with 1 if there is one. Compare the heads with those in the collected logs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", type=uuid.UUID, help="only this one, by its id")
        parser.add_argument(
            "--minutes", type=int, default=10, help="how long an event may wait for its seal (default 10)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = [options["organization"]] if options["organization"] else chained_organizations()
        patience = timedelta(minutes=options["minutes"])
        verdicts = [verify(each, now=timezone.now(), patience=patience) for each in wanted]
        for verdict in verdicts:
            self.stdout.write(_words(verdict))
        broken = sum(not verdict.is_whole for verdict in verdicts)
        if broken:
            raise CommandError(f"{broken} of {len(verdicts)} chains are not whole", returncode=1)


def _words(verdict: Verdict) -> str:
    said = (
        f"whole, {verdict.seals} seals, {verdict.events} events" if verdict.is_whole else f"NOT WHOLE: {verdict.fault}"
    )
    return f"{verdict.organization_id}: {said}; head {verdict.head}"
