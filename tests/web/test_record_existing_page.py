"""Recording an approval that existed before: what is typed stands as approved, nothing is sent, nothing is lost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from authorizations.models import Authorization, LedgerEntry, LineVersion, OpeningBalance, Submission
from authorizations.states import Status
from edi.models import Message
from tests.cast import House, make_coverage, make_member
from tests.claims.stage import authorize, bill, post
from tests.web.conftest import SignIn
from tests.web.pages import form, text


def address(house: House) -> str:
    return f"/members/{house.member.id}/authorizations/existing"


def filled(client: Client, house: House, **more: str) -> dict[str, Any]:
    """The form as the browser holds it, with an approval of 120 units of H2019 by letter."""
    values = form(client.get(address(house)).content.decode(), 'name="evidence"')
    return values | {
        "number": "HC-7001",
        "source": "letter",
        "evidence": "Letter of Oct 3, binder 2",
        "starts_on": "2026-10-05",
        "ends_on": "2027-04-02",
        "lines-0-code": "H2019",
        "lines-0-quantity": "120",
        "lines-0-quantity_type": "units",
        "do": "save",
    } | {name.replace("line_", "lines-0-"): value for name, value in more.items()}  # fmt: skip


def recorded(client: Client, house: House, **more: str) -> Authorization:
    answer = client.post(address(house), filled(client, house, **more))
    assert answer.status_code == 302, text(answer.content.decode())
    with house.scope():
        row: Authorization = Authorization.objects.get()
    return row


def refused(client: Client, house: House, **more: str) -> str:
    """What the page says; nothing is kept."""
    answer = client.post(address(house), filled(client, house, **more))
    assert answer.status_code == 422, answer.headers.get("Location")
    with house.scope():
        assert not Authorization.objects.exists()
    return answer.content.decode()


def test_approval_by_letter_stands_and_nothing_is_sent(north: House, sign_in: SignIn) -> None:
    row = recorded(sign_in(north), north)
    with north.scope():
        submission = Submission.objects.get()
        assert (row.status, row.certification_number, row.tight_remaining) == (Status.APPROVED, "HC-7001", Decimal(120))
        assert (submission.purpose, submission.channel, submission.due_at) == ("existing", "letter", None)
        assert not Message.objects.exists()
        version = LineVersion.objects.get()
        assert (version.starts_on, version.ends_on) == (date(2026, 10, 5), date(2027, 4, 2))


def test_units_used_before_stand_in_the_meter_and_as_a_line_of_their_own(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    row = recorded(client, north, line_used="30", used_until="2026-11-20", used_proof="Statement of Nov 20")
    with north.scope():
        entry = LedgerEntry.objects.get()
        assert (entry.kind, entry.quantity, entry.service_date) == ("opening", Decimal(30), date(2026, 11, 20))
        assert OpeningBalance.objects.get().evidence == "Statement of Nov 20"
        assert row.tight_remaining == Decimal(90)
    page = text(client.get(f"/authorizations/{row.id}?tab=utilization").content.decode())
    assert "30 of 120 units used" in page
    assert "Statement of Nov 20" in page


def test_units_used_before_count_in_the_pace_by_the_days_they_were_used_over(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    row = recorded(client, north, line_used="47", used_until="2026-11-20", used_proof="Statement of Nov 20")
    page = text(client.get(f"/authorizations/{row.id}?tab=utilization").content.decode())
    assert "used 6.2 a week" in page


def test_claims_posted_before_draw_from_it(north: House, sign_in: SignIn) -> None:
    with north.scope():
        post(north, bill("H2019", "11-20"), number="C-1")
    assert recorded(sign_in(north), north).tight_remaining == Decimal(112)


def test_no_limit_is_its_own_value(north: House, sign_in: SignIn) -> None:
    recorded(sign_in(north), north, line_quantity="", line_how_much="unlimited")
    with north.scope():
        version = LineVersion.objects.get()
        assert (version.basis, version.quantity) == ("unlimited", None)


def test_large_number_is_asked_about_as_no_limit(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    page = refused(client, north, line_quantity="99999")
    assert "choose “no limit” instead" in text(page)
    assert form(page, 'name="evidence"')["lines-0-quantity"] == "99999"
    recorded(client, north, line_quantity="99999", confirm="lines-0-quantity:99,999")


def test_limits_a_day_a_week_and_a_month_are_kept(north: House, sign_in: SignIn) -> None:
    recorded(sign_in(north), north, line_a_day="8", line_a_week="30", line_a_month="100")
    with north.scope():
        caps = {cap["period"]: cap["quantity"] for cap in LineVersion.objects.get().caps}
    assert caps == {"day": "8", "week": "30", "month": "100"}


def test_codes_may_share_one_total(north: House, sign_in: SignIn) -> None:
    recorded(sign_in(north), north, line_also="H2014")
    with north.scope():
        assert [code["code"] for code in LineVersion.objects.get().codes] == ["H2019", "H2014"]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"number": ""}, "Enter the payer’s number, or why it gave none."),
        ({"evidence": ""}, "What proves it: Say where the proof is kept."),
        ({"source": "phone"}, "Say who told you."),
        ({"starts_on": ""}, "Approved from: Give the first day approved."),
        ({"ends_on": "2026-10-01"}, "The last day is before the first day."),
        ({"decided_on": "2026-11-24"}, "This day has not come yet."),
        ({"line_quantity": ""}, "Say how much was approved, or that there is no limit."),
        ({"line_quantity": "1.5"}, "The number of units must be whole."),
        ({"line_how_much": "unlimited"}, "Leave it empty, or choose “the number given”."),
        ({"line_code": "H2O19"}, "H2O19 is not in the HCPCS set."),
        ({"line_code": ""}, "Give the code"),
        ({"line_code": "", "line_quantity": ""}, "Give the code that was approved."),
        ({"line_also": "Z9Z9Z"}, "Z9Z9Z is not a code we know"),
        ({"line_a_week": "2.5"}, "The number of units must be whole."),
        ({"line_used": "4"}, "Say until which day they are counted."),
        ({"line_used": "4", "used_until": "2026-11-01"}, "Say where the figure comes from"),
        ({"line_used": "4", "used_until": "2026-09-01", "used_proof": "x"}, "before the first day approved"),
        ({"line_used": "4", "line_quantity": "", "line_how_much": "unknown"}, "Nothing is counted where"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(
    north: House, sign_in: SignIn, typed: dict[str, str], words: str
) -> None:
    page = refused(sign_in(north), north, **typed)
    assert words in text(page)
    values = form(page, 'name="evidence"')
    assert values["number"] == typed.get("number", "HC-7001")
    assert values["lines-0-quantity"] == typed.get("line_quantity", "120")


@pytest.mark.parametrize(
    ("typed", "words", "key"),
    [
        ({"ends_on": "2026-11-01"}, "Nov 1, 2026 has passed", "ends_on:2026-11-01"),
        ({"starts_on": "2016-10-05"}, "Oct 5, 2016 is far from today", "starts_on:2016-10-05"),
        ({"decided_on": "2016-10-05"}, "Check the year", "decided_on:2016-10-05"),
        ({"number": "NONE"}, "does not look like an authorization number", "number:NONE"),
        (
            {"line_used": "150", "used_until": "2026-11-01", "used_proof": "list"},
            "150 used is more than the 120 approved",
            "lines-0-used:150",
        ),
    ],
)
def test_slip_is_asked_about_and_kept_when_it_is_right(
    north: House, sign_in: SignIn, typed: dict[str, str], words: str, key: str
) -> None:
    client = sign_in(north)
    page = refused(client, north, **typed)
    assert words in text(page)
    assert f'value="{key}"' in page
    answer = client.post(address(north), filled(client, north, **typed) | {"confirm": [key, "ends_on:2027-04-02"]})
    assert answer.status_code == 302


def test_number_that_stands_already_is_warned_about(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    with north.scope():
        other = make_member()
        make_coverage(other, north.electronic)
        standing = authorize(north, ("H2014", 10), starts="10-01", ends="12-31", number="HC-7001")
    answer = client.post(address(north), filled(client, north))
    assert answer.status_code == 422
    assert f"{standing.number} has this number of the same payer already." in text(answer.content.decode())


def test_same_code_in_the_same_days_is_warned_about(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    with north.scope():
        standing = authorize(north, ("H2019", 80), starts="10-01", ends="12-31", number="HC-1")
    answer = client.post(address(north), filled(client, north))
    assert answer.status_code == 422
    assert f"H2019 is already covered by {standing.number}" in text(answer.content.decode())


def test_one_press_too_many_records_it_once(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    values = filled(client, north)
    assert [client.post(address(north), values).status_code for _ in range(2)] == [302, 302]
    with north.scope():
        assert Authorization.objects.count() == 1


def test_lines_are_added_and_taken_off_without_losing_the_rest(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    more = form(client.post(address(north), filled(client, north) | {"do": "add-line"}).content.decode(), "evidence")
    assert (more["lines-TOTAL_FORMS"], more["lines-0-quantity"], more["lines-1-code"]) == ("2", "120", "")
    less = form(client.post(address(north), more | {"do": "remove-1"}).content.decode(), "evidence")
    assert (less["lines-TOTAL_FORMS"], less["lines-0-code"], less["number"]) == ("1", "H2019", "HC-7001")


def test_member_is_chosen_first_from_the_list(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    assert "/authorizations/existing" in client.get("/authorizations").content.decode()
    found = client.post("/members/pick", {"q": north.member.mrn, "for": "existing"}).content.decode()
    assert address(north) in found


def test_member_without_cover_is_told_what_to_do(north: House, sign_in: SignIn) -> None:
    with north.scope():
        bare = make_member()
    page = text(sign_in(north).get(f"/members/{bare.id}/authorizations/existing").content.decode())
    assert "has no coverage" in page
