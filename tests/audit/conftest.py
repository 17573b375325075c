"""A superuser's connection: who may do everything, and is found out all the same."""

from __future__ import annotations

import os
from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection


class Superuser:
    """Breaks what the product may not, with triggers and policies out of its way."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection

    def run(self, statement: str, *values: object) -> None:
        self.connection.execute("SET session_replication_role = replica")
        self.connection.execute(statement.encode(), values)


@pytest.fixture
def superuser(transactional_db: None) -> Iterator[Superuser]:
    name = connection.settings_dict["NAME"]
    with psycopg.connect(os.environ["DATABASE_ADMIN_URL"], dbname=name, autocommit=True) as made:
        yield Superuser(made)
