"""Organizations, the people in them and their roles.

Each write is one transaction, with its audit event: what is refused leaves nothing, whatever its caller does then.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime, time

from django.db import transaction

from accounts.models import Membership, Role, User, validate_scopes
from accounts.scopes import ROLE_TEMPLATES, Scope
from audit.actors import Actor
from audit.services import record
from tenancy.ids import uuid7
from tenancy.models import Organization
from tenancy.scoping import current_organization_id, organization_scope


class NobodyLeft(Exception):
    """After this nobody could invite people and change roles any more."""


class NameTaken(Exception):
    """Another role of the organization has this name."""


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


@transaction.atomic
def require_second_factor(required: bool, *, actor: Actor, now: datetime) -> None:
    """Whether everybody of the open organization must have a second step. Acts on their next request."""
    organization = _locked_organization()
    if organization.second_factor_required == required:
        return
    organization.second_factor_required = required
    organization.save(update_fields=["second_factor_required"])
    action = "organization.second_factor_required" if required else "organization.second_factor_optional"
    record(action, actor=actor, now=now, subject=("organization", organization.id))


@transaction.atomic
def set_urgent_cut_off(at: time, *, actor: Actor, now: datetime) -> None:
    """By which local time of day urgent requests of the open organization are to be sent."""
    organization = _locked_organization()
    before = organization.urgent_cut_off
    if before == at:
        return
    organization.urgent_cut_off = at
    organization.save(update_fields=["urgent_cut_off"])
    data = {"changes": {"urgent_cut_off": [f"{before:%H:%M}", f"{at:%H:%M}"]}}
    record(
        "organization.urgent_cut_off_set", actor=actor, now=now, subject=("organization", organization.id), data=data
    )


# Roles -------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_role(*, name: str, scopes: Collection[str], actor: Actor, now: datetime) -> Role:
    """Raises NameTaken."""
    _locked_organization()
    _refuse_taken(name, None)
    validate_scopes(list(scopes))
    role = Role(name=name, scopes=sorted(set(scopes)))
    role.save(force_insert=True)
    record("role.added", actor=actor, now=now, subject=("role", role.id), data={"role": name, "may": role.scopes})
    return role


@transaction.atomic
def change_role(role_id: uuid.UUID, *, name: str, scopes: Collection[str], actor: Actor, now: datetime) -> Role:
    """Another name or other rights; who has the role feels it on the next request. Raises NameTaken, NobodyLeft."""
    _locked_organization()
    role = Role.objects.select_for_update().get(id=role_id)
    validate_scopes(list(scopes))
    _refuse_taken(name, role_id)
    before, after = set(role.scopes), set(scopes)
    data = {"role": name, "gained": sorted(after - before), "lost": sorted(before - after)}
    role.name, role.scopes = name, sorted(after)
    role.save(update_fields=["name", "scopes"])
    _refuse_nobody_left()
    record("role.changed", actor=actor, now=now, subject=("role", role.id), data=data)
    return role


def _refuse_taken(name: str, role_id: uuid.UUID | None) -> None:
    taken = Role.objects.filter(name=name)
    if (taken.exclude(id=role_id) if role_id else taken).exists():
        raise NameTaken


# People ------------------------------------------------------------------------------------------------------


@transaction.atomic
def join(*, user: User, role: Role, actor: Actor, now: datetime) -> Membership:
    """Give a person a place in the open organization."""
    membership = Membership(user=user, role=role, created_at=now)
    membership.save(force_insert=True)
    _record_membership("membership.added", membership, actor, now)
    return membership


@transaction.atomic
def assign_role(membership_id: uuid.UUID, role: Role, *, actor: Actor, now: datetime) -> Membership:
    """Another role for a person, from the next request on. Raises NobodyLeft."""
    _locked_organization()
    membership = Membership.objects.select_for_update(of=("self",)).get(id=membership_id)
    if membership.role_id != role.id:
        membership.role = role
        membership.save(update_fields=["role"])
        _refuse_nobody_left()
        _record_membership("membership.role_changed", membership, actor, now)
    return membership


@transaction.atomic
def end_membership(membership_id: uuid.UUID, *, actor: Actor, now: datetime) -> Membership:
    """The person has no place here from the next request on; what they did stays. Raises NobodyLeft."""
    _locked_organization()
    membership = Membership.objects.select_for_update(of=("self",)).get(id=membership_id)
    if membership.active:
        membership.active = False
        membership.save(update_fields=["active"])
        _refuse_nobody_left()
        _record_membership("membership.ended", membership, actor, now)
    return membership


@transaction.atomic
def reopen_membership(membership_id: uuid.UUID, *, actor: Actor, now: datetime) -> Membership:
    """A person who left comes back, in the role they had."""
    membership = Membership.objects.select_for_update(of=("self",)).get(id=membership_id)
    if not membership.active:
        membership.active = True
        membership.save(update_fields=["active"])
        _record_membership("membership.reopened", membership, actor, now)
    return membership


def _record_membership(action: str, membership: Membership, actor: Actor, now: datetime) -> None:
    data = {"role": str(membership.role_id), "user": str(membership.user_id)}
    record(action, actor=actor, now=now, subject=("membership", membership.id), data=data)


def _locked_organization() -> Organization:
    """One change of rights at a time: two administrators could each remove the other."""
    return Organization.objects.select_for_update(no_key=True).get(id=current_organization_id())


def _refuse_nobody_left() -> None:
    able = Membership.objects.filter(role__scopes__contains=[Scope.ACCOUNT_WRITE])
    if not able.filter(active=True, user__is_active=True).exists():
        raise NobodyLeft
