"""What stands behind the ? of an address shows nothing of another house, and breaks no page, whatever it is.

Which parameters a page reads is watched, not listed; what each of them names is listed, and a new one fails here.
"""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.attack.parameters import IDS, NOT_OF_A_PAGE, WORDS, watching
from tests.attack.walk import ROUTES, Walks
from tests.web.permissions import TABLE
from tests.web.theatre import Theatre, everything_said, plain_body, undone, writes, written_since

PAGES = [name for name, row in TABLE.items() if row.get]
OPEN_MORE = ("?tab=utilization", "?code=H2019", "?status=approved&expiring=30", "?q=zz&ended=yes")
"""Some parameters are read only beside others."""

ODD = (
    "a%00b", "%ED%A0%80", "%27%20OR%201%3D1%3B--", "9" * 40, "%C2%B2", "%D9%A3", "x" * 5000, "9999-12-31", "0001-01-01",
)  # fmt: skip
"""Written as an address carries them."""


@pytest.fixture(scope="module")
def read_by(stages: Theatre, walks: Walks) -> dict[str, set[str]]:
    """For each page, the parameters it reads."""
    found: dict[str, set[str]] = {}
    with undone(), watching() as read:
        for name in PAGES:
            client: Any = stages.client(TABLE[name].roles.split()[0])
            path = ROUTES[name].path(stages.north.ids)
            found[name] = set()
            for more in ("", *OPEN_MORE):
                read.clear()
                client.get(path + more)
                found[name] |= read - NOT_OF_A_PAGE
                if not found[name]:
                    break
    return found


def test_it_is_known_what_every_parameter_names(read_by: dict[str, set[str]]) -> None:
    unknown = {name: sorted(read - set(IDS) - WORDS) for name, read in read_by.items()}
    assert {name: read for name, read in unknown.items() if read} == {}, (
        "add to IDS or WORDS in tests/attack/parameters.py"
    )
    assert {"authorization_list", "audit_log", "claim_list", "manual_queue"} <= {
        name for name, read in read_by.items() if read
    }
    known = set().union(*read_by.values())
    assert (set(IDS) | WORDS) - known == set(), "nobody reads these any more"


def test_no_value_of_any_parameter_breaks_a_page(stages: Theatre, read_by: dict[str, set[str]]) -> None:
    broken = []
    for name, read in read_by.items():
        client: Any = stages.client(TABLE[name].roles.split()[0])
        path = ROUTES[name].path(stages.north.ids)
        for odd in ODD if read else ():
            with undone():
                answer = client.get(f"{path}?{'&'.join(f'{each}={odd}' for each in sorted(read))}")
            if answer.status_code >= 500:
                broken.append(f"{name}: {odd[:20]}")
    assert broken == []


def test_the_id_of_another_house_is_as_unknown_as_nobodys(stages: Theatre, read_by: dict[str, set[str]]) -> None:
    tried, wrong = 0, []
    for name, read in read_by.items():
        for parameter in sorted(read & set(IDS)):
            for foreign in ids_of_south(stages, name, parameter):
                answers = [ask(stages, name, parameter, value) for value in (str(foreign), neighbour(foreign))]
                wrong += (
                    [] if answers[0] == answers[1] else [f"{name}?{parameter}: {answers[0][0]} and {answers[1][0]}"]
                )
                tried += 1
    assert wrong == []
    assert tried >= 15


def neighbour(row_id: uuid.UUID) -> str:
    """An id nobody has, of the same moment: ids are in the order of time, and lists are cut by that order."""
    return str(uuid.UUID(int=row_id.int ^ 1))


def ids_of_south(made: Theatre, name: str, parameter: str) -> list[uuid.UUID]:
    """Rows of South that the parameter could name."""
    ids = made.south.ids | {"user_id": made.south.house.users["biller"].id, "coverage_id": made.south.house.coverage.id}
    if IDS[parameter] != "after":
        return [ids[IDS[parameter]]]
    return [ids[kind] for kind in ("member_id", "claim_id", "message_id", "provider_id", "facility_id")]


def ask(made: Theatre, name: str, parameter: str, value: str) -> tuple[int, str]:
    """The answer without the id, and without a word of South in it."""
    client: Any = made.client(TABLE[name].roles.split()[0])
    with undone():
        moved = writes()
        answer = client.get(f"{ROUTES[name].path(made.north.ids)}?{urlencode({parameter: value})}")
        assert written_since(moved) == []
    said = everything_said(answer)
    assert not [each for each in made.south.sentinels if each in said], f"{name}?{parameter} tells of South"
    return answer.status_code, plain_body(answer).replace(value, "ID")


def test_own_ids_do_find_something(stages: Theatre) -> None:
    """The control: the same question about a row of one's own is answered."""
    own = str(stages.north.ids["member_id"])
    assert ask(stages, "claim_list", "member", own)[0] == 200
    assert ask(stages, "claim_list", "member", str(uuid.uuid4()))[0] == 404
    assert ask(stages, "audit_log", "member", own)[1] != ask(stages, "audit_log", "member", str(uuid.uuid4()))[1]


def test_a_parameter_nobody_listed_is_noticed(stages: Theatre) -> None:
    """A canary: the watching sees what a page reads."""
    with undone(), watching() as read:
        client: Any = stages.client("specialist")
        assert client.get("/claims?member=&after=x").status_code == 200
        assert {"member", "after"} <= read
        assert "tab" not in read
