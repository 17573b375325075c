"""What must be appended to a ledger so that it says what allocation says. Pure.

The ledger is never rewritten: a draw that no longer stands is given back whole and drawn anew, so that every entry ever
made stays readable and the sum is right (requirements D40, D41, N6).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from claims.allocation import NOTHING, Draw, Opening

# A claim line and the service line it draws from; None for units used before we counted.
Key = tuple[UUID | None, UUID]


class Amount(Protocol):
    """What the ledger sums to for one key."""

    @property
    def units(self) -> Decimal:
        """Drawn and not given back."""

    @property
    def over(self) -> Decimal:
        """The part of it beyond what is approved."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry to append: positive for a draw, negative for units given back."""

    claim_line_id: UUID | None
    line_id: UUID
    units: Decimal
    over: Decimal = NOTHING

    @property
    def is_opening(self) -> bool:
        """Whether it counts units used before we did."""
        return self.claim_line_id is None


def missing(standing: Mapping[Key, Amount], draws: Iterable[Draw], openings: Iterable[Opening] = ()) -> list[Entry]:
    """The entries between what stands and what should: openings, then what is given back, then what is drawn."""
    wanted = {(draw.claim_line_id, draw.line_id): draw for draw in draws}
    opened = {opening.line_id: opening.units for opening in openings}
    given_back: list[Entry] = []
    kept: set[Key] = set()
    for key, amount in standing.items():
        claim_line_id, line_id = key
        if claim_line_id is None:
            opened[line_id] = opened.get(line_id, NOTHING) - amount.units
        elif _stands(amount, wanted.get((claim_line_id, line_id))):
            kept.add(key)
        else:
            given_back.append(Entry(claim_line_id, line_id, -amount.units, -amount.over))
    changed = [Entry(None, line_id, units) for line_id, units in opened.items() if units]
    drawn = [Entry(*key, draw.units, draw.over) for key, draw in wanted.items() if key not in kept]
    return changed + given_back + drawn


def _stands(amount: Amount, draw: Draw | None) -> bool:
    return draw is not None and (amount.units, amount.over) == (draw.units, draw.over)
