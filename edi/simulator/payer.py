"""The payer itself: takes one message, judges it, decides it, remembers it, and says what to reply."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

from edi.simulator.acknowledgements import GUIDE_999, refused_code, write_999, write_ta1
from edi.simulator.answer_writer import Marking, Trace, write_answer
from edi.simulator.decisions import CHANGES, Answer, Case, Numbers, decide, decide_afterwards
from edi.simulator.envelope import (
    GUIDE,
    Address,
    Envelope,
    Group,
    SetSegments,
    group_codes,
    read_envelope,
    set_codes,
)
from edi.simulator.faults import GroupVerdict, SetVerdict
from edi.simulator.request import APPEALS, CANCEL, RENEW, RequestedLine, ReviewRequest, read_request
from edi.simulator.request_rules import SERVICES
from edi.simulator.scenarios import Delivery, delivery_of, scenario_for
from edi.simulator.set_reader import read_set
from edi.simulator.store import Receipt, Store
from edi.simulator.writing import Addressee, ControlNumbers, write_interchange
from edi.x12.tokenizer import Segment, TokenizedFile, decode, tokenize

X12_TYPE = "application/edi-x12"
TEXT_TYPE = "text/plain; charset=utf-8"
HTML_TYPE = "text/html; charset=utf-8"
MAINTENANCE = b"<!doctype html><title>Maintenance</title><p>The gateway is being maintained.</p>\n"
FAILS_ONCE = (Delivery.SERVER_ERROR, Delivery.HANG, Delivery.WEB_PAGE)


class Breakage(StrEnum):
    """What happens to the connection instead of a reply."""

    NONE = ""
    DROP = "drop"
    HANG = "hang"


@dataclass(frozen=True, slots=True)
class Settings:
    """How this payer is run. Delays are in seconds; an empty `payer_id` answers to any ISA08."""

    usage: str = "T"
    payer_id: str = ""
    delay: float = 20.0
    late: float = 120.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back over HTTP."""

    status: int = 200
    body: bytes = field(default=b"", repr=False)
    content_type: str = X12_TYPE
    breakage: Breakage = Breakage.NONE


@dataclass(frozen=True, slots=True)
class Accepted:
    """A request that passed the reader, the group it came in, and how its answer is to travel."""

    group: Group
    request: ReviewRequest
    delivery: Delivery
    scenario: tuple[str, ...]


@dataclass(slots=True)
class _Visit:
    """One message on its way through: what was read, what to acknowledge, what was accepted."""

    at: int
    sha256: str
    envelope: Envelope
    groups: list[GroupVerdict] = field(default_factory=list)
    accepted: list[Accepted] = field(default_factory=list)
    refused: list[Accepted] = field(default_factory=list)

    @property
    def address(self) -> Address:
        return self.envelope.address

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.at / 1000, UTC)

    @property
    def delivery(self) -> Delivery:
        """The strongest delivery any request in the message asks for."""
        found = {item.delivery for item in (*self.accepted, *self.refused)}
        return next((delivery for delivery in Delivery if delivery in found), Delivery.AT_ONCE)


