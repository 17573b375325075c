"""The product in a process of its own: `furnish SIMULATOR_URL` or `tell`. Prints JSON."""

import json
import os
import sys

import django


def main(arguments: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from devkit.faults import books

    answer = books.furnish(arguments[1]) if arguments[0] == "furnish" else books.tell()
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1:])
