"""The table: which service code makes the payer answer what, and how the answer travels.

A code that is not in the table is approved in full at once, so that ordinary demo data needs no entry here.
The words are ours; the codes are HCPCS Level II. `docs/simulator.md` prints the same table.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """The loop at which a request that cannot be processed is turned back (AAA)."""

    REVIEWER = "2000A"
    REVIEWER_NAME = "2010A"
    REQUESTER = "2010B"
    SUBSCRIBER = "2010C"
    DEPENDENT = "2010D"
    EVENT = "2000E"
    EVENT_PROVIDER = "2010EA"
    SERVICE = "2000F"
    SERVICE_PROVIDER = "2010F"


class Units(StrEnum):
    """How much of the quantity asked for is granted."""

    AS_ASKED = "as asked"
    HALF = "half"
    UNSTATED = "unstated"


class Delivery(StrEnum):
    """How the answer travels. Where the lines of a request differ, the first in this order governs."""

    SERVER_ERROR = "HTTP 500 once"
    HANG = "no reply once"
    WEB_PAGE = "web page once"
    TA1_REJECT = "TA1 R"
    REJECT_999 = "999 R"
    LOST_REPLY = "reply lost"
    NO_ACKNOWLEDGEMENT = "202 and nothing more"
    SILENT = "999 only"
    LATE = "pickup, late"
    DELAYED = "pickup"
    SAME_TWICE = "at once, again by pickup"
    RENUMBERED_TWICE = "at once, again by pickup with new numbers"
    UNKNOWN_TRACE = "at once, unknown trace"
    FOREIGN_TRACE = "at once, trace of another partner"
    NO_TRACE = "at once, no trace"
    TRACE_AS_1 = "at once, our trace as TRN01 1"
    WARNED_999 = "999 E, at once"
    AT_ONCE = "at once"


@dataclass(frozen=True, slots=True)
class Rejection:
    """An AAA: the loop where it stands, reason (AAA03), follow-up (AAA04), and AAA01."""

    level: Level
    reason: str
    follow_up: str
    valid: str = "N"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is decided of one line: HCR01 (empty for none) with its terms, or a rejection."""

    action: str = "A1"
    units: Units = Units.AS_ASKED
    reasons: tuple[str, ...] = ()
    rejection: Rejection | None = None
    shorter: bool = False
    weekly_cap: bool = False
    other_code: str = ""
    two_dates: bool = False

    def summary(self) -> str:
        """The decision in the words of the wire."""
        if self.rejection:
            return f"AAA {self.rejection.reason} {self.rejection.follow_up} at {self.rejection.level}"
        return " ".join(("HCR", self.action, *self.reasons)) if self.action else "neither HCR nor AAA"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One row. `then` follows by pickup; the last four say what a later request about the case brings."""

    code: str
    name: str
    says: str
    outcome: Outcome = Outcome()
    delivery: Delivery = Delivery.AT_ONCE
    then: Outcome | None = None
    then_is_older: bool = False
    when_answered: Outcome | None = None
    when_appealed: Outcome | None = None
    when_cancelled: Outcome | None = None
    when_changed: Outcome | None = None

    def answer(self) -> str:
        """The decision, and what follows it."""
        if not self.then:
            return self.outcome.summary()
        return f"{self.outcome.summary()}, then {self.then.summary()}"

    def row(self) -> dict[str, str]:
        """The row as `GET /scenarios` and the documentation show it."""
        return {
            "code": self.code,
            "name": self.name,
            "answer": self.answer(),
            "delivery": self.delivery.value,
            "says": self.says,
        }


APPROVED = Outcome()
DENIED = Outcome("A3", reasons=("09",))
DENIED_TWICE = Outcome("A3", reasons=("0C", "0D"))
PENDED = Outcome("A4", reasons=("0U",))


def _rejected(level: Level, reason: str, follow_up: str, valid: str = "N") -> Outcome:
    return Outcome("", rejection=Rejection(level, reason, follow_up, valid))


DECISIONS = (
    Scenario("H2019", "approved", "Approved in full"),
    Scenario(
        "H2014",
        "approved-fewer",
        "Approved with half the units, rounded down, never below 1",
        Outcome("A6", Units.HALF),
    ),
    Scenario(
        "H0032",
        "approved-unstated",
        "Approved as requested, no quantity in the answer, start and end as two dates",
        Outcome("A1", Units.UNSTATED, two_dates=True),
    ),
    Scenario(
        "H2016",
        "approved-shorter",
        "Approved for the first half of the days only",
        Outcome("A6", shorter=True),
    ),
    Scenario(
        "T1021",
        "approved-weekly-cap",
        "Approved in full with a cap for each week",
        Outcome("A1", weekly_cap=True),
    ),
    Scenario(
        "S9123",
        "other-code",
        "Refused, and S9124 approved in its place on an added line",
        Outcome("A3", reasons=("0C",), other_code="S9124"),
    ),
    Scenario("T1019", "denied", "Denied; an appeal is granted", DENIED, when_appealed=APPROVED),
    Scenario(
        "T1020",
        "denied-upheld",
        "Denied for two reasons; an appeal is refused",
        DENIED_TWICE,
        when_appealed=DENIED_TWICE,
    ),
    Scenario("G0299", "pended", "Pended for documents; approved when they come", PENDED, when_answered=APPROVED),
    Scenario("G0300", "pended-again", "Pended for documents, each time", PENDED, when_answered=PENDED),
    Scenario("H2015", "contact-payer", "Call the payer; no answer will come this way", Outcome("CT")),
    Scenario("H0031", "not-required", "No authorization is required", Outcome("NA")),
    Scenario("S5170", "cancelled-by-payer", "Closed by the payer", Outcome("C", reasons=("07",))),
    Scenario("T2022", "cancel-refused", "Approved in full; a cancellation is refused", when_cancelled=DENIED),
    Scenario("T2016", "unknown-action", "An action code that is on no list", Outcome("ZZ")),
    Scenario("T2017", "no-decision", "The request comes back without any decision", Outcome("")),
)
IN_TIME = (
    Scenario("E0601", "approved-later", "Approved in full after the delay", delivery=Delivery.DELAYED),
    Scenario("T2007", "approved-late", "Approved in full, later than anybody waits", delivery=Delivery.LATE),
    Scenario("T2003", "pended-then-approved", "Pended at once, approved after the delay", PENDED, then=APPROVED),
    Scenario("T1005", "taken-back", "Approved at once, denied after the delay", then=DENIED),
    Scenario(
        "S5151",
        "older-after",
        "Approved at once; a pend written the day before arrives after the delay",
        then=PENDED,
        then_is_older=True,
    ),
)
REJECTIONS = (
    Scenario(
        "S5100",
        "cannot-answer-now",
        "The payer cannot answer now: send the same again",
        _rejected(Level.REVIEWER, "42", "P", "Y"),
    ),
    Scenario(
        "S5101",
        "held-by-payer",
        "The payer keeps the request: do not send again; approved after the delay",
        _rejected(Level.REVIEWER_NAME, "42", "Y", "Y"),
        then=APPROVED,
    ),
    Scenario(
        "S5102",
        "no-response",
        "The payer's own system does not answer: send the same again",
        _rejected(Level.REVIEWER_NAME, "80", "P", "Y"),
    ),
    Scenario(
        "S5105",
        "not-a-participant",
        "The requester may not ask this payer",
        _rejected(Level.REVIEWER_NAME, "79", "N"),
    ),
    Scenario(
        "S5110",
        "provider-not-on-file",
        "The requester is not on file: correct and resubmit",
        _rejected(Level.REQUESTER, "51", "C"),
    ),
    Scenario(
        "S5111",
        "access-restricted",
        "The requester has no access: not again",
        _rejected(Level.REQUESTER, "41", "N"),
    ),
    Scenario(
        "S5115",
        "provider-name",
        "The requester's name does not match: may be resubmitted",
        _rejected(Level.REQUESTER, "44", "R"),
    ),
    Scenario(
        "S5120",
        "member-number",
        "The member number is wrong: correct and resubmit",
        _rejected(Level.SUBSCRIBER, "72", "C"),
    ),
    Scenario("S5121", "member-not-found", "No such member: not again", _rejected(Level.SUBSCRIBER, "75", "N")),
    Scenario(
        "S5125",
        "birth-date",
        "The patient's birth date does not match (at the subscriber when there is no dependent)",
        _rejected(Level.DEPENDENT, "71", "C"),
    ),
    Scenario(
        "S5130",
        "data-missing",
        "Something required is missing: correct and resubmit",
        _rejected(Level.EVENT, "15", "C"),
    ),
    Scenario(
        "S5131",
        "outside-enrollment",
        "The dates lie outside the enrollment: not again",
        _rejected(Level.EVENT, "52", "N"),
    ),
    Scenario("S5135", "diagnosis", "The diagnosis does not serve", _rejected(Level.EVENT, "AF", "C")),
    Scenario(
        "S5136",
        "event-provider",
        "The provider's number is wrong (input errors at the event when it names none)",
        _rejected(Level.EVENT_PROVIDER, "43", "C"),
    ),
    Scenario("S5140", "procedure", "This code does not serve, on its line", _rejected(Level.SERVICE, "AG", "C")),
    Scenario(
        "S5141",
        "date-not-allowed",
        "The date is outside the allowed period, on its line: not again",
        _rejected(Level.SERVICE, "62", "N"),
    ),
    Scenario(
        "S5150",
        "line-provider",
        "The provider on the line lacks the specialty (input errors on the line when it names none)",
        _rejected(Level.SERVICE_PROVIDER, "45", "C"),
    ),
)
ON_THE_WIRE = (
    Scenario("T2001", "999-reject", "Refused by a 999 that names the service code", delivery=Delivery.REJECT_999),
    Scenario(
        "T2021",
        "999-warned",
        "Accepted with an error by the 999, then approved",
        delivery=Delivery.WARNED_999,
    ),
    Scenario("T2002", "ta1-reject", "Refused by a TA1, nothing read", delivery=Delivery.TA1_REJECT),
    Scenario("T2004", "silence", "Acknowledged by a 999, never answered", delivery=Delivery.SILENT),
    Scenario(
        "T2005",
        "no-acknowledgement",
        "Taken without 999 and never answered",
        delivery=Delivery.NO_ACKNOWLEDGEMENT,
    ),
    Scenario(
        "T2010",
        "same-twice",
        "Approved; the same interchange comes a second time",
        delivery=Delivery.SAME_TWICE,
    ),
    Scenario(
        "T2011",
        "renumbered-twice",
        "Approved; the same content comes again under new control numbers",
        delivery=Delivery.RENUMBERED_TWICE,
    ),
    Scenario(
        "T2012",
        "unknown-trace",
        "Approved under a trace and a reference nobody knows",
        delivery=Delivery.UNKNOWN_TRACE,
    ),
    Scenario(
        "T2013",
        "foreign-trace",
        "Approved under the trace and the reference of another partner's request",
        delivery=Delivery.FOREIGN_TRACE,
    ),
    Scenario(
        "T2014",
        "no-trace",
        "Approved without our trace; only the reference (BHT03) tells whose it is",
        delivery=Delivery.NO_TRACE,
    ),
    Scenario(
        "T2015",
        "trace-as-1",
        "Approved; our trace comes back marked as the payer's own",
        delivery=Delivery.TRACE_AS_1,
    ),
    Scenario(
        "T2018",
        "server-error",
        "HTTP 500 the first time, nothing kept; approved the second time",
        delivery=Delivery.SERVER_ERROR,
    ),
    Scenario(
        "T2019",
        "reply-lost",
        "Accepted and approved, but the connection drops; the reply waits for the same bytes",
        delivery=Delivery.LOST_REPLY,
    ),
    Scenario(
        "T2020",
        "hang",
        "The first time the connection hangs and nothing is kept; approved the second time",
        delivery=Delivery.HANG,
    ),
    Scenario(
        "T2024",
        "web-page",
        "The first time a web page comes with status 200 and nothing is kept; approved the second time",
        delivery=Delivery.WEB_PAGE,
    ),
)

UNREVIEWED = _rejected(Level.EVENT, "15", "C")
CLOSED = Outcome("C", reasons=("07",))
LATER = (
    Scenario("T2023", "cancel-pended", "Approved in full; a cancellation is pended", when_cancelled=PENDED),
    Scenario("T2025", "cancel-returned", "Approved in full; a cancellation comes back", when_cancelled=UNREVIEWED),
    Scenario("T2026", "change-refused", "Approved in full; a change is refused", when_changed=DENIED),
    Scenario(
        "T2027",
        "change-pended",
        "Approved in full; a change is pended, and approved when documents come",
        when_changed=PENDED,
    ),
    Scenario("T2028", "change-returned", "Approved in full; a change comes back", when_changed=UNREVIEWED),
    Scenario("T2029", "change-closed", "Approved in full; a change is closed", when_changed=CLOSED),
    Scenario("T2030", "change-not-required", "Approved in full; a change needs none", when_changed=Outcome("NA")),
    Scenario("T2031", "appeal-pended", "Denied; an appeal is pended, each time", DENIED, when_appealed=PENDED),
    Scenario("T2032", "appeal-returned", "Denied; an appeal comes back", DENIED, when_appealed=UNREVIEWED),
    Scenario("T2033", "appeal-closed", "Denied; an appeal is closed", DENIED, when_appealed=CLOSED),
    Scenario("T2034", "appeal-not-required", "Denied; on appeal none was needed", DENIED, when_appealed=Outcome("NA")),
)

TABLE = (*DECISIONS, *IN_TIME, *REJECTIONS, *LATER, *ON_THE_WIRE)
BY_CODE = {scenario.code: scenario for scenario in TABLE}
DEFAULT = Scenario("*", "default", "Any other code, or no service line: approved in full")
DELIVERY_ORDER = tuple(Delivery)


def scenario_for(code: str) -> Scenario:
    """The row of a service code, the default when it has none."""
    return BY_CODE.get(code, DEFAULT)


def delivery_of(scenarios: tuple[Scenario, ...]) -> Delivery:
    """The delivery that governs a request with these lines."""
    found = {scenario.delivery for scenario in scenarios}
    return next((delivery for delivery in DELIVERY_ORDER if delivery in found), Delivery.AT_ONCE)


def rows() -> list[dict[str, str]]:
    """The whole table with its default, as `GET /scenarios` gives it."""
    return [scenario.row() for scenario in (*TABLE, DEFAULT)]


def markdown() -> str:
    """The table as it stands in `docs/simulator.md`."""
    lines = ["| Code | Name | Answer | Delivery | In words |", "|---|---|---|---|---|"]
    lines += ["| " + " | ".join(row.values()) + " |" for row in rows()]
    return "\n".join(lines) + "\n"
