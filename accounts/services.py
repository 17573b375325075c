"""Organizations and the people in them."""

from __future__ import annotations

from datetime import datetime

from accounts.models import Membership, Role, User
from accounts.scopes import ROLE_TEMPLATES
from audit.actors import Actor
from audit.services import record
from tenancy.ids import uuid7
from tenancy.models import Organization
from tenancy.scoping import organization_scope


def found_organization(
    *, name: str, actor: Actor, now: datetime, time_zone: str = "America/New_York", week_start: int = 7
) -> Organization:
    """A new organization with the roles every organization starts with."""
    organization = Organization(id=uuid7(), name=name, time_zone=time_zone, week_start=week_start, created_at=now)
    with organization_scope(organization.id):
        organization.save(force_insert=True)
        for template in ROLE_TEMPLATES.values():
            Role(name=template.name, scopes=sorted(template.scopes)).save(force_insert=True)
        record("organization.founded", actor=actor, now=now, subject=("organization", organization.id))
    return organization


def role_named(key: str) -> Role:
    """The role of the open organization that began as this template, such as `specialist`."""
    return Role.objects.get(name=ROLE_TEMPLATES[key].name)


def join(*, user: User, role: Role, actor: Actor, now: datetime) -> Membership:
    """Give a person a place in the open organization."""
    membership = Membership(user=user, role=role, created_at=now)
    membership.save(force_insert=True)
    record(
        "membership.added",
        actor=actor,
        now=now,
        subject=("membership", membership.id),
        data={"role": str(role.id), "user": str(user.id)},
    )
    return membership
