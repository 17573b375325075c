#!/usr/bin/env python
"""Django's command line. Commands that change the schema log in as the owner, all others as the runtime
role."""

import os
import sys

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


def main(arguments: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    owner = os.environ.get("DATABASE_OWNER_URL")
    if owner and len(arguments) > 1 and arguments[1] in OWNER_COMMANDS:
        os.environ["DATABASE_URL"] = owner
    execute_from_command_line(arguments)


if __name__ == "__main__":
    main(sys.argv)
