"""How many requests a change of the configuration finds on their way."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db.models import Count, Q

from accounts.access import OrganizationRequest
from accounts.scopes import Scope
from authorizations.models.submission import OPEN_OUTCOMES, Submission
from authorizations.states import ExchangeState
from providers.models import Facility, Provider
from web import signs, wording


@dataclass(frozen=True, slots=True)
class OpenRequests:
    """Requests that wait for an answer, by channel in words. `count` is None for who may not know it."""

    count: int | None
    channels: tuple[tuple[str, int], ...] = ()

    @property
    def words(self) -> str:
        """What happens to them when the way to ask changes."""
        if self.count is None:
            return "Requests on their way keep the channel they went out by."
        if not self.count:
            return "No request is on its way."
        parts = wording.join_words([f"{number} by {words.lower()}" for words, number in self.channels])
        verb = "is" if self.count == 1 else "are"
        keep = "It keeps its" if self.count == 1 else "They keep their"
        return f"{wording.counted(self.count, 'request')} {verb} on the way ({parts}). {keep} channel."


def open_requests(
    request: OrganizationRequest, *, program_id: uuid.UUID | None = None, payer_id: uuid.UUID | None = None
) -> OpenRequests:
    """What was asked in a program, or of a payer, and is not answered for good."""
    conditions = Q(authorization__program_id=program_id) if program_id else Q(authorization__payer_id=payer_id)
    return counted(request, conditions)


def open_with(request: OrganizationRequest, who: Provider | Facility) -> OpenRequests:
    """What was asked with this provider or facility named in it."""
    if isinstance(who, Facility):
        return counted(request, Q(authorization__facility_id=who.id))
    named = Q(authorization__rendering_provider_id=who.id) | Q(authorization__requesting_provider_id=who.id)
    return counted(request, named)


def counted(request: OrganizationRequest, conditions: Q) -> OpenRequests:
    """Open requests that meet the conditions."""
    if not request.access.allows(Scope.AUTHORIZATION_READ):
        return OpenRequests(None)
    rows = Submission.objects.filter(OPEN_OUTCOMES & conditions).exclude(exchange_state=ExchangeState.WITHDRAWN)
    found = rows.order_by("channel").values_list("channel").annotate(number=Count("id"))
    channels = tuple((signs.CHANNEL.get(channel, channel), number) for channel, number in found)
    return OpenRequests(sum(number for _, number in channels), channels)
