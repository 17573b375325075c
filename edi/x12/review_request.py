"""A 278 request for review (005010X217): compose one from its model, and read one back.

`compose` answers with the text, or with every reason why there is none; it never raises for what a person
typed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from edi.x12.envelope import read_envelopes
from edi.x12.envelope_writer import Envelope, check_envelope, write_set
from edi.x12.fields import tidied
from edi.x12.parts import Diagnosis
from edi.x12.problems import Refusal
from edi.x12.request_model import RequestedService, ReviewRequest
from edi.x12.request_reader import ReadRequest, read_request
from edi.x12.request_rules import check_request
from edi.x12.request_writer import DATE_ORDER, SUPPORTING_ORDER, RequestWriter
from edi.x12.tokenizer import STANDARD, Delimiters

__all__ = [
    "GUIDE",
    "ComposedRequest",
    "ReadRequest",
    "Refused",
    "RequestedService",
    "ReviewRequest",
    "check_request",
    "compose",
    "read_request",
    "tidy",
]

GUIDE = "005010X217"


@dataclass(frozen=True, slots=True)
class ComposedRequest:
    """A request ready to be frozen and sent. `request` is what the text says, word for word.

    `cleaned` names the fields whose text lost more than blanks: accents, delimiters.
    """

    text: str = field(repr=False)
    request: ReviewRequest
    envelope: Envelope
    cleaned: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that cannot be written, with every reason."""

    refusals: tuple[Refusal, ...]


def tidy(
    request: ReviewRequest, delimiters: Delimiters = STANDARD, *, uppercase: bool = False
) -> tuple[ReviewRequest, tuple[str, ...]]:
    """The request as it would be written: texts cleaned, codes without dots, segments in the guide's order."""
    request, cleaned = tidied(request, delimiters, uppercase=uppercase)
    ordered = replace(
        request,
        prepared_at=request.prepared_at.replace(microsecond=0, tzinfo=None),
        dates=tuple(sorted(request.dates, key=lambda each: _place(each.qualifier, DATE_ORDER))),
        supporting=tuple(sorted(request.supporting, key=lambda each: _place(each.tag, SUPPORTING_ORDER))),
        diagnoses=tuple(_undotted(each) for each in request.diagnoses),
    )
    return ordered, cleaned


def compose(request: ReviewRequest, envelope: Envelope, *, uppercase: bool = False) -> ComposedRequest | Refused:
    """The whole interchange for one request, read back and found equal before it is returned."""
    ready, cleaned = tidy(request, envelope.delimiters, uppercase=uppercase)
    refusals = (*check_envelope(envelope), *check_request(ready, envelope.delimiters))
    if refusals:
        return Refused(refusals)
    body = RequestWriter(envelope.delimiters).segments(ready)
    text = write_set(envelope, "HI", "278", GUIDE, body)
    if not _reads_back(text, ready):
        reason = Refusal("", "not_read_back", "The composed message does not read back as what was asked.")
        return Refused((reason,))
    return ComposedRequest(text, ready, envelope, cleaned)


def _reads_back(text: str, request: ReviewRequest) -> bool:
    """The composer's own proof: envelope without a finding, and the same content."""
    interchanges = read_envelopes(text).interchanges
    if len(interchanges) != 1 or len(interchanges[0].sets) != 1:
        return False
    read = read_request(interchanges[0].sets[0])
    return not read.problems and read.request == request


def _undotted(diagnosis: Diagnosis) -> Diagnosis:
    return replace(diagnosis, code=diagnosis.code.replace(".", "")) if "." in diagnosis.code else diagnosis


def _place(code: str, order: tuple[str, ...]) -> int:
    return order.index(code) if code in order else len(order)
