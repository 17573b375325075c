"""The shipped code sets are there from the first start, and loading them again changes nothing."""

from __future__ import annotations

import pytest

from codesets.importers import DATA, load_shipped, read_table
from codesets.models import Code

pytestmark = pytest.mark.django_db


def test_diagnoses_procedures_and_places_are_known_by_their_words() -> None:
    assert Code.objects.get(system="ICD-10-CM", code="F84.0").words == "Autistic disorder"
    assert Code.objects.get(system="HCPCS", code="H2019").unit_minutes == 15
    assert Code.objects.get(system="POS", code="12").words == "Home"
    assert Code.objects.filter(system="ICD-10-CM").count() > 74_000
    assert Code.objects.filter(system="HCPCS").count() >= 300


def test_every_shipped_procedure_has_short_words_a_unit_and_a_kind_of_service() -> None:
    kinds = set(Code.objects.filter(system="SERVICE").values_list("code", flat=True))
    for row in Code.objects.filter(system="HCPCS"):
        assert len(row.words) <= 60, row
        assert row.quantity_type in ("units", "visits", "hours", "days"), row
        assert row.service_type in kinds, row


def test_loading_again_changes_nothing() -> None:
    before = Code.objects.count()
    assert load_shipped() == before == Code.objects.count()


def test_no_cpt_code_is_shipped() -> None:
    """CPT codes are five digits, or four and a letter F, T or U; HCPCS Level II begins with a letter."""
    assert all(row["code"][0].isalpha() for row in read_table(DATA / "hcpcs.tsv"))
