"""What a 278 request and its response are made of: the pieces that occur on both sides.

Codes keep the words of X12 in their values and a plain name for the field. What tells of a person is kept out
of `repr`, so that it cannot reach a log by way of an error.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated

from edi.x12.charset import Period


@dataclass(frozen=True, slots=True)
class Text:
    """An element a person reads: cleaned before it is written, refused when longer than the guide allows."""

    longest: int


@dataclass(frozen=True, slots=True)
class Plain:
    """An identifier or a code: refused, never changed, when it cannot be carried as it is."""

    longest: int
    shortest: int = 1


Code = Annotated[str, Plain(3)]
Identifier = Annotated[str, Plain(80, shortest=2)]
Number50 = Annotated[str, Plain(50)]
LastName = Annotated[str, Text(60)]
FirstName = Annotated[str, Text(35)]
MiddleName = Annotated[str, Text(25)]
Suffix = Annotated[str, Text(10)]


@dataclass(frozen=True, slots=True)
class Reference:
    """A further number (REF): its qualifier and its value."""

    qualifier: Code
    value: Number50 = field(repr=False)


@dataclass(frozen=True, slots=True)
class Address:
    """N3 and N4. `lines` are one or two; `state` and `postal_code` are empty outside the United States."""

    lines: tuple[Annotated[str, Text(55)], ...] = field(default=(), repr=False)
    city: Annotated[str, Text(30)] = field(default="", repr=False)
    state: Annotated[str, Plain(2, shortest=2)] = ""
    postal_code: Annotated[str, Plain(15, shortest=3)] = field(default="", repr=False)
    country: Annotated[str, Plain(3, shortest=2)] = ""


@dataclass(frozen=True, slots=True)
class ContactNumber:
    """One way to reach a contact: `TE` telephone, `FX` fax, `EM` mail, `UR` web, `EX` extension."""

    kind: Code
    value: Annotated[str, Plain(256)] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Contact:
    """PER: whom to ask, with up to three numbers."""

    name: LastName = field(default="", repr=False)
    numbers: tuple[ContactNumber, ...] = ()


@dataclass(frozen=True, slots=True)
class Specialty:
    """PRV: the part a provider plays (`PE` performing, `AT` attending) and their taxonomy code."""

    role: Code
    taxonomy: Annotated[str, Plain(10, shortest=10)] = ""


@dataclass(frozen=True, slots=True)
class Party:
    """A payer, reviewer, provider or place (NM1 and what follows it).

    `role` is NM101 (`X3` reviewer, `1P` provider, `FA` facility, `SJ` service provider ...); `name` is the
    last name of a person or the name of an organization; `id_qualifier` is NM108 (`XX` for an NPI, `46`,
    `PI`, `24`, `34`).
    """

    role: Code
    name: LastName = field(default="", repr=False)
    is_person: bool = False
    first_name: FirstName = field(default="", repr=False)
    middle_name: MiddleName = field(default="", repr=False)
    suffix: Suffix = field(default="", repr=False)
    id_qualifier: Code = ""
    identifier: Identifier = field(default="", repr=False)
    references: tuple[Reference, ...] = ()
    address: Address | None = None
    contact: Contact | None = None
    specialty: Specialty | None = None


@dataclass(frozen=True, slots=True)
class PersonName:
    """The name of a member as the plan holds it."""

    last: LastName = field(repr=False)
    first: FirstName = field(default="", repr=False)
    middle: MiddleName = field(default="", repr=False)
    suffix: Suffix = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Loop 2000C: who holds the cover. The patient too, unless the request names a dependent."""

    name: PersonName
    member_id: Identifier = field(repr=False)
    id_qualifier: Code = "MI"
    references: tuple[Reference, ...] = ()
    address: Address | None = None
    birth_date: date | None = field(default=None, repr=False)
    gender: Code = field(default="", repr=False)
    military_status: Code = ""


@dataclass(frozen=True, slots=True)
class Dependent:
    """Loop 2000D: a patient without a member id of their own.

    `relationship` is INS02 (`01` spouse, `19` child, `G8` other), `birth_order` INS17. A response may give
    the dependent an id, a request never.
    """

    name: PersonName
    relationship: Code = ""
    references: tuple[Reference, ...] = ()
    address: Address | None = None
    birth_date: date | None = field(default=None, repr=False)
    gender: Code = field(default="", repr=False)
    birth_order: int | None = None
    id_qualifier: Code = ""
    member_id: Identifier = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Trace:
    """TRN: a number given to an event or a service line by the one who sent it first.

    `originator` (TRN03) says whose number it is, and is what an answer is matched on; `kind` is `1` for the
    sender's own number and `2` for the other side's, echoed.
    """

    number: Number50
    originator: Annotated[str, Plain(10, shortest=10)]
    kind: Code = "1"
    division: Number50 = ""


