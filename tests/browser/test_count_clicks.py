"""The ten most frequent tasks of three roles, walked in a browser with every press counted.

Each starts on the first page of the role, signed in. Words, days and numbers that are typed do not count, as the
expectation says; what is chosen in a field (a list, one answer of several, a file) is counted apart.
`docs/clicks.md` states the counts and is held to them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from authorizations.appeals import Appeal, appeal
from authorizations.decisions import LineOutcome, RequestedDocument
from authorizations.models import Authorization, Document, Note, Submission, Task
from authorizations.services import mark_submitted
from authorizations.states import AppealLevel, Purpose, Status
from authorizations.transitions import draft, record_answer, submit
from claims.services import PostedLine, post_claim
from payers.models import Playbook, Program
from tests.authorizations.cases import all_lines, ask, units
from tests.browser.conftest import Person
from tests.cast import House, make_coverage, make_member

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(400)]

TABLE = Path(__file__).parents[2] / "docs" / "clicks.md"
ROW = re.compile(r"^\| (specialist|clinician|supervisor) \| (\d+) [^|]+\| (\d+) \| (\d+) \| (\d+) \|", re.MULTILINE)
PDF = {"name": "plan.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\nthe plan"}

ABOVE_THE_IDEAL = {("specialist", 6)}
"""The day and the words of a next step are looked at before they are set; `docs/clicks.md` says it too."""

Counts = dict[tuple[str, int], tuple[int, int]]


@dataclass
class Walk:
    """Somebody's presses on the way to one thing."""

    person: Person
    presses: int = 0
    chosen: int = 0

    @property
    def page(self) -> Page:
        return self.person.page

    @property
    def main(self) -> Locator:
        return self.page.locator("main")

    def press(self, what: Locator) -> None:
        self.presses += 1
        what.click()

    def enter(self) -> None:
        """The key stands for a press."""
        self.presses += 1
        self.page.keyboard.press("Enter")

    def link(self, name: str, within: Locator | None = None) -> None:
        self.press((within or self.main).get_by_role("link", name=name).first)

    def button(self, name: str, within: Locator | None = None) -> None:
        self.press((within or self.main).get_by_role("button", name=name).first)

    def type(self, label: str, text: str) -> None:
        self.main.get_by_label(re.compile(f"^{label}")).first.fill(text)

    def choose(self, field: str, value: str | None = None, **how: Any) -> None:
        self.chosen += 1
        self.main.get_by_label(field).first.select_option(value, **how)

    def mark(self, label: str) -> None:
        """One answer of several."""
        self.chosen += 1
        self.main.get_by_role("radio", name=label, exact=True).check()

    def file(self, label: str) -> None:
        self.chosen += 1
        self.main.get_by_label(label).first.set_input_files(PDF)  # type: ignore[arg-type]

    def row(self, text: str) -> Locator:
        """What the first page says of one member."""
        return self.main.get_by_role("listitem").or_(self.main.get_by_role("row")).filter(has_text=text)


@dataclass
class Furnished:
    """A house with one case for each task, each of a member of its own."""

    house: House
    now: datetime
    today: date
    cases: dict[str, Authorization] = field(default_factory=dict)

    def asked(self, name: str, program: Program, *, ago: int = 0, days: int = 90, owned: bool = True) -> Submission:
        """A request for H2019, submitted `ago` days before today and as long from its first day on."""
        case = self.drafted(name, program, ago=ago, days=days, owned=owned)
        return submit(case.id, actor=self.house.actor(), now=self.now - timedelta(days=ago))

    def drafted(
        self, name: str, program: Program, *, ago: int = 0, days: int = 90, owned: bool = True
    ) -> Authorization:
        first = self.today - timedelta(days=ago)
        wanted = ask(
            self.house,
            units("H2019", 80),
            coverage=make_coverage(make_member(last_name=name, first_name="Juno"), program),
            starts_on=first,
            ends_on=first + timedelta(days=days),
        )
        owner = self.house.memberships["specialist"] if owned else None
        self.cases[name] = draft(wanted, owner=owner, actor=self.house.actor(), now=self.now - timedelta(days=ago))
        return self.cases[name]

    def answered(self, name: str, outcome: LineOutcome, *, ago: int, days: int = 90, **fields: Any) -> Authorization:
        asked = self.asked(name, self.house.manual, ago=ago, days=days)
        fields = {"decided_on": self.today - timedelta(days=min(ago, 3)), **fields}
        answer = all_lines(outcome, **fields)
        then = self.now - timedelta(days=min(ago, 3))
        record_answer(asked.authorization_id, answer, submission_id=asked.id, actor=self.house.actor(), now=then)
        return Authorization.objects.get(id=asked.authorization_id)

    def again(self, name: str) -> Authorization:
        with self.house.scope():
            return Authorization.objects.get(id=self.cases[name].id)


