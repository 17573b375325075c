"""What a payer's answer means: pure functions from the answer as read to outcomes in plain terms.

Only HCR decides. AAA without HCR means that the payer could not process the request, which is no denial. A
decision on a line beats the decision on its event.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from edi.x12.approved import (
    NO_WINDOW,
    NOTHING,
    ApprovedQuantity,
    Window,
    approved_quantity,
    approved_window,
    decision_day,
)
from edi.x12.parts import Attachment, Party, Procedure, Service, Trace
from edi.x12.response_model import (
    Rejection,
    ReviewDecision,
    Reviewed,
    ReviewedEvent,
    ReviewedService,
    ReviewResponse,
)

APPROVING = frozenset({"A1", "A2", "A6"})
PENDING = frozenset({"A4", "CT"})
MACHINE_RETRY = frozenset({"42", "80"})


class Standing(StrEnum):
    """How a line, or a whole case, stands after an answer."""

    APPROVED = "approved"
    DENIED = "denied"
    PENDED = "pended"
    CANCELLED = "cancelled"
    NOT_REQUIRED = "not_required"
    # AAA: to be corrected and sent again, or to be sent elsewhere.
    RETURNED = "returned"
    # AAA with follow-up Y everywhere: the payer keeps the request and will answer; it must not be sent again.
    HELD = "held"
    # Neither HCR nor AAA, or an HCR we do not know: a person reads it.
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Needs:
    """What the payer wants to see: documents by LOINC code or report type, where to send them, in its
    words.
    """

    document_requests: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    contacts: tuple[Party, ...] = ()
    message: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineOutcome:
    """The outcome for one service line, or for an event without lines (`service` is None).

    `action` is the HCR01 that decided, from the line or from its event (`from_event`). `position` is that
    of the HCR or, without one, of the HL.
    """

    standing: Standing
    action: str = ""
    from_event: bool = False
    position: int = 0
    traces: tuple[Trace, ...] = ()
    service: Service | None = None
    reasons: tuple[str, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    quantity: ApprovedQuantity = NOTHING
    window: Window = NO_WINDOW
    decided_on: date | None = None
    certification_number: str = ""
    administrative_number: str = ""
    needs: Needs = Needs()
    providers: tuple[Party, ...] = ()

    @property
    def procedure(self) -> Procedure | None:
        """What the line is for, where the payer repeats it."""
        return self.service.procedure if self.service else None

    @property
    def modified(self) -> bool:
        """Approved with other terms than asked."""
        return self.action == "A6"

    @property
    def contact_payer(self) -> bool:
        """No electronic answer will come: someone must call."""
        return self.action == "CT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The outcome of one patient event. `standing` is the roll-up; `event` the event's own terms.

    `lines` are those the payer answered, empty when it decided the event as a whole. `update` is BHT06.
    """

    standing: Standing
    reference: str
    traces: tuple[Trace, ...] = ()
    update: str = ""
    answered_on: date | None = None
    event: LineOutcome
    lines: tuple[LineOutcome, ...] = ()
    partial: bool = False
    modified: bool = False
    contact_payer: bool = False
    rejections: tuple[Rejection, ...] = ()
    reviewer: Party | None = None

    @property
    def held(self) -> bool:
        """Pended by an AAA with follow-up Y: the payer keeps the request and will answer."""
        return self.standing is Standing.HELD

    @property
    def machine_may_retry(self) -> bool:
        """The payer was only unable to answer at the moment, and allows the same request again."""
        return bool(self.rejections) and all(
            each.reason in MACHINE_RETRY and each.follow_up in {"P", "R"} for each in self.rejections
        )

    @property
    def may_not_resend(self) -> bool:
        """At least one rejection forbids sending the request again."""
        return any(each.follow_up == "N" for each in self.rejections)


def outcomes(response: ReviewResponse) -> tuple[Outcome, ...]:
    """One outcome for each event; one without traces when the answer stops above the events."""
    if not response.events:
        nothing = ReviewedEvent(position=0)
        return (_outcome(response, nothing),)
    return tuple(_outcome(response, event) for event in response.events)


def _outcome(response: ReviewResponse, event: ReviewedEvent) -> Outcome:
    answered_on = response.prepared_at.date() if response.prepared_at else None
    whole = _event_outcome(event, response.rejections, answered_on)
    alone = sum(_is_approved(each, event) for each in event.services) == 1
    lines = tuple(_line_outcome(each, event, whole, answered_on, alone=alone) for each in event.services)
    judged = lines or (whole,)
    standing = _roll_up(whole.action, judged)
    return Outcome(
        standing=standing,
        reference=response.reference,
        traces=event.traces,
        update=response.update,
        answered_on=answered_on,
        event=whole,
        lines=lines,
        partial=standing is Standing.APPROVED and (whole.action == "A2" or _is_partial(judged)),
        modified=standing is Standing.APPROVED and any(each.modified for each in judged),
        contact_payer=standing is Standing.PENDED and any(each.contact_payer for each in (whole, *lines)),
        rejections=_all_rejections(response, event),
        reviewer=response.reviewer,
    )


