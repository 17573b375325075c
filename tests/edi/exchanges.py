"""What the tests of the exchange share: submit, let the worker work, look at what came of it."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import claims.tasks
import edi.tasks
from authorizations.models import Authorization, Submission
from edi.inbox import receive
from edi.models import Interchange, Message
from edi.polling import POLL
from edi.reading import RETRY
from outbox.models import OutboxMessage
from outbox.tasks import handle
from payers.models import TradingPartner
from tenancy.ids import uuid7
from tests.authorizations.cases import submitted, units
from tests.cast import NOW, House
from tests.edi.simulator.conftest import PayerProcess

READERS = (claims.tasks, edi.tasks)
"""Imported so that their topics have readers, as the worker imports them."""

WAITING_TOPICS = frozenset({POLL, RETRY})


def asked(house: House, *codes: str, **fields: Any) -> Submission:
    """A submission for these codes, 80 units each, handed to the outbox."""
    with house.scope():
        return submitted(house, *[units(code) for code in codes or ("H2019",)], **fields)


def work(house: House, *topics: str) -> None:
    """Do what stands in the outbox of one house, until nothing new comes; polls and retries only when
    named.
    """
    for _ in range(20):
        rows = OutboxMessage.objects.filter(organization_id=house.organization.id, dead_at=None)
        due = [row for row in rows.order_by("id") if row.problem == ""]
        due = [row for row in due if row.topic in topics or (not topics and row.topic not in WAITING_TOPICS)]
        for row in due:
            do(row)
        if not due:
            return


def do(message: OutboxMessage, *, attempts: int = 1) -> None:
    """One try at one message, as a worker does it: under a lease."""
    message.attempts += attempts
    message.lease = uuid7()
    message.save(update_fields=["attempts", "lease"])
    handle(message)
    left = OutboxMessage.objects.filter(id=message.id).first()
    # Planned failures are sentences; a single word is the name of an exception nobody planned.
    assert left is None or " " in left.problem, left.problem


def retry(house: House) -> None:
    """The pause of a failed message is over."""
    OutboxMessage.objects.filter(organization_id=house.organization.id).exclude(topic=POLL).update(problem="")
    work(house)


def case_of(house: House, submission: Submission) -> Authorization:
    with house.scope():
        found: Authorization = Authorization.objects.get(id=submission.authorization_id)
        return found


def fresh(house: House, submission: Submission) -> Submission:
    with house.scope():
        found: Submission = Submission.objects.get(id=submission.id)
        return found


def sent(house: House) -> list[Interchange]:
    """What went out about submissions, in order."""
    with house.scope():
        rows = Interchange.objects.filter(direction="out").exclude(submission=None)
        return list(rows.select_related("partner").order_by("id"))


def messages(house: House, **fields: Any) -> list[Message]:
    with house.scope():
        return list(Message.objects.filter(**fields).select_related("interchange", "submission").order_by("id"))


def tasks_of(house: House, submission: Submission) -> set[str]:
    with house.scope():
        return set(case_of(house, submission).tasks.filter(closed_at=None).values_list("kind", flat=True))


def ledger(payer: PayerProcess, house: House) -> list[dict[str, Any]]:
    """What the payer wrote down about this house."""
    url = f"{payer.url}/ledger?sender={house.partner.our_identifier}"
    with urllib.request.urlopen(url, timeout=5) as reply:
        found: list[dict[str, Any]] = json.loads(reply.read())
    return found


def response(
    house: House,
    *body: str,
    reference: str = "PA-000001-1",
    member_id: str = "",
    number: int = 7001,
    partner: TradingPartner | None = None,
    update: str = "18",
    count: int | None = None,
) -> bytes:
    """A payer's answer, written by hand; `body` are the segments of the event and its lines after HL 4."""
    ours = partner or house.partner
    event = "1" if any(segment.startswith("HL*") for segment in body) else "0"
    segments = [
        f"BHT*0007*11*{reference}*20261122*1029*{update}",
        "HL*1**20*1",
        "NM1*X3*2*HARBORLINE*****PI*HLNOR",
        "HL*2*1*21*1",
        "NM1*1P*2*CEDAR BAY CARE*****XX*1245319599",
        "HL*3*2*22*1",
        f"NM1*IL*1*ASHDOWN*ROWAN****MI*{member_id or house.coverage.member_number}",
        f"HL*4*3*EV*{event}",
        *body,
    ]
    total = len(segments) + 2 if count is None else count
    isa = (
        f"ISA*00*          *00*          *ZZ*{ours.their_identifier:<15}*ZZ*{ours.our_identifier:<15}"
        f"*261122*1029*^*00501*{number:09d}*0*T*:"
    )
    group = f"GS*HI*{ours.their_application}*{ours.our_application}*20261122*1029*{number}*X*005010X217"
    lines = [isa, group, "ST*278*0001*005010X217", *segments, f"SE*{total}*0001", f"GE*1*{number}"]
    return "".join(f"{line}~" for line in [*lines, f"IEA*1*{number:09d}"]).encode("ascii")


def trace(house: House, number: str = "PA-000001-1", kind: str = "2") -> str:
    return f"TRN*{kind}*{number}*{house.partner.trace_identifier}"


def arrives(house: House, raw: bytes) -> None:
    """The bytes come in and are read, acknowledgments left in the outbox."""
    receive(house.organization.id, house.partner.id, raw, now=NOW)
    work(house, "interchange.read")
