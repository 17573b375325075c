"""Codes are found while somebody types: by the beginning of a code or of words, in any order, quickly."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from codesets.folding import plain_code
from codesets.models import Code, OrganizationProcedure
from codesets.queries import by_code, last_day_of, matching, words_of
from tests.cast import House

DAY = date(2026, 11, 20)
MOST_PAGES = 500
"""Pages of 8 kB a look-up may touch: the set has more than 2,000."""


def codes(system: str, text: str, on: date = DAY) -> list[str]:
    return [row.code for row in matching(system, text, on, limit=12)]


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["F84.0", "f840", "autistic", "disorder autist", "AUTIS"])
def test_a_diagnosis_is_found_by_code_and_by_beginnings_of_words_in_any_order(text: str) -> None:
    assert "F84.0" in codes("ICD-10-CM", text)


@pytest.mark.django_db
def test_a_code_typed_to_its_end_comes_first_and_short_words_before_long_ones() -> None:
    assert codes("ICD-10-CM", "e119")[0] == "E11.9"
    found = matching("ICD-10-CM", "migraine", DAY, limit=12)
    assert [len(row.words) for row in found] == sorted(len(row.words) for row in found)


@pytest.mark.django_db
def test_accents_apostrophes_and_signs_do_not_matter() -> None:
    assert "C84.10" in codes("ICD-10-CM", "sezary unspecified")
    assert codes("ICD-10-CM", "crohn's")
    assert codes("ICD-10-CM", "' | ! ( & :*") == []


@pytest.mark.django_db
def test_two_characters_begin_a_code_and_three_a_word() -> None:
    assert codes("ICD-10-CM", "un") == []
    assert codes("ICD-10-CM", "F") == codes("ICD-10-CM", " . ") == codes("ICD-10-CM", "") == []


@pytest.mark.django_db
def test_a_code_is_offered_on_its_days_only() -> None:
    Code(
        system="ICD-10-CM", code="F84.99", words="Of one month", words_key="of one month",
        starts_on=date(2026, 11, 1), ends_on=date(2026, 11, 30),
    ).save()  # fmt: skip
    assert codes("ICD-10-CM", "F8499", date(2026, 10, 31)) == []
    assert codes("ICD-10-CM", "F8499", date(2026, 11, 1)) == ["F84.99"]
    assert codes("ICD-10-CM", "one month", date(2026, 12, 1)) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text", ["F84", "autis", "initial encounter", "un", "in", "type 2 diab", "zz", "S72", "fracture left radius init"]
)
def test_a_look_up_takes_two_statements_at_most_and_reads_no_whole_table(text: str, in_north: House) -> None:
    for system in ("ICD-10-CM", "HCPCS"):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            matching(system, text, DAY, limit=12)
        assert len(asked) <= 2
        for query in asked.captured_queries:
            assert not whole_table(plan(query["sql"])), query["sql"]


def plan(sql: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
        [[found]] = cursor.fetchall()
    return json.loads(found)[0]["Plan"] if isinstance(found, str) else found[0]["Plan"]


def whole_table(node: Any) -> bool:
    """Whether the shared codes are read from end to end."""
    if node["Node Type"] == "Seq Scan" and node["Relation Name"] == "codesets_code":
        return True
    return any(whole_table(each) for each in node.get("Plans", []))


def own(code: str, words: str, **fields: Any) -> OrganizationProcedure:
    row = OrganizationProcedure(code=code, words=words, words_key=words.lower(), quantity_type="visits", **fields)
    row.save()
    return row


def test_an_organizations_own_procedures_stand_beside_the_shared_ones(in_north: House) -> None:
    own("00001", "Skills group of the house", service_type="MH")
    assert codes("HCPCS", "0000") == ["00001"]
    assert "00001" in codes("HCPCS", "group skills")
    assert "H2014" in codes("HCPCS", "skills")
    assert words_of("HCPCS", ["00001", "H2019"])["00001"] == "Skills group of the house"
    assert by_code("HCPCS", ["00001"], DAY)["00001"].service_type == "MH"


def test_another_organization_gets_nothing_of_them(north: House, south: House) -> None:
    with north.scope():
        own("00001", "Skills group of the house", ends_on=date(2026, 1, 31))
    with south.scope():
        assert codes("HCPCS", "00001", date(2026, 1, 1)) == []
        assert codes("HCPCS", "skills group", date(2026, 1, 1)) == []
        assert words_of("HCPCS", ["00001"]) == {}
        assert by_code("HCPCS", ["00001"], date(2026, 1, 1)) == {}
        assert last_day_of("HCPCS", "00001") is None
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM code_set_procedure WHERE own")
            assert cursor.fetchone() == (0,)
    with north.scope():
        assert last_day_of("HCPCS", "00001") == date(2026, 1, 31)


@pytest.mark.django_db
def test_without_an_organization_only_the_shared_procedures_are_seen(north: House) -> None:
    with north.scope():
        own("00001", "Skills group of the house")
    assert codes("HCPCS", "00001") == []
    assert codes("HCPCS", "H2019") == ["H2019"]


def test_the_page_answers_with_options_for_the_day_of_service(client: Client, north: House) -> None:
    with north.scope():
        own("00001", "Skills group <b>of</b> the house", starts_on=date(2026, 12, 1))
    client.force_login(north.users["specialist"])
    before = client.post("/codes/procedures", {"q": "00001", "on": "2026-11-30"}).content.decode()
    assert "No code begins with or means “00001”" in before
    page = client.post("/codes/procedures", {"q": "00001", "on": "2026-12-01"}).content.decode()
    assert 'role="option"' in page
    assert "Skills group &lt;b&gt;of&lt;/b&gt; the house" in page
    assert 'data-counted="visits"' in page


def test_a_day_that_is_none_means_today(client: Client, north: House) -> None:
    client.force_login(north.users["specialist"])
    page = client.post("/codes/diagnoses", {"q": "F840", "on": "soon"}).content.decode()
    assert 'data-code="F84.0"' in page


@pytest.mark.django_db
def test_raised_digits_are_read_as_digits_not_as_nothing(in_north: House) -> None:
    assert plain_code("²²") == "22"
    assert plain_code("f84.0") == "F840"
    assert matching("ICD-10-CM", "²²", DAY, limit=12) == matching("ICD-10-CM", "22", DAY, limit=12)
