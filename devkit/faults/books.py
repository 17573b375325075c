"""What the product's own code says of a run, as JSON.

Two organizations to work in before it, and afterwards what the database says. Each organization in its own scope, as
the runtime role, like everything else.
"""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import asdict, replace
from typing import Any

from django.utils import timezone

from audit.models import AuditEvent
from audit.verification import chained_organizations, verify
from authorizations.models import Submission, UtilizationAccount
from claims.drawing import difference
from claims.models import Claim
from claims.queries import lines_in_force
from config.demo import DEMO_PASSWORD
from demo.houses import NORTH, SOUTH, House, build
from devkit.faults.checker import Books, Sent, Submitted
from edi.models import ControlNumber, Interchange
from edi.polling import POLL
from members.models import Coverage
from outbox.models import OutboxMessage
from payers.models import TradingPartner
from tenancy.models import IdempotencyKey
from tenancy.scoping import organization_scope

PLANS = (replace(NORTH, members=6), replace(SOUTH, members=4))
SEND_KEY = "send-"


def furnish(simulator_url: str) -> dict[str, Any]:
    """Both houses with their people and members; what a load needs to know of them."""
    now = timezone.now()
    houses = [build(plan, simulator_url=simulator_url, now=now) for plan in PLANS]
    return {"password": DEMO_PASSWORD, "houses": [_described(house) for house in houses]}


def _described(house: House) -> dict[str, Any]:
    with organization_scope(house.organization.id):
        electronic = Coverage.objects.filter(program__rules__authorization_workflow="AUTOMATIC_278")
        members = electronic.values_list("member_id", flat=True).distinct()
        return {
            "slug": house.plan.slug,
            "members": [str(member) for member in members],
            "provider": str(house.providers[0].id),
        }


def tell() -> dict[str, Any]:
    """The books of both houses, as the checker takes them."""
    return asdict(_joined([_books(organization) for organization in chained_organizations()]))


def _books(organization: uuid.UUID) -> Books:
    with organization_scope(organization):
        sender = TradingPartner.objects.get().our_identifier
        return Books(
            submitted=_submitted(sender),
            sent=_sent(sender),
            claims=dict(Counter(Claim.objects.filter(state=Claim.State.LIVE).values_list("number", flat=True))),
            outbox=_left(organization),
            counters={sender: _last_number()},
            unequal=_unequal(),
            broken_chains=[fault] if (fault := verify(organization, now=timezone.now()).fault) else [],
        )


def _submitted(sender: str) -> list[Submitted]:
    keys = {row.result_id: row.key for row in IdempotencyKey.objects.filter(action="authorization.submit")}
    events = Counter(event.data["submission"] for event in AuditEvent.objects.filter(action="authorization.submitted"))
    return [
        Submitted(
            key=keys.get(row.id, "").removeprefix(SEND_KEY),
            sender=sender,
            reference=row.reference,
            exchange_state=row.exchange_state,
            events=events[str(row.id)],
        )
        for row in Submission.objects.exclude(reference="")
    ]


def _sent(sender: str) -> list[Sent]:
    rows = Interchange.objects.filter(direction=Interchange.Direction.OUT).select_related("submission")
    return [
        Sent(
            sender=sender,
            number=int(row.control_number),
            sha256=row.sha256,
            state=row.state,
            reference=row.submission.reference if row.submission else "",
        )
        for row in rows
    ]


def _last_number() -> int:
    """0 before anything was sent."""
    found = ControlNumber.objects.filter(kind=ControlNumber.Kind.INTERCHANGE).values_list("last", flat=True)
    return int(found.first() or 0)


def _left(organization_id: uuid.UUID) -> list[str]:
    """What nobody finished, and what nobody will. The poll repeats for ever: one of it has to stand."""
    rows = OutboxMessage.objects.filter(organization_id=organization_id)
    left = [
        f"{row.topic}, {row.attempts} tries, {row.problem or 'no problem known'}" for row in rows.exclude(topic=POLL)
    ]
    left += [f"{row.topic} is given up: {row.problem}" for row in rows.filter(topic=POLL).exclude(dead_at=None)]
    if not rows.filter(topic=POLL, dead_at=None).exists():
        left.append("nothing, though a poll should stand there")
    return left


def _unequal() -> list[str]:
    accounts = UtilizationAccount.objects.all()
    return [str(each.member_id) for each in accounts if difference(each, lines_in_force(each.member_id)).entries]


def _joined(books: list[Books]) -> Books:
    """Numbers of claims are unique over both houses in a run."""
    return Books(
        submitted=[each for book in books for each in book.submitted],
        sent=[each for book in books for each in book.sent],
        claims={number: count for book in books for number, count in book.claims.items()},
        outbox=[each for book in books for each in book.outbox],
        counters={sender: last for book in books for sender, last in book.counters.items()},
        unequal=[each for book in books for each in book.unequal],
        broken_chains=[each for book in books for each in book.broken_chains],
    )
