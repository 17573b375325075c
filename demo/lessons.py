"""A chain of renewals with a gap and an overlap, and what two denials taught: for the pages that show them."""

from __future__ import annotations

from datetime import datetime

from authorizations import transitions
from authorizations.asked import Asked
from authorizations.models import Authorization, PlaybookFinding
from authorizations.playbook_findings import change_playbook, gaps, playbook_of, say_no_gap
from authorizations.states import Status
from demo.cases import Case, answer_by_hand, asked_for
from demo.houses import House
from tenancy.models import IdempotencyKey

CHAIN = (
    Case("portal", (("H2019", 320),), -205, 90, until="answered", used=0.9, approved=(320,)),
    Case("portal", (("H2019", 400),), -106, 90, until="answered", used=0.95, approved=(360,)),
    Case("portal", (("H2019", 400),), -28, 90, until="answered", used=0.3, approved=(400,)),
)
"""Nine days lie between the first and the second; the third begins twelve days before the second ends."""


def make_chain(house: House, *, now: datetime) -> list[Authorization]:
    """Three authorizations of one member, each renewing the one before."""
    coverage = house.coverages["portal"][-1]
    found: list[Authorization] = []
    for index, case in enumerate(CHAIN):
        key = f"demo-{house.plan.slug}-chain-{index}"
        standing = IdempotencyKey.objects.filter(key=key).first()
        if standing is None:
            asked = asked_for(house, case, coverage, house.organization.today(now))
            made = _renewed(house, asked, found[-1] if found else None, key, now=now)
        else:
            made = Authorization.objects.get(id=standing.result_id)
        if made.status == Status.DRAFT:
            transitions.submit(made.id, actor=house.actor("specialist"), now=now, key=f"{key}-submit")
        answer_by_hand(house, case, made, now=now)
        made.refresh_from_db()
        found.append(made)
    return found


def _renewed(house: House, asked: Asked, parent: Authorization | None, key: str, *, now: datetime) -> Authorization:
    owner, actor = house.memberships["specialist"], house.actor("specialist")
    return transitions.draft(asked, owner=owner, actor=actor, now=now, parent=parent, key=key)


def trace_denials(house: House, *, now: datetime) -> None:
    """One denial changed a playbook, one showed no gap; the others wait to be looked at. Done once."""
    waiting = [gap.case for gap in gaps(now)]
    known = next((case for case in waiting if playbook_of(case) is not None), None)
    if known is None or PlaybookFinding.objects.exists():
        return
    book = playbook_of(known)
    assert book is not None
    wanted = [*book.documents, "order that names the hours a week"]
    actor = house.actor("supervisor")
    change_playbook(known.id, {"documents": wanted}, version=book.version, actor=actor, now=now)
    other = next((case for case in waiting if case.id != known.id), None)
    if other is not None:
        say_no_gap(other.id, "The rule stands in the playbook; the hours were counted twice", actor=actor, now=now)
