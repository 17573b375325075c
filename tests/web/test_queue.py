"""The manual queue: what stands in it, in which order, how it is paged, and what one row offers to type and copy."""

from __future__ import annotations

import re
import uuid
from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEvent
from authorizations.decisions import LineOutcome
from authorizations.models import Submission
from authorizations.queue import Part, QueueFilter, following, page, waiting
from authorizations.services import mark_submitted, note_exchange
from authorizations.states import ExchangeState, Purpose
from authorizations.transitions import recall
from payers.models import Payer, Playbook, ReviewRoute
from tests.authorizations.cases import APPROVAL, PEND, again, heard, message, opened, said, submitted, units
from tests.cast import NOW, TODAY, House, make_coverage, make_member
from tests.web.conftest import SignIn
from tests.web.pages import form, text

DAY = timedelta(days=1)


def by_hand(house: House, *, starts: int = 5, name: str = "Juno", **fields: object) -> Submission:
    """A request of a manual program, its service so many days ahead."""
    coverage = make_coverage(make_member(first_name=name, last_name="Pellerin"), house.manual, member_number="POM-7")
    first = TODAY + starts * DAY
    values = {"coverage": coverage, "starts_on": first, "ends_on": first + 89 * DAY, **fields}
    return submitted(house, units("H2019", 320, "HN"), units("H0032", 4), **values)


def marked(house: House, submission: Submission, days_ago: int = 0) -> Submission:
    at = NOW - days_ago * DAY
    return mark_submitted(submission.id, submitted_at=at, actor=house.actor(), now=NOW)


def queue_of(sign_in: SignIn, house: House, address: str = "", role: str = "specialist") -> str:
    answer = sign_in(house, role).get(f"/queue{address}")
    assert answer.status_code == 200
    return str(answer.content.decode())


def numbers(html: str) -> list[str]:
    """The rows' numbers in their order."""
    table = html.partition("<tbody")[2].partition("</tbody>")[0]
    return re.findall(r"rowlink nowrap\"[^>]*>(PA-\d+)<", table)


def test_urgent_comes_first_then_the_first_day_of_service_then_age(north: House, sign_in: SignIn) -> None:
    with north.scope():
        late, younger = by_hand(north, starts=9), by_hand(north, starts=5)
        with time_machine.travel(NOW - DAY, tick=False):
            older = by_hand(north, starts=5)
        urgent = by_hand(north, starts=30, priority="urgent")
        wanted = [row.authorization.number for row in (urgent, older, younger, late)]
    html = queue_of(sign_in, north)
    assert numbers(html) == wanted
    assert f"{wanted[0]} urgent , to submit" in text(html)


def test_queue_holds_open_submissions_whatever_the_status(north: House, sign_in: SignIn) -> None:
    with north.scope():
        first, pended = by_hand(north), by_hand(north)
        heard(north, pended, PEND)
        change = by_hand(north)
        heard(north, change, APPROVAL)
        extension = opened(again(change.authorization), Purpose.EXTEND)
        Submission.objects.filter(id=extension.id).update(channel="portal", exchange_state="to_submit")
        answered, recalled, electronic = by_hand(north), by_hand(north), submitted(north)
        heard(north, answered, APPROVAL)
        recall(recalled.id, actor=north.actor(), now=NOW)
        wanted = {row.authorization.number for row in (first, pended, change)}
    html = queue_of(sign_in, north)
    assert set(numbers(html)) == wanted
    assert electronic.authorization.number not in html
    assert "to submit; extension" in text(html)
    assert "pended" in text(html)


def test_parts_and_their_counts(north: House, sign_in: SignIn) -> None:
    with north.scope():
        rows = {
            "to_submit": by_hand(north),
            "submitted": marked(north, by_hand(north)),
            "pended": by_hand(north),
            "urgent": marked(north, by_hand(north, priority="urgent")),
        }
        heard(north, rows["pended"], PEND)
        Submission.objects.filter(id=rows["to_submit"].id).update(owner=north.memberships["supervisor"])
        of = {name: row.authorization.number for name, row in rows.items()}
    html = queue_of(sign_in, north)
    assert "All 4 Urgent 1 To submit 1 Submitted, check 2 Pended 1 Mine 3" in text(html)
    assert numbers(queue_of(sign_in, north, "?part=to_submit")) == [of["to_submit"]]
    assert set(numbers(queue_of(sign_in, north, "?part=submitted"))) == {of["submitted"], of["urgent"]}
    assert numbers(queue_of(sign_in, north, "?part=pended")) == [of["pended"]]
    assert numbers(queue_of(sign_in, north, "?part=urgent")) == [of["urgent"]]
    assert numbers(queue_of(sign_in, north, "?mine=1", role="supervisor")) == [of["to_submit"]]


