"""What a note says in words, for tasks, the timeline and the audit trail."""

from __future__ import annotations

from authorizations.effects import Note

NOTE_WORDS: dict[Note, str] = {
    Note.APPROVED: "Approved by the payer",
    Note.DENIED: "Denied by the payer",
    Note.PENDED: "The payer needs more before it decides",
    Note.CALL_PAYER: "The payer wants a call: no electronic answer will come",
    Note.HELD: "The payer keeps the request and will answer: do not send it again",
    Note.RETURNED: "Returned unreviewed: fix and resend",
    Note.NOT_TAKEN_AGAIN: "Returned unreviewed: the payer will not take it again",
    Note.CANCELLED_BY_PAYER: "Closed by the payer",
    Note.NOT_REQUIRED: "No authorization required",
    Note.CHANGE_APPROVED: "Change approved",
    Note.CHANGE_REFUSED: "Change refused: what was approved stands",
    Note.CHANGE_PENDED: "The payer needs more before it decides on the change",
    Note.CHANGE_RETURNED: "Change returned unreviewed: fix and resend",
    Note.CHANGE_WITHDRAWN_BY_PAYER: "The payer closed the change: what was approved stands",
    Note.CANCEL_GRANTED: "Cancelled as we asked",
    Note.CANCEL_REFUSED: "The payer refused the cancellation: cover stands",
    Note.CANCEL_PENDED: "The payer has not decided on the cancellation yet",
    Note.CANCEL_RETURNED: "Cancellation returned unreviewed: cover stands",
    Note.APPEAL_WON: "Appeal won",
    Note.APPEAL_UPHELD: "Appeal refused: the denial is upheld",
    Note.APPEAL_PENDED: "The payer has not decided on the appeal yet",
    Note.APPEAL_RETURNED: "Appeal returned unreviewed",
    Note.APPEAL_CLOSED: "The payer closed the appeal",
    Note.APPROVED_AFTER_DENIAL: "Approved after a denial: check the terms",
    Note.PAYER_REVISES: "The payer changed the terms: check them",
    Note.TAKEN_BACK: "Cover taken back by the payer: dispute it or replan",
    Note.SAME_TERMS: "The payer repeated what stands",
    Note.UNEXPECTED: "An answer that does not fit what stands: nothing was changed",
    Note.NOT_APPLIED: "An answer came that was not applied",
    Note.LATE: "A late answer to a request answered since: nothing was changed",
    Note.OLDER: "An answer older than what stands: kept as history",
    Note.INQUIRY_RETURNED: "The payer returned the inquiry",
    Note.ENTRY_WITHDRAWN: "The entry was taken off: the payer has not answered",
    Note.UNREADABLE: "The answer cannot be read as a decision: nothing was changed",
}
