"""Every way of being refused: a page that says so, nothing of the data, nothing of the machine, and a way on."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from tests.attack.markup import Markup
from tests.attack.walk import name_of
from tests.web.theatre import Theatre, cookies_kept, undone

OF_THE_MACHINE = re.compile(r"Traceback|Exception|django|psycopg|/work/|\.py\b|SELECT |line \d+, in", re.IGNORECASE)
NOBODYS = "01a203bd-6425-7fee-a061-634641e460a2"
TOO_MANY = {f"field{number}": "x" for number in range(1100)}


def not_permitted(client: Any, made: Theatre) -> Any:
    return client.get(reverse("people"))


def not_found(client: Any, made: Theatre) -> Any:
    return client.get(reverse("member_detail", args=[NOBODYS]))


def of_another_house(client: Any, made: Theatre) -> Any:
    return client.get(reverse("member_detail", args=[made.south.ids["member_id"]]))


def no_such_address(client: Any, made: Theatre) -> Any:
    return client.get("/AshdownNorth")


def wrong_method(client: Any, made: Theatre) -> Any:
    return client.delete(reverse("home"))


def late(client: Any, made: Theatre) -> Any:
    return client.post(reverse("authorization_task_close", args=[made.north.ids["authorization_id"], NOBODYS]))


def page_of_another_house(client: Any, made: Theatre) -> Any:
    sent = {"page_organization": str(made.south.house.organization.id), "q": "Ashdown"}
    return client.post(reverse("search"), sent)


def too_many_fields(client: Any, made: Theatre) -> Any:
    return client.post(reverse("search"), TOO_MANY)


def without_token(client: Any, made: Theatre) -> Any:
    client.handler.enforce_csrf_checks = True
    try:
        return client.post(reverse("search"), {"q": "Ashdown"})
    finally:
        client.handler.enforce_csrf_checks = False


REFUSALS = {
    not_permitted: 403, not_found: 404, of_another_house: 404, no_such_address: 404, wrong_method: 405, late: 409,
    page_of_another_house: 409, too_many_fields: 400, without_token: 403,
}  # fmt: skip


def assert_tells_nothing(made: Theatre, answer: Any) -> None:
    said = answer.content.decode()
    main = said.partition("<main")[2]
    assert "<h1" in main, "it says what happened"
    assert not [name for stage in (made.north, made.south) for name in stage.sentinels if name in main]
    assert OF_THE_MACHINE.findall(re.sub(r"<[^>]+>", " ", main)) == []
    onward = [name_of(lead.address) for lead in Markup(main).leads if lead.method == "GET"]
    assert any(onward), "and there is a way on"


@pytest.mark.parametrize("refuse", REFUSALS, ids=lambda each: each.__name__)
def test_a_refusal_says_what_it_is_and_tells_nothing(stages: Theatre, refuse: Any) -> None:
    client = stages.client("specialist")
    with undone(), cookies_kept(client):
        answer = refuse(client, stages)
    assert answer.status_code == REFUSALS[refuse]
    assert_tells_nothing(stages, answer)
    assert re.search(r"Reference for support: <span class=\"mono\">[0-9a-f]{8}<", answer.content.decode())


def test_the_reference_of_a_refusal_leads_to_its_line_in_the_log(
    stages: Theatre, caplog: pytest.LogCaptureFixture
) -> None:
    with undone():
        answer = not_found(stages.client("specialist"), stages)
    shown = re.search(r'class="mono">([0-9a-f]{8})<', answer.content.decode())
    lines: list[Any] = [record.msg for record in caplog.records if record.name == "web.middleware"]
    (line,) = [line for line in lines if line["event"] == "page.refused"]
    assert shown is not None
    assert line["request_id"].startswith(shown[1])
    assert (line["status"], line["route"]) == (404, "member_detail")


def test_a_fault_says_no_word_of_the_error_and_gives_a_reference(
    stages: Theatre, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("AshdownNorth was born on 2017-03-14")

    monkeypatch.setattr("members.queries.page", fail)
    with undone():
        answer = stages.client("specialist").get(reverse("member_list"))
    assert answer.status_code == 500
    assert_tells_nothing(stages, answer)
    assert "2017" not in answer.content.decode()
    assert re.search(r">[0-9A-F]{8}<", answer.content.decode())


@override_settings(ALLOWED_HOSTS=["greenlight.example"])
def test_a_strange_host_is_told_nothing(stages: Theatre) -> None:
    with undone():
        answer = Client(raise_request_exception=False).get("/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert "evil.example" not in answer.content.decode()
    assert OF_THE_MACHINE.findall(re.sub(r"<[^>]+>", " ", answer.content.decode())) == []


def test_a_page_that_tells_is_noticed(stages: Theatre) -> None:
    """A canary: a sentinel, a trace of the machine, and a dead end."""

    class Page:
        def __init__(self, main: str) -> None:
            self.content = f"<main><h1>x</h1>{main}</main>".encode()

    assert_tells_nothing(stages, Page('<a href="/">on</a>'))
    for main in ('<a href="/">AshdownNorth</a>', '<a href="/">Traceback</a>', "nothing more"):
        with pytest.raises(AssertionError):
            assert_tells_nothing(stages, Page(main))
