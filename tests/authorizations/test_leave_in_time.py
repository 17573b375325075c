"""Urgent requests leave the house on the day they come, by the organization's cut-off."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.services import set_urgent_cut_off
from authorizations.cut_off import send_by, times_to_leave
from authorizations.deadlines import Calendar
from authorizations.models import Submission
from authorizations.transitions import submit
from tests.authorizations.cases import RETURN, drafted, heard, submitted
from tests.cast import NOW, House, make_coverage, make_member

ZONE = ZoneInfo("America/New_York")
WEEK = Calendar(ZONE, frozenset({date(2026, 11, 26)}))


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("came", "leaves"),
    [
        (local(23, 9), local(23, 16)),
        (local(23, 16), local(23, 16)),
        (local(23, 16, 1), local(24, 16)),
        (local(25, 17), local(27, 16)),
        (local(26, 9), local(27, 16)),
        (local(27, 18), local(30, 16)),
        (local(28, 9), local(30, 16)),
    ],
    ids=["morning", "at the stroke", "after it", "before a holiday", "on a holiday", "Friday evening", "Saturday"],
)
def test_it_leaves_the_same_day_or_on_the_next_day_of_work(came: datetime, leaves: datetime) -> None:
    assert send_by(came, time(16), WEEK) == leaves


@pytest.mark.django_db
def test_only_what_is_urgent_and_still_here_is_counted(in_north: House) -> None:
    by_hand = make_coverage(make_member(), in_north.manual)
    draft, waits = drafted(in_north, priority="urgent"), submitted(in_north, coverage=by_hand, priority="urgent")
    back = submitted(in_north, priority="urgent")
    heard(in_north, back, RETURN)
    gone = submitted(in_north, priority="urgent")
    gone.exchange_state = "sent"
    gone.save()
    drafted(in_north)
    Submission.objects.filter(id=back.id).update(answered_at=NOW + timedelta(days=1))
    found = times_to_leave(in_north.organization)
    cut_off = datetime(2026, 11, 23, 21, tzinfo=UTC)
    assert found == {
        draft.id: cut_off,
        waits.authorization_id: cut_off,
        back.authorization_id: cut_off + timedelta(days=1),
    }
    set_urgent_cut_off(time(9), actor=in_north.actor("admin"), now=NOW)
    in_north.organization.refresh_from_db()
    assert times_to_leave(in_north.organization)[draft.id] == datetime(2026, 11, 24, 14, tzinfo=UTC)
    submit(draft.id, actor=in_north.actor(), now=NOW)
    assert draft.id in times_to_leave(in_north.organization), "on its way out is not gone"
