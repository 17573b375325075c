"""Generated requests: everything the composer may be given, and only what it accepts."""

from datetime import date, datetime
from decimal import Decimal

from hypothesis import strategies as st

from edi.x12.charset import Period
from edi.x12.envelope_writer import Envelope
from edi.x12.parts import (
    Accident,
    Address,
    Attachment,
    Contact,
    ContactNumber,
    Delivery,
    Dependent,
    Diagnosis,
    EventDate,
    Party,
    PersonName,
    Place,
    Procedure,
    Reference,
    ReviewKind,
    Service,
    Specialty,
    Subscriber,
    Supporting,
    Trace,
)
from edi.x12.request_model import RequestedService, ReviewRequest
from edi.x12.tokenizer import Delimiters

# Neither of the delimiter sets used here occurs in these alphabets.
PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-./()#$&'\""
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
DELIMITERS = (
    Delimiters(),
    Delimiters("*", "^", ":", "\n"),
    Delimiters("|", "!", ">", "~"),
    Delimiters("+", "%", ";", "="),
)


def texts(longest: int, shortest: int = 1) -> st.SearchStrategy[str]:
    words = st.text(PLAIN + " ", min_size=shortest, max_size=longest)
    return words.map(lambda text: " ".join(text.split())).filter(lambda text: len(text) >= shortest)


def codes(longest: int, shortest: int = 1) -> st.SearchStrategy[str]:
    return st.text(UPPER, min_size=shortest, max_size=longest)


def one_of(*values: str) -> st.SearchStrategy[str]:
    return st.sampled_from(values)


def tuples_of(items: st.SearchStrategy[object], most: int, least: int = 0) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(items, min_size=least, max_size=most).map(tuple)


dates = st.dates(date(1900, 1, 1), date(2100, 1, 1))
periods = st.tuples(dates, dates).map(lambda pair: Period(min(pair), max(pair)))
days = dates.map(lambda day: Period(day, day))
quantities = st.decimals(Decimal(0), Decimal("9999999"), places=2, allow_nan=False, allow_infinity=False)
NPIS = ("1992345672", "1876543210", "1234567893", "1245319599")

addresses = st.builds(
    Address,
    lines=tuples_of(texts(55), 2, 1),
    city=texts(30, 2),
    state=codes(2, 2),
    postal_code=st.text("0123456789", min_size=5, max_size=9),
    country=one_of("", "US", "CA"),
)
contacts = st.builds(
    Contact,
    name=one_of("") | texts(60),
    numbers=st.builds(
        lambda first, rest: (first, *rest),
        st.builds(ContactNumber, one_of("TE", "FX"), st.text("0123456789", min_size=10, max_size=10)),
        st.lists(st.builds(ContactNumber, one_of("EX", "EM", "TE"), texts(40)), max_size=2),
    ),
)


def parties(roles: tuple[str, ...], references: tuple[str, ...]) -> st.SearchStrategy[Party]:
    person: st.SearchStrategy[dict[str, object]] = st.builds(
        dict, is_person=st.just(True), first_name=texts(35), middle_name=texts(25), suffix=one_of("", "JR")
    )
    identifier = st.sampled_from([("XX", npi) for npi in NPIS]) | st.tuples(one_of("24", "34", "46"), codes(20, 2))

    def build(
        values: dict[str, object], role: str, name: str, found: tuple[str, str], rest: dict[str, object]
    ) -> Party:
        return Party(role, name, id_qualifier=found[0], identifier=found[1], **values, **rest)  # type: ignore[arg-type]

    rest = st.fixed_dictionaries(
        {
            "references": tuples_of(st.builds(Reference, one_of(*references), codes(30)), 2),
            "address": st.none() | addresses,
            "contact": st.none() | contacts,
            "specialty": st.none() | st.builds(Specialty, one_of("PE", "OT"), codes(10, 10)),
        }
    )
    return st.builds(build, person | st.just({}), one_of(*roles), texts(60), identifier, rest)


reviewers = st.builds(
    Party, one_of("X3", "PR", "2B", "36"), texts(60), id_qualifier=one_of("PI", "XV", "46"), identifier=codes(20, 2)
)
names = st.builds(PersonName, texts(60), one_of("") | texts(35), one_of("") | texts(25), one_of("") | texts(10))
subscribers = st.builds(
    Subscriber,
    names,
    codes(20, 2),
    one_of("MI", "II"),
    tuples_of(st.builds(Reference, one_of("6P", "SY", "EJ"), codes(20)), 3),
    st.none() | addresses,
    dates,
    one_of("", "F", "M", "U"),
    one_of("", "AO", "RU"),
)
dependents = st.builds(
    Dependent,
    names,
    one_of("01", "19", "G8"),
    tuples_of(st.builds(Reference, one_of("SY", "EJ"), codes(20)), 3),
    st.none() | addresses,
    dates,
    one_of("", "F", "M"),
    st.none() | st.integers(1, 9),
)
traces = st.builds(Trace, codes(50), codes(10, 10), st.just("1"), one_of("") | codes(50))
places = st.builds(Place, codes(2), one_of("A", "B"))
accidents = st.builds(Accident, tuples_of(one_of("AA", "EM", "AP"), 3, 1), one_of("", "IL"), one_of("", "US"))


def reviews(categories: tuple[str, ...], purposes: tuple[str, ...]) -> st.SearchStrategy[ReviewKind]:
    return st.builds(
        ReviewKind,
        one_of(*categories),
        one_of(*purposes),
        one_of("", "1", "42", "A4"),
        st.none() | places,
        st.none() | accidents,
        one_of("", "03", "E", "U"),
        one_of("", "1", "G"),
        one_of("", "5"),
        one_of("", "Y", "M"),
        one_of("", "7", "15"),
    )


