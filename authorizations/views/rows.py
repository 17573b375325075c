"""An authorization as one row: the words beside its status, its tightest line, its window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from authorizations.models import Authorization, Submission
from authorizations.models.authorization import NO_END
from authorizations.states import ExchangeState, Status, SubmissionOutcome
from web import wording
from web.meter import Meter, measure
from web.wording import Clock

SHOWN_CODES = 3


@dataclass(frozen=True, slots=True)
class Row:
    """What the list shows of one authorization."""

    authorization: Authorization
    meter: Meter | None
    tightest: str
    codes: str
    more_codes: str
    more_count: int
    starts_on: date | None
    ends_on: date | None
    note: str
    payer_number: str
    renewal: Authorization | None = None
    renew_by: date | None = None
    renewable: bool = False
    since: str = ""

    @property
    def other_than_asked(self) -> str:
        """What was asked for on the tightest line, where something else was approved."""
        asked = self.authorization.tight_requested
        if self.meter is None or asked is None or asked == self.authorization.tight_approved:
            return ""
        return f"{wording.quantity(asked)} asked"

    @property
    def remaining_words(self) -> str:
        """What is left as a number; what is missing in words."""
        left = self.authorization.tight_remaining
        if self.meter is None or left is None:
            return ""
        return f"over by {wording.quantity(-left)}" if left < 0 else wording.quantity(left)

    @property
    def renewal_state(self) -> str:
        """How far the renewal is: "drafted", "submitted", "pended", "approved"."""
        status = self.renewal.status if self.renewal else ""
        return "drafted" if status == Status.DRAFT else str(status)


def row(
    authorization: Authorization,
    today: date,
    *,
    renewal: Authorization | None = None,
    renew_by: date | None = None,
    covered_until: date | None = None,
    since: str = "",
) -> Row:
    """Put one wide row into words. `renew_by`: the last day to ask for a renewal in time, where it is to be shown;
    `covered_until`: the last day of a coverage that is over; `since`: how far what was asked has come.
    """
    codes = [code.strip() for code in authorization.codes.split(",") if code.strip()]
    return Row(
        authorization=authorization,
        meter=_meter(authorization),
        tightest=_tightest(authorization),
        codes=", ".join(codes[:SHOWN_CODES]),
        more_codes=", ".join(codes[SHOWN_CODES:]),
        more_count=len(codes[SHOWN_CODES:]),
        starts_on=authorization.cover_starts_on or authorization.starts_on,
        ends_on=authorization.cover_ends_on or authorization.ends_on,
        note=note(authorization, today, covered_until),
        payer_number=_payer_number(authorization),
        renewal=renewal,
        renew_by=None if renew_by == NO_END else renew_by,
        renewable=_renewable(authorization, today),
        since=since,
    )


def since(asked: Submission, clock: Clock) -> str:
    """How far a request that waits has come: "sent today, 10:32 AM, waiting 14 min", "to submit", "for 3 days"."""
    if asked.outcome == SubmissionOutcome.PENDED:
        return f"for {wording.span(clock.now - asked.answered_at)}" if asked.answered_at else ""
    if asked.exchange_state in (ExchangeState.FAILED, ExchangeState.NOT_DELIVERED):
        return "not delivered"
    if asked.sent_at is None:
        return "to submit" if asked.exchange_state == ExchangeState.TO_SUBMIT else "on its way out"
    waiting = wording.span(clock.now - asked.sent_at)
    return f"sent {wording.moment_inside(asked.sent_at, clock)}, waiting {waiting}"


def _renewable(authorization: Authorization, today: date) -> bool:
    """Whether a renewal is what comes next: the cover ends within a month, has ended, or is used up."""
    if authorization.status != Status.APPROVED or authorization.not_required:
        return False
    return authorization.exhausted or authorization.list_date <= today + timedelta(days=wording.EXPIRY_NOTICE)


def _meter(authorization: Authorization) -> Meter | None:
    if authorization.status != Status.APPROVED or authorization.tight_line is None or authorization.not_required:
        return None
    return measure(authorization.tight_approved, authorization.tight_used)


def _tightest(authorization: Authorization) -> str:
    """What stands where no meter does: what was asked, or that nothing is counted."""
    if authorization.not_required:
        return "no authorization required"
    if authorization.tight_requested is None:
        return "units not given yet" if authorization.status == Status.DRAFT else ""
    asked = wording.quantity(authorization.tight_requested)
    counted = authorization.get_tight_quantity_type_display() or "units"
    return f"{asked} {counted} asked"


def _payer_number(authorization: Authorization) -> str:
    if authorization.certification_number:
        return authorization.certification_number
    if authorization.number_missing_reason or authorization.not_required:
        return "payer gave no number"
    if authorization.status == Status.DRAFT:
        return "not sent yet"
    over = authorization.status in (Status.DENIED, Status.CANCELLED)
    return authorization.administrative_number or ("no payer number" if over else "no payer number yet")


def note(authorization: Authorization, today: date, covered_until: date | None = None) -> str:
    """The exception beside the status: what a person would be wrong about without it."""
    if authorization.status == Status.DRAFT:
        return "returned: fix and resend" if authorization.returned else ""
    if authorization.status != Status.APPROVED:
        return ""
    words = []
    if authorization.not_required:
        words.append("no authorization required")
    if authorization.partly_approved:
        words.append("not every line")
    elif authorization.modified:
        words.append("other terms than asked")
    words += [*_standing(authorization, today, covered_until), *awaited(authorization)]
    return "; ".join(words)


def _standing(authorization: Authorization, today: date, covered_until: date | None) -> list[str]:
    """What is over, not begun, or used up of what is in force."""
    ends_on, starts_on = authorization.cover_ends_on, authorization.cover_starts_on
    if ends_on is not None and ends_on < today:
        return ["expired: the member’s coverage ended" if ends_on == covered_until else "expired"]
    words = []
    if starts_on is not None and starts_on > today:
        words.append("not started")
    elif authorization.exhausted:
        words.append("exhausted")
    elif authorization.tight_remaining_milli is not None and authorization.tight_remaining_milli <= 0:
        words.append("one code exhausted")
    if ends_on is not None and authorization.ends_on is not None and ends_on < authorization.ends_on:
        words.append("ends earlier than asked")
    return words


def awaited(authorization: Authorization) -> list[str]:
    """Whose word an approval waits for: what differs is accepted or disputed, what was typed in is confirmed."""
    asked = {"to accept or dispute": authorization.to_acknowledge, "unverified": authorization.unverified}
    return [words for words, waits in asked.items() if waits]
