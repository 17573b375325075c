"""What people were told: one operation each, judged only by what reached them."""

import threading
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum


class Told(StrEnum):
    """OK: the page said it was done. FAILED: the page said it was not. UNKNOWN: no page, or an error page."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Operation:
    """One thing a person wanted, however often the button was pressed for it.

    ``kind`` is submit or claim. ``key`` names it in the database: the form's idempotency key, the claim's number.
    """

    kind: str
    key: str
    told: Told


class History:
    """Filled by several people at once."""

    def __init__(self) -> None:
        self._operations: dict[tuple[str, str], Operation] = {}
        self._lock = threading.Lock()
        self.presses = 0

    def record(self, kind: str, key: str, told: Told) -> None:
        """What a press of the button told. Done stays done; unknown is not undone by a later refusal."""
        with self._lock:
            self.presses += 1
            before = self._operations.get((kind, key))
            if before is None or before.told is Told.FAILED or told is Told.OK:
                self._operations[kind, key] = Operation(kind, key, told)

    @property
    def operations(self) -> list[Operation]:
        with self._lock:
            return list(self._operations.values())

    def count(self) -> Counter[str]:
        """How many operations were told what, such as "submit ok"."""
        return Counter(f"{each.kind} {each.told}" for each in self.operations)
