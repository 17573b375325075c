"""A server process that submits one draft, for the test that has it die in the middle.

python -m tests.process.submitting ORGANIZATION AUTHORIZATION
"""

import os
import sys
import uuid

import django


def main(organization: str, authorization: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.utils import timezone

    from audit.actors import Actor
    from authorizations.transitions import submit
    from tenancy.scoping import organization_scope

    with organization_scope(uuid.UUID(organization)):
        submit(uuid.UUID(authorization), actor=Actor.job("Test"), now=timezone.now())


if __name__ == "__main__":
    main(*sys.argv[1:])
