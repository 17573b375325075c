"""What the 005010X217 guide asks of the parties of a request: reviewer, requester, member, providers."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from edi.x12.parts import Address, Contact, Dependent, Party, PersonName, Reference, Subscriber
from edi.x12.problems import Refusal

REVIEWERS = frozenset({"X3", "PR", "2B", "36"})
REVIEWER_IDS = frozenset({"PI", "XV", "24", "34", "46"})
REQUESTERS = frozenset({"1P", "FA", "2B", "36", "PR"})
REQUESTER_IDS = frozenset({"XX", "24", "34", "46", "XV"})
PROVIDER_IDS = frozenset({"XX", "24", "34", "46"})
REQUESTER_REFERENCES = frozenset({"1G", "1J", "EI", "G5", "N5", "N7", "SY", "ZH"})
PROVIDER_REFERENCES = frozenset({"0B", "1G", "1J", "EI", "N5", "N7", "SY", "ZH"})
SUBSCRIBER_REFERENCES = frozenset({"1L", "3L", "6P", "DP", "EJ", "F6", "HJ", "IG", "N6", "NQ", "SY"})
DEPENDENT_REFERENCES = frozenset({"EJ", "SY"})
MOST_REFERENCES = {"requester": 8, "event": 7, "line": 8}
SPECIALTIES = {
    "requester": frozenset({"AD", "AS", "AT", "CO", "CV", "OP", "OR", "OT", "PC", "PE", "RF"}),
    "event": frozenset({"AD", "AS", "AT", "OP", "OR", "OT", "PC", "PE", "RF"}),
    "line": frozenset({"AS", "OP", "OR", "OT", "PC", "PE"}),
}
NUMBERS = frozenset({"TE", "FX", "EM", "UR"})
GENDERS = frozenset({"F", "M", "U"})
MILITARY = frozenset({"AO", "AU", "DI", "PV", "RU"})
RELATIONSHIPS = frozenset({"01", "19", "G8"})


def check_reviewer(path: str, party: Party) -> Iterator[Refusal]:
    """The utilization management organization (loop 2010A): who decides, by name and id only."""
    yield from _check_role(path, party, REVIEWERS)
    yield from _check_identifier(path, party, REVIEWER_IDS)
    if not party.identifier:
        yield Refusal(f"{path}.identifier", "missing", "The id of the organization that reviews is needed.")
    if party.references or party.address or party.contact or party.specialty:
        text = "The organization that reviews is named by its name and id only."
        yield Refusal(path, "not_carried", text)
    yield from _check_names(path, party)


def check_provider(path: str, party: Party, place: str, roles: Collection[str] = REQUESTERS) -> Iterator[Refusal]:
    """The requester (`place` is `requester`), or a provider of the event or of a line (`event`, `line`)."""
    requester = place == "requester"
    yield from _check_role(path, party, roles)
    yield from _check_identifier(path, party, REQUESTER_IDS if requester else PROVIDER_IDS)
    if requester and not party.identifier:
        yield Refusal(f"{path}.identifier", "missing", "The id of the requester is needed.")
    allowed = REQUESTER_REFERENCES if requester else PROVIDER_REFERENCES
    yield from _check_references(path, party.references, allowed, MOST_REFERENCES[place])
    yield from _check_address(path, party.address)
    yield from _check_contact(path, party.contact)
    yield from _check_names(path, party)
    if party.specialty:
        if party.specialty.role not in SPECIALTIES[place]:
            yield Refusal(f"{path}.specialty.role", "code", "The code is not one the guide allows here.")
        if not party.specialty.taxonomy:
            yield Refusal(f"{path}.specialty.taxonomy", "missing", "The taxonomy code is needed.")


def check_subscriber(path: str, subscriber: Subscriber) -> Iterator[Refusal]:
    """The holder of the cover (loop 2010C)."""
    yield from _check_person(path, subscriber.name)
    if not subscriber.member_id:
        yield Refusal(f"{path}.member_id", "missing", "The member id is needed.")
    if subscriber.id_qualifier not in {"MI", "II"}:
        yield Refusal(f"{path}.id_qualifier", "code", "The code is not one the guide allows here.")
    yield from _check_references(path, subscriber.references, SUBSCRIBER_REFERENCES, 9)
    yield from _check_address(path, subscriber.address)
    yield from _check_gender(path, subscriber)
    if subscriber.military_status and subscriber.military_status not in MILITARY:
        yield Refusal(f"{path}.military_status", "code", "The code is not one the guide allows here.")


def check_dependent(path: str, dependent: Dependent) -> Iterator[Refusal]:
    """A patient who is not the subscriber (loop 2010D): never with an id in a request."""
    yield from _check_person(path, dependent.name)
    yield from _check_references(path, dependent.references, DEPENDENT_REFERENCES, 3)
    yield from _check_address(path, dependent.address)
    yield from _check_gender(path, dependent)
    if dependent.member_id or dependent.id_qualifier:
        yield Refusal(f"{path}.member_id", "not_carried", "A dependent has no member id in a request.")
    if dependent.relationship and dependent.relationship not in RELATIONSHIPS:
        yield Refusal(f"{path}.relationship", "code", "The code is not one the guide allows here.")
    if dependent.birth_order is not None and not dependent.relationship:
        yield Refusal(f"{path}.relationship", "missing", "A birth order needs the relationship.")


def valid_npi(number: str) -> bool:
    """The check digit of a national provider identifier: Luhn over 80840 and the number."""
    if len(number) != 10 or not (number.isascii() and number.isdigit()) or number[0] not in "12":
        return False
    total = 0
    for index, digit in enumerate(reversed("80840" + number)):
        value = int(digit) * (2 if index % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _check_role(path: str, party: Party, roles: Collection[str]) -> Iterator[Refusal]:
    if party.role not in roles:
        yield Refusal(f"{path}.role", "code", "The code is not one the guide allows here.")


def _check_identifier(path: str, party: Party, qualifiers: Collection[str]) -> Iterator[Refusal]:
    if bool(party.id_qualifier) != bool(party.identifier):
        yield Refusal(f"{path}.identifier", "pair", "An id and the kind of id stand together.")
    if party.id_qualifier and party.id_qualifier not in qualifiers:
        yield Refusal(f"{path}.id_qualifier", "code", "The code is not one the guide allows here.")
    if party.id_qualifier == "XX" and party.identifier and not valid_npi(party.identifier):
        yield Refusal(f"{path}.identifier", "npi", "The NPI is not valid: its check digit does not fit.")


def _check_names(path: str, party: Party) -> Iterator[Refusal]:
    if not party.is_person and (party.first_name or party.middle_name or party.suffix):
        yield Refusal(f"{path}.first_name", "not_carried", "An organization has one name.")


def _check_person(path: str, name: PersonName) -> Iterator[Refusal]:
    if not name.last:
        yield Refusal(f"{path}.name.last", "missing", "The last name is needed.")


def _check_references(
    path: str, references: tuple[Reference, ...], allowed: Collection[str], most: int
) -> Iterator[Refusal]:
    if len(references) > most:
        yield Refusal(f"{path}.references", "too_many", f"At most {most} may be given.")
    for index, each in enumerate(references):
        if each.qualifier not in allowed:
            where = f"{path}.references[{index}].qualifier"
            yield Refusal(where, "code", "The code is not one the guide allows here.")
        if not each.value:
            yield Refusal(f"{path}.references[{index}].value", "missing", "The value is needed.")


def _check_address(path: str, address: Address | None) -> Iterator[Refusal]:
    if address is None:
        return
    if len(address.lines) > 2:
        yield Refusal(f"{path}.address.lines", "too_many", "An address has at most two lines.")
    if not all(address.lines):
        yield Refusal(f"{path}.address.lines", "missing", "A line of the address is empty.")
    if not address.city and (address.state or address.postal_code or address.country or not address.lines):
        yield Refusal(f"{path}.address.city", "missing", "The city is needed.")
    if len(address.city) == 1:
        yield Refusal(f"{path}.address.city", "too_short", "The value must have at least 2 characters.")


def _check_contact(path: str, contact: Contact | None) -> Iterator[Refusal]:
    if contact is None:
        return
    if not contact.numbers:
        yield Refusal(f"{path}.contact.numbers", "missing", "A contact needs a number.")
    if len(contact.numbers) > 3:
        yield Refusal(f"{path}.contact.numbers", "too_many", "At most 3 may be given.")
    for index, each in enumerate(contact.numbers):
        where = f"{path}.contact.numbers[{index}]"
        if each.kind not in (NUMBERS | {"EX"} if index else NUMBERS):
            yield Refusal(f"{where}.kind", "code", "The code is not one the guide allows here.")
        if not each.value:
            yield Refusal(f"{where}.value", "missing", "The value is needed.")


def _check_gender(path: str, person: Subscriber | Dependent) -> Iterator[Refusal]:
    if person.gender and person.gender not in GENDERS:
        yield Refusal(f"{path}.gender", "code", "The code is not one the guide allows here.")
    if person.gender and not person.birth_date:
        yield Refusal(f"{path}.birth_date", "missing", "The birth date is needed beside the gender.")