def _delivery(amount: tuple[str, Decimal] | None, rhythm: tuple[str, Decimal | None] | None, span: object) -> Delivery:
    unit, quantity = amount or ("", None)
    per, every = rhythm or ("", None)
    kind, spans = span if isinstance(span, tuple) else ("7", 1)
    return Delivery(unit, quantity, per, every, kind, spans, "", "")


deliveries = st.builds(
    _delivery,
    st.none() | st.tuples(one_of("VS", "DY", "HS"), quantities),
    st.none() | st.tuples(one_of("DA", "WK", "MO"), st.none() | st.integers(1, 9).map(Decimal)),
    st.tuples(one_of("7", "35", "34"), st.none() | st.integers(0, 999)),
)
attachments = st.builds(
    Attachment, one_of("M1", "77", "LA"), one_of("EL", "FX", "VO"), one_of("") | codes(80, 2), one_of("") | texts(80)
)
supporting = st.lists(
    st.sampled_from(
        (
            Supporting("CRC", ("07", "Y", "01", "60")),
            Supporting("CRC", ("09", "N", "ZV")),
            Supporting("CL1", ("1", "7")),
            Supporting("CR6", ("1", "20260101", "RD8", "20260101-20260401", "", "", "W", "I")),
        )
    ),
    unique=True,
    max_size=3,
).map(tuple)
event_dates = st.lists(
    st.builds(EventDate, one_of("AAH", "435"), periods)
    | st.builds(EventDate, one_of("439", "484", "431", "096"), days),
    unique_by=lambda each: each.qualifier,
    max_size=4,
).map(tuple)
diagnoses = st.builds(
    lambda first, rest: (first, *rest),
    st.builds(Diagnosis, one_of("ABK", "BK"), codes(7, 3), st.none() | dates),
    st.lists(st.builds(Diagnosis, one_of("ABF", "DR"), codes(7, 3), st.none() | dates), max_size=11),
)
procedures = st.builds(
    Procedure,
    one_of("H2019", "H0032", "T1019", "G0299", "E0601"),
    st.just("HC"),
    tuples_of(codes(2, 2), 4),
    one_of("") | texts(80),
    one_of("", "H2020"),
)
units = st.tuples(one_of("UN", "F2"), quantities) | st.just(("", None))


def _professional(
    procedure: Procedure, amount: Decimal | None, unit: tuple[str, Decimal | None], **rest: object
) -> Service:
    return Service(procedure, "", amount, unit[0], unit[1], **rest)  # type: ignore[arg-type]


def _institutional(
    revenue: str, procedure: Procedure | None, unit: tuple[str, Decimal | None], rate: Decimal | None
) -> Service:
    return Service(procedure, revenue, None, unit[0], unit[1], rate, nursing_level="")


services = st.builds(
    _professional,
    procedures,
    st.none() | quantities,
    units,
    pointers=st.sampled_from(((), (1,))),
    screening=st.booleans(),
    nursing_level=one_of("", "1"),
) | st.builds(_institutional, one_of("0551", "0571"), st.none() | procedures, units, st.none() | quantities)
line_providers = parties(("72", "SJ", "DK"), ("EI", "0B"))
lines = st.builds(
    RequestedService,
    service=services,
    traces=tuples_of(traces, 2),
    review=st.none() | reviews(("HS", "SC"), ("", "I")),
    previous_certification=one_of("") | codes(50),
    previous_administrative=one_of("") | codes(50),
    period=st.none() | periods,
    delivery=st.none() | deliveries,
    attachments=tuples_of(attachments, 2),
    message=one_of("") | texts(264),
    providers=tuples_of(line_providers, 2),
)
requests = st.builds(
    ReviewRequest,
    reference=codes(50),
    prepared_at=st.datetimes(
        datetime.fromisoformat("2000-01-01T00:00"), datetime.fromisoformat("2100-01-01T00:00")
    ).map(lambda at: at.replace(microsecond=0)),
    reviewer=reviewers,
    requester=parties(("1P", "FA"), ("EI", "G5")),
    subscriber=subscribers,
    dependent=st.none() | dependents,
    traces=tuples_of(traces, 2, 1),
    review=reviews(("AR", "HS", "SC"), ("I", "R", "S", "4", "3", "1", "2", "N")),
    previous_certification=codes(50),
    previous_administrative=one_of("") | codes(50),
    dates=event_dates,
    diagnoses=diagnoses,
    delivery=st.none() | deliveries,
    supporting=supporting,
    attachments=tuples_of(attachments, 2),
    message=one_of("") | texts(264),
    providers=tuples_of(parties(("71", "SJ", "AAJ"), ("EI", "N5")), 3),
    transports=tuples_of(st.builds(Party, one_of("PW", "45"), one_of("") | texts(60), address=addresses), 2),
    services=tuples_of(lines, 4),
)
envelopes = st.builds(
    Envelope,
    sender_qualifier=one_of("ZZ", "30"),
    sender=codes(15),
    receiver_qualifier=one_of("ZZ", "01"),
    receiver=codes(15),
    application_sender=codes(15, 2),
    application_receiver=codes(15, 2),
    interchange_number=st.integers(1, 999_999_999),
    group_number=st.integers(1, 999_999_999),
    set_number=st.integers(1, 9_999),
    prepared_at=st.datetimes(datetime.fromisoformat("2000-01-01T00:00"), datetime.fromisoformat("2099-01-01T00:00")),
    usage=one_of("P", "T"),
    acknowledgment_requested=st.booleans(),
    delimiters=st.sampled_from(DELIMITERS),
)
