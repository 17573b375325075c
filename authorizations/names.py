"""The names a list shows follow the rows they were copied from: see `services.copy_names`."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.db.models import Q, QuerySet

from authorizations.models import Authorization
from members.models import Member
from payers.models import Payer, Program


@transaction.atomic
def copy_member_name(member_id: uuid.UUID) -> int:
    """Name and MRN onto every case of the member; how many were changed."""
    member: Member = Member.objects.get(id=member_id)
    name, mrn = member.display_name, member.mrn
    return _copy(Authorization.objects.filter(member=member), member_name=name, member_mrn=mrn)


@transaction.atomic
def copy_payer_name(payer_id: uuid.UUID) -> int:
    payer: Payer = Payer.objects.get(id=payer_id)
    return _copy(Authorization.objects.filter(payer=payer), payer_name=payer.name)


@transaction.atomic
def copy_program_name(program_id: uuid.UUID) -> int:
    program: Program = Program.objects.get(id=program_id)
    return _copy(Authorization.objects.filter(program=program), program_name=program.name)


def _copy(rows: QuerySet[Authorization], **names: str) -> int:
    """Locked in the order of their ids, as everybody locks cases, and only where a name differs."""
    differs = Q()
    for field, value in names.items():
        differs |= ~Q(**{field: value})
    ids = list(rows.filter(differs).select_for_update().order_by("id").values_list("id", flat=True))
    return Authorization.objects.filter(id__in=ids).update(**names)