def _event_outcome(event: ReviewedEvent, above: tuple[Rejection, ...], answered_on: date | None) -> LineOutcome:
    rejections = event.rejections or above
    standing = _standing(event.decision, rejections)
    return _described(event, event.decision, standing, rejections, None, answered_on, alone=True)


def _line_outcome(
    line: ReviewedService, event: ReviewedEvent, whole: LineOutcome, answered_on: date | None, *, alone: bool
) -> LineOutcome:
    """A line without a decision and without a rejection of its own takes those of its event."""
    if line.decision is None and not line.rejections:
        decision, rejections = event.decision, whole.rejections
    else:
        decision, rejections = line.decision, line.rejections
    standing = _standing(decision, rejections)
    return _described(line, decision, standing, rejections, event, answered_on, alone=alone)


def _described(
    reviewed: ReviewedEvent | ReviewedService,
    decision: ReviewDecision | None,
    standing: Standing,
    rejections: tuple[Rejection, ...],
    event: ReviewedEvent | None,
    answered_on: date | None,
    *,
    alone: bool,
) -> LineOutcome:
    """Put together what is known of a line (`event` is the one above it) or of an event (`event` is None)."""
    approved = standing is Standing.APPROVED
    number = decision.certification_number if decision else ""
    if not number and approved and event and event.decision:
        number = event.decision.certification_number
    return LineOutcome(
        standing=standing,
        action=decision.action if decision else "",
        from_event=event is not None and reviewed.decision is None and not reviewed.rejections,
        position=reviewed.decision.position if reviewed.decision else reviewed.position,
        traces=reviewed.traces,
        service=reviewed.service if isinstance(reviewed, ReviewedService) else None,
        reasons=decision.reasons if decision else (),
        rejections=rejections,
        quantity=approved_quantity(decision, reviewed, event, alone=alone) if approved else NOTHING,
        window=approved_window(reviewed, event),
        decided_on=decision_day(reviewed, event) or answered_on,
        certification_number=number,
        administrative_number=reviewed.administrative_number or (event.administrative_number if event else ""),
        needs=_needs(reviewed),
        providers=reviewed.providers,
    )


def _standing(decision: ReviewDecision | None, rejections: tuple[Rejection, ...]) -> Standing:
    if decision and decision.action:
        return _of_action(decision.action)
    if not rejections:
        return Standing.UNDECIDED
    return Standing.HELD if all(each.follow_up == "Y" for each in rejections) else Standing.RETURNED


def _of_action(action: str) -> Standing:
    if action in APPROVING:
        return Standing.APPROVED
    if action in PENDING:
        return Standing.PENDED
    known = {"A3": Standing.DENIED, "C": Standing.CANCELLED, "NA": Standing.NOT_REQUIRED}
    return known.get(action, Standing.UNDECIDED)


def _roll_up(event_action: str, judged: Sequence[LineOutcome]) -> Standing:
    """Any pend pends; else any approval approves; else what could not be read keeps the case open."""
    found = {each.standing for each in judged}
    if Standing.PENDED in found or event_action in PENDING:
        return Standing.PENDED
    if Standing.APPROVED in found:
        return Standing.APPROVED
    if Standing.NOT_REQUIRED in found:
        return Standing.NOT_REQUIRED if len(found) == 1 else Standing.APPROVED
    if Standing.UNDECIDED in found:
        return Standing.UNDECIDED
    if Standing.DENIED in found:
        return Standing.DENIED
    if found == {Standing.CANCELLED} or found == {Standing.HELD}:
        return found.pop()
    return Standing.UNDECIDED if Standing.CANCELLED in found else Standing.RETURNED


def _is_partial(judged: Sequence[LineOutcome]) -> bool:
    granted = {Standing.APPROVED, Standing.NOT_REQUIRED}
    return any(each.standing not in granted for each in judged)


def _is_approved(line: ReviewedService, event: ReviewedEvent) -> bool:
    """True for a line that is approved: with one such line, an amount given for the event is that line's."""
    decision = line.decision if line.decision or line.rejections else event.decision
    return decision is not None and decision.action in APPROVING


def _needs(reviewed: Reviewed) -> Needs:
    return Needs(reviewed.document_requests, reviewed.attachments, reviewed.contacts, reviewed.message)


def _all_rejections(response: ReviewResponse, event: ReviewedEvent) -> tuple[Rejection, ...]:
    lines = (each for line in event.services for each in line.rejections)
    return (*response.rejections, *event.rejections, *lines)
