"""Eligibility looked up by hand: what counts, for how long, and what Submit makes of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import Error, transaction

from authorizations.errors import Refused as NotSent
from authorizations.models import Authorization, Note
from authorizations.transitions import submit
from members import checking
from members.freshness import Found, Freshness, Rule, standing
from members.models import Coverage, EligibilityCheck
from tenancy.editing import Refused, Stale
from tenancy.services import KeyReused
from tests.authorizations.cases import drafted
from tests.cast import NOW, TODAY, House, a_key, make_coverage, make_member

SAID = {"result": "active", "source": "phone"}


def act(house: House) -> dict[str, Any]:
    return {"actor": house.actor(), "now": NOW}


def ago(days: int) -> datetime:
    return NOW - timedelta(days=days)


def unchecked(house: House) -> Coverage:
    return make_coverage(make_member(), house.electronic, checked=False)


def known(house: House, coverage: Coverage) -> tuple[str, str | None]:
    found = checking.standings([coverage.id], house.organization, TODAY)[coverage.id]
    return found.freshness.value, found.found.value if found.found else None


@pytest.mark.parametrize(
    ("age", "freshness"),
    [(0, "fresh"), (30, "fresh"), (31, "stale"), (60, "stale"), (61, "expired"), (-1, "fresh")],
)
def test_check_is_fresh_then_stale_then_expired(age: int, freshness: str) -> None:
    found = standing(TODAY - timedelta(days=age), Found.ACTIVE, Rule(30, 60), TODAY)
    assert (found.freshness, found.is_sound) == (freshness, freshness == "fresh")


def test_never_checked_is_not_sound_and_says_so() -> None:
    found = standing(None, None, Rule(), TODAY)
    assert (found.freshness, found.is_sound, found.words) == (
        Freshness.NEVER, False, "Eligibility was never checked.",
    )  # fmt: skip


@pytest.mark.parametrize("result", ["inactive", "unknown"])
def test_fresh_check_that_found_no_cover_is_not_sound(in_north: House, result: str) -> None:
    checking.record_check(in_north.coverage.id, {"result": result, "source": "card"}, **act(in_north))
    found, _ = checking.doubts(in_north.coverage, TODAY)
    assert (found.freshness, found.is_sound, found.state) == ("fresh", False, result)


def test_the_check_made_last_counts_whenever_it_was_written_down(in_north: House) -> None:
    coverage = unchecked(in_north)
    checking.record_check(coverage.id, {**SAID, "checked_at": ago(1)}, **act(in_north))
    checking.record_check(
        coverage.id, {"result": "inactive", "source": "phone", "checked_at": ago(40)}, **act(in_north)
    )
    assert known(in_north, coverage) == ("fresh", "active")


def test_day_of_a_check_is_the_local_one(in_north: House) -> None:
    coverage = unchecked(in_north)
    late = datetime(2026, 10, 24, 2, 0, tzinfo=UTC)
    checking.record_check(coverage.id, {**SAID, "checked_at": late}, **act(in_north))
    assert known(in_north, coverage) == ("stale", "active")


def test_defaults_are_today_and_the_whole_plan(in_north: House) -> None:
    check = checking.record_check(in_north.coverage.id, SAID, **act(in_north))
    assert (check.service_date, check.service_type, check.checked_at, check.member_id) == (
        TODAY, "30", NOW, in_north.member.id,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"result": ""}, "result"),
        ({"result": "maybe"}, "result"),
        ({"source": "fortune"}, "source"),
        ({"checked_at": NOW + timedelta(minutes=1)}, "checked_at"),
        ({"note": "n" * 401}, "note"),
    ],
)
def test_check_that_cannot_be_is_refused(in_north: House, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        checking.record_check(in_north.coverage.id, {**SAID, **values}, **act(in_north))
    assert [each.field for each in refused.value.problems] == [field]


def test_same_form_twice_records_once_and_another_one_is_refused(in_north: House) -> None:
    coverage, key = unchecked(in_north), a_key()
    first = checking.record_check(coverage.id, SAID, key=key, **act(in_north))
    assert checking.record_check(coverage.id, SAID, key=key, **act(in_north)).id == first.id
    assert EligibilityCheck.objects.filter(coverage=coverage).count() == 1
    with pytest.raises(KeyReused):
        checking.record_check(coverage.id, {**SAID, "result": "inactive"}, key=key, **act(in_north))


def test_check_is_written_once(in_north: House) -> None:
    check = checking.record_check(in_north.coverage.id, SAID, **act(in_north))
    with pytest.raises(Error), transaction.atomic():
        EligibilityCheck.objects.filter(id=check.id).update(result="inactive")


def test_organization_says_how_long_a_check_is_good(in_north: House) -> None:
    coverage = unchecked(in_north)
    checking.record_check(coverage.id, {**SAID, "checked_at": ago(8)}, **act(in_north))
    checking.save_rule({"fresh_days": 7, "stale_days": 14, "insists": False}, version=None, **act(in_north))
    assert known(in_north, coverage) == ("stale", "active")


def test_rule_that_cannot_be_is_refused_and_an_older_one_is_stale(in_north: House) -> None:
    with pytest.raises(Refused, match="cannot expire before it is stale"):
        checking.save_rule({"fresh_days": 7, "stale_days": 6}, version=None, **act(in_north))
    with pytest.raises(Refused, match="from 0 to 366"):
        checking.save_rule({"fresh_days": 400, "stale_days": 400}, version=None, **act(in_north))
    checking.save_rule({"fresh_days": 7, "stale_days": 7}, version=None, **act(in_north))
    checking.save_rule({"fresh_days": 8, "stale_days": 8}, version=1, **act(in_north))
    with pytest.raises(Stale):
        checking.save_rule({"fresh_days": 9, "stale_days": 9}, version=1, **act(in_north))


# Submit ------------------------------------------------------------------------------------------------------


def draft_of(house: House) -> Authorization:
    return drafted(house, coverage=unchecked(house))


def test_unchecked_request_goes_out_with_a_reason_that_is_kept(in_north: House) -> None:
    draft = draft_of(in_north)
    with pytest.raises(NotSent) as refused:
        submit(draft.id, **act(in_north))
    assert [each.field for each in refused.value.problems] == ["unchecked_reason"]
    assert "never checked" in refused.value.problems[0].message
    submit(draft.id, unchecked_reason="The portal is down.", **act(in_north))
    text = Note.objects.get(authorization=draft).text
    assert text == ("Sent without a fresh eligibility check. Eligibility was never checked. Why: The portal is down.")


def test_blank_reason_is_none(in_north: House) -> None:
    with pytest.raises(NotSent):
        submit(draft_of(in_north).id, unchecked_reason="  ", **act(in_north))


def test_fresh_check_needs_no_reason_and_leaves_no_note(in_north: House) -> None:
    draft = drafted(in_north)
    submit(draft.id, unchecked_reason="typed before the check came", **act(in_north))
    assert not Note.objects.filter(authorization=draft).exists()


def test_where_the_organization_insists_no_reason_helps(in_north: House) -> None:
    checking.save_rule({"insists": True}, version=None, **act(in_north))
    draft = draft_of(in_north)
    with pytest.raises(NotSent) as refused:
        submit(draft.id, unchecked_reason="In a hurry.", **act(in_north))
    assert [each.field for each in refused.value.problems] == ["eligibility"]
    checking.record_check(draft.coverage_id, SAID, **act(in_north))
    submit(draft.id, **act(in_north))


def test_coverage_that_is_not_in_force_is_told_alone(in_north: House) -> None:
    coverage = make_coverage(make_member(), in_north.electronic, checked=False, ends_on=TODAY - timedelta(days=1))
    with pytest.raises(NotSent) as refused:
        submit(drafted(in_north, coverage=coverage).id, **act(in_north))
    assert [each.field for each in refused.value.problems] == ["coverage"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"service_type": "ZZ9"}, "ZZ9 is no service type"),
        ({"service_date": TODAY.replace(year=1926)}, "more than ten years from today"),
        ({"service_date": TODAY.replace(year=2062)}, "more than ten years from today"),
        ({"source": ""}, "Asked by is missing"),
    ],
)
def test_check_that_cannot_have_been_made_is_refused_in_words(
    in_north: House, values: dict[str, Any], words: str
) -> None:
    with pytest.raises(Refused, match=words):
        checking.record_check(in_north.coverage.id, {**SAID, **values}, **act(in_north))
    checking.record_check(
        in_north.coverage.id, {**SAID, "service_type": "48", "service_date": TODAY.replace(year=2025)}, **act(in_north)
    )
