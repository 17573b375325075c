"""The page of a case: both numbers, one sentence of who does what, requested beside approved, and what happened."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import time_machine

from audit.actors import Actor
from audit.models import AuditEvent
from authorizations.decisions import Answer, CapPeriod, CapTerms, LineOutcome
from authorizations.errors import Problem
from authorizations.models import Authorization
from authorizations.services import note_exchange
from authorizations.states import ExchangeState, Status
from authorizations.transitions import discard, record_answer, return_unsent
from authorizations.work import open_task
from claims.services import void_claim
from tests.authorizations.cases import PEND, drafted, heard, in_status, message, said, submitted, units
from tests.cast import NOW, TODAY, House
from tests.claims.stage import authorize, bill, change_terms, post
from tests.web.conftest import SignIn
from tests.web.pages import text
from tests.web.stage import by_hand
from tests.web.theatre import plain_body


def shown(sign_in: SignIn, house: House, case: Authorization, tab: str = "", role: str = "specialist") -> str:
    page = sign_in(house, role).get(f"/authorizations/{case.id}{f'?tab={tab}' if tab else ''}")
    assert page.status_code == 200
    return page.content.decode()


def test_fewer_units_than_asked_stand_beside_what_was_asked(north: House, sign_in: SignIn) -> None:
    with north.scope():
        asked = submitted(north, units("H2019", 480), units("H2014", 80))
        heard(north, asked, message(said(1, LineOutcome.MODIFIED, 360), said(2, LineOutcome.APPROVED, 80)))
        case = Authorization.objects.get(id=asked.authorization_id)
    page = text(shown(sign_in, north, case))
    assert "480 360 120 fewer than asked 0 360 of 360 left" in page
    assert "HC-7001" in page
    assert f"{case.number} Copy our number" in page


def test_a_refused_line_is_named_and_never_drawn_as_a_meter(north: House, sign_in: SignIn) -> None:
    with north.scope():
        asked = submitted(north, units("H2019", 480), units("H2014", 80))
        heard(north, asked, message(said(1, LineOutcome.APPROVED, 480), said(2, LineOutcome.DENIED)))
        case = Authorization.objects.get(id=asked.authorization_id)
    page = text(shown(sign_in, north, case))
    assert "Approved not every line" in page
    assert "80 0 0 Not approved" in page
    assert "H2019 480 as asked, H2014 not approved" in page


def test_a_submitted_request_says_how_far_it_came_and_by_when_the_payer_answers(north: House, sign_in: SignIn) -> None:
    with north.scope():
        asked = submitted(north)
        note_exchange(asked.id, ExchangeState.SENT, actor=north.actor(), now=NOW)
        note_exchange(asked.id, ExchangeState.ACKNOWLEDGED, actor=north.actor(), now=NOW)
    page = text(shown(sign_in, north, asked.authorization))
    assert "Harborline North decides" in page
    assert "Harborline North confirmed it received the request" in page
    assert "no answer yet" in page


def test_a_pend_says_what_to_give_in_the_payers_own_words(north: House, sign_in: SignIn) -> None:
    with north.scope():
        asked = submitted(north)
        heard(
            north,
            asked,
            message(said(1, LineOutcome.PENDED), said(2, LineOutcome.PENDED), message="Send the plan", reasons=("0U",)),
        )
    page = text(shown(sign_in, north, asked.authorization))
    assert "Specialist North gives Harborline North what it asks for" in page
    assert "“Send the plan”, more information about the patient is wanted (0U)" in page


def test_what_is_used_up_or_over_names_who_sees_to_it_until_it_is_long_ago(north: House, sign_in: SignIn) -> None:
    with north.scope():
        used = authorize(north, ("H2019", 8), starts="11-01", ends="12-31", number="A")
        post(north, bill("H2019", "11-20", 8))
        over = authorize(north, ("H2014", 80), starts="10-01", ends="11-20", number="B")
        soon = authorize(north, ("H0032", 8), starts="11-01", ends="11-25", number="C")
    page = text(shown(sign_in, north, used))
    assert "Somebody asks for a renewal : every unit is used, nothing more may be given under it." in page
    assert "asks for a renewal : cover ended Nov 20, nothing more" in text(shown(sign_in, north, over))
    assert "renewal now : the payer’s lead time has begun, cover ends in 2 days" in text(shown(sign_in, north, soon))
    with time_machine.travel(NOW + timedelta(days=35), tick=False):
        assert "Cover ended Nov 20: nothing more may be given" in text(shown(sign_in, north, over))


def test_what_is_to_be_looked_at_ends_with_one_full_stop(north: House, sign_in: SignIn) -> None:
    with north.scope():
        case = authorize(north, ("H2019", 320), starts="10-01", ends="12-03", number="A")
        open_task(case, "not_delivered", "The partner refuses the message (HTTP 404).", now=NOW)
    page = text(shown(sign_in, north, case))
    assert "looks at it by Tue Nov 24" in page
    assert "The partner refuses the message (HTTP 404)." in page
    assert "(HTTP 404). ." not in page, "two full stops, with the end of the bold words between them"


def test_a_discarded_draft_was_never_sent(north: House, sign_in: SignIn) -> None:
    with north.scope():
        case = drafted(north)
        discard(case.id, actor=north.actor(), now=NOW)
    page = text(shown(sign_in, north, case))
    assert "Closed: nothing more happens here" in page
    assert "Nothing was ever sent." in page
    assert "Draft discarded" in page


def test_the_bar_has_its_words_and_months_add_up_to_it(north: House, sign_in: SignIn) -> None:
    with north.scope():
        case = authorize(north, ("H2019", 100), starts="10-01", ends="12-31", number="A")
        post(north, bill("H2019", "10-31", 12), number="C-1")
        post(north, bill("H2019", "11-20", 8), number="C-2")
    page = text(shown(sign_in, north, case, "utilization"))
    assert "20 of 100 units used (20 %), 80 left" in page
    assert "Oct 12" in page
    assert "Nov (to 23) 8" in page
    assert "Total 20 80" in page


def test_a_voided_claim_stays_visible_with_both_entries(north: House, sign_in: SignIn) -> None:
    with north.scope():
        case = authorize(north, ("H2019", 100), starts="10-01", ends="12-31", number="A")
        claim = post(north, bill("H2019", "11-20", 8), number="C-1").claim
        void_claim(claim.id, actor=north.actor(), now=NOW)
    page = text(shown(sign_in, north, case, "claims"))
    assert "Voided: 8 drawn, 8 given back" in page
    assert "0 of 100 units used" in text(shown(sign_in, north, case, "utilization"))


def test_units_beyond_what_is_approved_say_over_by(north: House, sign_in: SignIn) -> None:
    with north.scope():
        case = authorize(north, ("H2019", 10), starts="10-01", ends="12-31", number="A")
        post(north, bill("H2019", "11-20", 14), number="C-1")
    page = text(shown(sign_in, north, case, "utilization"))
    assert "over by 4" in page
    assert "over by 4" in page.partition("What drew from it")[2]


def test_the_poll_is_silent_while_nothing_changes_and_shows_the_answer_once_it_came(
    north: House, sign_in: SignIn
) -> None:
    with north.scope():
        asked = submitted(north)
    client = sign_in(north)
    page = client.get(f"/authorizations/{asked.authorization_id}").content.decode()
    poll = page.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
    headers = {"HX-Request": "true", "X-Status-Poll": "1"}
    assert client.get(poll, headers=headers).status_code == 204
    with north.scope():
        heard(north, asked, message(said(1, LineOutcome.APPROVED, 80), said(2, LineOutcome.APPROVED, 40)))
    answer = client.get(poll, headers=headers)
    assert answer.status_code == 200
    assert "80 of 80 left" in text(answer.content.decode())
    assert "every 2s" not in answer.content.decode()


def test_the_poll_writes_no_audit_event_and_does_not_extend_the_sign_in(north: House, sign_in: SignIn) -> None:
    with north.scope():
        asked = submitted(north)
    client = sign_in(north)
    page = client.get(f"/authorizations/{asked.authorization_id}").content.decode()
    poll = page.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
    with north.scope():
        before = AuditEvent.objects.count()
    seen = client.session["seen_at"]
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        for _ in range(3):
            assert client.get(poll, headers={"X-Status-Poll": "1"}).status_code == 204
    with north.scope():
        assert AuditEvent.objects.count() == before
    assert client.session["seen_at"] == seen


def test_a_case_of_another_organization_and_one_that_never_was_answer_alike(
    north: House, south: House, sign_in: SignIn
) -> None:
    with north.scope():
        case = in_status(north, Status.APPROVED)
    client = sign_in(south)
    foreign: Any = client.get(f"/authorizations/{case.id}")
    unknown: Any = client.get(f"/authorizations/{uuid.uuid4()}")
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert plain_body(foreign) == plain_body(unknown)
    assert client.get(f"/authorizations/{case.id}/status?seen=x").status_code == 404


def test_a_note_is_kept_with_its_author_and_shown_as_it_was_written(north: House, sign_in: SignIn) -> None:
    with north.scope():
        case = in_status(north, Status.PENDED)
    client = sign_in(north, "clinician")
    client.post(f"/authorizations/{case.id}/notes", {"text": "Called <b>twice</b>"})
    page = client.get(f"/authorizations/{case.id}?tab=communication").content.decode()
    assert "Called &lt;b&gt;twice&lt;/b&gt;" in page
    assert "Clinician North" in text(page)


def test_messages_are_a_click_away_only_for_those_who_work_the_exchange(north: House, sign_in: SignIn) -> None:
    with north.scope():
        asked = submitted(north)
        heard(north, asked, PEND)
    page = shown(sign_in, north, asked.authorization, role="specialist")
    assert "/exchange/messages/" in page
    assert "/exchange/messages/" not in shown(sign_in, north, asked.authorization, role="scheduler")


def test_a_member_sees_what_is_left_by_code_over_all_authorizations_in_force(north: House, sign_in: SignIn) -> None:
    with north.scope():
        authorize(north, ("H0032", 8), starts="10-01", ends="12-12", number="A")
        authorize(north, ("H0032", 4), starts="11-01", ends="12-31", number="B")
        post(north, bill("H0032", "11-20", 3), number="C-1")
    page = text(sign_in(north, "clinician").get(f"/members/{north.member.id}").content.decode())
    assert "9 of 12 left" in page
    assert "5 of 8 and 4 of 4" in page
    assert "5 left, used first" in page


def test_a_code_without_cover_says_since_when(north: House, sign_in: SignIn) -> None:
    with north.scope():
        authorize(north, ("T1019", 8), starts="09-01", ends="10-31", number="A")
    page = text(sign_in(north, "clinician").get(f"/members/{north.member.id}").content.decode())
    assert "No cover cover ended Oct 31" in page
    assert "no cover since Nov 1" in page


def test_a_limit_says_what_this_week_still_allows(north: House, sign_in: SignIn) -> None:
    with north.scope():
        case = authorize(north, ("H2019", 400), starts="10-01", ends="12-31", number="A")
        change_terms(case, caps=(CapTerms(CapPeriod.WEEK, Decimal(40)), CapTerms(CapPeriod.MONTH, Decimal(90))))
        post(north, bill("H2019", "11-18", 30), bill("H2019", "11-22", 28), number="C-1")
    page = text(shown(sign_in, north, case, "utilization"))
    assert "This week (Sun Nov 22 to Sat Nov 28) : 28 of 40 , 12 left" in page
    assert "This month (Sun Nov 1 to Mon Nov 30) : 58 of 90 , 32 left" in page


def test_a_day_gone_by_shows_what_was_recorded_until_then(north: House, sign_in: SignIn) -> None:
    with north.scope():
        case = authorize(north, ("H2019", 100), starts="10-01", ends="12-31", number="A")
        claim = post(north, bill("H2019", "11-20", 8), number="C-1").claim
        later = NOW + timedelta(days=2)
        void_claim(claim.id, actor=north.actor(), now=later)
        change_terms(case, quantity=Decimal(60))
    with time_machine.travel(NOW + timedelta(days=3), tick=False):
        assert "0 of 60 units used" in text(shown(sign_in, north, case, "utilization"))
        then = text(shown(sign_in, north, case, "utilization&as_of=2026-11-23"))
        assert "As it stood at the end of Nov 23" in then
        assert "8 of 60 units used" in then
        assert "Total 8 52" in then
        before = text(shown(sign_in, north, case, "utilization&as_of=2026-11-22"))
        assert "Nothing could be used on Nov 22" in before
        for odd in ("2026-13-45", "2027-01-01", "x"):
            assert "0 of 60 units used" in text(shown(sign_in, north, case, f"utilization&as_of={odd}"))


def test_a_contact_with_the_payer_is_kept_with_person_reference_and_minutes(north: House, sign_in: SignIn) -> None:
    with north.scope():
        case = in_status(north, Status.PENDED)
    client = sign_in(north)
    address = f"/authorizations/{case.id}/notes"
    slip = client.post(address, {"channel": "phone", "text": "Waits for a nurse", "next_action": "Call again"})
    assert slip.status_code == 422
    assert "Say who was on the phone." in text(slip.content.decode())
    assert "Waits for a nurse" in slip.content.decode()
    told = {"channel": "phone", "text": "Waits for a nurse", "spoken_with": "M. Reyes", "minutes": "12"}
    more = {"reference": "CALL-7", "next_action": "Call again", "next_on": "2026-11-25"}
    assert client.post(address, told | more).status_code == 302
    client.post(address, {"channel": "fax", "text": "Sent the plan", "minutes": "3"})
    page = text(shown(sign_in, north, case, "communication"))
    assert "2 contacts, 15 minutes spent" in page
    assert "Phone with M. Reyes, 12 min, ref. CALL-7" in page
    assert "Next: Call again" in page
    assert "Phone with M. Reyes, 12 min, ref. CALL-7" in text(shown(sign_in, north, case))
    with north.scope():
        assert Authorization.objects.get(id=case.id).next_action == "Call again"
        assert AuditEvent.objects.filter(action="contact.logged", authorization_id=case.id).count() == 2


def test_other_terms_are_flagged_until_somebody_accepts_or_disputes_them(north: House, sign_in: SignIn) -> None:
    with north.scope():
        asked = submitted(north)
        heard(north, asked, message(said(1, LineOutcome.MODIFIED, 60), said(2, LineOutcome.APPROVED, 40)))
        case = Authorization.objects.get(id=asked.authorization_id)
    client = sign_in(north)
    with north.scope():
        shortfall = case.tasks.get(kind="shortfall").id
    assert client.post(f"/authorizations/{case.id}/tasks/{shortfall}/close").status_code == 409
    page = text(shown(sign_in, north, case))
    assert "Looked at" not in page
    assert "Specialist North accepts or disputes what Harborline North approved by Tue Nov 24" in page
    assert page.count("60 of 80 units of H2019") == 3, "the sentence, and the two steps of what happened and is ahead"
    assert shown(sign_in, north, case).partition("btn-primary")[2].startswith('" type="submit"'), "Accept is solid"
    assert "to accept or dispute" in text(client.get("/authorizations").content.decode())
    address = f"/authorizations/{case.id}/terms"
    late = client.post(address, {"do": "accept", "version": "1"})
    assert late.status_code == 409
    assert "Changed by Specialist North on Nov 23, 10:18 AM." in text(late.content.decode())
    assert f'href="/authorizations/{case.id}">Look at it as it is now' in late.content.decode()
    assert "Say what is wrong with it." in text(client.post(address, {"do": "dispute"}).content.decode())
    answer = client.post(address, {"do": "dispute", "reason": "Needs 80", "follow": "appeal"})
    assert answer["Location"] == f"/authorizations/{case.id}/appeal"
    page = text(shown(sign_in, north, case))
    assert "Terms disputed Needs 80 Specialist North" in page
    assert "accepts or disputes" not in page
    assert "Appeal the disputed terms . Specialist North looks at it" in page
    assert page.count("Looked at") == 1
    assert client.post(address, {"do": "accept"}).status_code == 409


def test_what_one_person_recorded_is_unverified_until_another_confirms_it(north: House, sign_in: SignIn) -> None:
    admin = sign_in(north, "admin")
    assert admin.post("/account/people/second-look", {"required": "yes"}).status_code == 302
    with north.scope():
        asked = by_hand(north)
        answer = Answer(overall=said(None, LineOutcome.APPROVED), certification_number="HC-1", decided_on=TODAY)
        who = north.actor()
        decision = record_answer(asked.authorization_id, answer, submission_id=asked.id, actor=who, now=NOW).decision
        case = Authorization.objects.get(id=asked.authorization_id)
        claim = post(north, bill("H2019", "11-24", 4), coverage=case.coverage, number="C-1").claim
    assert "Another person compares what Specialist North recorded" in text(shown(sign_in, north, case))
    address = f"/decisions/{decision.id}/review"
    assert sign_in(north).post(address, {"do": "confirm"}).status_code == 409
    assert "unverified" in text(sign_in(north).get("/authorizations").content.decode())
    assert "unverified" in text(sign_in(north, "biller").get(f"/claims/{claim.id}").content.decode())
    other = sign_in(north, "supervisor")
    assert "Look and confirm" in text(shown(sign_in, north, case, role="supervisor"))
    assert "HC-1" in text(other.get(address).content.decode())
    assert other.post(address, {"do": "confirm"}).status_code == 302
    page = text(shown(sign_in, north, case))
    assert "Entry confirmed by a second person" in page
    assert "Unverified" not in page


def test_a_message_that_was_refused_unread_says_when_it_came_back(north: House, sign_in: SignIn) -> None:
    with north.scope():
        asked = submitted(north)
        wire: Any = {"actor": Actor.job("Exchange"), "now": NOW}
        note_exchange(asked.id, ExchangeState.SENT, **wire)
        return_unsent(asked.id, [Problem("lines-1.codes", "The code is not valid.")], **wire)
    page = text(shown(sign_in, north, asked.authorization))
    assert "The system of Harborline North refused the message The code is not valid." in page
    assert page.count("The code is not valid") == 2, "where it is mended, and where it is told"
    assert "came back unreviewed" in page


def test_a_rejected_entry_leads_to_its_correction_and_asks_for_no_second_look(north: House, sign_in: SignIn) -> None:
    sign_in(north, "admin").post("/account/people/second-look", {"required": "yes"})
    with north.scope():
        asked = by_hand(north)
        answer = Answer(overall=said(None, LineOutcome.APPROVED), certification_number="HC-1", decided_on=TODAY)
        who = north.actor()
        decision = record_answer(asked.authorization_id, answer, submission_id=asked.id, actor=who, now=NOW).decision
        case = Authorization.objects.get(id=asked.authorization_id)
    wrong = {"do": "reject", "reason": "The letter says HC-2"}
    assert sign_in(north, "supervisor").post(f"/decisions/{decision.id}/review", wrong).status_code == 302
    html = shown(sign_in, north, case)
    assert "rejects what Specialist North recorded: correct the entry . Specialist North does so" in text(html)
    assert f'btn-primary" href="/decisions/{decision.id}/correct"' in html
    assert "with its proof" not in text(html)
    with north.scope():
        task = case.tasks.get(kind="entry_rejected").id
    closed = sign_in(north).post(f"/authorizations/{case.id}/tasks/{task}/close")
    assert closed.status_code == 409, "only a correction is done with it"


def test_cover_that_ends_with_the_coverage_says_so(north: House, sign_in: SignIn) -> None:
    with north.scope():
        north.coverage.ends_on = date(2026, 12, 1)
        north.coverage.save()
        case = authorize(north, ("H2019", 80), starts="11-01", ends="12-31", number="HC-2")
    page = text(shown(sign_in, north, case))
    assert "Cover ends Dec 1 with the member’s coverage , not Dec 31 as approved" in page
