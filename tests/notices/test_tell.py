"""What people are told: once, in the transaction of the fact, as they want it, and never with a name in a mail."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client

import authorizations.tasks  # noqa: F401
import notices.tasks  # noqa: F401
from accounts.models import User
from audit.models import AuditEvent
from authorizations.decisions import LineOutcome
from authorizations.handing import assign
from authorizations.models import Authorization, Task
from authorizations.services import note_exchange
from authorizations.states import ExchangeState
from authorizations.transitions import record_answer
from notices.daily import plan_daily_mails
from notices.models import CalendarFeed, DailyMail, Kind, Notice
from notices.preferences import Preferences, keep_preferences
from notices.services import give_notice
from outbox.models import OutboxMessage
from outbox.tasks import drain
from tenancy.models import Organization
from tests.authorizations.cases import APPROVAL, DENIAL, PEND, heard, message, said, submitted
from tests.cast import NOW, House, make_coverage, make_member
from tests.payers.stage import signed_in
from tests.web.stage import by_hand

CANARY = "Quixotesson"
MORNING = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
"""Half past seven in New York, a Tuesday."""


def by_person(**which: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for notice in Notice.objects.filter(**which).select_related("to__role").order_by("id"):
        found.setdefault(notice.to.role.name, []).append(notice.kind)
    return found


def work_off(house: House, at: datetime) -> None:
    """The worker takes what is to be mailed; nothing else is tried."""
    OutboxMessage.objects.exclude(topic__in=["notice.mail", "daily.mail"]).delete()
    OutboxMessage.objects.update(due_at=at - timedelta(days=3650))
    with time_machine.travel(at, tick=False):
        drain()


# In the app --------------------------------------------------------------------------------------------------


def test_answers_come_to_the_owner_and_approvals_to_those_who_carry_them_on(in_north: House) -> None:
    for answer in (APPROVAL, DENIAL, PEND):
        person = make_member(last_name=CANARY)
        submission = submitted(in_north, coverage=make_coverage(person, in_north.electronic))
        with_payer = in_north.actor("edi")
        record_answer(submission.authorization_id, answer, submission_id=submission.id, actor=with_payer, now=NOW)
    told = by_person()
    assert sorted(told) == ["Biller", "Clinician", "Prior authorization specialist", "Scheduler"]
    assert told["Prior authorization specialist"] == [Kind.ANSWERED, Kind.ANSWERED, Kind.PENDED]
    assert told["Clinician"] == told["Biller"] == told["Scheduler"] == [Kind.APPROVED]
    assert not Notice.objects.filter(words__contains=CANARY).exists()


def test_who_records_an_answer_knows_it(in_north: House) -> None:
    heard(in_north, submitted(in_north), DENIAL)
    assert by_person() == {}


def test_request_that_is_handed_over_is_told_to_who_gets_it(in_north: House) -> None:
    case = submitted(in_north).authorization
    heir = in_north.memberships["supervisor"]
    assign(case.id, heir.id, reason=f"{CANARY} knows her", actor=in_north.actor(), now=NOW)
    notice = Notice.objects.get(to=heir)
    assert notice.words == f"{case.number} was handed to you by Specialist North"


def test_message_that_is_not_delivered_is_told_to_those_who_mend_the_exchange(in_north: House) -> None:
    submission = submitted(in_north)
    for _ in range(2):
        note_exchange(submission.id, ExchangeState.NOT_DELIVERED, actor=in_north.actor(), now=NOW, problem="Refused")
    assert by_person(kind=Kind.NOT_DELIVERED) == {"EDI analyst": [Kind.NOT_DELIVERED]}


def test_same_cause_is_told_once_muted_kinds_are_not_and_a_failed_fact_leaves_nothing(in_north: House) -> None:
    case = submitted(in_north).authorization
    people = [in_north.memberships[role].id for role in ("specialist", "clinician")]
    muted = Preferences(muted=frozenset({Kind.TASK}))
    keep_preferences(people[1], muted, actor=in_north.actor("clinician"), now=NOW)
    for _ in range(2):
        give_notice([*people, None], Kind.TASK, "Look", about=case.subject, cause=case.id, now=NOW)
    assert by_person() == {"Prior authorization specialist": [Kind.TASK]}


def test_page_leads_on_marks_what_was_seen_and_shows_nobody_elses(in_north: House) -> None:
    case = submitted(in_north).authorization
    mine, theirs = in_north.memberships["specialist"], in_north.memberships["clinician"]
    for cause in range(2):
        give_notice([mine.id, theirs.id], Kind.ANSWERED, f"Word {cause}", about=case.subject, cause=theirs.id, now=NOW)
        give_notice([mine.id], Kind.TASK, f"Task {cause}", about=case.subject, cause=mine.id, now=NOW)
    client = signed_in(in_north, "specialist")
    page = client.get("/notices").content.decode()
    assert "2 notices unread" in page
    assert "unread</span></span>" in client.get("/").content.decode()
    first = Notice.objects.get(to=mine, kind=Kind.ANSWERED)
    foreign = Notice.objects.get(to=theirs)
    assert client.post("/notices/read", {"notice": foreign.id, "open": "1"})["Location"] == "/notices"
    answer = client.post("/notices/read", {"notice": first.id, "open": "1"})
    assert answer["Location"] == f"/authorizations/{case.id}"
    assert list(Notice.objects.filter(read_at=None).values_list("id", flat=True).order_by("id")) == sorted(
        [foreign.id, Notice.objects.get(to=mine, kind=Kind.TASK).id]
    )
    client.post("/notices/read", {})
    assert "everything is read" in client.get("/notices").content.decode()
    assert Notice.objects.get(to=theirs).read_at is None


# By mail -----------------------------------------------------------------------------------------------------


@pytest.fixture
def urgent_notice(in_north: House) -> Authorization:
    """Two times that passed, for one person, about a member with a name that must not leave the house."""
    person = make_member(last_name=CANARY)
    case: Authorization = submitted(in_north, coverage=make_coverage(person, in_north.electronic)).authorization
    for cause in (case.id, person.id):
        to = [in_north.memberships["specialist"].id]
        give_notice(to, Kind.ESCALATED, f"{case.number}: late", about=case.subject, cause=cause, now=NOW)
    return case


def test_mail_holds_counts_and_a_link_and_no_name_number_or_code(
    in_north: House, urgent_notice: Authorization, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://greenlight.clinic.example"
    work_off(in_north, NOW)
    [sent] = mail.outbox
    assert (sent.to, sent.subject) == (["specialist@north.example"], "2 things need you at Cedar Bay Care")
    assert "2 deadlines have passed" in sent.body
    assert "https://greenlight.clinic.example/notices" in sent.body
    for secret in (CANARY, urgent_notice.number, "H2019", "Harborline", urgent_notice.member_mrn):
        assert secret not in f"{sent.subject} {sent.body}"
    work_off(in_north, NOW)
    assert len(mail.outbox) == 1


def test_a_name_with_a_line_break_adds_no_header_and_stops_no_mail(
    in_north: House, urgent_notice: Authorization
) -> None:
    Organization.objects.filter(id=in_north.organization.id).update(name="Cedar\r\nBcc: rival@south.example")
    work_off(in_north, NOW)
    [sent] = mail.outbox
    assert (sent.recipients(), sent.message()["Bcc"]) == (["specialist@north.example"], None)
    assert sent.subject == "2 things need you at Cedar Bcc: rival@south.example"


def test_terms_that_differ_are_told_as_the_answer_they_are_and_name_no_service(in_north: House) -> None:
    less = message(said(1, LineOutcome.MODIFIED, 80, code="T1019"), said(2, LineOutcome.APPROVED, 40))
    submission = submitted(in_north)
    record_answer(submission.authorization_id, less, submission_id=submission.id, actor=in_north.actor("edi"), now=NOW)
    assert Task.objects.filter(kind="other_terms").exists()
    owner = Notice.objects.filter(to=in_north.memberships["specialist"])
    assert list(owner.values_list("kind", flat=True)) == [Kind.ANSWERED]
    assert not Notice.objects.filter(words__contains="T1019").exists()


def test_mail_server_that_is_down_is_tried_again_with_the_same_message(
    in_north: House, urgent_notice: Authorization, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    work_off(in_north, NOW)
    waiting = OutboxMessage.objects.filter(topic="notice.mail", problem="the mail server cannot be reached")
    assert waiting.exists()
    assert Notice.objects.filter(mailed_at=None).count() == 2
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    work_off(in_north, NOW)
    [sent] = mail.outbox
    batch = Notice.objects.values_list("mail_batch", flat=True).distinct().get()
    assert sent.extra_headers["Message-ID"].startswith(f"<{batch}@")
    assert not OutboxMessage.objects.filter(topic="notice.mail").exists()


def test_what_was_read_meanwhile_is_not_mailed(in_north: House, urgent_notice: Authorization) -> None:
    Notice.objects.update(read_at=NOW)
    work_off(in_north, NOW)
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("hour", "until"),
    [((22, 30), (24, 7, 0)), ((6, 59), (23, 7, 0)), ((7, 0), None), ((12, 0), None)],
    ids=["late in the evening", "early in the morning", "at their end", "by day"],
)
def test_mail_of_the_quiet_hours_waits_for_their_end(
    in_north: House, hour: tuple[int, int], until: tuple[int, int, int] | None
) -> None:
    zone = in_north.organization.zone
    quiet = Preferences(quiet_from=time(22), quiet_until=time(7))
    at = datetime(2026, 11, 23, *hour, tzinfo=zone)
    due = at if until is None else datetime(2026, 11, *until, tzinfo=zone)
    assert quiet.mail_at(at, zone) == due
    person, case = in_north.memberships["supervisor"], submitted(in_north).authorization
    keep_preferences(person.id, quiet, actor=in_north.actor("supervisor"), now=NOW)
    give_notice([person.id], Kind.ESCALATED, "Late", about=case.subject, cause=case.id, now=at)
    assert OutboxMessage.objects.get(topic="notice.mail").due_at == due


# The mail of the morning -------------------------------------------------------------------------------------


def test_each_morning_of_work_everybody_who_is_needed_gets_one_mail(in_north: House) -> None:
    person = make_member(last_name=CANARY)
    by_hand(in_north)
    submitted(in_north, coverage=make_coverage(person, in_north.manual))
    keep_preferences(
        in_north.memberships["supervisor"].id, Preferences(daily=False), actor=in_north.actor("supervisor"), now=NOW
    )
    with time_machine.travel(MORNING, tick=False):
        assert plan_daily_mails(now=MORNING - timedelta(hours=1)) == 0, "before the morning"
        assert plan_daily_mails(now=MORNING - timedelta(days=2)) == 0, "no day of work"
        assert plan_daily_mails(now=MORNING) == len(in_north.memberships) - 1
        assert plan_daily_mails(now=MORNING) == 0, "a second tick makes none"
    work_off(in_north, MORNING)
    work_off(in_north, MORNING)
    [sent] = mail.outbox
    assert (sent.to, sent.subject) == (["specialist@north.example"], "Today at Cedar Bay Care")
    assert "2 requests need you today" in sent.body
    assert CANARY not in sent.body
    assert DailyMail.objects.exclude(sent_at=None).count() == 1


def test_mail_of_a_day_that_is_over_is_not_sent_the_next_one(in_north: House) -> None:
    by_hand(in_north)
    plan_daily_mails(now=MORNING)
    work_off(in_north, MORNING + timedelta(days=1))
    assert mail.outbox == []


def test_settings_are_kept_and_half_of_the_quiet_hours_is_said_beside_the_field(in_north: House) -> None:
    client = signed_in(in_north, "biller")
    half = client.post("/account/notices", {"told": ["answered"], "daily": "on", "quiet_from": "22:00"})
    assert half.status_code == 422
    assert "give both, or neither" in half.content.decode()
    kept = {"told": ["answered"], "at_once": ["answered"], "quiet_from": "22:00", "quiet_until": "06:30"}
    assert client.post("/account/notices", kept).status_code == 302
    page = client.get("/account/notices").content.decode()
    assert 'value="06:30"' in page
    assert len(re.findall(r"checked", page)) == 2


# The calendar ------------------------------------------------------------------------------------------------


def opened(client: Client) -> str:
    page = client.post("/account/calendar").content.decode()
    found = re.search(r'value="http://127\.0\.0\.1:8000(/calendar/[^"]+)"', page)
    assert found is not None
    return found[1]


def test_calendar_shows_follow_ups_by_number_and_stops_with_its_address(north: House, south: House) -> None:
    with north.scope():
        person = make_member(last_name=CANARY)
        case = submitted(north, coverage=make_coverage(person, north.electronic)).authorization
        by_hand(north)
    with time_machine.travel(NOW, tick=False):
        client = signed_in(north, "specialist")
        first, reader = opened(client), Client()
        answer = reader.get(first)
        assert (answer.status_code, answer["Content-Type"]) == (200, "text/calendar; charset=utf-8")
        text = answer.content.decode()
        assert text.count("BEGIN:VEVENT") == 2
        assert f"SUMMARY:Follow up {case.number}\r\n" in text
        assert f"UID:{case.id}@greenlight\r\n" in text
        assert CANARY not in text
        assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
        assert "\n" not in text.replace("\r\n", "")
        assert reader.get(first).content == answer.content
        second = opened(client)
        assert (reader.get(first).status_code, reader.get(second).status_code) == (404, 200)
        assert reader.get(second.replace(north.organization.id.hex, south.organization.id.hex)).status_code == 404
        with north.scope():
            role = north.memberships["specialist"].role
            role.scopes = ["work.read"]
            role.save()
        assert reader.get(second).status_code == 404, "what was taken away acts on the next reading"
        with north.scope():
            role.scopes = ["work.read", "clinical.authorization.read"]
            role.save()
        User.objects.filter(id=north.users["specialist"].id).update(is_active=False)
        assert reader.get(second).status_code == 404, "who may not sign in any more"
        User.objects.filter(id=north.users["specialist"].id).update(is_active=True)
        assert reader.get(second).status_code == 200
        with north.scope():
            north.memberships["specialist"].active = False
            north.memberships["specialist"].save()
        assert reader.get(second).status_code == 404


def test_withdrawn_calendar_opens_nothing_and_its_readings_are_told_once_a_day(north: House) -> None:
    with time_machine.travel(NOW, tick=False):
        client, reader = signed_in(north, "specialist"), Client()
        address = opened(client)
        for _ in range(3):
            reader.get(address)
        with north.scope():
            assert AuditEvent.objects.filter(action="calendar.read").count() == 1
            assert CalendarFeed.objects.get().token_hash not in address, "of the key only a hash is kept"
            for event in AuditEvent.objects.filter(action__startswith="calendar."):
                assert address.rpartition(".ics")[0][-20:] not in str(event.data)
        client.post("/account/calendar/withdraw")
        assert reader.get(address).status_code == 404
