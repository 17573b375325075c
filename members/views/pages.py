"""What the pages about one member share: finding the row, telling whom it is about, the crumbs of a form."""

from __future__ import annotations

import uuid
from typing import Any, TypeVar

from django.http import Http404
from django.urls import reverse

from accounts.access import OrganizationRequest
from accounts.scopes import Scope
from members.models import Coverage, Member, MemberIdentifier
from payers.views.pages import FormPage

M = TypeVar("M", Coverage, MemberIdentifier)


def find_member(member_id: uuid.UUID) -> Member:
    """Raises Http404."""
    member = Member.objects.filter(id=member_id).first()
    if member is None:
        raise Http404
    return member


def find_of_member(request: OrganizationRequest, model: type[M], row_id: uuid.UUID, kind: str) -> M:
    """A row of some member, who is told as read. Raises Http404."""
    row = model.objects.select_related("member").filter(id=row_id).first()
    if row is None:
        raise Http404
    request.reading.of((kind, row.id), member_id=row.member_id)
    return row


def member_page(member: Member, title: str, **fields: Any) -> FormPage:
    """A form about a member: closing leads back to the member."""
    back = reverse("member_detail", args=[member.id])
    crumbs = [("Members", reverse("member_list")), (member.display_name, back)]
    return FormPage(title, "members", back, crumbs=crumbs, template="members/form.html", **fields)


def may_see_all(request: OrganizationRequest) -> bool:
    """Dates of birth and addresses included."""
    return request.access.allows(Scope.MEMBER_PHI)


def by(request: OrganizationRequest) -> dict[str, Any]:
    """Who does it and when, for the services."""
    return {"actor": request.access.actor, "now": request.access.now}
