"""The private calendar of one person's follow-ups, read by a calendar program with its address alone."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.absences import covering
from accounts.access import public_view
from accounts.scopes import Scope
from authorizations.follow_ups import follow_ups
from notices.calendar import Event, calendar_text
from notices.feeds import reading
from notices.mailing import full_address


@public_view("a calendar program cannot sign in; its secret address is the key, and shows numbers and times alone")
@require_safe
def calendar_feed(request: HttpRequest, link: str) -> HttpResponse:
    """The follow-ups of whose address it is; 404 for one that opens nothing."""
    now = timezone.now()
    with reading(link, now=now) as reader:
        if reader is None or Scope.AUTHORIZATION_READ not in reader.scopes:
            raise Http404
        membership = reader.membership
        owners = [membership.id, *covering(membership.id, membership.organization.today(now))]
        events = [
            Event(case_id, at, f"Follow up {number}", full_address(reverse("authorization_detail", args=[case_id])))
            for case_id, number, at in follow_ups(owners, now)
        ]
        text = calendar_text(events, name=f"Follow-ups, {membership.organization.name}", now=now)
    response = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    response["Cache-Control"] = "private, no-store"
    return response
