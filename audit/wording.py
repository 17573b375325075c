"""What an audit event says to a reader. An action without words of its own reads as its name: "claim.posted"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

READ_VERBS = ("read", "listed", "searched", "exported", "printed", "downloaded")
REFUSED = ("access.refused", "access.missed")

WORDS = {
    "page.read": "Opened a page",
    "work.read": "Opened My work",
    "member.read": "Opened a member",
    "member.listed": "Looked at the list of members",
    "member.searched": "Searched members",
    "cover.read": "Asked whether a service is covered",
    "eligibility.read": "Opened eligibility checks",
    "eligibility.exported": "Exported a roster of eligibility checks",
    "request.read": "Opened the form for a new request",
    "import.read": "Looked at a file to import",
    "authorization.read": "Opened an authorization",
    "authorization.listed": "Looked at the list of authorizations",
    "authorization.printed": "Took all papers of an authorization as one PDF",
    "document.downloaded": "Took a document",
    "authorization.exported": "Exported the list of authorizations",
    "record.searched": "Searched everything",
    "claim.read": "Opened a claim",
    "claim.listed": "Looked at the list of claims",
    "audit.listed": "Looked at the audit log",
    "audit.searched": "Searched the audit log",
    "audit.exported": "Exported the audit log",
    "access.refused": "Was refused: the role does not include it",
    "access.missed": "Asked for something the organization does not have",
    "organization.founded": "Organization set up",
    "organization.urgent_cut_off_set": "Set by when urgent requests are sent",
    "membership.added": "Person added",
    "absence.announced": "Said who is away and who stands in",
    "absence.called_off": "Called days away off",
    "authorization.assigned": "Handed an authorization over",
    "authorization.next_action_set": "Set the next action",
    "authorization.details_published": "Passed an approval on to schedule, chart and billing",
    "queue.listed": "Looked at a queue",
}
"""Actions as a sentence about the actor; also the choices of the filter."""

_DETAILS = {
    "rows": "{} rows",
    "tab": "part: {}",
    "terms": "search {}",
    "scope": "needs {}",
    "route": "page {}",
    "method": "{}",
}
_QUIET = frozenset({"route", "method"})


def words(action: str) -> str:
    """ "Opened a member"; an action nobody wrote words for gives its own: "Claim posted"."""
    if action in WORDS:
        return WORDS[action]
    return action.replace(".", " ").replace("_", " ").capitalize()


def is_reading(action: str) -> bool:
    return action.rpartition(".")[2] in READ_VERBS


def details(action: str, data: Mapping[str, Any], names: Mapping[str, str] | None = None) -> str:
    """The codes, counts and ids of an event in one line. A reading's route says nothing its words do not.

    `names` are what to call an id, for a reader who may know.
    """
    known = names or {}
    shown = []
    for name, value in data.items():
        if value in ("", None, [], {}) or (name in _QUIET and is_reading(action) and action != "page.read"):
            continue
        said = known.get(value, value) if isinstance(value, str) else value
        shown.append(_DETAILS[name].format(said) if name in _DETAILS else f"{name.replace('_', ' ')}: {_plain(said)}")
    return ", ".join(shown)


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{name} {_plain(each)}" for name, each in value.items())
    if isinstance(value, list):
        return " ".join(_plain(each) for each in value)
    return str(value)
