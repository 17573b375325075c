"""Every form of the product as somebody sends it who may: found on the pages, filled where it comes up empty.

A form that is not taken as it stands on its page needs a line in FILLED; the tests that use this say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.attack.markup import Control, Form
from tests.attack.walk import ROUTES, Walk, Walks, name_of
from tests.payers.stage import SMALLEST
from tests.web.permissions import TABLE
from tests.web.stage import Route
from tests.web.theatre import Theatre

Fields = Mapping[str, Any]
READ_FIRST = ("supervisor", "admin", "edi")
"""Who together may open every page: their walks are made anyway."""

SET_BY_US = frozenset({"csrfmiddlewaretoken", "page_organization"})

FILLED: dict[str, dict[str, Any]] = {
    "claim_new": {
        "number": "C-900", "lines-0-code": "H2019", "lines-0-first_day": "2026-11-20", "lines-0-quantity": "4",
    },
    "submission_response": {"outcome": "denied", "reason": "Not enough was sent.", "channel": "portal"},
    "authorization_letter": {"outcome": "denied", "reason": "Taken back.", "channel": "letter"},
    "decision_correct": {
        "outcome": "pended", "wanted": "A signed plan", "wrong_reason": "Typed in the wrong row", "channel": "letter",
        "decided_on": "2026-11-23",
    },
    "payer_new": {"name": "Newly Found", "identifier": "NEWF1"},
    "program_new": {
        "name": "Silver", "starts_on": "2026-12-01", "authorization_workflow": "MANUAL_PENDING",
        "regulation": "commercial", "renewal_lead_days": "30",
    },
    "rules_new": {"starts_on": "2027-06-01"},
    "partner_new": {
        "name": "Second gateway", "our_identifier": "GLTWO", "their_identifier": "OTHERSIM", "our_application": "GLTWO",
        "their_application": "OTHERSIM", "trace_identifier": "9TWO000000", "endpoint_url": "https://gateway.example/x12",
    },
    "provider_new": {"kind": "person", "name": "Weir", "first_name": "Jo"},
    "facility_new": {"name": "East Clinic"},
    "procedure_import": {"attested": "yes"},
    "authorization_more_units": {"quantity": "4", "reason": "More is needed."},
    "view_new": {"name": "Mine"},
    "rules_edit": {"understood": "on"},
    "authorization_no_gap": {"reason": "The order was missing"},
    "authorization_playbook": {"documents": "plan of care", "triggers": "none"},
    "member_covered": {"code": "H2019"},
    "claim_replace": {"reason": "Billed wrongly"},
}  # fmt: skip
"""What makes an empty form complete, so that it is taken."""

ANSWERED_AT_ONCE = frozenset({"member_covered"})
"""Questions: what is asked is answered by the page itself."""

FILES: dict[str, dict[str, str]] = {
    "payer_import": {"file": "Payer ID,Payer name\nNEW02,Also New\n"},
    "provider_import": {"file": "Last name or group,First name\nLarch,Kim\n"},
    "procedure_import": {"file": SMALLEST["procedures"].decode()},
    "facility_import": {"file": "Name\nWest Clinic\n"},
}

NEVER_SHOWN: dict[str, str] = {
    "person_reopen": "shown for somebody whose place was closed",
    "procedure_search": "asked by a script while somebody types",
    "diagnosis_search": "asked by a script while somebody types",
    "message_attach": "shown for an answer that fits a request",
    "authorization_packet_choose": "shown for a case whose papers stand, and were not filed by mistake",
    "authorization_terms": "shown for an approval that differs from what was asked",
    "decision_review": "shown for an approval that a second person is to confirm",
    "authorization_publish": "shown to the owner of an approval that was not passed on",
    "calendar_withdraw": "shown to whoever has the address of a calendar",
    "undelivered_resend": "shown for a request that was not delivered",
}
"""Forms no page of the stage shows, and why. They are sent with what the permission table states."""


@dataclass
class Post:
    """One form, ready to be sent by `who`."""

    route: Route
    who: str
    address: str
    form: Form
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.route.name

    @property
    def typed(self) -> list[Control]:
        """Where a person types."""
        return [each for each in self.form.controls.values() if each.is_typed]

    @property
    def choosing(self) -> list[Control]:
        """Fields that carry the id of a row."""
        return [each for each in self.form.controls.values() if each.names_a_row and each.name not in SET_BY_US]

    @property
    def expected(self) -> int | None:
        """What the answer is when it is taken: a form that searches answers with a page, the others lead on."""
        leads_on = (self.name in FILLED or self.name in FILES) and self.name not in ANSWERED_AT_ONCE
        return 302 if leads_on else TABLE[self.name].post

    def send(self, made: Theatre, changes: Fields | None = None, *, who: str = "", **headers: str) -> Any:
        files = {name: SimpleUploadedFile("list.csv", text.encode()) for name, text in FILES.get(self.name, {}).items()}
        client: Any = made.client(who or self.who)
        return client.post(self.address, {**self.fields, **files, **(changes or {})}, **headers)

    def takes(self, answer: Any) -> bool:
        return bool(answer.status_code == self.expected)


def posts(made: Theatre, walks: Walks) -> list[Post]:
    """A post for every route that takes one and that some page leads to."""
    return [post for post in found_posts(made, walks).values() if post is not None]


def found_posts(made: Theatre, walks: Walks) -> dict[str, Post | None]:
    """The post of each route; None where no page shows a way to send one."""
    wanted = [name for name, route in ROUTES.items() if name in TABLE and "POST" in route.methods]
    return {name: _post(made, walks, ROUTES[name]) for name in wanted}


def _post(made: Theatre, walks: Walks, route: Route) -> Post | None:
    own, row = route.path(made.north.ids), TABLE[route.name]
    for who in sorted(row.roles.split(), key=READ_FIRST.__contains__, reverse=True):
        offered = walks[who].forms.get(route.name, []) or _asked_by_script(walks[who], route.name)
        if route.name in NEVER_SHOWN:
            offered = [(own, _stated(route.name))]
        if offered:
            address, form = next((each for each in offered if each[0].partition("?")[0] == own), offered[0])
            sent = {name: values for name, values in form.fields.items() if name != "csrfmiddlewaretoken"}
            return Post(route, who, address, form, {**sent, **row.filled(made.north.ids), **FILLED.get(route.name, {})})
    return None


def _asked_by_script(found: Walk, name: str) -> list[tuple[str, Form]]:
    """A field that asks while somebody types: what it sends stands in the permission table."""
    return [
        (lead.address, _stated(name))
        for page in found.pages.values()
        for lead in page.markup.leads
        if lead.method == "POST" and name_of(lead.address) == name
    ]


def _stated(name: str) -> Form:
    """A form of the fields that the permission table sends."""
    return Form("POST", "", {each: Control(each, "text", [value]) for each, value in TABLE[name].send.items()})
