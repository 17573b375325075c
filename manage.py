#!/usr/bin/env python
"""Django's command line. Commands that change the schema log in as the owner, all others as the runtime role."""

import os
import sys
from collections.abc import Mapping

from django.core.management import execute_from_command_line

OWNER_COMMANDS = {
    "migrate",
    "makemigrations",
    "showmigrations",
    "sqlmigrate",
    "squashmigrations",
    "optimizemigration",
    "inspectdb",
    "dbshell",
}


def database_for(arguments: list[str], environment: Mapping[str, str]) -> str | None:
    """The address to log in at, None to leave it as it is."""
    if len(arguments) > 1 and arguments[1] in OWNER_COMMANDS:
        return environment.get("DATABASE_OWNER_URL") or None
    return None


def main(arguments: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if address := database_for(arguments, os.environ):
        os.environ["DATABASE_URL"] = address
    execute_from_command_line(arguments)


if __name__ == "__main__":
    main(sys.argv)
