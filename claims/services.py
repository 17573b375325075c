"""Post, replace and void claims, and allocate a member anew. Each is one transaction inside an open organization scope.

The member's UtilizationAccount is locked first, then authorizations by id; the ledger is brought to what allocation
says before anything commits, so no page ever shows a claim that has not drawn.
"""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from audit.actors import Actor
from audit.services import fact, record, record_all
from authorizations.asked import DECIMALS, LARGEST, MOST_MODIFIERS
from authorizations.errors import NotAllowed, Problem, Refused
from authorizations.ledger import lock_account
from authorizations.models import UtilizationAccount
from authorizations.models.choices import QuantityType
from claims.drawing import Difference, difference, settle
from claims.models import Claim, ClaimLine, ClaimVersion
from claims.queries import lines_in_force
from members.models import Coverage
from tenancy.services import request_hash

CODE = re.compile(r"[A-Z0-9]{3,12}")
MODIFIER = re.compile(r"[A-Z0-9]{2}")


@dataclass(frozen=True, slots=True)
class PostedLine:
    """One service as billed. Days are local dates, both included; codes and modifiers in capitals."""

    code: str
    first_day: date
    quantity: Decimal
    last_day: date | None = None
    modifiers: tuple[str, ...] = ()
    quantity_type: str = QuantityType.UNITS
    service_time: time | None = None
    provider_id: uuid.UUID | None = None
    place_of_service: str = ""
    billed: bool = True
    billed_number: str = ""

    @property
    def ends(self) -> date:
        """The last day of service: the first, unless a range was given."""
        return self.last_day or self.first_day


@dataclass(frozen=True, slots=True)
class Posting:
    """What became of a claim: `changed` is False when it stood already with the same content."""

    claim: Claim
    changed: bool


@dataclass(frozen=True, slots=True)
class NewClaim:
    """A claim to post, as it comes from elsewhere, and when it was posted there."""

    number: str
    coverage: Coverage
    lines: Sequence[PostedLine]
    posted_at: datetime


def post_claims(member_id: uuid.UUID, wanted: Sequence[NewClaim], *, actor: Actor, now: datetime) -> list[Claim]:
    """Post many new claims of one member and draw once, with the outcome of posting one after the other.

    Numbers that stand already are passed over. Raises Refused, naming the first claim at fault; nothing is posted then.
    """
    for each in wanted:
        if each.coverage.member_id != member_id:
            raise Refused([Problem("coverage", f"Claim {each.number} is of another member.")])
        _refuse(_number_faults(each.number.strip()) + _line_faults(each.lines))
    account = lock_account(member_id)
    numbers = [each.number.strip() for each in wanted]
    live = Claim.objects.exclude(state=Claim.State.VOIDED).filter(number__in=numbers)
    standing = set(live.values_list("payer_id", "number"))
    fresh = {(each.coverage.payer_id, each.number.strip()): each for each in wanted}
    new = [
        (each, _claim(key[1], each.coverage, each.posted_at, actor))
        for key, each in fresh.items()
        if key not in standing
    ]
    with transaction.atomic(savepoint=False):
        Claim.objects.bulk_create([claim for _, claim in new])
        versions = [
            _version(claim, ClaimVersion.Frequency.ORIGINAL, _content(each.lines), actor) for each, claim in new
        ]
        ClaimVersion.objects.bulk_create(versions)
        ClaimLine.objects.bulk_create(
            _line(version, at, line)
            for version, (each, _) in zip(versions, new, strict=True)
            for at, line in enumerate(each.lines, start=1)
        )
        drawn = Counter(entry.claim_id for entry in settle(account, actor=actor, now=now).entries)
        record_all(
            fact(
                "claim.posted", actor=actor, now=now, subject=("claim", claim.id), member_id=member_id,
                data={"version": 1, "entries": drawn[claim.id]},
            )
            for _, claim in new
        )  # fmt: skip
    return [claim for _, claim in new]


def post_claim(*, number: str, coverage: Coverage, lines: Sequence[PostedLine], actor: Actor, now: datetime) -> Posting:
    """Post a new claim (frequency 1) and draw its units.

    A claim is known by payer and number: the same content again changes nothing, other content is refused. The number
    of a voided claim may be used anew. Raises Refused, naming `number` or `lines-2.quantity` and the like.
    """
    number = number.strip()
    _refuse(_number_faults(number) + _line_faults(lines))
    account = lock_account(coverage.member_id)
    content = _content(lines)
    standing = Claim.objects.filter(payer_id=coverage.payer_id, number=number).exclude(state=Claim.State.VOIDED).first()
    if standing is not None:
        return _posted_before(standing, coverage, content)
    with transaction.atomic(savepoint=False):
        claim = _claim(number, coverage, now, actor)
        _insert_claim(claim)
        _write_version(claim, ClaimVersion.Frequency.ORIGINAL, lines, content=content, actor=actor, now=now)
        _settle(account, claim, "claim.posted", actor=actor, now=now)
    return Posting(claim, changed=True)


