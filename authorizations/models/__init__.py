"""The heart: what was asked, what was answered, what is in force and what was used of it."""

from authorizations.models.authorization import Authorization, Diagnosis
from authorizations.models.decision import Decision, LineDecision
from authorizations.models.escalation import Escalation
from authorizations.models.findings import PlaybookFinding
from authorizations.models.handing import HandOver, Publication
from authorizations.models.line import LineCap, LineCode, LineVersion, ServiceLine
from authorizations.models.record import Document, Note, Task
from authorizations.models.review import DecisionReview
from authorizations.models.saved import FirstView, SavedView
from authorizations.models.submission import Submission
from authorizations.models.utilization import LedgerEntry, OpeningBalance, UtilizationAccount

__all__ = [
    "Authorization",
    "Decision",
    "DecisionReview",
    "Diagnosis",
    "Document",
    "Escalation",
    "FirstView",
    "HandOver",
    "LedgerEntry",
    "LineCap",
    "LineCode",
    "LineDecision",
    "LineVersion",
    "Note",
    "OpeningBalance",
    "PlaybookFinding",
    "Publication",
    "SavedView",
    "ServiceLine",
    "Submission",
    "Task",
    "UtilizationAccount",
]
