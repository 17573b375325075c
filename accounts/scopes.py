"""What a person may do: scopes, and the roles a new organization starts with.

A role is a named set of scopes. The names are those of the manual ("clinical.authorization.read") and are stored as
text, so a scope is never renamed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    AUTHORIZATION_READ = "clinical.authorization.read"
    AUTHORIZATION_WRITE = "clinical.authorization.write"
    AUTHORIZATION_CONTRIBUTE = "clinical.authorization.contribute"
    MEMBER_READ = "clinical.member.read"
    MEMBER_WRITE = "clinical.member.write"
    MEMBER_PHI = "clinical.member.phi"
    ELIGIBILITY_READ = "clinical.eligibility.read"
    ELIGIBILITY_WRITE = "clinical.eligibility.write"
    CLAIM_READ = "clinical.claim.read"
    CLAIM_WRITE = "clinical.claim.write"
    PAYER_READ = "configuration.payer.read"
    PAYER_WRITE = "configuration.payer.write"
    EDI_READ = "edi.exchange.read"
    EDI_WRITE = "edi.exchange.write"
    AUDIT_READ = "audit.read"
    ACCOUNT_WRITE = "accounts.write"
    WORK_READ = "work.read"
    WORK_SUPERVISE = "work.supervise"


SCOPE_WORDS: dict[Scope, str] = {
    Scope.AUTHORIZATION_READ: "see authorizations",
    Scope.AUTHORIZATION_WRITE: "create, submit and cancel authorizations",
    Scope.AUTHORIZATION_CONTRIBUTE: "add notes and documents, ask for more units",
    Scope.MEMBER_READ: "see members",
    Scope.MEMBER_WRITE: "change members and coverage",
    Scope.MEMBER_PHI: "see dates of birth and addresses",
    Scope.ELIGIBILITY_READ: "see eligibility checks",
    Scope.ELIGIBILITY_WRITE: "record eligibility checks",
    Scope.CLAIM_READ: "see claims",
    Scope.CLAIM_WRITE: "post and void claims",
    Scope.PAYER_READ: "see payers, programs and rules",
    Scope.PAYER_WRITE: "change payers, programs and rules",
    Scope.EDI_READ: "see the exchange with payers",
    Scope.EDI_WRITE: "send again and work the quarantine",
    Scope.AUDIT_READ: "read the audit log",
    Scope.ACCOUNT_WRITE: "invite people and change roles",
    Scope.WORK_READ: "see one's own work",
    Scope.WORK_SUPERVISE: "see everybody's work and say who is away",
}


@dataclass(frozen=True, slots=True)
class RoleTemplate:
    """A role a new organization starts with; its admin may change it."""

    name: str
    scopes: frozenset[Scope]


_READ = frozenset({Scope.WORK_READ, Scope.AUTHORIZATION_READ, Scope.MEMBER_READ, Scope.ELIGIBILITY_READ})
_CARE = _READ | {Scope.MEMBER_PHI}

ROLE_TEMPLATES: dict[str, RoleTemplate] = {
    "specialist": RoleTemplate(
        "Prior authorization specialist",
        _CARE
        | {
            Scope.AUTHORIZATION_WRITE,
            Scope.AUTHORIZATION_CONTRIBUTE,
            Scope.MEMBER_WRITE,
            Scope.ELIGIBILITY_WRITE,
            Scope.CLAIM_READ,
            Scope.CLAIM_WRITE,
            Scope.PAYER_READ,
            Scope.EDI_READ,
        },
    ),
    "clinician": RoleTemplate("Clinician", _CARE | {Scope.AUTHORIZATION_CONTRIBUTE}),
    "biller": RoleTemplate("Biller", _CARE | {Scope.CLAIM_READ, Scope.CLAIM_WRITE, Scope.PAYER_READ}),
    "scheduler": RoleTemplate("Scheduler", _CARE | {Scope.ELIGIBILITY_WRITE, Scope.PAYER_READ}),
    "supervisor": RoleTemplate(
        "Supervisor",
        _CARE
        | {
            Scope.AUTHORIZATION_WRITE,
            Scope.AUTHORIZATION_CONTRIBUTE,
            Scope.MEMBER_WRITE,
            Scope.ELIGIBILITY_WRITE,
            Scope.CLAIM_READ,
            Scope.CLAIM_WRITE,
            Scope.PAYER_READ,
            Scope.PAYER_WRITE,
            Scope.EDI_READ,
            Scope.AUDIT_READ,
            Scope.WORK_SUPERVISE,
        },
    ),
    "admin": RoleTemplate(
        "Administrator", _READ | {Scope.PAYER_READ, Scope.PAYER_WRITE, Scope.ACCOUNT_WRITE, Scope.AUDIT_READ}
    ),
    "edi": RoleTemplate(
        "EDI analyst",
        frozenset(
            {
                Scope.WORK_READ,
                Scope.AUTHORIZATION_READ,
                Scope.EDI_READ,
                Scope.EDI_WRITE,
                Scope.PAYER_READ,
                Scope.PAYER_WRITE,
            }
        ),
    ),
}
