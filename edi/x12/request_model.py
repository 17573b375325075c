"""A request for review (005010X217) as data: one patient event, with any number of service lines."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from edi.x12.charset import Period
from edi.x12.parts import (
    Attachment,
    Delivery,
    Dependent,
    Diagnosis,
    EventDate,
    Number50,
    Party,
    ReviewKind,
    Service,
    Subscriber,
    Supporting,
    Text,
    Trace,
)

Message = Annotated[str, Text(264)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedService:
    """Loop 2000F: one service line. `review` holds only what differs from the event."""

    service: Service
    traces: tuple[Trace, ...] = ()
    review: ReviewKind | None = None
    previous_certification: Number50 = ""
    previous_administrative: Number50 = ""
    period: Period | None = None
    delivery: Delivery | None = None
    attachments: tuple[Attachment, ...] = ()
    message: Message = field(default="", repr=False)
    providers: tuple[Party, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRequest:
    """A whole transaction set. `reference` (BHT03) and the traces come back in the answer.

    `prepared_at` has no zone and is written as it is, to the second. `previous_certification` is REF BB,
    `previous_administrative` REF NT; both are numbers the payer gave. `transports` are loop 2010EB.
    """

    reference: Number50
    prepared_at: datetime
    reviewer: Party
    requester: Party
    subscriber: Subscriber
    dependent: Dependent | None = None
    traces: tuple[Trace, ...] = ()
    review: ReviewKind
    previous_certification: Number50 = ""
    previous_administrative: Number50 = ""
    dates: tuple[EventDate, ...] = ()
    diagnoses: tuple[Diagnosis, ...] = ()
    delivery: Delivery | None = None
    supporting: tuple[Supporting, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    message: Message = field(default="", repr=False)
    providers: tuple[Party, ...] = ()
    transports: tuple[Party, ...] = ()
    services: tuple[RequestedService, ...] = ()
