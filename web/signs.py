"""Sign and words for each state: an icon of its own shape, the word, then the tone (never colour alone).

Tones: "ok" and "go" are quiet, "off" is grey, "warn" asks for a person, "bad" is refused, over or late.
"""

from typing import NamedTuple


class Sign(NamedTuple):
    """What stands for a state."""

    icon: str
    words: str
    tone: str


AUTHORIZATION = {
    "draft": Sign("draft", "Draft", "off"),
    "submitted": Sign("send", "Submitted", "go"),
    "approved": Sign("check", "Approved", "ok"),
    "denied": Sign("stop", "Denied", "bad"),
    "pended": Sign("pause", "Pended", "warn"),
    "cancelled": Sign("x", "Cancelled", "off"),
}

EXCHANGE = {
    "to_send": Sign("send", "On its way out", "go"),
    "sent": Sign("send", "Sent", "go"),
    "acknowledged": Sign("check", "Received by the payer", "ok"),
    "answered": Sign("check", "Answered", "ok"),
    "not_delivered": Sign("stop", "Not delivered", "bad"),
    "failed": Sign("stop", "Failed", "bad"),
    "withdrawn": Sign("undo", "Withdrawn", "off"),
    "to_submit": Sign("us", "To submit by hand", "warn"),
    "submitted": Sign("send", "Submitted by hand", "go"),
}

OUTCOME = {
    "none": Sign("draft", "No answer yet", "off"),
    "approved": Sign("check", "Approved", "ok"),
    "refused": Sign("stop", "Refused", "bad"),
    "pended": Sign("pause", "Pended", "warn"),
    "returned": Sign("undo", "Returned: fix and resend", "warn"),
    "cancelled": Sign("x", "Cancelled", "off"),
    "overtaken": Sign("again", "Overtaken by a later answer", "off"),
}

LINE = {
    "approved": Sign("check", "Approved", "ok"),
    "modified": Sign("check", "Approved with other terms", "ok"),
    "denied": Sign("stop", "Not approved", "bad"),
    "pended": Sign("pause", "Pended", "warn"),
    "contact_payer": Sign("phone", "Call the payer", "warn"),
    "returned": Sign("undo", "Returned unread", "warn"),
    "cancelled": Sign("x", "Cancelled", "off"),
    "not_required": Sign("check", "No authorization required", "ok"),
    "undecided": Sign("draft", "Not decided", "off"),
}

DERIVED = {
    "active": Sign("check", "Active", "ok"),
    "future": Sign("alarm", "Not started", "ok"),
    "expired": Sign("ended", "Expired", "off"),
    "ended": Sign("ended", "Ended", "off"),
    "exhausted": Sign("empty", "Exhausted", "warn"),
    "over": Sign("warn", "Over", "bad"),
    "low": Sign("warn", "Running low", "warn"),
    "behind": Sign("info", "Behind pace", "off"),
    "no_cover": Sign("stop", "No cover", "bad"),
    "unknown": Sign("warn", "Quantity unknown", "warn"),
}

CLAIM = {
    "posted": Sign("check", "Posted", "ok"),
    "void": Sign("undo", "Voided", "off"),
    "replaced": Sign("again", "Replaced", "off"),
}

ELIGIBILITY = {
    "active": Sign("check", "Active", "ok"),
    "inactive": Sign("stop", "Not active", "bad"),
    "unknown": Sign("warn", "Could not tell", "warn"),
    "never": Sign("info", "Not checked", "warn"),
    "stale": Sign("alarm", "Check is stale", "warn"),
    "expired": Sign("alarm", "Check has expired", "warn"),
}

COVER = {
    "covered": Sign("check", "Covered", "ok"),
    "needed": Sign("us", "Needed", "warn"),
    "not_needed": Sign("check", "Not needed", "ok"),
    "unknown": Sign("warn", "Nobody knows yet", "warn"),
}

SIGNS = {
    "cover": COVER,
    "authorization": AUTHORIZATION,
    "exchange": EXCHANGE,
    "outcome": OUTCOME,
    "line": LINE,
    "derived": DERIVED,
    "claim": CLAIM,
    "eligibility": ELIGIBILITY,
}

WAITING = {
    "us": Sign("us", "Us", "us"),
    "payer": Sign("payer", "Payer", ""),
    "clinician": Sign("clinician", "Clinician", ""),
    "patient": Sign("person", "Patient", ""),
}

CHANNEL = {
    "278": "278 electronic",
    "portal": "Portal",
    "phone": "Phone",
    "fax": "Fax",
    "attachment": "Attachment",
    "letter": "Letter",
    "import": "Import",
    "previous_system": "From the previous system",
    "other_holder": "From another holder",
}

PURPOSE = {
    "initial": "First request",
    "answer": "Answer to the pend",
    "revise": "Change",
    "extend": "Extension",
    "cancel": "Cancellation",
    "appeal": "Appeal",
    "inquiry": "Question about the status",
    "existing": "Recorded as it stands",
}


def sign(kind: str, state: str) -> Sign:
    """Look a state up; an unknown one shows its own name rather than nothing."""
    return SIGNS[kind].get(state) or Sign("info", state.replace("_", " ").capitalize(), "off")
