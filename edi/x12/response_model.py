"""A payer's answer to a request for review (005010X217 response) as data, level by level, nothing
interpreted.

Positions count the segments of the interchange, the ISA being 1, so that a page can show the segment a fact
came from. What the answer means for us is worked out in `outcome.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from edi.x12.parts import (
    Attachment,
    Delivery,
    Dependent,
    Diagnosis,
    EventDate,
    Party,
    ReviewKind,
    Service,
    Subscriber,
    Supporting,
    Trace,
)


@dataclass(frozen=True, slots=True)
class Rejection:
    """AAA: the payer could not process the request at this level (`2000A` ... `2010F`).

    `reason` is AAA03; `follow_up` AAA04: `C` correct and resend, `N` resending not allowed, `R` resending
    allowed, `P` resend unchanged, `Y` held by the payer, to be answered later.
    """

    level: str
    reason: str
    follow_up: str
    position: int = 0


@dataclass(frozen=True, slots=True)
class ReviewDecision:
    """HCR: `action` is HCR01 (A1 A2 A3 A4 A6 C CT NA); up to five `reasons` (HCR03, code source 886)."""

    action: str
    certification_number: str = ""
    reasons: tuple[str, ...] = ()
    second_opinion: bool = False
    position: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """What an event and a service line of an answer have in common.

    `administrative_number` is REF NT, `previous_certification` REF BB; `document_requests` are LOINC codes
    (HI LOI); `contacts` say where documents go (loop with NM1 L5); `position` is that of the HL.
    """

    position: int
    traces: tuple[Trace, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    review: ReviewKind | None = None
    decision: ReviewDecision | None = None
    administrative_number: str = ""
    previous_certification: str = ""
    dates: tuple[EventDate, ...] = ()
    delivery: Delivery | None = None
    document_requests: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    message: str = field(default="", repr=False)
    providers: tuple[Party, ...] = ()
    contacts: tuple[Party, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedService(Reviewed):
    """Loop 2000F: a service line. `service` is None where the payer names the line by its trace alone."""

    service: Service | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedEvent(Reviewed):
    """Loop 2000E: a patient event with its service lines, those under other lines included."""

    diagnoses: tuple[Diagnosis, ...] = ()
    supporting: tuple[Supporting, ...] = ()
    services: tuple[ReviewedService, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewResponse:
    """A whole answer. `reference` is BHT03, our own number of the request.

    `update` is BHT06 (`18` no further updates, `19` further updates follow, `AT` administrative); it speaks
    of the exchange, not of the decision. `rejections` are those above the event. `events` is empty when the
    answer stops above it.
    """

    reference: str
    prepared_at: datetime | None
    update: str = ""
    reviewer: Party | None = None
    requesters: tuple[Party, ...] = ()
    subscriber: Subscriber | None = None
    dependent: Dependent | None = None
    rejections: tuple[Rejection, ...] = ()
    events: tuple[ReviewedEvent, ...] = ()
