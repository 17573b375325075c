"""Every verb of the product that writes: found by its signature, and one step of each to try."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from accounts import absences, invitations
from accounts import services as accounts
from accounts.models import Absence, Invitation, User
from accounts.services import role_named
from authorizations import (
    additional_units,
    appeals,
    cancelling,
    changes,
    escalation,
    handing,
    payer_class,
    playbook_findings,
    publishing,
    renewing,
    reviewing,
    saving,
    splitting,
    transitions,
)
from authorizations import services as cases
from authorizations.contacts import Contact, log_contact
from authorizations.cover_end import follow_coverage
from authorizations.decisions import Answer, LineAnswer, LineOutcome
from authorizations.errors import Problem
from authorizations.models import Decision, SavedView, Submission, Task
from authorizations.models.choices import Priority
from authorizations.pends import Reply
from authorizations.repeating import note_repeated
from authorizations.states import AppealLevel, Channel, ExchangeState
from authorizations.work import close_task, open_task
from claims import services as claims
from claims.recalculating import recalculate
from codesets import services as codesets
from devkit.places import CHECKOUT
from imports import services as imports
from members import cover_questions
from members import services as members
from members.checking import record_check
from members.models import MemberIdentifier
from notices import feeds
from notices.preferences import Preferences, keep_preferences
from outbox.services import requeue
from payers import rule_changes
from payers import services as payers
from payers.importers import PAYERS
from payers.models import ReviewRoute, Workflow
from providers import services as providers
from tests.authorizations.cases import (
    APPROVAL,
    DENIAL,
    ENDS,
    PEND,
    ask,
    drafted,
    heard,
    message,
    said,
    submitted,
    units,
)
from tests.cast import NOW, TODAY, House, a_key, make_member, make_provider
from tests.claims.stage import authorize, bill, change_terms, post
from tests.payers.stage import SMALLEST, make_playbook, upload
from tests.web.stage import by_hand, given_up, kept_view

Step = Callable[[], Any]
Steps = dict[str, Callable[[House], Step]]


@dataclass(frozen=True)
class Verb:
    """A public function that is told who does it and when. `whole`: it is one transaction by its decorator."""

    name: str
    whole: bool


def verbs() -> Iterator[Verb]:
    """All of them, as app.module.function. Pages call them and are none."""
    for path in sorted(CHECKOUT.glob("*/**/*.py")):
        place = path.relative_to(CHECKOUT)
        if place.parts[0] in ("tests", "devkit", "demo", "bench") or place.parts[0].startswith("."):
            continue
        if {"views", "migrations", "management", "simulator"} & set(place.parts):
            continue
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                told = {argument.arg for argument in node.args.kwonlyargs}
                if {"actor", "now"} <= told:
                    whole = any("transaction.atomic" in ast.unparse(each) for each in node.decorator_list)
                    yield Verb(f"{'.'.join(place.with_suffix('').parts)}.{node.name}", whole)


PARTS = {
    "audit.services.fact": "an event before it is written",
    "audit.services.record": "the event of a verb, in its transaction",
    "authorizations.corrections.put_back": "part of correct_decision",
    "authorizations.ledger.append": "part of settle",
    "authorizations.moving.ask": "a new submission, part of a verb",
    "authorizations.moving.tell": "the event of a verb about a case",
    "authorizations.recording.write_decision": "part of record_answer and correct_decision",
    "authorizations.cover_end.watch": "part of an answer, and of following a coverage",
    "authorizations.services.touch": "a new version of a case, part of a verb",
    "authorizations.unchecked.note_unchecked": "part of submitting without a fresh check",
    "authorizations.telling.tell_answer": "notices of an answer, part of record_answer and correct_decision",
    "authorizations.work.close_as_done": "part of every verb that ends a task by itself",
    "authorizations.work.close_overdue": "part of record_answer and correct_decision",
    "authorizations.work.close_undelivered": "part of delivery, of an answer, and of asking another way",
    "claims.drawing.settle": "part of every write about claims",
    "payers.services.write_changed": "part of every save",
    "payers.services.write_new": "part of every add",
}
"""Parts of verbs: they run in the transaction of their caller and are never called by a page."""

OWN_TRANSACTION = {
    "authorizations.escalation.close_mended": "one transaction a task, in the scope of its caller",
    "accounts.services.found_organization": "opens the scope of the organization it founds",
    "claims.services.post_claim": "locks, then one block that marks the caller's transaction for rolling back",
    "claims.services.post_claims": "as above",
    "claims.services.reallocate_member": "as above",
    "claims.services.replace_claim": "as above",
    "claims.services.void_claim": "as above",
}
"""Verbs that are one transaction otherwise than by their decorator; each has a step below."""

HELD_BY_OTHER_TESTS = {
    "authorizations.documents.services.keep_documents": "files beside rows: tests/authorizations/test_keep_document.py",
    "authorizations.documents.services.mark_mistaken": "tests/authorizations/test_keep_document.py",
    "authorizations.documents.services.note_scan": "the worker's part: tests/authorizations/test_scan_document.py",
    "edi.services.resend": "tests/edi/test_begin_again.py; its bytes are made by the worker",
    "edi.quarantine.attach": "needs an answer in quarantine: tests of the exchange",
    "imports.services.arrange": "tests/imports",
    "imports.services.finish": "tests/imports",
    "imports.services.run_piece": "tests/imports: the worker's piece",
    "members.checking.save_rule": "tests/members",
    "members.rosters.begin_roster": "tests/members",
    "members.rosters.set_aside": "tests/members",
    "members.rosters.settle": "tests/members",
    "members.rosters.take_up": "tests/members",
}
"""Verbs without a step here: one transaction by their decorator, and what they do is held where it says."""


def by(house: House, role: str = "supervisor") -> dict[str, Any]:
    return {"actor": house.actor(role), "now": NOW}


def approved(house: House) -> Any:
    """A case approved by a message, which can be changed, renewed and cancelled."""
    submission = submitted(house)
    heard(house, submission, APPROVAL)
    return submission.authorization


def first_playbook(house: House) -> dict[str, Any]:
    return {"owner": house.memberships["supervisor"], "documents": ["order"], "triggers": [], "field_order": []}


def denied(house: House) -> Any:
    submission = submitted(house)
    heard(house, submission, DENIAL)
    return submission.authorization


def pended(house: House) -> Submission:
    submission = submitted(house)
    heard(house, submission, PEND)
    return submission


def entered(house: House) -> Decision:
    """A decision recorded by a person."""
    submission = by_hand(house)
    said = Answer(overall=LineAnswer(None, LineOutcome.APPROVED), certification_number="HC-1", decided_on=TODAY)
    transitions.record_answer(submission.authorization_id, said, submission_id=submission.id, **by(house))
    found: Decision = Decision.objects.get(submission=submission)
    return found


def given_less(house: House) -> Any:
    """A case of which the payer approved less than was asked."""
    submission = submitted(house)
    heard(house, submission, message(said(1, LineOutcome.MODIFIED, 40), said(2, LineOutcome.APPROVED, 40)))
    return submission.authorization


def unverified(house: House) -> Decision:
    """A decision recorded by a person, where a second one is to confirm it."""
    reviewing.require_second_look(True, **by(house, "admin"))
    return entered(house)


def ended_coverage(house: House) -> Any:
    """A coverage whose last day is before that of what stands on it, as nobody has followed it yet."""
    cover(house)
    house.coverage.ends_on = date(2026, 12, 1)
    house.coverage.save()
    return house.coverage.id


A_NUMBER = {"kind": MemberIdentifier.Kind.MRN, "value": "77001"}


def identifier_of(house: House) -> MemberIdentifier:
    member = make_member(mrn="")
    return members.add_identifier(member.id, A_NUMBER, **by(house))


def marked(house: House) -> Submission:
    return cases.mark_submitted(by_hand(house).id, submitted_at=NOW, key=a_key(), **by(house))


def away(house: House) -> Absence:
    people = (house.memberships["specialist"].id, house.memberships["supervisor"].id)
    return absences.announce(*people, starts_on=TODAY, ends_on=TODAY + timedelta(days=2), **by(house))


def new_person() -> User:
    return User.objects.create_user("new.person@north.example", None, name="New Person")


def closed_place(house: House) -> Any:
    return accounts.end_membership(house.memberships["biller"].id, **by(house, "admin")).id


def task(house: House) -> Task:
    return open_task(drafted(house), "look", "Look at this", now=NOW)


def invited(house: House) -> Invitation:
    return invitations.invite("guest@north.example", role_named("biller"), **by(house, "admin"))[0]


def over_drawn(house: House) -> Any:
    """A member whose cover changed since it was drawn from."""
    _over_drawn_case(house)
    return house.member.id


def _over_drawn_case(house: House) -> Any:
    cover = authorize(house, ("H2019", 8), starts="11-01", ends="12-31", number="HC-9")
    post(house, bill("H2019", "11-20", 8))
    change_terms(cover, quantity=4)
    return cover.id


def cover(house: House) -> None:
    authorize(house, ("H2019", 80), starts="11-01", ends="12-31", number="HC-8")


def two_ways(house: House) -> Any:
    """A request for a code that goes by hand beside one that goes as a 278."""
    ReviewRoute(program=house.electronic, position=9, code_from="T1019", workflow=Workflow.MANUAL_PENDING).save()
    house.electronic.routes.filter(position=1).update(position=10)
    house.electronic.routes.filter(position=9).update(position=1)
    return ask(house, units("H2019"), units("T1019"))


def another_view(house: House) -> SavedView:
    """A second view of the supervisor, behind the one that is shared."""
    kept_view(house)
    values = {"name": "Another", "shared": True, "pinned": False}
    return saving.save_view(house.memberships["supervisor"].id, values, query="?due=today", **by(house))


def second_route(house: House) -> ReviewRoute:
    values = {"partner": None, "reviewer_name": "Second Look", "reviewer_identifier": "SL1"}
    return rule_changes.add_route(house.electronic.id, values, **by(house))


def wished(house: House) -> Any:
    case = approved(house)
    additional_units.want_more(case.id, 1, Decimal(4), "More is needed.", **by(house))
    return case


def _withdraw_feed(house: House) -> Step:
    membership_id = house.memberships["specialist"].id
    feeds.open_feed(membership_id, **by(house, "specialist"))
    return step(feeds.withdraw_feed, membership_id, **by(house, "specialist"))


def _late(house: House) -> escalation.Breach:
    """A step of ours that nobody took in time."""
    by_hand(house)
    [breach] = escalation.find_breaches(NOW + timedelta(days=3))
    return breach


def _escalate(house: House) -> Step:
    return step(escalation.escalate, _late(house), actor=house.actor(), now=NOW + timedelta(days=3))


def _close_mended(house: House) -> Step:
    row = escalation.escalate(_late(house), now=NOW + timedelta(days=3))
    assert row is not None
    assert row.submission is not None
    cases.mark_submitted(row.submission.id, submitted_at=NOW, key=a_key(), **by(house))
    return step(escalation.close_mended, actor=house.actor(), now=NOW + timedelta(days=3))


def timed(house: House) -> Any:
    """A request whose clock runs."""
    waiting = by_hand(house)
    cases.mark_submitted(waiting.id, submitted_at=NOW, key=a_key(), **by(house))
    return waiting.id


def step(call: Callable[..., Any], *arguments: Any, **more: Any) -> Step:
    return lambda: call(*arguments, **more)


def _claims(house: House) -> Steps:
    cover(house)
    standing = post(house, bill("H2019", "11-20")).claim.id
    line = [bill("H2019", "11-21", 4)]
    new = [claims.NewClaim("C-many", house.coverage, line, NOW)]
    return {
        "post_claim": lambda h: step(claims.post_claim, number="C-1", coverage=h.coverage, lines=line, **by(h)),
        "post_claims": lambda h: step(claims.post_claims, h.member.id, new, **by(h)),
        "replace_claim": lambda h: step(claims.replace_claim, standing, lines=line, **by(h)),
        "void_claim": lambda h: step(claims.void_claim, standing, **by(h)),
    }


def _of_claims(name: str) -> Callable[[House], Step]:
    return lambda house: _claims(house)[name](house)


STEPS: Steps = {
    # People
    "accounts.invitations.invite": lambda h: step(
        invitations.invite, "a@b.example", role_named("biller"), **by(h, "admin")
    ),
    "accounts.invitations.withdraw": lambda h: _withdraw(h),
    "accounts.services.add_role": lambda h: step(accounts.add_role, name="New", scopes=["work.read"], **by(h, "admin")),
    "accounts.services.assign_role": lambda h: step(
        accounts.assign_role, h.memberships["biller"].id, role_named("edi"), **by(h, "admin")
    ),
    "accounts.services.change_role": lambda h: step(
        accounts.change_role, role_named("biller").id, name="Billing", scopes=["work.read"], **by(h, "admin")
    ),
    "accounts.services.end_membership": lambda h: step(
        accounts.end_membership, h.memberships["biller"].id, **by(h, "admin")
    ),
    "accounts.services.found_organization": lambda h: step(
        accounts.found_organization, name="Third House", **by(h, "admin")
    ),
    "accounts.services.join": lambda h: _join(h),
    "accounts.services.reopen_membership": lambda h: step(
        accounts.reopen_membership, closed_place(h), **by(h, "admin")
    ),
    "accounts.services.require_second_factor": lambda h: step(accounts.require_second_factor, True, **by(h, "admin")),
    "accounts.services.set_urgent_cut_off": lambda h: step(accounts.set_urgent_cut_off, time(15), **by(h, "admin")),
    "accounts.absences.announce": lambda h: step(away, h),
    "accounts.absences.call_off": lambda h: step(absences.call_off, away(h).id, **by(h)),
    # Being told
    "notices.preferences.keep_preferences": lambda h: step(
        keep_preferences, h.memberships["specialist"].id, Preferences(daily=False), **by(h, "specialist")
    ),
    "notices.feeds.open_feed": lambda h: step(feeds.open_feed, h.memberships["specialist"].id, **by(h, "specialist")),
    "notices.feeds.withdraw_feed": lambda h: _withdraw_feed(h),
    "authorizations.escalation.escalate": lambda h: _escalate(h),
    "authorizations.escalation.close_mended": lambda h: _close_mended(h),
    # Files, code sets, the outbox
    "imports.services.keep_file": lambda h: step(
        imports.keep_file, PAYERS, "list.csv", SMALLEST["payers"], attested=True, **by(h)
    ),
    "imports.services.run": lambda h: step(imports.run, PAYERS, upload(h, PAYERS, SMALLEST["payers"]), **by(h)),
    "codesets.services.put_procedure": lambda h: step(
        codesets.put_procedure, {"code": "OWN01", "words": "Our own service", "starts_on": TODAY}, **by(h)
    ),
    "outbox.services.requeue": lambda h: step(requeue, given_up(h).id, **by(h)),
    # Payers
    "payers.rule_changes.begin_rules": lambda h: step(
        rule_changes.begin_rules,
        h.electronic.id,
        {"starts_on": date(2027, 1, 1), "authorization_workflow": Workflow.MANUAL_PENDING},
        **by(h),
    ),
    "payers.rule_changes.correct_rules": lambda h: step(
        rule_changes.correct_rules,
        h.electronic.rules.get().id,
        {"default_window_days": 45},
        version=None,
        understood=True,
        **by(h),
    ),
    "payers.rule_changes.add_route": lambda h: step(second_route, h),
    "payers.rule_changes.save_route": lambda h: step(
        rule_changes.save_route, h.electronic.routes.get().id, {"reviewer_name": "Another"}, version=None, **by(h)
    ),
    "payers.rule_changes.move_route": lambda h: step(rule_changes.move_route, second_route(h).id, up=False, **by(h)),
    "payers.rule_changes.switch_route": lambda h: step(
        rule_changes.switch_route, h.electronic.routes.get().id, active=False, **by(h)
    ),
    "payers.services.add_payer": lambda h: step(
        payers.add_payer, {"name": "Third Payer", "identifier": "TP1"}, **by(h)
    ),
    "payers.services.save_payer": lambda h: step(
        payers.save_payer, h.payer.id, {"name": "Renamed"}, version=None, **by(h)
    ),
    "payers.services.switch_payer": lambda h: step(payers.switch_payer, h.payer.id, active=False, **by(h)),
    "payers.services.add_alias": lambda h: step(payers.add_alias, h.payer.id, "Alias", **by(h)),
    "payers.services.retire_alias": lambda h: step(
        payers.retire_alias, payers.add_alias(h.payer.id, "Old", **by(h)).id, **by(h)
    ),
    "payers.services.add_program": lambda h: step(payers.add_program, h.payer.id, "New program", **by(h)),
    "payers.services.save_program": lambda h: step(
        payers.save_program, h.manual.id, {"name": "Renamed"}, version=None, **by(h)
    ),
    "payers.services.switch_program": lambda h: step(payers.switch_program, h.manual.id, active=False, **by(h)),
    "payers.services.add_partner": lambda h: step(payers.add_partner, _partner(h), **by(h)),
    "payers.services.save_partner": lambda h: step(
        payers.save_partner, h.partner.id, {"name": "Renamed"}, version=None, **by(h)
    ),
    "payers.services.switch_partner": lambda h: step(payers.switch_partner, h.partner.id, active=False, **by(h)),
    "payers.services.set_usage": lambda h: step(
        payers.set_usage, h.partner.id, "P" if h.partner.usage == "T" else "T", **by(h)
    ),
    "payers.services.add_holiday": lambda h: step(payers.add_holiday, TODAY, "A day", **by(h)),
    "payers.services.switch_holiday": lambda h: step(
        payers.switch_holiday, payers.add_holiday(TODAY, "A day", **by(h)).id, active=False, **by(h)
    ),
    "payers.services.add_playbook": lambda h: step(make_playbook, h),
    "authorizations.playbook_findings.change_playbook": lambda h: step(
        playbook_findings.change_playbook, denied(h).id, first_playbook(h), version=None, **by(h)
    ),
    "authorizations.playbook_findings.say_no_gap": lambda h: step(
        playbook_findings.say_no_gap, denied(h).id, "The order was missing", **by(h)
    ),
    "members.cover_questions.keep": lambda h: step(
        cover_questions.keep,
        h.member,
        TODAY,
        {"code": "H2019"},
        [cover_questions.Reply(None, "unknown", "?", "-")],
        **by(h),
    ),
    "payers.services.save_playbook": lambda h: step(
        payers.save_playbook, make_playbook(h).id, {"notes": "More"}, version=None, **by(h)
    ),
    "payers.services.review_playbook": lambda h: step(
        payers.review_playbook, make_playbook(h).id, actor=h.actor("admin"), now=NOW + timedelta(days=3)
    ),
    # Providers
    "providers.services.add_provider": lambda h: step(
        providers.add_provider, {"kind": "person", "name": "Weir", "first_name": "Jo"}, **by(h)
    ),
    "providers.services.save_provider": lambda h: step(
        providers.save_provider, make_provider(name="Old", first_name="Jo").id, {"name": "New"}, version=None, **by(h)
    ),
    "providers.services.add_facility": lambda h: step(providers.add_facility, {"name": "East Clinic"}, **by(h)),
    "providers.services.save_facility": lambda h: step(
        providers.save_facility, h.facility.id, {"name": "West Clinic"}, version=None, **by(h)
    ),
    # Members
    "members.services.add_member": lambda h: step(make_member),
    "members.services.save_member": lambda h: step(
        members.save_member, h.member.id, {"last_name": "Renamed"}, version=None, **by(h)
    ),
    "members.services.add_identifier": lambda h: step(
        members.add_identifier, make_member(mrn="").id, A_NUMBER, **by(h)
    ),
    "members.services.save_identifier": lambda h: step(
        members.save_identifier, identifier_of(h).id, {"value": "77002"}, version=None, **by(h)
    ),
    "members.services.add_coverage": lambda h: step(members.add_coverage, **_coverage(h), **by(h)),
    "members.services.save_coverage": lambda h: step(
        members.save_coverage, h.coverage.id, {"ends_on": date(2027, 6, 30)}, version=None, **by(h)
    ),
    "members.checking.record_check": lambda h: step(
        record_check, h.coverage.id, {"result": "inactive", "source": "portal"}, key=a_key(), **by(h)
    ),
    # Authorizations
    "authorizations.transitions.resubmit": lambda h: step(
        transitions.resubmit, pended(h).id, Reply("The plan of care."), confirmed=True, key=a_key(), **by(h)
    ),
    "authorizations.additional_units.want_more": lambda h: step(
        additional_units.want_more, approved(h).id, 1, Decimal(4), "More is needed.", **by(h)
    ),
    "authorizations.additional_units.grant_wish": lambda h: step(additional_units.grant_wish, wished(h), **by(h)),
    "authorizations.payer_class.note_class": lambda h: step(payer_class.note_class, timed(h), Priority.URGENT, **by(h)),
    "authorizations.changes.amend": lambda h: step(
        changes.amend, approved(h).id, changes.Change((changes.ChangedLine(1, Decimal(90)),)), key=a_key(), **by(h)
    ),
    "authorizations.changes.extend": lambda h: step(
        changes.extend,
        approved(h).id,
        changes.Change((changes.ChangedLine(1, ends_on=ENDS + timedelta(days=30)),)),
        key=a_key(),
        **by(h),
    ),
    "authorizations.appeals.appeal": lambda h: step(
        appeals.appeal, denied(h).id, appeals.Appeal(AppealLevel.APPEAL, "It is needed."), key=a_key(), **by(h)
    ),
    "authorizations.appeals.inquire": lambda h: step(
        appeals.inquire, submitted(h).authorization_id, channel=Channel.PHONE, key=a_key(), **by(h)
    ),
    "authorizations.cancelling.request_cancellation": lambda h: step(
        cancelling.request_cancellation, approved(h).id, reason="Moved away", effective_on=TODAY, key=a_key(), **by(h)
    ),
    "authorizations.renewing.renew": lambda h: step(renewing.renew, approved(h).id, owner=None, key=a_key(), **by(h)),
    "authorizations.renewing.ask_anew": lambda h: step(
        renewing.ask_anew, denied(h).id, owner=None, key=a_key(), **by(h)
    ),
    "authorizations.services.save_draft": lambda h: step(
        cases.save_draft, drafted(h).id, ask(h, units("T1019")), version=None, **by(h)
    ),
    "authorizations.splitting.split": lambda h: step(splitting.split, two_ways(h), owner=None, key=a_key(), **by(h)),
    "authorizations.repeating.note_repeated": lambda h: step(
        note_repeated, drafted(h).id, ["PA-000001"], "The first one was lost.", **by(h)
    ),
    "authorizations.services.add_note": lambda h: step(cases.add_note, drafted(h).id, "Called.", **by(h)),
    "authorizations.services.mark_submitted": lambda h: step(
        cases.mark_submitted, by_hand(h).id, submitted_at=NOW, key=a_key(), **by(h)
    ),
    "authorizations.services.take_back_mark": lambda h: step(cases.take_back_mark, marked(h).id, **by(h)),
    "authorizations.services.change_channel": lambda h: step(
        cases.change_channel, submitted(h).id, Channel.FAX, reason="The line is down.", **by(h)
    ),
    "authorizations.services.note_exchange": lambda h: step(
        cases.note_exchange, submitted(h).id, ExchangeState.NOT_DELIVERED, problem="No answer", **by(h)
    ),
    "authorizations.saving.save_view": lambda h: step(
        saving.save_view,
        h.memberships["supervisor"].id,
        {"name": "Mine", "shared": True, "pinned": False},
        query="?due=today",
        **by(h),
    ),
    "authorizations.saving.change_view": lambda h: step(
        saving.change_view, kept_view(h).id, {"name": "Other", "shared": False, "pinned": False}, version=None, **by(h)
    ),
    "authorizations.saving.move_view_up": lambda h: step(saving.move_view_up, another_view(h).id, **by(h)),
    "authorizations.saving.remove_view": lambda h: step(saving.remove_view, kept_view(h).id, **by(h)),
    "authorizations.saving.open_with": lambda h: step(
        saving.open_with, h.memberships["supervisor"].id, kept_view(h).id, **by(h)
    ),
    "authorizations.handing.assign": lambda h: step(
        handing.assign, submitted(h).authorization_id, h.memberships["supervisor"].id, reason="Away", **by(h)
    ),
    "authorizations.handing.set_next_action": lambda h: step(
        handing.set_next_action, submitted(h).authorization_id, "Call the payer", at=NOW + timedelta(days=1), **by(h)
    ),
    "authorizations.publishing.publish": lambda h: step(publishing.publish, approved(h).id, **by(h)),
    "authorizations.work.close_task": lambda h: step(close_task, task(h).id, **by(h)),
    "authorizations.reviewing.accept_terms": lambda h: step(reviewing.accept_terms, given_less(h).id, **by(h)),
    "authorizations.reviewing.dispute_terms": lambda h: step(
        reviewing.dispute_terms, given_less(h).id, reason="Too few", follow="call", **by(h)
    ),
    "authorizations.reviewing.confirm_entry": lambda h: step(
        reviewing.confirm_entry, unverified(h).id, **by(h, "specialist")
    ),
    "authorizations.reviewing.reject_entry": lambda h: step(
        reviewing.reject_entry, unverified(h).id, reason="Another number", **by(h, "specialist")
    ),
    "authorizations.reviewing.require_second_look": lambda h: step(
        reviewing.require_second_look, True, **by(h, "admin")
    ),
    "authorizations.contacts.log_contact": lambda h: step(
        log_contact, drafted(h).id, Contact("fax", "Sent the plan.", minutes=3), **by(h)
    ),
    "authorizations.cover_end.follow_coverage": lambda h: step(follow_coverage, ended_coverage(h), **by(h)),
    "authorizations.transitions.draft": lambda h: step(
        transitions.draft, ask(h), owner=h.memberships["specialist"], key=a_key(), **by(h)
    ),
    "authorizations.transitions.submit": lambda h: step(transitions.submit, drafted(h).id, key=a_key(), **by(h)),
    "authorizations.transitions.discard": lambda h: step(transitions.discard, drafted(h).id, **by(h)),
    "authorizations.transitions.record_answer": lambda h: _record(h),
    "authorizations.transitions.correct_decision": lambda h: step(
        transitions.correct_decision, entered(h).id, None, reason="Mistyped", key=a_key(), **by(h)
    ),
    "authorizations.transitions.recall": lambda h: step(transitions.recall, submitted(h).id, **by(h)),
    "authorizations.transitions.return_unsent": lambda h: step(
        transitions.return_unsent, submitted(h).id, [Problem("lines", "No.")], **by(h)
    ),
    "authorizations.transitions.record_existing": lambda h: step(
        transitions.record_existing, ask(h), _letter(), channel=Channel.LETTER, owner=None, key=a_key(), **by(h)
    ),
    # Claims
    "claims.services.post_claim": _of_claims("post_claim"),
    "claims.services.post_claims": _of_claims("post_claims"),
    "claims.services.reallocate_member": lambda h: step(claims.reallocate_member, over_drawn(h), **by(h)),
    "claims.services.replace_claim": _of_claims("replace_claim"),
    "claims.recalculating.recalculate": lambda h: step(recalculate, _over_drawn_case(h), **by(h)),
    "claims.services.void_claim": _of_claims("void_claim"),
}
"""One step of each verb, on something of its own. Called in the scope of the house."""


def _withdraw(house: House) -> Step:
    found = invited(house).id
    return lambda: invitations.withdraw(Invitation.objects.get(id=found), **by(house, "admin"))


def _join(house: House) -> Step:
    user = new_person()
    return lambda: accounts.join(user=user, role=role_named("biller"), **by(house, "admin"))


def _record(house: House) -> Step:
    submission = submitted(house)
    return lambda: transitions.record_answer(
        submission.authorization_id, APPROVAL, submission_id=submission.id, key=a_key(), **by(house)
    )


def _letter() -> Answer:
    return Answer(overall=LineAnswer(None, LineOutcome.APPROVED), certification_number="OLD-1", decided_on=TODAY)


def _coverage(house: House) -> dict[str, Any]:
    return {
        "member": make_member(),
        "payer": house.payer,
        "program": house.manual,
        "member_number": "HSM77001",
        "starts_on": date(2024, 1, 1),
    }


def _partner(house: House) -> dict[str, Any]:
    return {
        "name": "Second gateway",
        "our_identifier": "GL2",
        "their_identifier": "SECOND",
        "our_application": "GL2",
        "their_application": "SECOND",
        "trace_identifier": "9SECOND000",
        "capabilities": ["278"],
        "endpoint_url": "https://gateway.example/x12",
    }
