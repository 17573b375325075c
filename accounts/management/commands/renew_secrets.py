"""After SECRET_KEY was changed: closes again, with the present key, what former keys closed."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts import vault


class Command(BaseCommand):
    help = (
        "Reads every authenticator's secret with SECRET_KEY or one of SECRET_KEY_FALLBACKS, and closes it with "
        "SECRET_KEY. Afterwards the former keys may be removed. Repeatable; ends with 1 if a secret cannot be opened."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        ids = list(Authenticator.objects.order_by("pk").values_list("pk", flat=True))
        closed_for_good = [pk for pk in ids if not _renew(pk)]
        self.stdout.write(
            f"{len(ids) - len(closed_for_good)} of {len(ids)} authenticators are closed with the present key"
        )
        if closed_for_good:
            # By number: whose it is, an administrator sees in the database, not in a log.
            raise CommandError(
                f"No key opens authenticators {', '.join(map(str, closed_for_good))}: add the key that closed them to "
                "SECRET_KEY_FALLBACKS, or remove them and let their owners set up a second step again",
                returncode=1,
            )


def _renew(pk: int) -> bool:
    with transaction.atomic():
        authenticator = Authenticator.objects.select_for_update().get(pk=pk)
        try:
            authenticator.data = {name: _closed_anew(name, value) for name, value in authenticator.data.items()}
        except vault.CannotOpen:
            return False
        authenticator.save(update_fields=["data"])
    return True


def _closed_anew(name: str, value: Any) -> Any:
    if name not in ("secret", "seed"):
        return value
    return vault.close(vault.open_text(value.encode("ascii"))).decode("ascii")