def replace_claim(
    claim_id: uuid.UUID, *, lines: Sequence[PostedLine], reason: str = "", actor: Actor, now: datetime
) -> Posting:
    """Post a replacement (frequency 7): all the claim drew is given back, then the new lines draw.

    Equal content changes nothing. Raises Refused, and NotAllowed for a claim that is voided or parked.
    """
    _refuse(_line_faults(lines))
    account, claim = _lock_claim(claim_id)
    if claim.state != Claim.State.LIVE:
        raise NotAllowed(f"Claim {claim.number} is {claim.get_state_display().lower()}: post a new claim instead.")
    content = _content(lines)
    if _last_version(claim).content_hash == request_hash(content):
        return Posting(claim, changed=False)
    with transaction.atomic(savepoint=False):
        claim.last_version += 1
        claim.save(update_fields=["last_version"])
        frequency = ClaimVersion.Frequency.REPLACEMENT
        _write_version(claim, frequency, lines, content=content, reason=reason, actor=actor, now=now)
        _settle(account, claim, "claim.replaced", actor=actor, now=now)
    return Posting(claim, changed=True)


def void_claim(claim_id: uuid.UUID, *, reason: str = "", actor: Actor, now: datetime) -> Posting:
    """Void a claim (frequency 8): everything it drew is given back, for good. Voiding twice changes nothing."""
    account, claim = _lock_claim(claim_id)
    if claim.state == Claim.State.VOIDED:
        return Posting(claim, changed=False)
    with transaction.atomic(savepoint=False):
        claim.last_version += 1
        claim.state = Claim.State.VOIDED
        claim.save(update_fields=["last_version", "state"])
        _write_version(claim, ClaimVersion.Frequency.VOID, (), content={}, reason=reason, actor=actor, now=now)
        _settle(account, claim, "claim.voided", actor=actor, now=now)
    return Posting(claim, changed=True)


def look_at(claim: Claim, *, voided: bool = False) -> Difference:
    """A claim's member as allocation sees it now, or would if the claim were `voided`. Writes and locks nothing."""
    account: UtilizationAccount = UtilizationAccount.objects.get(member_id=claim.member_id)
    lines = lines_in_force(claim.member_id)
    return difference(account, lines, without=claim.id if voided else None)


def reallocate_member(member_id: uuid.UUID, *, actor: Actor, now: datetime) -> Difference:
    """Bring the ledger to what allocation says: after a decision, an import, or because a person asked.

    Idempotent: with nothing to append it writes nothing and leaves no event.
    """
    account = lock_account(member_id)
    with transaction.atomic(savepoint=False):
        found = settle(account, actor=actor, now=now)
        if account.dirty_since is not None:
            account.dirty_since = None
            account.save(update_fields=["dirty_since"])
        if found.entries:
            data = {"entries": len(found.entries)}
            subject = ("member", member_id)
            record("member.allocated", actor=actor, now=now, subject=subject, member_id=member_id, data=data)
    return found


def _lock_claim(claim_id: uuid.UUID) -> tuple[UtilizationAccount, Claim]:
    """The member's units, then the claim as it stands under that lock. Raises Claim.DoesNotExist."""
    member_id = Claim.objects.values_list("member_id", flat=True).get(id=claim_id)
    account = lock_account(member_id)
    claim: Claim = Claim.objects.get(id=claim_id)
    return account, claim


def _posted_before(claim: Claim, coverage: Coverage, content: dict[str, Any]) -> Posting:
    same_person = claim.member_id == coverage.member_id
    if same_person and _last_version(claim).content_hash == request_hash(content):
        return Posting(claim, changed=False)
    told = f"Claim {claim.number} was posted before with other content. Replace or void that one, or check the number."
    raise Refused([Problem("number", told)])


def _last_version(claim: Claim) -> ClaimVersion:
    version: ClaimVersion = claim.versions.get(number=claim.last_version)
    return version


def _claim(number: str, coverage: Coverage, posted_at: datetime, actor: Actor) -> Claim:
    return Claim(
        number=number,
        member_id=coverage.member_id,
        coverage=coverage,
        payer_id=coverage.payer_id,
        program_id=coverage.program_id,
        posted_at=posted_at,
        posted_by=actor.label,
    )


