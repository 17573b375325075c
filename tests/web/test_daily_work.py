"""The daily work: what stands on the first page, who looks after it, and how it changes hands."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.absences import announce
from accounts.scopes import Scope
from authorizations.errors import NotAllowed
from authorizations.handing import assign, set_next_action
from authorizations.models import Authorization, HandOver, Publication, Submission
from authorizations.my_work import neighbours
from authorizations.services import mark_submitted
from authorizations.states import Status
from authorizations.transitions import correct_decision
from authorizations.worklist import Viewpoint
from claims.flagged import flagged
from tests.authorizations.cases import APPROVAL, PEND, again, drafted, heard, in_status, submitted
from tests.cast import NOW, TODAY, House, make_coverage, make_member
from tests.claims.stage import authorize, bill, post
from tests.web.conftest import SignIn
from tests.web.pages import form, text
from tests.web.stage import by_hand

DAY = timedelta(days=1)


def home_of(sign_in: SignIn, house: House, role: str = "specialist", address: str = "/") -> str:
    answer = sign_in(house, role).get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def part(html: str, heading: str) -> str:
    """One panel of a page."""
    panels = re.findall(r"(?s)<section\b.*?</section>", html.partition("<main")[2])
    return next((panel for panel in panels if f"<h2>{heading}</h2>" in panel), "")


def away(house: House, who: str, deputy: str) -> None:
    people = house.memberships[who].id, house.memberships[deputy].id
    announce(*people, starts_on=TODAY, ends_on=TODAY + 2 * DAY, actor=house.actor("supervisor"), now=NOW)


def test_each_thing_to_do_is_one_press_from_its_form(north: House, sign_in: SignIn) -> None:
    with north.scope():
        draft, enter = drafted(north), by_hand(north)
        pend = submitted(north)
        heard(north, pend, PEND)
        late = mark_submitted(by_hand(north).id, submitted_at=NOW - 20 * DAY, actor=north.actor(), now=NOW)
        set_next_action(
            enter.authorization_id, "Ask for the form", at=NOW + timedelta(hours=1), actor=north.actor(), now=NOW
        )
        silent, closed = submitted(north), in_status(north, Status.CANCELLED)
    html = home_of(sign_in, north)
    overdue, today, later = (part(html, name) for name in ("Overdue", "Today", "Next"))
    assert f"/submissions/{late.id}/response" in overdue
    assert f"/queue?open={enter.id}#work" in today
    assert f"/authorizations/{draft.id}/edit" in later
    assert f"/submissions/{pend.id}/resubmit" in later
    assert silent.authorization.number not in html, "the payer has time, and so have we"
    assert closed.number not in html
    assert "4 things need you" in text(html)
    waiting = text(part(html, "Mine, waiting on others"))
    assert "Payer 2 requests waiting" in waiting
    assert part(home_of(sign_in, north, "supervisor"), "Overdue") == "", "of others it shows on the board"


def test_the_deputy_has_the_work_of_whoever_is_away(north: House, sign_in: SignIn) -> None:
    with north.scope():
        theirs, own = by_hand(north), by_hand(north)
        assign(own.authorization_id, north.memberships["supervisor"].id, reason="x", actor=north.actor(), now=NOW)
        away(north, "specialist", "supervisor")
    boss = sign_in(north, "supervisor")
    page = text(boss.get("/").content.decode())
    assert "for Specialist North, away until Wed Nov 25" in page
    assert "For Specialist North, away until Wed Nov 25 1" in page
    only = boss.get(f"/?for={north.memberships['specialist'].id}").content.decode()
    assert theirs.authorization.number in only
    assert own.authorization.number not in only
    assert theirs.authorization.number in boss.get("/queue?mine=1").content.decode()
    assert theirs.authorization.number in boss.get("/queue/routine?mine=1").content.decode()
    with north.scope():
        assert again(theirs.authorization).owner_id == north.memberships["specialist"].id, "the owner stays"
    with time_machine.travel(NOW + 3 * DAY, tick=False):
        assert "away until" not in home_of(sign_in, north, "supervisor"), "it ends by itself"


def test_an_approval_is_passed_on_by_its_owner_and_the_supervisor_sees_what_was_not(
    north: House, sign_in: SignIn
) -> None:
    with north.scope():
        first, second = submitted(north), submitted(north)
        heard(north, first, APPROVAL)
        heard(north, second, APPROVAL)
        taken_over = authorize(north, ("H2014", 20), starts="11-01", ends="12-31", number="OLD-9")
    client, late = sign_in(north), "/approvals/not-passed-on"
    waiting = part(client.get("/").content.decode(), "Approved, pass it on")
    assert first.authorization.number in waiting
    assert taken_over.number not in waiting, "known already where it came from"
    answer = client.post(f"/authorizations/{first.authorization_id}/publish", {"back": "work"})
    assert answer["Location"] == "/"
    assert first.authorization.number not in part(client.get("/").content.decode(), "Approved, pass it on")
    with north.scope():
        row = Publication.objects.get(authorization_id=first.authorization_id)
        assert (row.done_at, row.done_by) == (NOW, "Specialist North")
    assert client.post(f"/authorizations/{first.authorization_id}/publish").status_code == 302, "twice is no error"
    assert second.authorization.number not in sign_in(north, "supervisor").get(late).content.decode(), "not a day yet"
    with time_machine.travel(NOW + DAY + timedelta(minutes=1), tick=False):
        boss = sign_in(north, "supervisor")
        listed = boss.get(late).content.decode()
        assert second.authorization.number in listed
        assert first.authorization.number not in listed
        assert re.search(r">1</strong> Approved, not passed on", boss.get("/").content.decode())


def test_an_approval_taken_off_again_asks_nobody_to_pass_it_on(in_north: House) -> None:
    from authorizations.publishing import open_publications
    from tests.tenancy.verbs import entered

    wrong = entered(in_north)
    assert [row.decision_id for row in open_publications()] == [wrong.id]
    correct_decision(wrong.id, None, reason="Another member", actor=in_north.actor(), now=NOW)
    assert not open_publications().exists()


def numbers_of(html: str) -> list[tuple[str, str]]:
    """(address, number) of each figure of the board."""
    found = re.findall(r'href="(/authorizations\?[^"]*)"[^>]*>(\d+)<', part_of_board(html))
    return [(address.replace("&amp;", "&"), number) for address, number in found]


def part_of_board(html: str) -> str:
    return html.partition('class="list stack board"')[2].partition("</table>")[0]


def test_every_number_of_the_board_is_that_of_the_list_it_opens(north: House, sign_in: SignIn) -> None:
    with north.scope():
        for _ in range(2):
            by_hand(north)
        drafted(north)
        held = in_status(north, Status.PENDED)
        soon, far = submitted(north), submitted(north)
        assign(held.id, north.memberships["supervisor"].id, reason="Hers", actor=north.actor(), now=NOW)
        set_next_action(soon.authorization_id, "Call", at=NOW + 3 * DAY, actor=north.actor(), now=NOW)
        set_next_action(far.authorization_id, "Call", at=NOW + 30 * DAY, actor=north.actor(), now=NOW)
        Submission.objects.filter(authorization=held).update(next_action_at=NOW - DAY)
        Authorization.objects.filter(id=held.id).update(next_action_at=NOW - DAY)
        assign(far.authorization_id, None, reason="Nobody’s", actor=north.actor(), now=NOW)
        away(north, "specialist", "supervisor")
    boss = sign_in(north, "supervisor")
    with CaptureQueriesContext(connection) as asked:
        html = boss.get("/workload").content.decode()
    counting = [
        each["sql"] for each in asked if "COUNT(" in each["sql"] and "authorizations_authorization" in each["sql"]
    ]
    assert len(counting) == 1, "counted in one statement"
    figures = numbers_of(html)
    assert {"overdue", "soon", "later"} <= {
        address.rpartition("due=")[2] for address, _ in figures if "due=" in address
    }
    assert "status=draft" in " ".join(address for address, _ in figures)
    for address, number in figures:
        listed = boss.get(f"{address}&rows=100").content.decode()
        table = listed.partition("<tbody")[2].partition("</tbody>")[0]
        assert len(set(re.findall(r'href="/authorizations/([0-9a-f-]{36})"', table))) == int(number), address
    board = text(html)
    assert "Nobody yet" in board
    assert "away until Wed Nov 25, Supervisor North stands in" in board


def test_a_supervisor_hands_several_over_in_three_presses(north: House, sign_in: SignIn) -> None:
    with north.scope():
        cases = [by_hand(north).authorization for _ in range(3)]
        assign(cases[2].id, None, reason="Came in so", actor=north.actor(), now=NOW)
        taker = north.memberships["supervisor"]
    boss, owner = sign_in(north, "supervisor"), north.memberships["specialist"].id
    address = f"/workload/{owner}"
    assert address in boss.get("/").content.decode(), "one press from the first page"
    page = boss.get(address).content.decode()
    ticked = re.findall(r'name="case" value="([0-9a-f-]{36})" checked', page)
    assert set(ticked) == {str(case.id) for case in cases[:2]}
    assert f'<option value="{owner}"' not in page, "they have it"
    said = {**form(page, 'name="case"'), "owner": str(taker.id), "reason": "On leave", "case": ticked}
    asked = boss.post("/authorizations/several", said).content.decode()
    assert "2 of 2 possible" in text(asked)
    sure = {**form(asked, 'name="sure"'), "case": ticked}
    assert (sure["owner"], sure["reason"]) == (str(taker.id), "On leave"), "not typed twice"
    answer = boss.post("/authorizations/several", sure)
    assert answer["Location"] == "/workload"
    with north.scope():
        assert {again(case).owner_id for case in cases[:2]} == {taker.id}
        assert again(cases[2]).owner_id is None
        row = HandOver.objects.get(authorization=cases[0])
        told = (row.before_name, row.after_name, row.reason, row.by)
        assert told == ("Specialist North", "Supervisor North", "On leave", "Supervisor North")
    unowned = boss.get("/workload/nobody").content.decode()
    assert cases[2].number in unowned


def test_one_case_changes_hands_for_a_reason_and_the_form_keeps_what_was_typed(north: House, sign_in: SignIn) -> None:
    with north.scope():
        case, gone = by_hand(north).authorization, in_status(north, Status.CANCELLED)
    client, taker = sign_in(north), str(north.memberships["supervisor"].id)
    address = f"/authorizations/{case.id}/hand-over"
    assert f'<option value="{north.memberships["specialist"].id}"' not in client.get(address).content.decode()
    refused = client.post(address, {"owner": taker, "reason": " ", "note": "She knows the payer."})
    assert refused.status_code == 422
    assert "Say why they change hands." in refused.content.decode()
    assert "She knows the payer." in refused.content.decode()
    assert client.post(address, {"owner": taker, "reason": "Away", "note": "Ask for Reyes."})["Location"].endswith(
        str(case.id)
    )
    with north.scope():
        row = HandOver.objects.get(authorization=case)
        assert (row.reason, row.note) == ("Away", "Ask for Reyes.")
    assert client.get(f"/authorizations/{gone.id}/hand-over").status_code == 409
    biller = north.memberships["biller"]
    assert f'value="{biller.id}"' not in client.get(address).content.decode(), "a role that could do nothing with it"
    with north.scope(), pytest.raises(NotAllowed, match="role does not work on requests"):
        assign(case.id, biller.id, reason="Away", actor=north.actor(), now=NOW)
    other = str(north.memberships["specialist"].id)
    overtaken = client.post(address, {"owner": other, "reason": "Back", "was": other})
    assert overtaken.status_code == 409
    assert "it is with Supervisor North now" in overtaken.content.decode()
    with north.scope():
        assert HandOver.objects.filter(authorization=case).count() == 1


def test_urgent_and_routine_are_queues_of_everything_open(north: House, sign_in: SignIn) -> None:
    with north.scope():
        hand = make_coverage(make_member(first_name="Otto"), north.manual)
        draft = drafted(north, priority="urgent")
        manual, sent = submitted(north, coverage=hand, priority="urgent"), submitted(north, priority="urgent")
        routine, done = by_hand(north), submitted(north, priority="urgent")
        Submission.objects.filter(id=sent.id).update(exchange_state="sent")
        heard(north, done, APPROVAL)
    client = sign_in(north)
    html = client.get("/queue/urgent").content.decode()
    numbers = re.findall(r'rowlink nowrap"[^>]*>(PA-\d+)<', html)
    assert set(numbers) == {draft.number, manual.authorization.number, sent.authorization.number}
    assert "Urgent 3" in text(html)
    assert "not sent by" not in text(html)
    assert routine.authorization.number in client.get("/queue/routine").content.decode()
    with time_machine.travel(datetime(2026, 11, 23, 21, 1, tzinfo=UTC), tick=False):
        html = sign_in(north).get("/queue/urgent").content.decode()
        rows = dict(re.findall(r'<tr role="row" class="(\w*)">\s*<th[^>]*><a[^>]*>(PA-\d+)', html))
        assert "2 urgent requests not sent by 4:00 PM" in text(html)
        late = re.findall(r"(?s)(PA-\d+)</a>(?:(?!</tr>).)*Not sent, cut-off 4:00 PM", html)
        assert set(late) == {draft.number, manual.authorization.number}, rows
        boss = home_of(sign_in, north, "supervisor")
        assert ">2</strong> Urgent, not sent by the cut-off" in boss
    admin = sign_in(north, "admin")
    assert admin.post("/configuration/urgent", {"at": "17:30"}).status_code == 302
    assert admin.post("/configuration/urgent", {"at": "noon"}).status_code == 422
    with time_machine.travel(datetime(2026, 11, 23, 21, 1, tzinfo=UTC), tick=False):
        assert "not sent by" not in text(sign_in(north).get("/queue/urgent").content.decode())


def test_what_comes_next_is_set_from_the_row_and_leads_back(north: House, sign_in: SignIn) -> None:
    with north.scope():
        waits, draft = by_hand(north), drafted(north)
    client, address = sign_in(north), f"/authorizations/{waits.authorization_id}/next?back=queue"
    assert address.replace("&", "&amp;") in client.get("/queue").content.decode()
    offered = form(client.get(address).content.decode(), 'name="words"')
    assert (offered["day"], offered["words"]) == ("2026-11-24", "Enter it in the payer's portal"), (
        "the next day of work"
    )
    page = client.post(address, {**offered, "day": "2026-11-20"})
    assert page.status_code == 422
    assert "This has passed" in page.content.decode()
    answer = client.post(address, {**offered, "words": "Ring Reyes", "day": "2026-11-25"})
    assert answer["Location"] == "/queue"
    with north.scope():
        row = again(waits.authorization)
        assert (row.next_action, row.next_action_at) == ("Ring Reyes", datetime(2026, 11, 25, 13, tzinfo=UTC))
    assert client.get(f"/authorizations/{draft.id}/next").status_code == 409


def test_who_is_waited_for_is_said_with_what_comes_next(north: House, sign_in: SignIn) -> None:
    with north.scope():
        pended = in_status(north, Status.PENDED)
        asked = in_status(north, Status.SUBMITTED)
    client, address = sign_in(north), f"/authorizations/{pended.id}/next"
    offered = form(client.get(address).content.decode(), 'name="words"')
    assert offered["waiting_on"] == "us"
    assert client.post(address, {**offered, "waiting_on": "payer"}).status_code == 422
    sent = {**offered, "waiting_on": "clinician", "words": "Wait for the signed plan"}
    assert client.post(address, sent).status_code == 302
    with north.scope():
        row = again(pended)
        assert (row.waiting_on, row.next_action) == ("clinician", "Wait for the signed plan")
    assert "Wait for the signed plan" in part(sign_in(north, "clinician").get("/").content.decode(), "Missing from you")
    assert "waiting=clinician" in client.get("/").content.decode()
    assert 'name="waiting_on"' not in client.get(f"/authorizations/{asked.id}/next").content.decode()


def test_previous_and_next_follow_the_order_of_my_work(in_north: House) -> None:
    rows = [by_hand(in_north) for _ in range(3)]
    for place, row in enumerate(rows):
        at = NOW + timedelta(hours=3 - place)
        set_next_action(row.authorization_id, "Call", at=at, actor=in_north.actor(), now=NOW)
    other = submitted(in_north).authorization
    owner = in_north.memberships["specialist"].id
    seen = Viewpoint(NOW, in_north.organization.zone, owner)
    last, middle, first = (again(row.authorization) for row in rows)
    with CaptureQueriesContext(connection) as asked:
        before, after = neighbours(middle, [owner], seen)
    assert len(asked) == 1
    assert (before, after) == (first, last)
    assert neighbours(first, [owner], seen) == (None, middle)
    assert neighbours(last, [owner], seen) == (middle, None)
    assert neighbours(other, [owner], seen) == (None, first), "from elsewhere to the first"


ROLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "specialist": (
        ("Mine, waiting on others", "Ending, no renewal"),
        ("The team today", "The exchange", "Charges flagged"),
    ),
    "supervisor": (("The team today",), ("The exchange", "Charges flagged")),
    "clinician": (
        ("Running low or ending within 30 days", "Missing from you"),
        ("The team today", "Next", "Ending, no renewal"),
    ),
    "biller": (("Charges flagged",), ("The team today", "Missing from you", "Ending, no renewal")),
    "scheduler": (("Running low or ending within 30 days",), ("Charges flagged", "The exchange", "Ending, no renewal")),
    "admin": (
        ("Look after",),
        ("The team today", "Charges flagged", "The exchange", "Running low or ending within 30 days"),
    ),
    "edi": (("The exchange", "Trading partners"), ("The team today", "Next", "Ending, no renewal")),
}


def test_a_flagged_charge_is_not_hidden_by_any_number_of_covered_ones(
    in_north: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("claims.flagged.MOST_LOOKED_AT", 1)
    authorize(in_north, ("H2019", 20), starts="11-01", ends="12-10", number="HC-9")
    post(in_north, bill("H2019", "11-18", 12), bill("H0032", "11-18", 4), number="C-1")
    post(in_north, bill("H2019", "11-20", 4), number="C-2")
    [found] = flagged(NOW - DAY, limit=10)
    assert (found.row.claim.number, found.undrawn) == ("C-1", Decimal(4))


@pytest.mark.parametrize("role", ROLES)
def test_the_first_page_shows_what_the_person_may_do(north: House, sign_in: SignIn, role: str) -> None:
    with north.scope():
        by_hand(north)
        asked = submitted(north)
        Submission.objects.filter(id=asked.id).update(waiting_on="clinician")
        Authorization.objects.filter(id=asked.authorization_id).update(waiting_on="clinician")
        authorize(north, ("H2019", 8), starts="11-01", ends="12-10", number="HC-9")
        over = post(north, bill("H2019", "11-20", 12, billed_number="HC-9"), number="C-77").claim
        post(north, bill("H0032", "11-20", 4), number="C-78")
    client = sign_in(north, role)
    with CaptureQueriesContext(connection) as asked_of_database:
        html = client.get("/").content.decode()
    shown, hidden = ROLES[role]
    assert [name for name in shown if not part(html, name)] == []
    assert [name for name in hidden if part(html, name)] == []
    assert len(asked_of_database) <= 40
    if role == "biller":
        listed = text(part(html, "Charges flagged"))
        assert re.search(r"C-78 .*4 of 4 not covered by any authorization", listed)
        assert f"/claims/{over.id}" in html
        assert "had left" in listed
    if role == "scheduler":
        assert 'action="/members/search"' in html


@pytest.mark.parametrize(
    ("scopes", "first"),
    [([Scope.AUTHORIZATION_READ], "/authorizations"), ([Scope.AUDIT_READ], "/audit"), ([], "/account")],
)
def test_who_has_no_work_begins_where_they_may(north: House, sign_in: SignIn, scopes: list[str], first: str) -> None:
    with north.scope():
        role = north.memberships["clinician"].role
        role.scopes = scopes
        role.save()
    answer = sign_in(north, "clinician").get("/")
    assert (answer.status_code, answer["Location"].rstrip("/")) == (302, first)
    assert sign_in(north, "clinician").get(first, follow=True).status_code == 200


def test_a_new_house_is_told_to_invite_people(north: House, south: House, sign_in: SignIn) -> None:
    from accounts.models import Membership

    with north.scope():
        Membership.objects.exclude(id=north.memberships["admin"].id).update(active=False)
    page: Any = sign_in(north, "admin").get("/").content.decode()
    assert "/account/people/invite" in part(page, "Before the first request")
    assert "Nothing needs you now" not in page, "the steps do"
    assert "Nothing needs you now" in home_of(sign_in, south, "admin"), "who has taken them all"
