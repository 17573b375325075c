"""Our own code refuses what the table of statuses does not list, in words, before the database has to."""

from __future__ import annotations

import pytest

from authorizations.errors import NotAllowed
from authorizations.models import Authorization
from authorizations.moving import move
from authorizations.states import PAIRS, Status


@pytest.mark.parametrize("after", list(Status))
@pytest.mark.parametrize("before", list(Status))
def test_a_status_moves_along_a_listed_pair_or_is_refused_by_name(before: Status, after: Status) -> None:
    row = Authorization(number="PA-000001", status=before)
    if before is after or (before, after) in PAIRS:
        move(row, after)
        assert row.status == after
    else:
        with pytest.raises(NotAllowed, match=r"PA-000001 is .* already"):
            move(row, after)
        assert row.status == before
