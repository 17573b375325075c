"""The numbers people say on the telephone."""

from __future__ import annotations

from django.db.models import Max

from authorizations.models import Authorization
from tenancy.services import next_number


def authorization_number() -> str:
    """The next human number of the organization: PA-000123."""
    return f"PA-{next_number('authorization'):06d}"


def submission_number(authorization: Authorization) -> int:
    """The next number among the submissions of a locked authorization."""
    last = authorization.submissions.aggregate(last=Max("number"))["last"]
    return int(last or 0) + 1


def reference_of(authorization: Authorization, submission: int) -> str:
    """What the payer echoes: unlike for every submission of the organization."""
    return f"{authorization.number}-{submission}"
