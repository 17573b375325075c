"""One object of every kind that an address may name, for the tests that walk all routes.

A route with an argument that is not known here fails those tests until a line is added.
"""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from django.urls import URLPattern, reverse
from django.urls.converters import UUIDConverter

from accounts.absences import announce
from accounts.checks import routes
from accounts.invitations import invite
from accounts.models import Absence
from accounts.services import role_named
from authorizations.documents.services import Upload, keep_documents
from authorizations.models import Authorization, Decision, Document, SavedView, Submission
from authorizations.saving import save_view
from authorizations.services import mark_submitted
from authorizations.states import Status
from authorizations.work import open_task
from edi.models import Interchange, Message
from outbox.models import OutboxMessage
from tests.authorizations.cases import drafted, in_status, submitted
from tests.cast import NOW, House, make_coverage, make_member
from tests.claims.stage import authorize, bill, post
from tests.members.stage import with_people
from tests.payers.stage import configured

SAMPLES = Path(__file__).parents[1] / "edi" / "samples"
SENTINELS = ("Ashdown{0}", "Harborline {0}", "Okafor{0}", "Gateway {1}")
"""Names only one house has: they may never appear in an answer to the other."""

STANDS_FOR = {
    ("authorization_letter", "authorization_id"): "approved_id",
    ("authorization_cancel", "authorization_id"): "approved_id",
    ("authorization_amend", "authorization_id"): "approved_id",
    ("authorization_extend", "authorization_id"): "approved_id",
    ("authorization_more_units", "authorization_id"): "approved_id",
    ("authorization_renew", "authorization_id"): "approved_id",
    ("authorization_ask_anew", "authorization_id"): "approved_id",
    ("authorization_appeal", "authorization_id"): "denied_id",
    ("authorization_playbook", "authorization_id"): "denied_id",
    ("authorization_no_gap", "authorization_id"): "denied_id",
    ("authorization_inquire", "authorization_id"): "open_id",
    ("authorization_next", "authorization_id"): "open_id",
    ("submission_resubmit", "submission_id"): "pended_id",
    ("submission_take_back", "submission_id"): "marked_id",
    ("submission_class", "submission_id"): "marked_id",
    ("submission_response", "submission_id"): "marked_id",
}
"""Where a page shows itself only for an object in another state than the usual one."""


@dataclass
class Stage:
    """A house with everything that its pages can show."""

    house: House
    slug: str
    ids: dict[str, uuid.UUID] = field(default_factory=dict)

    @property
    def sentinels(self) -> list[str]:
        return [name.format(self.slug.capitalize(), self.slug) for name in SENTINELS]


def furnish(house: House, slug: str) -> Stage:
    """Make one of each. Called inside no scope."""
    stage = Stage(house, slug)
    with house.scope():
        draft = drafted(house)
        cover = authorize(house, ("H2019", 80), starts="11-01", ends="12-31", number=f"HC-{slug}")
        claim = post(house, bill("H2019", "11-20"), number=f"C-{slug}").claim
        message = received(house)
        task = open_task(draft, "look", "Look at this", now=NOW)
        invitation, _ = invite(f"guest@{slug}.example", role_named("biller"), actor=house.actor("admin"), now=NOW)
        waiting, marked = by_hand(house), by_hand(house)
        mark_submitted(marked.id, submitted_at=NOW, actor=house.actor(), now=NOW, key=f"mark-{slug}")
        stage.ids = {
            "member_id": house.member.id,
            "authorization_id": draft.id,
            "approved_id": cover.id,
            "denied_id": in_status(house, Status.DENIED).id,
            "open_id": waiting.authorization_id,
            "pended_id": in_status(house, Status.PENDED).submissions.get().id,
            "claim_id": claim.id,
            "message_id": message.id,
            "letter_id": given_up(house).id,
            "task_id": task.id,
            "membership_id": house.memberships["clinician"].id,
            "colleague_id": house.memberships["supervisor"].id,
            "role_id": role_named("scheduler").id,
            "absence_id": away(house).id,
            "view_id": kept_view(house).id,
            "invitation_id": invitation.id,
            "submission_id": waiting.id,
            "marked_id": marked.id,
            "document_id": filed(house, cover).id,
            "decision_id": Decision.objects.get(authorization=cover).id,
            **configured(house),
            **with_people(house),
        }
    return stage


