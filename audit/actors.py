"""Who did something: one value from the first line of code to the audit row."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    USER = "user"
    PAYER = "payer"
    JOB = "job"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, a payer or a job. `label` is what a reader sees for ever, even after the person has left."""

    kind: ActorKind
    id: uuid.UUID | None
    label: str

    @classmethod
    def user(cls, user_id: uuid.UUID, label: str) -> Actor:
        return cls(ActorKind.USER, user_id, label)

    @classmethod
    def payer(cls, payer_id: uuid.UUID, label: str) -> Actor:
        return cls(ActorKind.PAYER, payer_id, label)

    @classmethod
    def job(cls, label: str) -> Actor:
        return cls(ActorKind.JOB, None, label)


SYSTEM = Actor(ActorKind.SYSTEM, None, "Greenlight")
