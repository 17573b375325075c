"""Control numbers: no two alike and none missing, whoever asks at the same moment and whatever is rolled
back.
"""

from __future__ import annotations

import random
import threading

import pytest
from django.db import connection, transaction

from edi.models import ControlNumber
from edi.numbers import next_control_number
from edi.x12.envelope_writer import LARGEST_CONTROL_NUMBER
from tests.cast import found_house

THREADS = 16
EACH = 25
KIND = ControlNumber.Kind.INTERCHANGE


class _ChangedMyMind(Exception):
    """The transaction that took the number comes to nothing."""


@pytest.mark.django_db(transaction=True)
def test_sixteen_writers_with_rollbacks_leave_neither_gap_nor_duplicate() -> None:
    house = found_house("north", "Cedar Bay Care")
    kept: list[int] = []
    undone: list[int] = []
    failures: list[BaseException] = []
    start = threading.Barrier(THREADS)

    def write(seed: int) -> None:
        chance = random.Random(seed)
        start.wait(30)
        try:
            for _ in range(EACH):
                try:
                    with house.scope():
                        number = next_control_number(house.partner, KIND)
                        if chance.random() < 0.15:
                            undone.append(number)
                            raise _ChangedMyMind
                    kept.append(number)
                except _ChangedMyMind:
                    continue
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(seed,)) for seed in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert undone
    assert sorted(kept) == list(range(1, len(kept) + 1))


@pytest.mark.django_db
def test_after_the_last_number_comes_the_first() -> None:
    house = found_house("north", "Cedar Bay Care")
    with house.scope():
        assert next_control_number(house.partner, KIND) == 1
        ControlNumber.objects.update(last=LARGEST_CONTROL_NUMBER)
        assert next_control_number(house.partner, KIND) == 1


@pytest.mark.django_db
def test_test_and_production_and_each_kind_count_apart() -> None:
    house = found_house("north", "Cedar Bay Care")
    with house.scope():
        assert [next_control_number(house.partner, KIND) for _ in range(2)] == [1, 2]
        assert next_control_number(house.partner, ControlNumber.Kind.GROUP) == 1
        house.partner.usage = "P"
        assert next_control_number(house.partner, KIND) == 1
        with pytest.raises(_ChangedMyMind), transaction.atomic():
            next_control_number(house.partner, KIND)
            raise _ChangedMyMind
        assert next_control_number(house.partner, KIND) == 2