def kept_view(house: House) -> SavedView:
    """A view of the list that the supervisor shares."""
    owner = house.memberships["supervisor"]
    values = {"name": "Pended ones", "shared": True, "pinned": True}
    return save_view(owner.id, values, query="?status=pended", actor=house.actor("supervisor"), now=NOW)


def away(house: House) -> Absence:
    """Days to come, by the clock of the cast and by that of the machine, on which the biller is away."""
    people = house.memberships["biller"].id, house.memberships["scheduler"].id
    first = date(2027, 3, 1)
    return announce(*people, starts_on=first, ends_on=first, actor=house.actor("supervisor"), now=NOW)


def by_hand(house: House) -> Submission:
    """A request that waits for somebody to type it into the payer's portal."""
    return submitted(house, coverage=make_coverage(make_member(), house.manual))


def received(house: House) -> Message:
    """A message of the partner as it came."""
    body = (SAMPLES / "denied-response.edi").read_bytes()
    digest = hashlib.sha256(body).hexdigest()
    frame = Interchange(
        partner=house.partner, direction="in", state="read", control_number="000000007", usage="T", body=body,
        sha256=digest, created_at=NOW, read_at=NOW,
    )  # fmt: skip
    frame.save()
    message = Message(
        interchange=frame, partner=house.partner, kind="278_response", state="quarantined", position=1, created_at=NOW
    )
    message.save()
    return message


def given_up(house: House) -> OutboxMessage:
    """Work that was tried too often."""
    letter = OutboxMessage(
        organization_id=house.organization.id, topic="partner.poll", subject_id=house.partner.id, due_at=NOW,
        created_at=NOW, attempts=12, dead_at=NOW, problem="OperationalError",
    )  # fmt: skip
    letter.save()
    return letter


def filed(house: House, case: Authorization) -> Document:
    """A letter of the payer."""
    upload = Upload("files_0", "letter.pdf", io.BytesIO(b"%PDF-1.7 letter"), 15, Document.Kind.APPROVAL_LETTER)
    return keep_documents(case.id, [upload], actor=house.actor(), now=NOW)[0]


@dataclass(frozen=True)
class Route:
    """One address pattern of the product, and whether it names an object."""

    name: str
    pattern: URLPattern

    @property
    def scope(self) -> str:
        return str(getattr(self.pattern.callback, "scope", ""))

    @property
    def methods(self) -> frozenset[str]:
        """What the view declares; a library's view may take both."""
        return frozenset(getattr(self.pattern.callback, "methods", {"GET", "POST"}))

    @property
    def arguments(self) -> list[str]:
        return list(self.pattern.pattern.converters)

    @property
    def names_object(self) -> bool:
        return any(isinstance(converter, UUIDConverter) for converter in self.pattern.pattern.converters.values())

    def path(self, ids: dict[str, uuid.UUID]) -> str:
        """The address with these ids. Raises KeyError for an argument nobody made an object for."""
        return reverse(self.name, kwargs=self.objects(ids))

    def objects(self, ids: dict[str, uuid.UUID]) -> dict[str, uuid.UUID]:
        """What the arguments of this address name."""
        names = {name: STANDS_FOR.get((self.name, name), name) for name in self.arguments}
        return {name: ids[stand_in] if stand_in in ids else ids[name] for name, stand_in in names.items()}


def every_route() -> Iterator[Route]:
    for _, pattern in routes():
        yield Route(str(pattern.name), pattern)


def random_ids(route: Route) -> dict[str, uuid.UUID]:
    return {name: uuid.uuid4() for name in route.arguments}
