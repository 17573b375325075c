"""Drafting, saving and discarding."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from audit.models import AuditEvent
from authorizations.asked import AskedLine
from authorizations.errors import NotAllowed, Refused, Stale
from authorizations.models import Authorization, ServiceLine
from authorizations.services import save_draft
from authorizations.states import Status
from authorizations.terms import CodeTerms
from authorizations.transitions import discard, draft
from tests.authorizations.cases import again, ask, drafted, in_status, units
from tests.cast import NOW, TODAY, House, a_key, make_coverage, make_member


def test_draft_has_number_owner_names_and_tightest_line(in_north: House) -> None:
    first, second = drafted(in_north), drafted(in_north)
    assert (first.number, second.number) == ("PA-000001", "PA-000002")
    row = again(first)
    assert (row.status, row.owner_name) == (Status.DRAFT, "Specialist North")
    assert (row.member_name, row.payer_name, row.program_name) == (
        "Rowan AshdownNorth",
        "Harborline North",
        "Medicaid",
    )
    assert (row.codes, row.line_count, row.tight_code, row.tight_requested) == ("H2019, H2014", 2, "H2019", Decimal(80))
    assert (row.waiting_on, row.next_action, row.list_date) == ("us", "Complete and submit", row.ends_on)


def test_incomplete_draft_is_kept(in_north: House) -> None:
    asked = ask(in_north, units(), starts_on=None, ends_on=None, rendering_provider=None, diagnoses=())
    row = draft(asked, owner=None, actor=in_north.actor(), now=NOW)
    assert again(row).status == Status.DRAFT


def test_draft_sent_twice_with_one_key_is_one_draft(in_north: House) -> None:
    key = a_key()
    rows = [draft(ask(in_north), owner=None, actor=in_north.actor(), now=NOW, key=key) for _ in range(2)]
    assert rows[0].id == rows[1].id
    assert Authorization.objects.count() == 1


@pytest.mark.parametrize(
    ("lines", "field"),
    [
        ([units(quantity=0)], "lines-1.quantity"),
        ([units(quantity=-1)], "lines-1.quantity"),
        ([units(quantity="1.5")], "lines-1.quantity"),
        ([units(quantity="NaN")], "lines-1.quantity"),
        ([AskedLine((CodeTerms("H2019"),), Decimal(1), "gallons")], "lines-1.quantity"),
        ([AskedLine((), Decimal(1))], "lines-1.codes"),
        ([units("H2019", 1, "HO", "HM", "HN", "U1", "U2")], "lines-1.codes"),
        ([units(), units()], "lines-2.codes"),
        ([units("H2019", 8, "HO", "U1"), units("H2019", 8, "U1", "HO")], "lines-2.codes"),
    ],
)
def test_amounts_and_codes_that_mean_nothing_are_refused(in_north: House, lines: list[AskedLine], field: str) -> None:
    with pytest.raises(Refused) as refused:
        drafted(in_north, *lines)
    assert list(refused.value.by_field()) == [field]
    assert not Authorization.objects.exists()


def test_hours_may_be_broken(in_north: House) -> None:
    row = drafted(in_north, AskedLine((CodeTerms("T1019"),), Decimal("1.5"), "hours"))
    assert row.lines.get().quantity == Decimal("1.5")


def test_last_day_before_the_first_is_refused(in_north: House) -> None:
    with pytest.raises(Refused) as refused:
        drafted(in_north, ends_on=TODAY - timedelta(days=1))
    assert list(refused.value.by_field()) == ["ends_on"]


def test_draft_is_refused_where_no_authorization_is_needed(in_north: House) -> None:
    free = make_coverage(make_member(), in_north.free)
    with pytest.raises(Refused) as refused:
        drafted(in_north, coverage=free)
    assert "No authorization is needed: Open access since" in str(refused.value)


def test_saving_changes_only_the_lines_that_changed(in_north: House) -> None:
    row = drafted(in_north)
    before = {line.number: line.id for line in row.lines.filter(removed_at=None)}
    saved = save_draft(
        row.id, ask(in_north, units(), units("H2014", 44)), version=row.version, actor=in_north.actor(), now=NOW
    )
    after = {line.number: line.id for line in saved.lines.filter(removed_at=None)}
    assert after[1] == before[1]
    assert after[2] != before[2]
    assert ServiceLine.objects.get(id=before[2]).removed_at == NOW
    assert again(saved).version == row.version + 1


def test_line_taken_off_a_draft_is_gone_from_the_list(in_north: House) -> None:
    row = drafted(in_north)
    asked = ask(in_north, units("H2014", 40), diagnoses=("F84.0", "F90.0"))
    save_draft(row.id, asked, version=None, actor=in_north.actor(), now=NOW)
    assert (again(row).codes, again(row).line_count) == ("H2014", 1)
    assert list(row.diagnoses.filter(removed_at=None).order_by("position").values_list("code", flat=True)) == [
        "F84.0",
        "F90.0",
    ]


def test_stale_edit_says_who_changed_it_and_when_and_saves_nothing(in_north: House) -> None:
    row = drafted(in_north)
    asked = ask(in_north, units(quantity=60))
    save_draft(row.id, asked, version=row.version, actor=in_north.actor("supervisor"), now=NOW)
    with pytest.raises(Stale, match="Changed by Supervisor North on Nov 23, 10:18 AM"):
        save_draft(row.id, replace(asked, starts_on=None), version=row.version, actor=in_north.actor(), now=NOW)
    assert again(row).starts_on == TODAY


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.DRAFT])
def test_only_drafts_are_edited_or_discarded(in_north: House, status: Status) -> None:
    row = in_status(in_north, status)
    with pytest.raises(NotAllowed):
        save_draft(row.id, ask(in_north), version=None, actor=in_north.actor(), now=NOW)
    with pytest.raises(NotAllowed):
        discard(row.id, actor=in_north.actor(), now=NOW)
    assert again(row).status == status


def test_discarded_draft_is_cancelled_and_kept(in_north: House) -> None:
    row = drafted(in_north)
    discard(row.id, actor=in_north.actor(), now=NOW, reason="entered twice")
    assert (again(row).status, again(row).waiting_on) == (Status.CANCELLED, "nobody")
    assert row.lines.filter(removed_at=None).count() == 2
    event = AuditEvent.objects.get(action="authorization.discarded")
    assert (event.actor_label, event.authorization_id) == ("Specialist North", row.id)