def _insert_claim(claim: Claim) -> None:
    try:
        claim.save(force_insert=True)
    except IntegrityError as error:
        # Another member's claim took the number between our look and our write: nothing else can clash.
        raise NotAllowed(f"Claim {claim.number} is being posted by somebody else. Nothing was saved.") from error


def _write_version(
    claim: Claim,
    frequency: ClaimVersion.Frequency,
    lines: Sequence[PostedLine],
    *,
    content: dict[str, Any],
    actor: Actor,
    now: datetime,
    reason: str = "",
) -> None:
    version = _version(claim, frequency, content, actor)
    version.reason, version.posted_at = reason[:200], now
    version.save(force_insert=True)
    if lines:
        ClaimLine.objects.bulk_create([_line(version, at, line) for at, line in enumerate(lines, start=1)])


def _version(claim: Claim, frequency: ClaimVersion.Frequency, content: dict[str, Any], actor: Actor) -> ClaimVersion:
    """The last version of a claim, posted when the claim was."""
    return ClaimVersion(
        claim=claim,
        number=claim.last_version,
        frequency=frequency,
        claim_number=claim.number,
        content_hash=request_hash(content),
        posted_at=claim.posted_at,
        posted_by=actor.label,
    )


def _line(version: ClaimVersion, number: int, line: PostedLine) -> ClaimLine:
    return ClaimLine(
        version=version,
        claim_id=version.claim_id,
        member_id=version.claim.member_id,
        number=number,
        code=line.code,
        modifiers=list(line.modifiers),
        first_day=line.first_day,
        last_day=line.ends,
        service_time=line.service_time,
        quantity=line.quantity,
        quantity_type=line.quantity_type,
        provider_id=line.provider_id,
        place_of_service=line.place_of_service,
        billed=line.billed,
        billed_number=line.billed_number,
    )


def _settle(account: UtilizationAccount, claim: Claim, action: str, *, actor: Actor, now: datetime) -> None:
    found = settle(account, actor=actor, now=now)
    data = {"version": claim.last_version, "entries": len(found.entries)}
    record(action, actor=actor, now=now, subject=("claim", claim.id), member_id=claim.member_id, data=data)


def _content(lines: Sequence[PostedLine]) -> dict[str, Any]:
    """What makes two submissions of a claim equal: 8 and 8.000 units are the same, the order of modifiers is not
    told apart either."""
    return {
        "lines": [
            [
                line.code,
                sorted(line.modifiers),
                line.first_day,
                line.ends,
                line.service_time,
                f"{line.quantity.normalize():f}",
                line.quantity_type,
                line.provider_id,
                line.place_of_service,
                line.billed,
                line.billed_number,
            ]
            for line in lines
        ]
    }


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise Refused(problems)


def _number_faults(number: str) -> list[Problem]:
    if not number:
        return [Problem("number", "Enter the claim number.")]
    return [Problem("number", "A claim number has at most 80 characters.")] if len(number) > 80 else []


def _line_faults(lines: Sequence[PostedLine]) -> list[Problem]:
    if not lines:
        return [Problem("lines", "A claim has at least one line.")]
    return [problem for at, line in enumerate(lines, start=1) for problem in _faults(f"lines-{at}", line)]


def _faults(where: str, line: PostedLine) -> list[Problem]:
    found = []
    if not CODE.fullmatch(line.code):
        found.append(Problem(f"{where}.code", "Enter the code as billed, such as H2019."))
    wrong = [modifier for modifier in line.modifiers if not MODIFIER.fullmatch(modifier)]
    if wrong:
        found.append(Problem(f"{where}.modifiers", f"{wrong[0]} is no modifier: two letters or digits, such as HN."))
    elif len(line.modifiers) > MOST_MODIFIERS:
        found.append(Problem(f"{where}.modifiers", f"At most {MOST_MODIFIERS} modifiers."))
    if line.ends < line.first_day:
        found.append(Problem(f"{where}.last_day", "The last day is before the first."))
    found += _quantity_faults(f"{where}.quantity", line)
    return found


def _quantity_faults(where: str, line: PostedLine) -> list[Problem]:
    kind = QuantityType(line.quantity_type)
    if not line.quantity.is_finite() or line.quantity <= 0:
        return [Problem(where, "Enter more than 0.")]
    if line.quantity >= LARGEST:
        return [Problem(where, "That is more than can be counted.")]
    places = DECIMALS.get(kind, 0)
    if line.quantity != round(line.quantity, places):
        whole = f"{kind.label.capitalize()} are whole numbers."
        return [Problem(where, whole if not places else f"At most {places} decimal places.")]
    return []
