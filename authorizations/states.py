"""The words a case can be described with, and which status may become which.

Plain Python: the database guard, the pages and the tests read the same pairs from here.
"""

from enum import StrEnum


class Status(StrEnum):
    """Where an authorization stands. Active, Expired, Exhausted and the like are derived when read."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    DENIED = "denied"
    PENDED = "pended"
    CANCELLED = "cancelled"


class Purpose(StrEnum):
    """What a submission asks of the payer. An answer is read in the light of it."""

    INITIAL = "initial"
    ANSWER = "answer"
    REVISE = "revise"
    EXTEND = "extend"
    CANCEL = "cancel"
    APPEAL = "appeal"
    INQUIRY = "inquiry"
    EXISTING = "existing"


class AppealLevel(StrEnum):
    """How far an appeal goes; only a submission with purpose `appeal` has one."""

    APPEAL = "appeal"
    RECONSIDERATION = "reconsideration"
    PEER_TO_PEER = "peer_to_peer"


class Channel(StrEnum):
    """The way by which a submission reaches the payer, or an existing decision reached us."""

    X12_278 = "278"
    PORTAL = "portal"
    PHONE = "phone"
    FAX = "fax"
    ATTACHMENT = "attachment"
    LETTER = "letter"
    IMPORT = "import"
    PREVIOUS_SYSTEM = "previous_system"
    OTHER_HOLDER = "other_holder"


class ExchangeState(StrEnum):
    """How far a submission has travelled. Never a decision: transport success decides nothing."""

    TO_SEND = "to_send"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    ANSWERED = "answered"
    NOT_DELIVERED = "not_delivered"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"
    TO_SUBMIT = "to_submit"
    SUBMITTED = "submitted"


class SubmissionOutcome(StrEnum):
    """What came of one thing asked. Pended and returned are not the end: the submission stays open."""

    NONE = "none"
    APPROVED = "approved"
    REFUSED = "refused"
    PENDED = "pended"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    OVERTAKEN = "overtaken"


class WaitingOn(StrEnum):
    """Who has to move next on a submission."""

    US = "us"
    PAYER = "payer"
    CLINICIAN = "clinician"
    PATIENT = "patient"
    NOBODY = "nobody"


Pair = tuple[Status, Status]

BORN_AS: frozenset[Status] = frozenset({Status.DRAFT, Status.APPROVED})
"""What a new row may say. Approved only for a decision that existed before we knew of the case."""

PAIRS: frozenset[Pair] = frozenset(
    (before, after)
    for before, afters in {
        Status.DRAFT: (Status.SUBMITTED, Status.CANCELLED),
        Status.SUBMITTED: (
            Status.DRAFT,
            Status.PENDED,
            Status.APPROVED,
            Status.DENIED,
            Status.CANCELLED,
        ),
        Status.PENDED: (Status.SUBMITTED, Status.APPROVED, Status.DENIED, Status.CANCELLED),
        Status.APPROVED: (Status.CANCELLED,),
        Status.DENIED: (Status.APPROVED,),
    }.items()
    for after in afters
)
"""Every change of status that needs nothing but the right verb."""

WAYS_BACK: frozenset[Pair] = frozenset(
    (before, after)
    for before in Status
    for after in Status
    if before is not after and before is not Status.SUBMITTED and (before, after) not in PAIRS
)
"""Changes allowed only in the transaction that supersedes a decision recorded wrongly by hand."""

OPEN: frozenset[Status] = frozenset({Status.SUBMITTED, Status.PENDED})
"""A payer has been asked and has not decided."""

DECIDED: frozenset[Status] = frozenset({Status.APPROVED, Status.DENIED, Status.CANCELLED})
"""Nothing is expected unless something new is asked or the payer writes again."""

LIVE: frozenset[Status] = frozenset(
    {Status.DRAFT, Status.SUBMITTED, Status.PENDED, Status.APPROVED},
)
"""Still of use to the member: neither refused nor closed. A renewal in one of these is open."""

LIST_DEFAULT: frozenset[Status] = frozenset(
    {Status.DRAFT, Status.SUBMITTED, Status.PENDED, Status.APPROVED},
)
"""The four statuses the authorizations list shows before anyone filters."""

FINAL_OUTCOMES: frozenset[SubmissionOutcome] = frozenset(
    {
        SubmissionOutcome.APPROVED,
        SubmissionOutcome.REFUSED,
        SubmissionOutcome.CANCELLED,
        SubmissionOutcome.OVERTAKEN,
    },
)
"""Outcomes that close a submission."""

DECISION_PURPOSES: frozenset[Purpose] = frozenset(Purpose) - {Purpose.INQUIRY}
"""Purposes whose answer can decide; an inquiry is read in the light of another submission."""

UNSENT: frozenset[ExchangeState] = frozenset(
    {ExchangeState.TO_SEND, ExchangeState.TO_SUBMIT, ExchangeState.NOT_DELIVERED},
)
"""The payer has not read it: it can be recalled."""


BY_HAND: frozenset[Channel] = frozenset({Channel.PORTAL, Channel.PHONE, Channel.FAX})
"""Channels a person works: what goes by them stands in the manual queue."""


def may_become(before: Status | None, after: Status) -> bool:
    """Whether a row with status `before` (None: no row yet) may have status `after`."""
    if before is None:
        return after in BORN_AS
    return (before, after) in PAIRS


def may_go_back(before: Status, after: Status) -> bool:
    """Whether the change is allowed beside a decision that supersedes a wrong one."""
    return may_become(before, after) or (before, after) in WAYS_BACK


def is_open(outcome: SubmissionOutcome, exchange_state: ExchangeState) -> bool:
    """Whether a submission still waits for something: no final outcome and not withdrawn."""
    return outcome not in FINAL_OUTCOMES and exchange_state is not ExchangeState.WITHDRAWN
