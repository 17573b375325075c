"""Several rows of the list at once: what is possible is said first, then done, and the list is back as it was."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from audit.models import AuditEvent
from authorizations.models import Authorization, Submission, Task
from authorizations.renewing import renew
from authorizations.states import Status
from authorizations.work import open_task
from tests.authorizations.cases import again, drafted, in_status, submitted
from tests.cast import NOW, House
from tests.claims.stage import authorize
from tests.web.conftest import SignIn
from tests.web.pages import text

ADDRESS = "/authorizations/several"


def cover(house: House, code: str) -> Authorization:
    return authorize(house, (code, 80), starts="09-01", ends="12-10")


def send(client: Any, doing: str, *cases: Authorization, **more: str) -> Any:
    return client.post(ADDRESS, {"do": doing, "case": [str(case.id) for case in cases], **more})


def test_what_cannot_be_renewed_is_said_before_anything_is_made(north: House, sign_in: SignIn) -> None:
    with north.scope():
        fits, has_one, asked = cover(north, "H2019"), cover(north, "H2014"), drafted(north)
        renewal = renew(has_one.id, owner=None, actor=north.actor(), now=NOW)
        before = Authorization.objects.count()
    page = text(send(sign_in(north), "renew", fits, has_one, asked).content.decode())
    assert "1 of 3 possible" in page
    assert f"{has_one.number} has the renewal {renewal.number} already." in page
    assert f"{asked.number} is draft" in page
    with north.scope():
        assert Authorization.objects.count() == before


def test_each_that_fits_gets_a_draft_and_twice_makes_no_second(north: House, sign_in: SignIn) -> None:
    with north.scope():
        one, two, asked = cover(north, "H2019"), cover(north, "H2014"), in_status(north, Status.SUBMITTED)
    client = sign_in(north)
    answer = send(client, "renew", one, two, asked, sure="1", back="status=approved&sort=age&next=//evil.example")
    assert answer["Location"] == "/authorizations?status=approved&sort=age"
    send(client, "renew", one, two, sure="1")
    with north.scope():
        drafts = Authorization.objects.filter(parent__isnull=False)
        assert {draft.parent_id for draft in drafts} == {one.id, two.id}
        assert {(draft.status, draft.owner_id) for draft in drafts} == {("draft", north.memberships["specialist"].id)}
    assert "2 renewals drafted." in text(client.get(answer["Location"]).content.decode())


def test_a_case_is_handed_over_with_its_open_work(north: House, sign_in: SignIn) -> None:
    supervisor = north.memberships["supervisor"]
    with north.scope():
        case = submitted(north).authorization
        open_task(case, "look", "Look at this", now=NOW)
    send(sign_in(north), "assign", case, sure="1", owner=str(supervisor.id), reason="Away")
    with north.scope():
        row = again(case)
        assert (row.owner_id, row.owner_name, row.version) == (supervisor.id, supervisor.label, case.version + 1)
        assert Submission.objects.get(authorization=case).owner_id == supervisor.id
        assert Task.objects.get(authorization=case, kind="look").owner_id == supervisor.id
        event = AuditEvent.objects.get(action="authorization.assigned")
        assert event.data["before"] == str(north.memberships["specialist"].id)
        assert event.data["owner"] == str(supervisor.id)


def test_what_was_theirs_already_is_not_written_again(north: House, sign_in: SignIn) -> None:
    with north.scope():
        case = drafted(north)
    client, why = sign_in(north), {"sure": "1", "reason": "Dana left"}
    page = text(send(client, "assign", case, owner=str(north.memberships["specialist"].id)).content.decode())
    assert "0 of 1 possible" in page
    assert f"{case.number} is with Specialist North already." in page
    send(client, "assign", case, owner=str(north.memberships["specialist"].id), **why)
    send(client, "assign", case, owner="nobody", **why)
    with north.scope():
        row = again(case)
        assert (row.owner_id, row.owner_name, row.version) == (None, "", case.version + 1)
        assert AuditEvent.objects.filter(action="authorization.assigned").count() == 1


def test_without_a_colleague_of_the_house_nothing_is_assigned(north: House, south: House, sign_in: SignIn) -> None:
    with north.scope():
        case = drafted(north)
    for owner in ("", "x", str(south.memberships["specialist"].id)):
        answer = send(sign_in(north), "assign", case, sure="1", owner=owner, reason="Away")
        assert answer.status_code == 422
        assert "Choose who looks after them." in answer.content.decode()
    with north.scope():
        assert again(case).version == case.version


def test_nothing_ticked_and_foreign_rows_are_sent_back(north: House, south: House, sign_in: SignIn) -> None:
    with south.scope():
        foreign = drafted(south)
    client = sign_in(north)
    assert send(client, "renew")["Location"] == "/authorizations?"
    assert send(client, "assign", foreign, sure="1", owner="nobody")["Location"] == "/authorizations?"
    with south.scope():
        assert again(foreign).version == foreign.version


def test_rows_are_ticked_by_those_who_may_write_only(north: House, sign_in: SignIn) -> None:
    with north.scope():
        drafted(north)
    assert 'name="case"' in sign_in(north).get("/authorizations").content.decode()
    assert 'name="case"' not in sign_in(north, "clinician").get("/authorizations").content.decode()


def test_the_next_action_stands_on_the_row_and_where_the_answer_is_waited_for(north: House, sign_in: SignIn) -> None:
    with north.scope():
        sent, held = submitted(north).authorization, cover(north, "H2019")
        asked = drafted(north)
    said = {"words": "Call the payer", "day": "2026-11-25"}
    client = sign_in(north)
    page = text(send(client, "next", sent, held, asked).content.decode())
    assert "2 of 3 possible" in page
    assert f"{asked.number} is a draft" in page
    send(client, "next", sent, held, asked, sure="1", **said)
    with north.scope():
        for case in (sent, held):
            row = again(case)
            assert (row.next_action, row.next_action_at) == ("Call the payer", datetime(2026, 11, 25, 13, tzinfo=UTC))
        assert Submission.objects.get(authorization=sent).next_action == "Call the payer"
        assert Task.objects.get(authorization=held).kind == "follow_up"
        assert again(asked).next_action == "Complete and submit"


def test_a_day_that_has_passed_and_no_words_set_nothing(north: House, sign_in: SignIn) -> None:
    with north.scope():
        case = submitted(north).authorization
    client = sign_in(north)
    for words, day in (("", "2026-11-25"), ("Call", ""), ("Call", "tomorrow"), ("x" * 121, "2026-11-25")):
        assert send(client, "next", case, sure="1", words=words, day=day).status_code == 422
    page = client.get(send(client, "next", case, sure="1", words="Call", day="2026-11-22")["Location"])
    assert "This has passed" in text(page.content.decode())
    with north.scope():
        assert again(case).version == case.version


def test_what_must_be_looked_at_comes_before_any_other_next_action(north: House, sign_in: SignIn) -> None:
    with north.scope():
        case = cover(north, "H2019")
        open_task(case, "over", "More was used than approved", now=NOW)
    page = text(send(sign_in(north), "next", case).content.decode())
    assert f"{case.number} has something to look at first: More was used than approved" in page