class Payer:
    """Takes messages one at a time; safe to call from many threads."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store = store
        self.settings = settings

    def receive(self, raw: bytes) -> Reply:
        """Judge the bytes of one POST and say what to reply; everything is committed when this returns."""
        file = tokenize(decode(raw))
        if not file.interchanges:
            return Reply(400, b"This is no X12 interchange.\n", TEXT_TYPE)
        envelope = read_envelope(file, usage=self.settings.usage, payer_id=self.settings.payer_id)
        visit = _Visit(time.time_ns() // 1_000_000, hashlib.sha256(raw).hexdigest(), envelope)
        with self.store.transaction():
            return self._repeat(visit) or self._take(visit, file)

    def _repeat(self, visit: _Visit) -> Reply | None:
        """A control number seen before: the same bytes get the same reply, other bytes a TA1 025."""
        if visit.envelope.note == "018":
            return None
        prior = self.store.find_prior(visit.address)
        if prior is None:
            return None
        if prior.sha256 == visit.sha256:
            self._record(visit, "repeat", repeat_of=prior.id)
            return Reply(prior.status, prior.reply)
        self._record(visit, "TA1 R 025", repeat_of=prior.id)
        return Reply(body=self._acknowledge(visit, "025"))

    def _take(self, visit: _Visit, file: TokenizedFile) -> Reply:
        if visit.envelope.note:
            return self._keep(visit, f"TA1 R {visit.envelope.note}", self._acknowledge(visit, visit.envelope.note))
        for group in visit.envelope.groups:
            if group.header.element(1) != "FA":
                visit.groups.append(self._judge_group(visit, group))
        delivery = visit.delivery
        if delivery in FAILS_ONCE and self.store.stumbles_first(visit.sha256):
            self._record(visit, delivery.value)
            return _stumble(delivery)
        if delivery is Delivery.TA1_REJECT:
            return self._keep(visit, "TA1 R 024", self._acknowledge(visit, "024"))
        if delivery is Delivery.NO_ACKNOWLEDGEMENT:
            return self._keep(visit, "not acknowledged", b"", effect=True, status=202)
        return self._answer(visit, delivery)

    # -- reading

    def _judge_group(self, visit: _Visit, group: Group) -> GroupVerdict:
        header = group.header
        included = group.trailer.element(1) if group.trailer else ""
        verdict = GroupVerdict(
            header.element(1),
            header.element(6),
            header.element(8),
            included if included.isascii() and included.isdigit() else str(len(group.sets)),
            group_codes=group_codes(group),
        )
        if verdict.group_codes:
            return verdict
        seen: set[str] = set()
        return replace(verdict, sets=tuple(self._judge_set(visit, group, item, seen) for item in group.sets))

    def _judge_set(self, visit: _Visit, group: Group, item: SetSegments, seen: set[str]) -> SetVerdict:
        start = item.segments[0]
        codes = set_codes(item, seen)
        verdict = SetVerdict(start.element(1), start.element(2), start.element(3), set_codes=codes)
        if not item.closed or {"1", "I6"} & set(codes):
            return verdict
        read = read_set(item.segments)
        if read.faults or codes:
            return replace(verdict, segments=read.faults)
        accepted = _accept(group, read_request(read))
        if accepted.delivery in (Delivery.REJECT_999, Delivery.WARNED_999):
            verdict = _planted(verdict, accepted, item.segments)
        (visit.accepted if verdict.action in "AE" else visit.refused).append(accepted)
        return verdict

    # -- answering

    def _answer(self, visit: _Visit, delivery: Delivery) -> Reply:
        parts = [self._acknowledge(visit)]
        for accepted in visit.accepted:
            parts += [text.encode("ascii") for text in self._decide(visit, accepted)]
        verdicts = [verdict.action for group in visit.groups for verdict in group.sets]
        told = f"999 {'/'.join(group.action for group in visit.groups)}" if visit.groups else "acknowledgement"
        reply = self._keep(visit, told, b"".join(parts), effect=any(action in "AE" for action in verdicts))
        if delivery is Delivery.LOST_REPLY:
            return replace(reply, breakage=Breakage.DROP)
        return reply

    def _decide(self, visit: _Visit, accepted: Accepted) -> list[str]:
        """Decide one request; the interchanges that go with the reply, the others put up for pickup."""
        request, delivery = accepted.request, accepted.delivery
        found = self.store.find_case(visit.address, request.certification, request.administrative)
        identifier, case = found if found else (None, None)
        answer = decide(request, case, self._numbers(request, case), visit.now.date())
        later = decide_afterwards(answer, visit.now.date()) if case is None else None
        self._remember(visit, answer if answer.action or not later else later, case, identifier)
        if delivery is Delivery.SILENT:
            return []
        marking = self._marking(visit, delivery)
        first = self._write(visit, accepted, answer, marking)
        if later:
            text = self._write(visit, accepted, later, marking)
            self.store.queue(visit.address, self._due(visit, self.settings.delay), text)
        if delivery in (Delivery.DELAYED, Delivery.LATE):
            seconds = self.settings.delay if delivery is Delivery.DELAYED else self.settings.late
            self.store.queue(visit.address, self._due(visit, seconds), first)
            return []
        if delivery is Delivery.SAME_TWICE:
            self.store.queue(visit.address, visit.at, first)
        if delivery is Delivery.RENUMBERED_TWICE:
            self.store.queue(visit.address, visit.at, self._write(visit, accepted, answer, marking))
        return [first]

    def _numbers(self, request: ReviewRequest, case: Case | None) -> Numbers:
        """Numbers of the payer's own; a later request keeps those of its case, a renewal gets new ones."""
        number = self.store.next_number("review")
        fresh = Numbers(f"PT{number:09d}", f"AUTH{number:08d}", f"ADM{number:09d}")
        if case is None or request.purpose == RENEW:
            return fresh
        return replace(
            fresh,
            certification=case.certification or fresh.certification,
            administrative=case.administrative or fresh.administrative,
        )

    def _remember(self, visit: _Visit, answer: Answer, case: Case | None, identifier: int | None) -> None:
        """Keep the case as this answer leaves it; an answer that turns the request back changes nothing."""
        if not answer.action:
            return
        purpose, numbers = answer.request.purpose, answer.numbers
        codes = answer.request.codes
        state = answer.state
        if case is not None and purpose != RENEW:
            codes = tuple(dict.fromkeys((*case.codes, *codes)))
            stays = answer.action == "A3" and purpose == CANCEL
            left_alone = answer.action in ("A3", "C") and purpose in (*CHANGES, *APPEALS)
            state = case.state if stays or left_alone else state
        else:
            identifier = None
        kept = Case(numbers.certification, numbers.administrative, state, codes)
        self.store.save_case(visit.address, kept, identifier)

    def _marking(self, visit: _Visit, delivery: Delivery) -> Marking:
        foreign = self.store.foreign_trace(visit.address) if delivery is Delivery.FOREIGN_TRACE else None
        return Marking(delivery, foreign) if foreign else Marking(delivery)

    def _write(self, visit: _Visit, accepted: Accepted, answer: Answer, marking: Marking) -> str:
        header = accepted.group.header
        to = Addressee(visit.address, header.element(2), header.element(3))
        sets = [write_answer(answer, marking, visit.now)]
        return write_interchange(to, self._control(), visit.now, kind="HI", guide=GUIDE, sets=sets)

    def _acknowledge(self, visit: _Visit, note: str = "") -> bytes:
        """The interchange of the TA1, when it refuses or was asked for, and of the 999 for each group read."""
        address = visit.address
        ta1 = write_ta1(address, visit.now, note or "000") if note or address.wants_ta1 else None
        sets = [] if note else [write_999(group) for group in visit.groups]
        if ta1 is None and not sets:
            return b""
        groups = visit.envelope.groups
        header = groups[0].header if groups else None
        to = Addressee(
            address,
            header.element(2) if header else address.sender,
            header.element(3) if header else address.receiver,
        )
        text = write_interchange(to, self._control(), visit.now, kind="FA", guide=GUIDE_999, sets=sets, ta1=ta1)
        return text.encode("ascii")

    def _control(self) -> ControlNumbers:
        number = self.store.next_number("interchange")
        return ControlNumbers((number - 1) % 999_999_999 + 1, (number - 1) % 999_999_999 + 1)

    def _due(self, visit: _Visit, seconds: float) -> int:
        return visit.at + int(seconds * 1000)

    # -- remembering

    def _keep(self, visit: _Visit, verdict: str, body: bytes, *, effect: bool = False, status: int = 200) -> Reply:
        self._record(visit, verdict, effect=effect, reply=Reply(status, body))
        return Reply(status, body)

    def _record(
        self,
        visit: _Visit,
        verdict: str,
        *,
        effect: bool = False,
        repeat_of: int | None = None,
        reply: Reply | None = None,
    ) -> None:
        items = (*visit.accepted, *visit.refused)
        kinds = {group.header.element(1) for group in visit.envelope.groups}
        self.store.record(
            Receipt(
                visit.at,
                visit.address,
                visit.sha256,
                kind="999" if kinds == {"FA"} else "278" if "HI" in kinds else "other",
                verdict=verdict,
                effect=effect,
                repeat_of=repeat_of,
                scenario=tuple(name for item in items for name in item.scenario),
                references=tuple(item.request.reference for item in items),
                event_traces=tuple(trace for item in items for trace in _traces(item.request)),
                line_traces=tuple(
                    trace for item in items for line in item.request.lines for trace in _traces(item.request, line)
                ),
                reply_status=reply.status if reply else None,
                reply=reply.body if reply else b"",
            )
        )


