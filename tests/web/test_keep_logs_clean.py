"""A log says where something went wrong and of which kind, never what was in it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from django.db import IntegrityError, connection, transaction

SECRET = "AshdownNorth"


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[list[str]]:
    """What a handler like that of the processes writes, line by line."""
    written: list[str] = []
    standing = logging.getLogger().handlers
    formatter = next(
        each.formatter for each in standing if isinstance(each.formatter, structlog.stdlib.ProcessorFormatter)
    )

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(self.format(record))

    handler = Kept()
    handler.setFormatter(formatter)
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


@pytest.mark.django_db
def test_an_error_of_the_database_is_logged_by_its_class_and_place(lines: list[str]) -> None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DO $$ BEGIN RAISE 'Key (last_name)=({SECRET})' USING ERRCODE = '23505'; END $$")
    except IntegrityError:
        logging.getLogger("django.request").exception("page failed")
        structlog.get_logger().exception("work.failed")
    told = [json.loads(line) for line in lines]
    assert len(told) == 2
    for line in told:
        assert line["error"] == "IntegrityError"
        assert any("test_keep_logs_clean.py" in frame for frame in line["frames"])
    assert SECRET not in "".join(lines)
