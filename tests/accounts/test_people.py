"""An administrator looks after people and roles; every change is written down and acts on the next click."""

from __future__ import annotations

import logging
import re
import threading
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse
from structlog.stdlib import ProcessorFormatter

from accounts.models import Invitation, Membership, Role, User
from accounts.scopes import SCOPE_WORDS, Scope
from accounts.services import NobodyLeft, assign_role, end_membership, role_named
from audit.models import AuditEvent
from tests.accounts.browsers import attempt, browser_of, signed_in
from tests.cast import NOW, House

NEW = "petra.halloran@north.example"
NEW_PASSWORD = "violets in the rain"


@pytest.fixture
def admin(north: House) -> Client:
    return browser_of(north, "admin")


def events(house: House, action: str) -> list[AuditEvent]:
    with house.scope():
        return list(AuditEvent.objects.filter(action=action).order_by("id"))


def role_id(house: House, key: str) -> str:
    with house.scope():
        return str(role_named(key).id)


def invited(admin: Client, house: House, email: str = NEW, role: str = "biller") -> str:
    """The path of the link, as the page shows it once."""
    answer = admin.post(reverse("invite"), {"email": email, "role": role_id(house, role)})
    assert answer.status_code == 200, answer.content.decode()
    found = re.search(r"http://testserver(/invitation/[\w.-]+)", answer.content.decode())
    assert found
    return found[1]


# Invitations -------------------------------------------------------------------------------------------------


def test_nobody_is_invited_in_a_role_that_was_not_chosen(admin: Client) -> None:
    answer = admin.post(reverse("invite"), {"email": NEW, "role": ""})
    assert answer.status_code == 422
    assert "Choose the role." in answer.content.decode()
    assert '<option value="" selected>choose a role</option>' in admin.get(reverse("invite")).content.decode()


def test_who_is_invited_joins_with_a_name_and_a_password_and_may_what_the_role_may(admin: Client, north: House) -> None:
    link = invited(admin, north)
    guest = Client()
    page = guest.get(link).content.decode()
    assert north.organization.name in page
    assert NEW in page
    answer = guest.post(link, {"name": "Petra Halloran", "password": NEW_PASSWORD})
    assert answer["Location"] == "/account/sign-in/"
    petra = signed_in(NEW, NEW_PASSWORD)
    assert petra.get(reverse("claim_list")).status_code == 200
    assert petra.get(reverse("people")).status_code == 403
    assert [event.actor_label for event in events(north, "invitation.accepted")] == ["Petra Halloran"]
    assert events(north, "invitation.sent")[0].actor_id == north.users["admin"].id
    assert events(north, "membership.added")[-1].actor_label == "Petra Halloran"


def test_a_link_works_once_and_only_a_hash_of_it_is_kept(admin: Client, north: House) -> None:
    link = invited(admin, north)
    with north.scope():
        kept = Invitation.objects.get()
        assert kept.token_hash not in link
        assert link.rpartition(".")[2] not in str(vars(kept))
    first, second = Client(), Client()
    first.post(link, {"name": "Petra", "password": NEW_PASSWORD})
    assert second.get(link).status_code == 404
    assert second.post(link, {"name": "Mallory", "password": "something much longer"}).status_code == 404
    assert User.objects.get(email=NEW).name == "Petra"


def test_a_link_works_for_seven_days(admin: Client, north: House) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        admin = browser_of(north, "admin")
        link = invited(admin, north)
        clock.shift(timedelta(days=6, hours=23))
        assert Client().get(link).status_code == 200
        clock.shift(timedelta(hours=2))
        assert Client().get(link).status_code == 404


def test_a_withdrawn_or_newer_invitation_ends_the_earlier_link(admin: Client, north: House) -> None:
    first = invited(admin, north)
    second = invited(admin, north)
    assert Client().get(first).status_code == 404
    assert Client().get(second).status_code == 200
    with north.scope():
        open_one = Invitation.objects.get(withdrawn_at=None)
    assert admin.post(reverse("invitation_withdraw", args=[open_one.id])).status_code == 302
    assert Client().get(second).status_code == 404
    assert events(north, "invitation.withdrawn")
    assert admin.post(reverse("invitation_withdraw", args=[open_one.id])).status_code == 409


@pytest.mark.parametrize("link", ["x", "x.y", "01a203bd64257feea061634641e460a2.abc", ".", "0" * 32 + "."])
def test_a_link_of_nobody_opens_nothing(db: None, link: str) -> None:
    assert Client().get(f"/invitation/{link}").status_code == 404