def furnish(house: House) -> Furnished:
    made = Furnished(house, timezone.now(), house.organization.today(timezone.now()))
    actor = house.actor()
    with house.scope():
        for program in (house.electronic, house.manual):
            written = {
                "owner": house.memberships["specialist"],
                "phone": "302-555-0142",
                "say_first": "Ask for the review desk",
                "reviewed_on": made.today,
            }
            Playbook.objects.get_or_create(payer=house.payer, program=program, defaults=written)
        house.manual.rules.update(routine_days=7)
        silent = made.asked("Silent", house.manual, ago=30)
        mark_submitted(silent.id, submitted_at=made.now - timedelta(days=29), actor=actor, now=made.now)
        made.asked("Untyped", house.manual, ago=30)
        wanted = (RequestedDocument("", "A plan of care"),)
        made.answered("Pended", LineOutcome.PENDED, ago=2, message="Send the plan", requested_documents=wanted)
        made.answered("Asked", LineOutcome.PENDED, ago=2, message="Send the plan", requested_documents=wanted)
        ending = made.answered("Ending", LineOutcome.APPROVED, ago=60, days=80)
        line = PostedLine(code="H2019", modifiers=(), first_day=made.today - timedelta(days=7), quantity=Decimal(80))
        post_claim(number="C-1", coverage=ending.coverage, lines=[line], actor=house.actor("biller"), now=made.now)
        refused: dict[str, Any] = {"certification_number": "", "message": "The notes show no progress"}
        made.answered("Denied", LineOutcome.DENIED, ago=5, **refused)
        call = made.answered("Called", LineOutcome.DENIED, ago=5, **refused)
        points = Appeal(
            AppealLevel.PEER_TO_PEER, "Six goals of eight are met", made.today + timedelta(days=9),
            made.now + timedelta(days=2), "Renée Okafor",
        )  # fmt: skip
        appeal(call.id, points, actor=actor, now=made.now)
        made.drafted("Orphaned", house.electronic, owned=False)
        made.drafted("Stray", house.electronic, owned=False)
    return made


def test_the_ten_most_frequent_tasks_take_no_more_presses_than_stated(people: Any, houses: dict[str, House]) -> None:
    made = furnish(houses["north"])
    counts: Counts = {}
    for role, tasks in WALKS.items():
        person = people(role)
        for number, task in tasks.items():
            person.go("/")
            walk = Walk(person)
            task(walk, made)
            counts[role, number] = walk.presses, walk.chosen
        assert person.complaints == []
    stated = {(role, int(at)): tuple(map(int, rest)) for role, at, *rest in ROW.findall(TABLE.read_text())}
    assert {key: row[1:] for key, row in stated.items()} == counts
    above = {key for key, (ideal, presses, _) in stated.items() if presses > ideal}
    assert above == ABOVE_THE_IDEAL


# Specialist ------------------------------------------------------------------------------------------------------


def open_the_next_task(walk: Walk, made: Furnished) -> None:
    first = walk.main.locator("ol.todo > li").first
    number = re.search(r"PA-\d+", first.inner_text())
    assert number
    walk.press(first.get_by_role("link").first)
    expect(walk.main).to_contain_text(number[0])


def create_a_request(walk: Walk, made: Furnished) -> None:
    walk.link("New request")
    walk.main.get_by_label("Name, MRN or member ID").press_sequentially("ashdownn")
    walk.link("AshdownNorth, Rowan")
    expect(walk.main).to_contain_text("1 Who and which cover")
    expect(walk.main.get_by_label("Coverage")).to_have_value(str(made.house.coverage.id))


