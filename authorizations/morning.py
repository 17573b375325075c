"""What the mail of the morning counts of cases: for whom it needs a hand, and for whom a time has passed."""

from __future__ import annotations

from accounts.absences import covering
from accounts.scopes import Scope
from authorizations.escalation import payer_overdue
from authorizations.models import Submission
from authorizations.my_work import todo
from authorizations.queries import capped_counts
from authorizations.states import ExchangeState
from authorizations.worklist import Viewpoint
from notices.daily import Recipient, counts


@counts
def needs_you(recipient: Recipient) -> str:
    """Requests that need this person today, with those of whom they stand in for."""
    if Scope.AUTHORIZATION_WRITE not in recipient.scopes:
        return ""
    membership = recipient.membership
    seen = Viewpoint(recipient.now, membership.organization.zone, membership.id)
    owners = [membership.id, *covering(membership.id, recipient.today)]
    count = capped_counts({"todo": todo(owners, seen, with_unowned=False)})["todo"]
    return f"{count} {'request needs' if count.value == 1 else 'requests need'} you today" if count else ""


@counts
def payers_late(recipient: Recipient) -> str:
    """Payers that missed their time, for those who see everybody's work."""
    if Scope.WORK_SUPERVISE not in recipient.scopes:
        return ""
    count = capped_counts({"late": payer_overdue(recipient.now)})["late"]
    return f"{count} {'answer of a payer is' if count.value == 1 else 'answers of payers are'} overdue" if count else ""


@counts
def not_delivered(recipient: Recipient) -> str:
    """Messages that did not get through, for those who mend the exchange."""
    if Scope.EDI_WRITE not in recipient.scopes:
        return ""
    rows = Submission.objects.filter(exchange_state=ExchangeState.NOT_DELIVERED, outcome="none")
    count = capped_counts({"lost": rows})["lost"]
    return f"{count} {'message was' if count.value == 1 else 'messages were'} not delivered" if count else ""
