"""The private address of a calendar: made and shown once, renewed, withdrawn, and found again by who reads it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from accounts.links import new_link, parts
from accounts.models import Membership
from audit.actors import Actor
from audit.services import record
from notices.models import CalendarFeed
from tenancy.scoping import current_organization_id, organization_scope

HERE = Q(membership__active=True, membership__user__is_active=True)
"""Who could sign in and work here."""

TOLD_EVERY = timedelta(hours=24)
"""A calendar asks many times a day: its first reading in this time is told in the audit log."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose calendar reads: their place and what they may, at this moment."""

    membership: Membership
    scopes: frozenset[str]


@transaction.atomic
def open_feed(membership_id: uuid.UUID, *, actor: Actor, now: datetime) -> str:
    """A new address for a person's calendar; an earlier one stops working. Returns its last part, kept nowhere."""
    _withdraw(membership_id, now)
    link, kept = new_link(current_organization_id())
    feed = CalendarFeed(membership_id=membership_id, token_hash=kept, created_at=now)
    feed.save(force_insert=True)
    record("calendar.opened", actor=actor, now=now, subject=("calendar_feed", feed.id))
    return link


@transaction.atomic
def withdraw_feed(membership_id: uuid.UUID, *, actor: Actor, now: datetime) -> None:
    """The address stops working at once; without one nothing happens."""
    feed = _withdraw(membership_id, now)
    if feed is not None:
        record("calendar.withdrawn", actor=actor, now=now, subject=("calendar_feed", feed.id))


@contextmanager
def reading(link: str, *, now: datetime) -> Iterator[Reader | None]:
    """The scope of the organization an address belongs to, with whose it is; None where it opens nothing.

    Nothing: not ours, withdrawn, or its person has no place here any more.
    """
    organization_id, kept = parts(link)
    if organization_id is None:
        yield None
        return
    with organization_scope(organization_id):
        rows = CalendarFeed.objects.select_related("membership__role", "membership__user", "membership__organization")
        feed = rows.filter(token_hash=kept, withdrawn_at=None).filter(HERE).first()
        if feed is None:
            yield None
            return
        _note_reading(feed, now)
        yield Reader(feed.membership, frozenset(feed.membership.role.scopes))


def _note_reading(feed: CalendarFeed, now: datetime) -> None:
    if feed.last_read_at is not None and now - feed.last_read_at < TOLD_EVERY:
        return
    CalendarFeed.objects.filter(id=feed.id).update(last_read_at=now)
    person = feed.membership.user
    record("calendar.read", actor=Actor.user(person.id, person.name), now=now, subject=("calendar_feed", feed.id))


def _withdraw(membership_id: uuid.UUID, now: datetime) -> CalendarFeed | None:
    Membership.objects.select_for_update(of=("self",)).get(id=membership_id)
    feed: CalendarFeed | None = CalendarFeed.objects.filter(membership_id=membership_id, withdrawn_at=None).first()
    if feed is not None:
        feed.withdrawn_at = now
        feed.save(update_fields=["withdrawn_at"])
    return feed
