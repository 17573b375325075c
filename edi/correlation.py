"""Which of our submissions an answer belongs to. Exactly one, or a person decides: never a guess.

The trace we gave, with our TRN03, is the key; the BHT03 of the request serves answers that carry no trace.
Everything is looked up within one partner of one organization. Member and provider prove nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from authorizations.models import Submission
from edi.models import Interchange
from edi.x12.outcome import Outcome
from edi.x12.parts import Trace
from edi.x12.response_model import ReviewResponse
from payers.models import TradingPartner


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Why an answer belongs to none of our submissions, for the person who looks at it."""

    reason: str


def correlate(partner: TradingPartner, response: ReviewResponse, outcome: Outcome) -> Submission | Unmatched:
    """The submission answered by one event of a response."""
    names = _our_traces(partner, outcome)
    if names:
        return _by_trace(partner, names)
    if any(trace.kind == "2" for trace in _traces(outcome)):
        return Unmatched("It carries the trace of somebody else's request.")
    if not response.reference:
        return Unmatched("It carries neither our trace nor our reference.")
    return _by_reference(partner, response)


def _traces(outcome: Outcome) -> list[Trace]:
    return [*outcome.traces, *(trace for line in outcome.lines for trace in line.traces)]


def _our_traces(partner: TradingPartner, outcome: Outcome) -> set[str]:
    """The cases named by our own traces. Some payers echo them as their own (TRN01 1): only TRN03 tells."""
    ours = partner.trace_identifier
    named = {trace.number for trace in outcome.traces if trace.originator == ours}
    lines = [trace.number for line in outcome.lines for trace in line.traces if trace.originator == ours]
    return (named | {number.rpartition("-")[0] for number in lines}) - {""}


def _by_trace(partner: TradingPartner, names: set[str]) -> Submission | Unmatched:
    if len(names) > 1:
        return Unmatched("It carries the traces of several requests.")
    found = list(_sent(partner).filter(trace__in=names)[:2])
    return found[0] if len(found) == 1 else Unmatched("It carries a trace that is not of any request sent.")


def _by_reference(partner: TradingPartner, response: ReviewResponse) -> Submission | Unmatched:
    found = list(_sent(partner).filter(reference=response.reference)[:2])
    if len(found) != 1:
        return Unmatched("It carries a reference that is not of any request sent.")
    theirs = response.subscriber.member_id if response.subscriber else ""
    ours = found[0].authorization.coverage
    if theirs and theirs not in {ours.member_number, ours.subscriber_number}:
        return Unmatched("It carries our reference, and the id of another member.")
    return found[0]


def _sent(partner: TradingPartner) -> QuerySet[Submission]:
    """Only what was sent can be answered."""
    sent = Interchange.objects.filter(partner=partner, direction=Interchange.Direction.OUT)
    rows = Submission.objects.filter(partner=partner, id__in=sent.values("submission_id"))
    return rows.select_related("authorization__coverage", "authorization__payer", "partner")
