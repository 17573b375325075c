"""A connection of the owner, to plant defects that the runtime role could not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
import pytest


class Owner:
    """Breaks a wall for the length of a test, and mends it."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection

    @contextmanager
    def without_policy(self, table: str) -> Iterator[None]:
        self.connection.execute(f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY'.encode())
        try:
            yield
        finally:
            self.connection.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY'.encode())

    @contextmanager
    def without_inserts(self, table: str) -> Iterator[None]:
        """The runtime role may not add rows for a while."""
        role = urlsplit(os.environ["DATABASE_URL"]).username
        self.connection.execute(f'REVOKE INSERT ON "{table}" FROM "{role}"'.encode())
        try:
            yield
        finally:
            self.connection.execute(f'GRANT INSERT ON "{table}" TO "{role}"'.encode())


@pytest.fixture
def owner(transactional_db: None) -> Iterator[Owner]:
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as connection:
        yield Owner(connection)