def test_row_says_where_and_how_far_and_by_when(north: House, sign_in: SignIn) -> None:
    with north.scope():
        Payer.objects.update(portal_url="https://portal.example/behavioral")
        north.manual.rules.update(routine_days=7)
        marked(north, by_hand(north), days_ago=5)
    html = queue_of(sign_in, north)
    assert re.search(
        r'<a class="flag" href="https://portal.example/behavioral" target="_blank" rel="noopener noreferrer">', html
    )
    page_text = text(html)
    assert "submitted, day 5 of 7" in page_text
    assert "Juno Pellerin MRN" in page_text
    assert "H2019 HN, H0032" in page_text
    assert "by Wed Nov 25" in page_text


def test_telephone_of_the_route_is_shown(north: House, sign_in: SignIn) -> None:
    with north.scope():
        ReviewRoute(program=north.manual, position=1, phone="(555) 013-0167").save()
        by_hand(north)
    assert "Phone (555) 013-0167" in text(queue_of(sign_in, north))


def test_pages_follow_each_other_without_gap_or_repetition(in_north: House) -> None:
    made = [by_hand(in_north, starts=index % 3) for index in range(5)]
    made.append(by_hand(in_north, starts=0, priority="urgent"))
    rows, seen, after = waiting(QueueFilter()), [], ""
    while True:
        shown = page(rows, size=2, after=after)
        seen += [row.id for row in shown.rows]
        if not shown.next_key:
            break
        after = shown.next_key
    assert len(seen) == len(set(seen)) == len(made)
    back = page(rows, size=2, before=shown.previous_key)
    assert [row.id for row in back.rows] == seen[-4:-2]
    assert (page(rows, size=2, before=back.previous_key).previous_key, seen[0]) == ("", made[-1].id)


@pytest.mark.parametrize("key", ["1", "1-20261123", "x-20261123-00", "1-99999999-" + "0" * 32])
def test_key_of_nobody_s_making_begins_at_the_first_page(in_north: House, key: str) -> None:
    by_hand(in_north)
    assert len(page(waiting(QueueFilter()), size=2, after=key).rows) == 1


def test_what_follows_is_the_next_and_at_the_end_the_first(in_north: House) -> None:
    first, second = by_hand(in_north, starts=1), by_hand(in_north, starts=2)
    rows = waiting(QueueFilter(Part.ALL))
    assert following(rows, first) == second
    assert following(rows, second) == first
    recall(first.id, actor=in_north.actor(), now=NOW)
    assert following(rows, second) is None


def test_queue_costs_the_same_for_many_rows_of_one_program(north: House, sign_in: SignIn) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            queue_of(sign_in, north)
        return len(captured)

    with north.scope():
        by_hand(north)
    few = statements()
    with north.scope():
        for _ in range(6):
            by_hand(north)
    assert statements() <= few


def test_empty_queue_says_why_and_when_it_fills(north: House, sign_in: SignIn) -> None:
    page_text = text(queue_of(sign_in, north))
    assert "Nothing is to be worked by hand" in page_text
    assert "come here when they are submitted" in page_text
    with north.scope():
        by_hand(north)
    filtered = text(queue_of(sign_in, north, "?part=pended"))
    assert "No payer waits for us" in filtered
    assert "Show all (1)" in filtered


def test_menu_counts_the_queue(north: House, south: House, sign_in: SignIn) -> None:
    with north.scope():
        by_hand(north)
    with south.scope():
        by_hand(south)
        by_hand(south)
    html = sign_in(north).get("/").content.decode()
    assert re.search(r'href="/queue">Manual queue <span class="count">1<', html)


# The row that is open ------------------------------------------------------------------------------------------


