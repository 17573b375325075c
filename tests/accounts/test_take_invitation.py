"""The service itself gives a place to the person who was invited, whatever the page has asked before."""

from __future__ import annotations

import pytest

from accounts.invitations import NotForYou, accept_as, invite
from accounts.models import Invitation, Membership
from tests.cast import NOW, House


def test_an_invitation_is_taken_by_nobody_but_its_address(transactional_db: None, north: House, south: House) -> None:
    invited, stranger = south.users["biller"], south.users["specialist"]
    with north.scope():
        role = north.memberships["biller"].role
        _, link = invite(invited.email, role, actor=north.actor("admin"), now=NOW)
    with pytest.raises(NotForYou):
        accept_as(stranger, link, now=NOW)
    with north.scope():
        assert Invitation.objects.get().accepted_at is None
        assert not Membership.objects.filter(user=stranger).exists()
    assert accept_as(invited, link, now=NOW).user_id == invited.id
