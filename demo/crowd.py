"""A big organization to measure with, filled by SQL: its rows are plausible, what hangs below them is left out.

Made once in the data of `up`, beside the demonstration; nobody but `specialist@bench.example` sees it.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime
from typing import Any

import psycopg
from django.db import connection

from authorizations.models import Authorization
from demo.houses import House, build
from demo.large import WEST
from members.models import Coverage
from tenancy.scoping import organization_scope

SIZE = 200_000
DAYS = 1100
"""Requests begin on as many days, the last of them a month ahead."""

BIG = replace(WEST, slug="bench", name="Big Bench Care", members=12, first_mrn=880100)

EXPRESSIONS = {
    "id": "gen_random_uuid()",
    "number": "'PA-' || lpad(n::text, 7, '0')",
    "status": "CASE WHEN kind < 14 THEN 'approved' ELSE 'draft' END",
    "member_id": "(%(members)s::uuid[])[1 + n %% %(covers)s]",
    "coverage_id": "(%(coverages)s::uuid[])[1 + n %% %(covers)s]",
    "payer_id": "(%(payers)s::uuid[])[1 + n %% %(covers)s]",
    "program_id": "(%(programs)s::uuid[])[1 + n %% %(covers)s]",
    "owner_id": "CASE WHEN n %% 9 > 0 THEN (%(owners)s::uuid[])[1 + n %% 3] END",
    "owner_name": "CASE WHEN n %% 9 > 0 THEN 'Owner ' || n %% 3 ELSE '' END",
    "member_name": "'Bench, Member ' || n %% 20000",
    "member_mrn": "(880000 + n %% 20000)::text",
    "payer_name": "'Payer ' || n %% %(covers)s",
    "codes": "CASE WHEN n %% 500 > 0 THEN (ARRAY['H2019', 'H2014', 'T1019', 'H0032'])[1 + n %% 4] ELSE 'E0601' END",
    "line_count": "1",
    "starts_on": "starts",
    "ends_on": "ends",
    "list_date": "ends",
    "cover_starts_on": "CASE WHEN kind < 14 THEN starts END",
    "cover_ends_on": "CASE WHEN kind < 14 THEN ends END",
    "created_at": "starts - interval '10 days' + n * interval '1 second'",
    "waiting_on": "CASE WHEN kind < 14 THEN 'nobody' ELSE (ARRAY['us', 'payer'])[1 + n %% 2] END",
    "next_action": "CASE WHEN kind >= 14 THEN 'Ask the payer' ELSE '' END",
    "next_action_at": "CASE WHEN kind >= 14 THEN %(now)s + (n %% 40 - 6) * interval '7 hours' END",
    "tight_line": "CASE WHEN kind < 14 THEN gen_random_uuid() END",
    "tight_code": "'H2019'",
    "tight_quantity_type": "'units'",
    "tight_requested": "100 + n %% 400",
    "tight_approved": "CASE WHEN kind < 14 THEN 100 + n %% 400 END",
    "tight_used": "CASE WHEN kind < 14 THEN (n * 7) %% (105 + n %% 400) ELSE 0 END",
    "tight_remaining": "CASE WHEN kind < 14 THEN 100 + n %% 400 - (n * 7) %% (105 + n %% 400) END",
    "tight_remaining_milli": "CASE WHEN kind < 14 THEN 1000 * (100 + n %% 400 - (n * 7) %% (105 + n %% 400)) END",
    "exhausted": "kind < 14 AND (n * 7) %% (105 + n %% 400) >= 100 + n %% 400",
}
"""What differs from row to row; the other columns have what a new row has. `kind` is 0 to 19, 14 and more is open or
refused; of what is long over, all but the refused are approved."""

MOVES = (
    ("submitted", "status = 'draft' AND right(number, 2)::int %% 20 IN (14, 15, 16, 17)"),
    ("denied", "status = 'submitted' AND right(number, 2)::int %% 20 IN (14, 15)"),
    ("pended", "status = 'submitted' AND right(number, 2)::int %% 20 = 16"),
    ("cancelled", "status = 'draft' AND right(number, 2)::int %% 20 = 18"),
)
"""Every row takes the way its status takes."""


def big_organization(*, now: datetime) -> House:
    """Find it, or make it: about a minute."""
    house = build(BIG, simulator_url="http://127.0.0.1:9", now=now)
    with organization_scope(house.organization.id):
        stands = Authorization.objects.count() >= SIZE
        if not stands:
            _fill(house, now)
    if not stands:
        _look_at_it()
    return house


def _fill(house: House, now: datetime) -> None:
    covers = list(Coverage.objects.select_related("member").order_by("id"))
    owners = [house.memberships[role].id for role in ("specialist", "supervisor", "clinician")]
    one = Authorization(
        member=covers[0].member, coverage=covers[0], payer_id=covers[0].payer_id, program_id=covers[0].program_id,
        created_at=now, created_by="bench", changed_at=now, changed_by="bench", organization_id=house.organization.id,
    )  # fmt: skip
    values: dict[str, Any] = {
        "covers": len(covers),
        "members": [cover.member_id for cover in covers],
        "coverages": [cover.id for cover in covers],
        "payers": [cover.payer_id for cover in covers],
        "programs": [cover.program_id for cover in covers],
        "owners": owners,
        "now": now,
        "today": house.organization.today(now),
        "size": SIZE,
        "days": DAYS,
    }
    columns, chosen = [], []
    for field in Authorization._meta.concrete_fields:
        if field.generated or not field.column:
            continue
        columns.append(f'"{field.column}"')
        chosen.append(EXPRESSIONS.get(field.column, f"%({field.column})s"))
        values.setdefault(field.column, field.get_db_prep_save(getattr(one, field.attname), connection))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(
            f"""WITH numbered AS (
                  SELECT n, %(today)s::date + 30 - (n * 31 %% %(days)s)::int AS starts, n %% 20 AS kind
                  FROM generate_series(1, %(size)s) AS n
                ), windowed AS (
                  SELECT n, starts, starts + CASE WHEN n %% 3 = 0 THEN 179 ELSE 89 END AS ends, kind FROM numbered
                ), one AS (
                  SELECT n, starts, ends,
                         CASE WHEN kind > 15 AND ends < %(today)s::date - 30 THEN 0 ELSE kind END AS kind FROM windowed
                )
                INSERT INTO authorizations_authorization ({", ".join(columns)}) SELECT {", ".join(chosen)} FROM one""",  # noqa: S608 (columns of the model, and what stands above)
            values,
        )
        for status, which in MOVES:
            cursor.execute(f"UPDATE authorizations_authorization SET status = %s WHERE {which}", [status])  # noqa: S608


def _look_at_it() -> None:
    """Let the planner know what there is."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE authorizations_authorization")
