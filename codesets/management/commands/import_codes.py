"""Bring ICD-10-CM or HCPCS to a file published by CMS."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from codesets.models import Code
from codesets.publications import BadFile
from codesets.releases import take_release

SYSTEMS = {"icd10cm": Code.System.ICD10CM, "hcpcs": Code.System.HCPCS}
LARGEST = 100 * 1024 * 1024


class Command(BaseCommand):
    help = (
        "Take a file of CMS: icd10cm_order_YYYY.txt, or HCPCyyyy_..._ANWEB.txt, or the ZIP archive that holds it. "
        "Codes begin and end by date, nothing is deleted, and the same file again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("system", choices=SYSTEMS)
        parser.add_argument("file", type=Path)
        when = parser.add_mutually_exclusive_group(required=True)
        when.add_argument("--year", type=int, help="the fiscal year of ICD-10-CM: 2027 holds from 2026-10-01")
        when.add_argument("--from", dest="first_day", type=date.fromisoformat, help="the first day it holds")
        parser.add_argument("--dry-run", action="store_true", help="say what it would do, and do nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        system, file, dry_run = SYSTEMS[options["system"]], options["file"], options["dry_run"]
        if options["year"] and system != Code.System.ICD10CM:
            raise CommandError("HCPCS is published by the quarter: say --from 2027-01-01.")
        first_day = options["first_day"] or date(options["year"] - 1, 10, 1)
        try:
            if file.stat().st_size > LARGEST:
                raise CommandError(f"{file.name} is larger than any file of CMS.")
            content = file.read_bytes()
            now = timezone.now()
            counts = take_release(system, content, effective_from=first_day, name=file.name, now=now, dry_run=dry_run)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        except BadFile as bad:
            raise CommandError(f"{file.name}, {bad} Nothing was imported.") from bad
        left_out = f", {counts.licensed} licensed by others left out" if counts.licensed else ""
        self.stdout.write(
            f"{system.label} from {first_day}: {counts.added} added, {counts.ended} ended, {counts.changed} changed, "
            f"{counts.unchanged} as they were{left_out}{'. Nothing was written' if dry_run else ''}."
        )
