"""Control numbers of what we send."""

from __future__ import annotations

from django.db import connection

from edi.models import ControlNumber
from edi.x12.envelope_writer import LARGEST_CONTROL_NUMBER
from payers.models import TradingPartner
from tenancy.ids import uuid7
from tenancy.scoping import current_organization_id


def next_control_number(partner: TradingPartner, kind: ControlNumber.Kind) -> int:
    """The next number of this organization to this partner, in its usage: no duplicate, no gap.

    The counter's row stays locked until the transaction ends, so take it last; a rollback gives the number
    back.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO edi_controlnumber AS counter (id, organization_id, partner_id, usage, kind, last)
               VALUES (%s, %s, %s, %s, %s, 1)
               ON CONFLICT (organization_id, partner_id, usage, kind)
               DO UPDATE SET last = counter.last %% %s + 1
               RETURNING last""",
            [uuid7(), current_organization_id(), partner.id, partner.usage, kind.value, LARGEST_CONTROL_NUMBER],
        )
        return int(cursor.fetchone()[0])
