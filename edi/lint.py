"""What is wrong with a request, as sentences beside the field of the form they belong to.

The page runs it before submit; the exchange runs the same rules again before it composes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from authorizations.asked import lines_of
from authorizations.checks import obstacles
from authorizations.errors import Problem
from authorizations.models import Authorization, Submission
from edi.mapping import envelope_of, request_of, request_of_draft
from edi.x12.envelope_writer import check_envelope
from edi.x12.problems import Refusal
from edi.x12.request_model import ReviewRequest
from edi.x12.review_request import check_request, tidy
from payers.models import TradingPartner, Workflow

PARTNER = ("program", "The trading partner")
# Where a field of the request is filled in, and what people call it. The first that fits wins.
FIELDS: tuple[tuple[str, str, str], ...] = (
    (r"subscriber\.member_id", "coverage", "The member id"),
    (r"(subscriber|dependent)\.address", "coverage", "The member's address"),
    (r"(subscriber|dependent)\.name", "coverage", "The member's name"),
    (r"(subscriber|dependent)", "coverage", "The member"),
    (r"requester", "requesting_provider", "The requesting provider"),
    (r"reviewer", "program", "The reviewer of the program"),
    (r"services\[(\d+)\]\.service\.(procedure|revenue)", "lines-{}.codes", "The code of line {}"),
    (r"services\[(\d+)\]\.service", "lines-{}.quantity", "The amount of line {}"),
    (r"services\[(\d+)\]\.delivery", "lines-{}.caps", "The cap of line {}"),
    (r"services\[(\d+)\]\.period", "ends_on", "The period"),
    (r"services\[(\d+)\]\.message", "lines-{}.codes", "The remarks on line {}"),
    (r"services\[(\d+)\]\.traces", *PARTNER),
    (r"services", "lines", "The lines"),
    (r"diagnoses\[(\d+)\]", "diagnoses", "Diagnosis {}"),
    (r"diagnoses", "diagnoses", "The diagnoses"),
    (r"delivery", "admission_days", "The length of the stay"),
    (r"dates\[1\]", "admission_on", "The day of admission"),
    (r"dates", "ends_on", "The dates"),
    (r"message", "note_to_payer", "The note to the payer"),
    (r"review\.place", "place_of_service", "The place of service"),
    (r"review\.service_type", "service_type", "The service type"),
    (r"review", "request_category", "The kind of review"),
    (r"previous", "program", "The earlier authorization"),
    (r".*", *PARTNER),
)
PROVIDER_FIELDS = {
    "SJ": ("rendering_provider", "The rendering provider"),
    "FA": ("facility", "The facility"),
}
NPI_PLACES = re.compile(r"(requester|providers\[\d+\])\.identifier")
REASONS = {
    "missing": "{} is missing.",
    "character": "{} holds a character that cannot be sent: a separator such as * ^ : ~, or an unusual letter.",
    "too_long": "{} is too long to be sent.",
    "too_short": "{} is too short to be sent.",
    "period": "{}: the last day comes before the first.",
}


def draft_problems(authorization: Authorization, *, now: datetime) -> list[Problem]:
    """What stops a draft from being sent as a 278, beyond what submit itself finds; none for other routes."""
    route, told = obstacles(authorization, authorization.organization.today(now))
    if route.workflow != Workflow.AUTOMATIC_278 or route.partner is None:
        return []
    lines = lines_of(authorization)
    if not lines or any(not line.codes.all() for line in lines):
        return []
    request = request_of_draft(authorization, route, now=now)
    fields = {problem.field for problem in told}
    return [problem for problem in request_problems(request, route.partner) if problem.field not in fields]


def submission_problems(submission: Submission, *, now: datetime) -> list[Problem]:
    """Everything for which the composer would refuse the message of a 278 submission."""
    assert submission.partner is not None, "a 278 submission has a partner"
    return request_problems(request_of(submission, now=now), submission.partner)


def request_problems(request: ReviewRequest, partner: TradingPartner) -> list[Problem]:
    """Everything for which the composer would refuse this request, and a provider nobody could find."""
    envelope = envelope_of(partner, interchange_number=1, group_number=1, prepared_at=request.prepared_at)
    ready, _ = tidy(request, envelope.delimiters, uppercase=partner.uppercase)
    refusals = (*check_envelope(envelope), *check_request(ready, envelope.delimiters))
    return in_sentences([*_providers_without_number(ready), *refusals], request)


def in_sentences(refusals: Iterable[Refusal], request: ReviewRequest) -> list[Problem]:
    """Refusals of the composer for the person who filled in the form; each sentence once."""
    found = (_sentence(refusal, request) for refusal in refusals)
    return list(dict.fromkeys(found))


def field_of(path: str, request: ReviewRequest) -> tuple[str, str]:
    """The field of the form in which a part of the request is filled in, and its name in a sentence."""
    provider = re.match(r"providers\[(\d+)\]", path)
    if provider:
        index = int(provider[1])
        role = request.providers[index].role if index < len(request.providers) else ""
        return PROVIDER_FIELDS.get(role, PROVIDER_FIELDS["SJ"])
    for pattern, field, label in FIELDS:
        match = re.match(pattern, path)
        if match:
            number = _number(match, request)
            return field.format(number), label.format(number)
    return PARTNER


def _sentence(refusal: Refusal, request: ReviewRequest) -> Problem:
    field, label = field_of(refusal.path, request)
    if NPI_PLACES.fullmatch(refusal.path):
        if refusal.code in {"missing", "pair"}:
            return Problem(field, f"{label} has no NPI.")
        if refusal.code == "npi":
            return Problem(field, f"The NPI of {label[0].lower()}{label[1:]} is not valid: its check digit is wrong.")
    if refusal.code in REASONS:
        return Problem(field, REASONS[refusal.code].format(label))
    return Problem(field, f"{label}: {refusal.message[0].lower()}{refusal.message[1:]}")


def _providers_without_number(request: ReviewRequest) -> Iterator[Refusal]:
    """The guide lets a provider be named without an id; a payer would look for them by name."""
    for index, party in enumerate(request.providers):
        if party.role == "SJ" and not party.identifier:
            yield Refusal(f"providers[{index}].identifier", "missing", "The NPI is needed.")


def _number(match: re.Match[str], request: ReviewRequest) -> str:
    """The number people know a line or a diagnosis by."""
    if not match.groups() or not match[1].isdigit():
        return ""
    index = int(match[1])
    if match[0].startswith("services") and index < len(request.services):
        traces = request.services[index].traces
        return traces[0].number.rpartition("-")[2] if traces else str(index + 1)
    return str(index + 1)