def submit_it(walk: Walk, made: Furnished) -> None:
    """Goes on where the request was begun: what is typed and chosen in the form is what was ordered."""
    reach = Walk(walk.person)
    create_a_request(reach, made)
    walk.type("Line 1 code", "H2014")
    walk.type("Line 1 units requested", "40")
    walk.type("Diagnoses, main one first", "F84.0")
    walk.choose("Place of service", "12")
    walk.choose("Rendering provider", index=1)
    walk.button("Submit 278")
    walk.page.wait_for_url(re.compile(r"/authorizations/[0-9a-f-]{36}$"))
    with made.house.scope():
        assert Submission.objects.filter(authorization__member=made.house.member, purpose=Purpose.INITIAL).count() == 1


def record_the_answer(walk: Walk, made: Furnished) -> None:
    walk.link("Record the answer", walk.row("Silent"))
    walk.mark("Approved")
    walk.type("Authorization number", "AUTH-77")
    walk.type("Decided on", made.today.isoformat())
    walk.type("Reference", "portal page of today")
    walk.button("Save")
    expect(walk.main).to_contain_text("AUTH-77")
    assert made.again("Silent").status == Status.APPROVED


def answer_a_pend(walk: Walk, made: Furnished) -> None:
    walk.link("Answer the payer", walk.row("Pended"))
    walk.file("Files to add")
    walk.choose("What they are", "plan_of_care")
    walk.choose("Which the payer asked for", "A plan of care")
    walk.choose("How they go", "FX")
    walk.button("Resubmit")
    expect(walk.page.locator("#notices")).to_contain_text("the answer is on its way")
    with made.house.scope():
        assert Document.objects.get(authorization=made.cases["Pended"]).requested_item == "A plan of care"
        assert Submission.objects.filter(authorization=made.cases["Pended"], purpose=Purpose.ANSWER).count() == 1


def set_the_next_action(walk: Walk, made: Furnished) -> None:
    walk.link("Set next action", walk.row("Untyped"))
    dialog = walk.page.get_by_role("dialog")
    dialog.get_by_label("What is done next").fill("Ring the desk again")
    walk.button("Set it", dialog)
    expect(walk.page.locator("#notices")).to_contain_text("Ring the desk again")
    assert made.again("Untyped").next_action == "Ring the desk again"


def log_a_call(walk: Walk, made: Furnished) -> None:
    walk.link("Log a call", walk.row("Asked"))
    walk.type("What was said or is to be known", "It wants the plan signed.")
    walk.type("Spoken with", "Marta at the desk")
    walk.type("Reference", "CALL-9")
    walk.button("Keep it")
    expect(walk.main).to_contain_text("Phone with Marta at the desk, ref. CALL-9")
    with made.house.scope():
        assert Note.objects.get(authorization=made.cases["Asked"]).reference == "CALL-9"


def renew(walk: Walk, made: Furnished) -> None:
    walk.button("Renew", walk.row("Ending"))
    expect(walk.main).to_contain_text("Draft: Juno Ending")
    walk.press(walk.main.locator("button[name=do][value=submit]"))
    walk.page.wait_for_url(re.compile(r"/authorizations/[0-9a-f-]{36}$"))
    with made.house.scope():
        assert Authorization.objects.get(parent=made.cases["Ending"]).status == Status.SUBMITTED


def build_the_packet(walk: Walk, made: Furnished) -> None:
    with walk.page.expect_download() as came:
        walk.link("Packet", walk.row("Asked"))
    assert Path(came.value.path()).read_bytes().startswith(b"%PDF")


def read_the_playbook(walk: Walk, made: Furnished) -> None:
    """Beside the work itself: nothing is pressed from the form that a request begins with."""
    walk.person.go(f"/members/{made.house.member.id}/authorizations/new")
    expect(walk.main).to_contain_text("Ask for the review desk")


# Clinician -------------------------------------------------------------------------------------------------------


def see_the_meters(walk: Walk, made: Furnished) -> None:
    expect(walk.row("Ending").first).to_contain_text("H2019: 0 of 80 left")


def see_what_runs_out(walk: Walk, made: Furnished) -> None:
    expect(walk.main.get_by_role("heading", name="Running low or ending within 30 days")).to_be_visible()
    expect(walk.row("Ending").first).to_contain_text("ends in 20 days")


def see_what_is_missing(walk: Walk, made: Furnished) -> None:
    expect(walk.main.locator("ol.todo")).to_contain_text("Juno Asked")