@dataclass(frozen=True, slots=True)
class Place:
    """UM04: where the service is given. `qualifier` is `B` for a place of service, `A` for a bill type."""

    code: Annotated[str, Plain(3)]
    qualifier: Code = "B"


@dataclass(frozen=True, slots=True)
class Accident:
    """UM05: up to three causes (`AA` car, `EM` employment, `AP` another party), the state and the country."""

    causes: tuple[Code, ...] = ()
    state: Annotated[str, Plain(2, shortest=2)] = ""
    country: Annotated[str, Plain(3, shortest=2)] = ""


@dataclass(frozen=True, slots=True)
class ReviewKind:
    """UM: what kind of review is asked for.

    `category` UM01 (`HS` health services, `SC` specialty care, `AR` admission, `IN` reservation), `purpose`
    UM02 (`I` initial, `R` renewal, `S` revised, `4` extension, `3` cancel, `1` `2` `N` appeals),
    `service_type` UM03, `urgency` UM06 (`03` emergency, `U` urgent, `E` elective), `release` UM09 (`Y` or
    `M`), `delay_reason` UM10.
    """

    category: Code
    purpose: Code = ""
    service_type: Code = ""
    place: Place | None = None
    accident: Accident | None = None
    urgency: Code = ""
    condition: Code = field(default="", repr=False)
    prognosis: Code = field(default="", repr=False)
    release: Code = ""
    delay_reason: Code = ""


@dataclass(frozen=True, slots=True)
class EventDate:
    """DTP of an event:

    `AAH` event, `435` admission, `096` discharge, `431` onset, `484` LMP, `ABC` due, `439` accident.
    """

    qualifier: Code
    period: Period


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One composite of HI.

    `code` has no dot; `qualifier` is `ABK` principal, `ABF` further, `ABJ` admitting ...
    """

    qualifier: Code
    code: Annotated[str, Plain(30)] = field(repr=False)
    known_since: date | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """HSD: how much of a service and how often.

    With `per` (`DA` `WK` `MO`) the quantity is the amount for each `every` of that period, during `spans`
    times `span` (`7` day, `35` week, `34` month, `21` years, `6` hour, `26` episode, `27` visit); without
    it, a total.
    """

    unit: Code = ""
    quantity: Decimal | None = None
    per: Code = ""
    every: Decimal | None = None
    span: Code = ""
    spans: int | None = None
    pattern: Code = ""
    time_of_day: Code = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """PWK: a document, and how it travels.

    `control_number` (with PWK05 `AC`) ties the document to the request.
    """

    report_type: Annotated[str, Plain(2, shortest=2)]
    transmission: Code = ""
    control_number: Identifier = ""
    description: Annotated[str, Text(80)] = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Supporting:
    """A segment of clinical facts carried as it is: CRC, CL1, CR1, CR2, CR5 or CR6."""

    tag: Code
    elements: tuple[Annotated[str, Plain(80, shortest=0)], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Procedure:
    """What is done:

    `system` `HC` for HCPCS and CPT, up to four modifiers; `through` ends a range of codes.
    """

    code: Annotated[str, Plain(48)]
    system: Annotated[str, Plain(2, shortest=2)] = "HC"
    modifiers: tuple[Annotated[str, Plain(2, shortest=2)], ...] = ()
    description: Annotated[str, Text(80)] = field(default="", repr=False)
    through: Annotated[str, Plain(48)] = ""


@dataclass(frozen=True, slots=True)
class Service:
    """SV1, or SV2 where `revenue_code` is given, or SV3 for dental work (only read, never written).

    `amount` is in dollars; `unit` is `UN` `MJ` `F2` (SV1) or `UN` `DA` `F2` (SV2). `pointers` count the
    diagnoses from 1; `nursing_level` is SV120 or SV210.
    """

    procedure: Procedure | None = None
    revenue_code: Annotated[str, Plain(48)] = ""
    amount: Decimal | None = None
    unit: Code = ""
    quantity: Decimal | None = None
    rate: Decimal | None = None
    pointers: tuple[int, ...] = ()
    screening: bool = False
    nursing_level: Code = ""
    dental: bool = False
