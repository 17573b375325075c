"""People come by invitation: a link that works once, for seven days, for one address."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.mail import send_mail
from django.db import IntegrityError, transaction

from accounts.links import new_link, parts
from accounts.models import Invitation, Membership, Role, User
from accounts.services import join, reopen_membership
from audit.actors import Actor
from audit.services import record
from tenancy.models import Organization
from tenancy.scoping import current_organization_id, organization_scope

WORKS_FOR = timedelta(days=7)


class AlreadyHere(Exception):
    """The address belongs to somebody who has a place in the organization. `active` says whether it is open."""

    def __init__(self, active: bool) -> None:
        super().__init__()
        self.active = active


class NotForYou(Exception):
    """The invitation is another person's, is used up, or there is none."""


class HasAccount(Exception):
    """The address belongs to a person already: they sign in and then accept."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An open invitation as its link shows it."""

    organization_id: uuid.UUID
    invitation_id: uuid.UUID
    organization: str
    role: str
    email: str
    has_account: bool


@transaction.atomic
def invite(email: str, role: Role, *, actor: Actor, now: datetime) -> tuple[Invitation, str]:
    """Offer a place to an address. Returns the invitation and the text of its link, which is kept nowhere.

    An earlier open invitation of the address is withdrawn. Raises AlreadyHere.
    """
    address = email.strip().lower()
    membership = Membership.objects.filter(user__email=address).first()
    if membership is not None:
        raise AlreadyHere(membership.active)
    for earlier in Invitation.objects.select_for_update().filter(email=address, accepted_at=None, withdrawn_at=None):
        _withdraw(earlier, now)
    link, kept = new_link(current_organization_id())
    invitation = Invitation(
        email=address,
        role=role,
        token_hash=kept,
        invited_by=actor.label,
        created_at=now,
        expires_at=now + WORKS_FOR,
    )
    invitation.save(force_insert=True)
    _record("invitation.sent", invitation, actor, now, role=str(role.id))
    return invitation, link


def mail(invitation: Invitation, address: str) -> None:
    """Send the link once the invitation is stored. Names the organization and nothing of its work."""
    # A name with a line break in it would end the header it stands in.
    organization = " ".join(invitation.organization.name.split())
    text = (
        f"{invitation.invited_by} invites you to {organization} on Greenlight.\n\n"
        f"Open this link within seven days; it works once:\n{address}\n"
    )
    transaction.on_commit(lambda: send_mail(f"Invitation to {organization}", text, None, [invitation.email]))


@transaction.atomic
def withdraw(invitation: Invitation, *, actor: Actor, now: datetime) -> None:
    """The link stops working."""
    _withdraw(invitation, now)
    _record("invitation.withdrawn", invitation, actor, now)


def _withdraw(invitation: Invitation, now: datetime) -> None:
    invitation.withdrawn_at = now
    invitation.save(update_fields=["withdrawn_at"])


def offer(link: str, *, now: datetime) -> Offer | None:
    """What a link offers; None when it is none of ours, used up, withdrawn or too old."""
    organization_id, kept = parts(link)
    if organization_id is None:
        return None
    with organization_scope(organization_id):
        found = Invitation.objects.select_related("role").filter(token_hash=kept).first()
        if found is None or not found.is_open(now):
            return None
        name = Organization.objects.get(id=organization_id).name
        has_account = User.objects.filter(email=found.email).exists()
        return Offer(organization_id, found.id, name, found.role.name, found.email, has_account)


def accept_as(user: User, link: str, *, now: datetime) -> Membership:
    """A person who is signed in takes the place. Raises NotForYou."""
    with _opened(link, now) as invitation:
        if user.email != invitation.email:
            raise NotForYou
        return _take(invitation, user, now)


def accept_new(link: str, *, name: str, password: str, now: datetime) -> Membership:
    """Somebody new takes the place with a name and a password. Raises NotForYou, HasAccount."""
    try:
        with _opened(link, now) as invitation:
            if User.objects.filter(email=invitation.email).exists():
                raise HasAccount
            user = User.objects.create_user(invitation.email, password, name=name)
            return _take(invitation, user, now)
    except IntegrityError as error:
        raise HasAccount from error


@contextmanager
def _opened(link: str, now: datetime) -> Iterator[Invitation]:
    """The organization's scope, with the open invitation locked in it. Raises NotForYou."""
    organization_id, kept = parts(link)
    if organization_id is None:
        raise NotForYou
    with organization_scope(organization_id):
        rows = Invitation.objects.select_for_update(of=("self",)).select_related("role")
        found = rows.filter(token_hash=kept).first()
        if found is None or not found.is_open(now):
            raise NotForYou
        yield found


def _take(invitation: Invitation, user: User, now: datetime) -> Membership:
    actor = Actor.user(user.pk, user.name)
    earlier = Membership.objects.filter(user=user).first()
    if earlier is None:
        membership = join(user=user, role=invitation.role, actor=actor, now=now)
    else:
        membership = reopen_membership(earlier.id, actor=actor, now=now)
    invitation.accepted_at = now
    invitation.save(update_fields=["accepted_at"])
    _record("invitation.accepted", invitation, actor, now, membership=str(membership.id))
    return membership


def _record(action: str, invitation: Invitation, actor: Actor, now: datetime, **data: str) -> None:
    record(action, actor=actor, now=now, subject=("invitation", invitation.id), data={"to": invitation.email, **data})