def _accept(group: Group, request: ReviewRequest) -> Accepted:
    scenarios = tuple(scenario_for(code) for code in request.codes) or (scenario_for(""),)
    # A cancellation or an appeal is answered at once: the codes of its lines tell of the case, not of the wire.
    plain = request.purpose in (CANCEL, *APPEALS)
    delivery = Delivery.AT_ONCE if plain else delivery_of(scenarios)
    return Accepted(group, request, delivery, tuple(scenario.name for scenario in scenarios))


def _planted(verdict: SetVerdict, accepted: Accepted, segments: tuple[Segment, ...]) -> SetVerdict:
    """The verdict of a scenario that refuses, or only remarks on, the service code of a sound request."""
    rejects = accepted.delivery is Delivery.REJECT_999
    line = next(line for line in accepted.request.lines if scenario_for(line.code).delivery is accepted.delivery)
    position = 1 + next(
        index
        for index, segment in enumerate(segments)
        if segment.tag in SERVICES and segment.elements == line.service.elements
    )
    fault = refused_code("7", position, "2000F", line.service.tag, line.code)
    return replace(verdict, segments=(fault,), code="R" if rejects else "E")


def _traces(request: ReviewRequest, line: RequestedLine | None = None) -> list[Trace]:
    segments = line.traces if line else request.traces
    return [Trace(request.reference, segment.element(2), segment.element(3)) for segment in segments]


def _stumble(delivery: Delivery) -> Reply:
    if delivery is Delivery.SERVER_ERROR:
        return Reply(500, b"The payer's system failed.\n", TEXT_TYPE)
    if delivery is Delivery.WEB_PAGE:
        return Reply(200, MAINTENANCE, HTML_TYPE)
    return Reply(503, b"", TEXT_TYPE, Breakage.HANG)