def upload_the_plan(walk: Walk, made: Furnished) -> None:
    walk.link("Add documents", walk.row("Asked"))
    walk.file("Files")
    walk.choose("What they are", "plan_of_care")
    walk.press(walk.main.get_by_role("button", name="Add", exact=True))
    expect(walk.main).to_contain_text("plan.pdf")
    with made.house.scope():
        assert Document.objects.get(authorization=made.cases["Asked"]).kind == "plan_of_care"


def see_todays_client(walk: Walk, made: Furnished) -> None:
    walk.page.locator("#search").fill("Ending")
    walk.enter()
    expect(walk.main.get_by_role("table", name="Left by code")).to_contain_text("0 of 80 left")


def ask_for_more(walk: Walk, made: Furnished) -> None:
    walk.link("Ask for more", walk.row("Ending"))
    walk.type("How many more", "20")
    walk.type("Why", "Two more hours a week since school began.")
    walk.button("Ask for more")
    expect(walk.page.locator("#notices")).to_contain_text("is told that you want more")
    with made.house.scope():
        assert Task.objects.get(kind="more_units").facts["quantity"] == "20"


def read_the_talking_points(walk: Walk, made: Furnished) -> None:
    expect(walk.row("Called").first).to_contain_text("Six goals of eight are met")
    expect(walk.row("Called").first).to_contain_text("Renée Okafor speaks for us")


def ask_what_if(walk: Walk, made: Furnished) -> None:
    walk.link("What if", walk.row("Ending"))
    said = walk.page.locator("#what-if-said")
    before, version = said.inner_text(), made.again("Ending").version
    walk.type("A week", "14")
    expect(said).to_contain_text("40 short")
    assert before != said.inner_text()
    assert made.again("Ending").version == version


def read_why_it_was_denied(walk: Walk, made: Furnished) -> None:
    walk.link(made.cases["Denied"].number)
    expect(walk.main).to_contain_text("The notes show no progress")


# Supervisor ------------------------------------------------------------------------------------------------------


def see_what_breaches(walk: Walk, made: Furnished) -> None:
    walk.link("Overdue with us")
    expect(walk.main).to_contain_text("Juno Untyped")


def see_what_nobody_owns(walk: Walk, made: Furnished) -> None:
    walk.link("Without an owner")
    expect(walk.main).to_contain_text("Juno Orphaned")


def reassign_in_bulk(walk: Walk, made: Furnished) -> None:
    walk.link("Assign", walk.row("Nobody yet"))
    walk.choose("Who looks after them from now on?", label="Specialist North")
    walk.type("Why do they change hands?", "New this week")
    walk.button("Look what is possible")
    walk.button("Assign 2")
    expect(walk.page.locator("#notices")).to_be_visible()
    assert made.again("Stray").owner_id == made.house.memberships["specialist"].id


def see_the_workload(walk: Walk, made: Furnished) -> None:
    expect(walk.row("Specialist North").first).to_contain_text("Hand over")


def see_who_is_late(walk: Walk, made: Furnished) -> None:
    walk.link("Payer is late")
    expect(walk.main.get_by_role("heading", level=1)).to_have_text("Payers overdue")
    expect(walk.main).to_contain_text("Juno Silent")


def see_the_rework(walk: Walk, made: Furnished) -> None:
    walk.link("Rework by payer")
    expect(walk.main.get_by_role("table")).to_contain_text("Harborline North")


def see_the_gaps(walk: Walk, made: Furnished) -> None:
    walk.link("Denials without a look at the playbook")
    expect(walk.main.get_by_role("table")).to_contain_text("The notes show no progress")


WALKS: dict[str, dict[int, Any]] = {
    "supervisor": {
        1: see_what_breaches,
        2: see_what_nobody_owns,
        3: reassign_in_bulk,
        4: see_the_workload,
        5: see_who_is_late,
        7: see_the_rework,
        8: see_the_gaps,
    },
    "clinician": {
        1: see_the_meters,
        2: see_what_runs_out,
        3: see_what_is_missing,
        4: upload_the_plan,
        5: see_todays_client,
        6: ask_for_more,
        8: read_the_talking_points,
        9: ask_what_if,
        10: read_why_it_was_denied,
    },
    "specialist": {
        1: open_the_next_task,
        2: create_a_request,
        3: submit_it,
        4: record_the_answer,
        5: answer_a_pend,
        6: set_the_next_action,
        7: log_a_call,
        8: renew,
        9: build_the_packet,
        10: read_the_playbook,
    },
}
"""By role and the number of the task. The supervisor walks before the others change what is there."""
