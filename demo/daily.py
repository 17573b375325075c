"""The day's work of the demonstration: a colleague who is away, cases of theirs, and cases that nobody owns."""

from __future__ import annotations

from datetime import datetime, timedelta

from accounts.absences import announce
from accounts.models import Absence, Membership, User
from accounts.services import join, role_named
from authorizations import publishing
from authorizations.handing import assign
from authorizations.models import Authorization, HandOver
from authorizations.states import Status
from demo.houses import SEEDER, House, hashed
from notices.models import Notice
from notices.services import mark_read

AWAY_DAYS = 6
NOT_PASSED_ON = 3
STILL_UNREAD = 4
COLLEAGUES = {"north": "Jonah Pell", "south": "Elin Marrow"}


def hand_out(house: House, *, now: datetime) -> None:
    """Give some cases to a colleague who is away, and some to nobody. What was handed out before stays."""
    colleague = _colleague(house, now=now)
    deputy = house.memberships["specialist"]
    today = house.organization.today(now)
    if not Absence.objects.filter(membership=colleague, called_off_at=None, ends_on__gte=today).exists():
        announce(
            colleague.id, deputy.id, starts_on=today, ends_on=today + timedelta(days=AWAY_DAYS), actor=SEEDER, now=now
        )
    if HandOver.objects.exists():
        return
    actor = house.actor("supervisor")
    open_ones = publishing.open_publications().order_by("authorization__number")
    for authorization_id in list(open_ones.values_list("authorization_id", flat=True))[NOT_PASSED_ON:]:
        publishing.publish(authorization_id, actor=house.actor("specialist"), now=now)
    undecided = Authorization.objects.filter(status__in=[Status.DRAFT, Status.SUBMITTED, Status.PENDED])
    cases = list(undecided.order_by("-number").values_list("id", flat=True))
    for authorization_id in cases[1::4][:5]:
        assign(authorization_id, colleague.id, reason="Their members", actor=actor, now=now)
    for authorization_id in cases[2::6][:3]:
        assign(authorization_id, None, reason="Came with the old tracker, without a name", actor=actor, now=now)


def have_read(house: House, *, now: datetime) -> None:
    """Everybody has read what they were told, but for the last few. Whoever read something by hand is let be."""
    for membership in house.memberships.values():
        told = Notice.objects.filter(to=membership)
        if told.filter(read_at=None).count() <= STILL_UNREAD or told.exclude(read_at=None).exists():
            continue
        kept = told.order_by("-at", "-id").values_list("id", flat=True)[:STILL_UNREAD]
        for notice_id in set(told.values_list("id", flat=True)) - set(kept):
            mark_read(membership.id, now=now, notice_id=notice_id)


def _colleague(house: House, *, now: datetime) -> Membership:
    email = f"colleague@{house.plan.slug}.example"
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User(email=email, name=COLLEAGUES[house.plan.slug], password=hashed())
        user.save()
    standing: Membership | None = Membership.objects.select_related("user").filter(user=user).first()
    return standing or join(user=user, role=role_named("specialist"), actor=SEEDER, now=now)