def test_the_link_of_one_organization_opens_no_other(admin: Client, north: House, south: House) -> None:
    link = invited(admin, north)
    secret = link.rpartition(".")[2]
    assert Client().get(f"/invitation/{south.organization.id.hex}.{secret}").status_code == 404


def test_a_weak_password_is_told_and_nothing_is_used_up(admin: Client, north: House) -> None:
    link = invited(admin, north)
    answer = Client().post(link, {"name": "Petra", "password": "password1234"})
    assert answer.status_code == 422
    assert "too common" in answer.content.decode()
    assert not User.objects.filter(email=NEW).exists()
    assert Client().get(link).status_code == 200


def test_no_log_shows_a_link_that_still_works(admin: Client, north: House) -> None:
    """A refused password is logged with its address: without the key in it."""
    root, said = logging.getLogger(), StringIO()
    ours = next(each.formatter for each in root.handlers if isinstance(each.formatter, ProcessorFormatter))
    listener = logging.StreamHandler(said)
    listener.setFormatter(ours)
    root.addHandler(listener)
    try:
        link = invited(admin, north)
        Client().post(link, {"name": "Petra", "password": "password1234"})
        Client().get(f"{link}x")
        Client().get(f"/calendar/{north.organization.id.hex}.key-of-a-calendar.ics")
    finally:
        root.removeHandler(listener)
    assert r"/invitation/\u2026" in said.getvalue()
    assert link.rpartition(".")[2] not in said.getvalue()
    assert r"/calendar/\u2026" in said.getvalue()
    assert "key-of-a-calendar" not in said.getvalue()


def test_somebody_with_an_account_joins_by_signing_in_and_keeps_the_password(
    admin: Client, north: House, south: House
) -> None:
    oscar = south.users["specialist"]
    link = invited(admin, north, oscar.email, "clinician")
    stranger = Client()
    assert "has an account already" in stranger.get(link).content.decode()
    stranger.post(link, {"name": "Mallory", "password": NEW_PASSWORD})
    assert attempt(oscar.email, NEW_PASSWORD) == 200, "nobody sets the password of an account by a link"
    here = signed_in(oscar.email)
    assert here.post(link)["Location"] == reverse("home")
    assert north.organization.name in here.get(reverse("home")).content.decode()
    with north.scope():
        assert Membership.objects.get(user=oscar).role.name == "Clinician"


def test_an_invitation_is_for_one_address_alone(admin: Client, north: House, south: House) -> None:
    link = invited(admin, north)
    other = browser_of(south, "specialist")
    assert "for another address" in other.get(link).content.decode()
    other.post(link)
    with north.scope():
        assert not Membership.objects.filter(user=south.users["specialist"]).exists()


def test_who_has_a_place_is_not_invited_again(admin: Client, north: House) -> None:
    answer = admin.post(
        reverse("invite"), {"email": north.users["biller"].email.upper(), "role": role_id(north, "biller")}
    )
    assert answer.status_code == 422
    assert "has a place here" in answer.content.decode()


