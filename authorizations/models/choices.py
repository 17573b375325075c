"""The words of `states.py` and `decisions.py` as labels for people and as choices of columns."""

from __future__ import annotations

from enum import StrEnum

from django.db import models

from authorizations.decisions import Basis, CapPeriod, LineOutcome
from authorizations.states import (
    AppealLevel,
    Channel,
    ExchangeState,
    Purpose,
    Status,
    SubmissionOutcome,
    WaitingOn,
)

Choices = list[tuple[str, str]]


def choices(words: type[StrEnum], **labels: str) -> Choices:
    """(value, label) of each word; a label that is not given is the value in words."""
    return [(word.value, labels.get(word.name, word.value.replace("_", " ").capitalize())) for word in words]


STATUS: Choices = choices(Status)
PURPOSE: Choices = choices(
    Purpose,
    INITIAL="First request",
    ANSWER="Answer to a pend",
    REVISE="Change",
    EXTEND="Extension",
    CANCEL="Cancellation",
    EXISTING="Existing approval",
)
APPEAL_LEVEL: Choices = choices(AppealLevel, PEER_TO_PEER="Peer-to-peer")
CHANNEL: Choices = choices(Channel, X12_278="278 electronic")
EXCHANGE_STATE: Choices = choices(ExchangeState)
SUBMISSION_OUTCOME: Choices = choices(SubmissionOutcome)
WAITING_ON: Choices = choices(WaitingOn)
LINE_OUTCOME: Choices = choices(LineOutcome)
BASIS: Choices = choices(Basis)
CAP_PERIOD: Choices = choices(CapPeriod, AUTHORIZATION_MONTH="Month from the start")


class Priority(models.TextChoices):
    ROUTINE = "routine", "Routine"
    URGENT = "urgent", "Urgent"


class RequestCategory(models.TextChoices):
    """What kind of review is asked for."""

    HEALTH_SERVICES = "health_services", "Health services"
    SPECIALTY_CARE = "specialty_care", "Specialty care"
    ADMISSION = "admission", "Admission"


class QuantityType(models.TextChoices):
    """What is counted. Types are never added to each other."""

    UNITS = "units", "units"
    VISITS = "visits", "visits"
    HOURS = "hours", "hours"
    DAYS = "days", "days"
    MONEY = "money", "dollars"


class CertificationType(models.TextChoices):
    """How an initial submission names itself to the payer."""

    INITIAL = "initial", "Initial"
    RENEWAL = "renewal", "Renewal"