def test_values_are_copied_in_the_order_of_the_playbook(north: House, sign_in: SignIn) -> None:
    with north.scope():
        order = ["birth_date", "member_number", "codes", "units", "starts_on", "diagnoses", "rendering_npi"]
        Playbook(
            payer=north.payer, program=north.manual, owner=north.memberships["specialist"], field_order=order,
            portal_url="https://portal.example", login_hint="login by Marta", reviewed_on=date(2026, 10, 2),
        ).save()  # fmt: skip
        submission = by_hand(north)
    html = queue_of(sign_in, north, f"?open={submission.id}")
    copied = re.findall(r'data-copy="([^"]*)"', html)
    assert copied == ["03/14/2017", "POM-7", "H2019 HN", "H0032", "320", "4", "11/28/2026", "F84.0", "1234567893"]
    page_text = text(html)
    assert "Mark as submitted in portal" in page_text
    assert "login by Marta" in page_text
    assert "Code, line 1 H2019 HN" in page_text


def test_usual_order_stands_where_no_playbook_gives_one(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = by_hand(north)
    html = queue_of(sign_in, north, f"?open={submission.id}")
    assert re.findall(r'data-copy="([^"]*)"', html)[:3] == ["POM-7", "Pellerin, Juno", "03/14/2017"]
    assert "No playbook tells how" in text(html)


def test_request_as_it_was_submitted_is_copied(north: House, sign_in: SignIn) -> None:
    """A coverage may be corrected meanwhile; what was asked stays as it was frozen."""
    with north.scope():
        submission = by_hand(north)
        submission.authorization.lines.filter(number=1).update(quantity=999)
    assert 'data-copy="320"' in queue_of(sign_in, north, f"?open={submission.id}")


def test_submitted_row_opens_the_form_for_its_answer(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = marked(north, by_hand(north))
    html = queue_of(sign_in, north, f"?open={submission.id}")
    values = form(html, "Save, open next")
    assert values["lines-0-quantity"] == "320"
    assert values["back"] == "queue"
    assert "outcome" not in values


def test_row_answered_meanwhile_says_so(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = by_hand(north)
        heard(north, submission, message(said(1, LineOutcome.APPROVED), said(2, LineOutcome.APPROVED)))
    assert "was answered or withdrawn" in text(queue_of(sign_in, north, f"?open={submission.id}"))


def test_reading_the_queue_and_a_row_is_told(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = by_hand(north)
    queue_of(sign_in, north, f"?open={submission.id}", role="clinician")
    with north.scope():
        event = AuditEvent.objects.filter(action="queue.listed").latest("at")
        assert (event.member_id, event.authorization_id) == (
            submission.authorization.member_id,
            submission.authorization_id,
        )
        assert event.data["rows"] == 1


@pytest.mark.parametrize("role", ["clinician", "biller", "scheduler", "edi"])
def test_who_may_only_read_gets_no_control_that_writes(north: House, sign_in: SignIn, role: str) -> None:
    with north.scope():
        rows = [by_hand(north), marked(north, by_hand(north))]
    for row in rows:
        html = queue_of(sign_in, north, f"?open={row.id}", role=role)
        main = html.partition("<main")[2]
        assert "<form" not in main
        assert "/submissions/" not in main


def test_row_of_another_organization_is_not_found(north: House, south: House, sign_in: SignIn) -> None:
    with south.scope():
        theirs = by_hand(south, name="Oona")
        number = theirs.authorization.number
    client = sign_in(north)
    assert "Oona" not in client.get("/queue").content.decode()
    for address in (theirs.id, uuid.uuid4(), "nonsense"):
        assert client.get(f"/queue?open={address}").status_code == 404
    with south.scope():
        assert number in queue_of(sign_in, south)


def test_electronic_request_stands_in_the_queue_once_it_goes_another_way(north: House, sign_in: SignIn) -> None:
    with north.scope():
        submission = submitted(north)
        note_exchange(submission.id, ExchangeState.FAILED, actor=north.actor(), now=NOW, problem="refused")
    client = sign_in(north)
    assert submission.authorization.number not in numbers(queue_of(sign_in, north))
    answer = client.post(f"/submissions/{submission.id}/channel", {"channel": "phone", "reason": "Gateway is down"})
    assert answer.status_code == 302
    assert numbers(queue_of(sign_in, north)) == [submission.authorization.number]