def test_the_mail_carries_the_link_and_no_health_data(north: House, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        link = invited(browser_of(north, "admin"), north)
    (sent,) = mail.outbox
    assert sent.to == [NEW]
    assert link in sent.body
    assert "Ashdown" not in f"{sent.subject}{sent.body}"
    assert "H2019" not in f"{sent.subject}{sent.body}"


# People ------------------------------------------------------------------------------------------------------


def test_another_role_acts_on_the_next_click(admin: Client, north: House) -> None:
    scheduler = browser_of(north, "scheduler")
    assert scheduler.get(reverse("claim_list")).status_code == 403
    place = north.memberships["scheduler"].id
    assert admin.post(reverse("person", args=[place]), {"role": role_id(north, "biller")}).status_code == 302
    assert scheduler.get(reverse("claim_list")).status_code == 200
    assert events(north, "membership.role_changed")[0].subject_id == place


def test_who_leaves_sees_nothing_from_the_next_click_and_may_come_back(admin: Client, north: House) -> None:
    biller = browser_of(north, "biller")
    assert biller.get(reverse("home")).status_code == 200
    place = north.memberships["biller"].id
    assert "Close" in admin.get(reverse("person_close", args=[place])).content.decode()
    assert biller.get(reverse("home")).status_code == 200, "asking changes nothing"
    admin.post(reverse("person_close", args=[place]))
    assert biller.get(reverse("home")).status_code == 403
    admin.post(reverse("person_reopen", args=[place]))
    assert biller.get(reverse("home")).status_code == 200
    assert [len(events(north, f"membership.{what}")) for what in ("ended", "reopened")] == [1, 1]


def test_a_role_of_another_organization_is_given_to_nobody(admin: Client, north: House, south: House) -> None:
    place = north.memberships["scheduler"].id
    foreign = role_id(south, "admin")
    assert admin.post(reverse("person", args=[place]), {"role": foreign}).status_code == 422
    assert admin.post(reverse("invite"), {"email": NEW, "role": foreign}).status_code == 422
    with north.scope():
        assert Membership.objects.get(id=place).role.name == "Scheduler"


@pytest.mark.parametrize("way", ["role", "place", "scopes"])
def test_the_last_who_may_invite_and_change_roles_stays(admin: Client, north: House, way: str) -> None:
    mine = north.memberships["admin"]
    if way == "role":
        answer = admin.post(reverse("person", args=[mine.id]), {"role": role_id(north, "biller")})
    elif way == "place":
        answer = admin.post(reverse("person_close", args=[mine.id]))
    else:
        name = {"name": "Administrator", "scopes": [Scope.WORK_READ.value]}
        answer = admin.post(reverse("role_edit", args=[mine.role_id]), name)
    assert answer.status_code == 409
    assert "nobody could invite people" in answer.content.decode()
    assert admin.get(reverse("people")).status_code == 200, "nothing was changed"
    for action in ("membership.role_changed", "membership.ended", "role.changed"):
        assert events(north, action) == []


def test_two_administrators_cannot_remove_each_other_at_once(transactional_db: None, north: House) -> None:
    with north.scope():
        second = assign_role(north.memberships["biller"].id, role_named("admin"), actor=north.actor("admin"), now=NOW)
    start = threading.Barrier(2)
    refused: list[type[BaseException]] = []

    def remove(membership: Membership) -> None:
        try:
            with north.scope():
                start.wait(20)
                end_membership(membership.id, actor=north.actor("admin"), now=NOW)
        except NobodyLeft as error:
            refused.append(type(error))
        finally:
            connection.close()

    both = [threading.Thread(target=remove, args=[each]) for each in (north.memberships["admin"], second)]
    for each in both:
        each.start()
    for each in both:
        each.join(30)
    assert refused == [NobodyLeft]
    with north.scope():
        assert Membership.objects.filter(active=True, role__scopes__contains=[Scope.ACCOUNT_WRITE]).count() == 1


# Roles -------------------------------------------------------------------------------------------------------


def test_a_role_is_made_of_rights_in_words_and_changed_for_everybody_who_has_it(admin: Client, north: House) -> None:
    page = admin.get(reverse("role_new")).content.decode()
    for words in SCOPE_WORDS.values():
        assert words.replace("'", "&#x27;") in page
    sent = {"name": "Reader", "scopes": [Scope.WORK_READ.value, Scope.MEMBER_READ.value]}
    assert admin.post(reverse("role_new"), sent).status_code == 302
    with north.scope():
        role = Role.objects.get(name="Reader")
    admin.post(reverse("person", args=[north.memberships["clinician"].id]), {"role": str(role.id)})
    clinician = browser_of(north, "clinician")
    assert clinician.get(reverse("member_list")).status_code == 200
    admin.post(reverse("role_edit", args=[role.id]), {"name": "Reader", "scopes": [Scope.WORK_READ.value]})
    assert clinician.get(reverse("member_list")).status_code == 403
    told = events(north, "role.changed")[0]
    assert (told.data["gained"], told.data["lost"]) == ([], [Scope.MEMBER_READ.value])
    assert events(north, "role.added")[0].data["may"] == sorted(sent["scopes"])


def test_a_right_that_does_not_exist_and_a_name_that_is_taken_are_refused(admin: Client, north: House) -> None:
    assert admin.post(reverse("role_new"), {"name": "X", "scopes": ["everything"]}).status_code == 422
    assert admin.post(reverse("role_new"), {"name": "Biller", "scopes": []}).status_code == 422
    with north.scope():
        assert not Role.objects.filter(name="X").exists()
        assert Role.objects.filter(name="Biller").count() == 1


def test_the_role_of_another_organization_is_as_unknown_as_any(admin: Client, south: House) -> None:
    foreign = role_id(south, "biller")
    assert admin.get(reverse("role_edit", args=[foreign])).status_code == 404
    assert admin.post(reverse("role_edit", args=[foreign]), {"name": "Mine", "scopes": []}).status_code == 404
    with south.scope():
        assert Role.objects.get(id=foreign).name == "Biller"
