"""The forms of the configuration. They turn what is typed into values; the rules stand in `faults` and the services.

Nothing is required here: a missing value comes back from the service with every other problem, in one answer.
"""

from payers.forms.base import PlainForm, day_input
from payers.forms.payers import PartnerForm, PayerForm, ProgramForm
from payers.forms.playbooks import PlaybookForm
from payers.forms.rules import AskForm, RouteForm, RulesForm

__all__ = [
    "AskForm",
    "PartnerForm",
    "PayerForm",
    "PlainForm",
    "PlaybookForm",
    "ProgramForm",
    "RouteForm",
    "RulesForm",
    "day_input",
]
