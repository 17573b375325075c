"""The payer's memory, in one SQLite file: what it received, what waits for pickup, its cases and numbers.

Everything that follows from one message is committed before the reply leaves, so that a killed process has
either taken the message whole or not at all. Times are milliseconds since 1970 in UTC.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edi.simulator.answer_writer import Trace
from edi.simulator.decisions import Case, CaseState
from edi.simulator.envelope import Address

SCHEMA = """
CREATE TABLE IF NOT EXISTS counters (kind TEXT PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS received (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, sender TEXT NOT NULL, receiver TEXT NOT NULL,
    usage TEXT NOT NULL, isa13 TEXT NOT NULL, sha256 TEXT NOT NULL, kind TEXT NOT NULL, verdict TEXT NOT NULL,
    effect INTEGER NOT NULL, repeat_of INTEGER REFERENCES received, scenario TEXT NOT NULL,
    bht03s TEXT NOT NULL, reply_status INTEGER, reply BLOB
);
CREATE INDEX IF NOT EXISTS received_by_number ON received (sender, receiver, usage, isa13);
CREATE TABLE IF NOT EXISTS traces (
    received_id INTEGER NOT NULL REFERENCES received, sender TEXT NOT NULL, bht03 TEXT NOT NULL,
    trn02 TEXT NOT NULL, trn03 TEXT NOT NULL, of_event INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS traces_by_received ON traces (received_id);
CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY, receiver TEXT NOT NULL, due INTEGER NOT NULL, x12 TEXT NOT NULL, taken INTEGER
);
CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox (receiver, due) WHERE taken IS NULL;
CREATE TABLE IF NOT EXISTS cases (
    id INTEGER PRIMARY KEY, sender TEXT NOT NULL, certification TEXT NOT NULL, administrative TEXT NOT NULL,
    state TEXT NOT NULL, codes TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS cases_by_certification ON cases (sender, certification);
CREATE INDEX IF NOT EXISTS cases_by_administrative ON cases (sender, administrative);
CREATE TABLE IF NOT EXISTS stumbles (sha256 TEXT PRIMARY KEY);
"""


@dataclass(frozen=True, slots=True)
class Receipt:
    """One message as the ledger shows it. `effect` is true when a review began because of it."""

    at: int
    address: Address
    sha256: str
    kind: str
    verdict: str
    effect: bool = False
    repeat_of: int | None = None
    scenario: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    event_traces: tuple[Trace, ...] = ()
    line_traces: tuple[Trace, ...] = ()
    reply_status: int | None = None
    reply: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Prior:
    """A message that was taken before under the same control number, and the reply it got."""

    id: int
    sha256: str
    status: int
    reply: bytes = field(repr=False)


class Store:
    """The file and its one connection; a transaction holds the lock, so messages are taken one at a time."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, on disk when it ends."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def next_number(self, kind: str) -> int:
        """The next number of a series of the payer's own, from 1."""
        row = self._db.execute(
            "INSERT INTO counters VALUES (?, 1) ON CONFLICT (kind) DO UPDATE SET last = last + 1 RETURNING last",
            (kind,),
        ).fetchone()
        return int(row[0])

    def find_prior(self, address: Address) -> Prior | None:
        """The message that was taken from this sender under this control number."""
        row = self._db.execute(
            "SELECT id, sha256, reply_status, reply FROM received WHERE sender = ? AND receiver = ?"
            " AND usage = ? AND isa13 = ? AND repeat_of IS NULL AND reply_status IS NOT NULL ORDER BY id LIMIT 1",
            (_sender(address), _receiver(address), address.usage, address.control),
        ).fetchone()
        return Prior(row["id"], row["sha256"], row["reply_status"], row["reply"]) if row else None

    def record(self, receipt: Receipt) -> None:
        """Write one message into the ledger. Without a reply status it counts as not taken."""
        address = receipt.address
        cursor = self._db.execute(
            "INSERT INTO received (at, sender, receiver, usage, isa13, sha256, kind, verdict, effect, repeat_of,"
            " scenario, bht03s, reply_status, reply) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                receipt.at,
                *(_sender(address), _receiver(address), address.usage, address.control),
                *(receipt.sha256, receipt.kind, receipt.verdict, receipt.effect, receipt.repeat_of),
                *(json.dumps(receipt.scenario), json.dumps(receipt.references)),
                *(receipt.reply_status, receipt.reply),
            ),
        )
        for of_event, traces in ((1, receipt.event_traces), (0, receipt.line_traces)):
            self._db.executemany(
                "INSERT INTO traces VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (cursor.lastrowid, _sender(address), trace.reference, trace.number, trace.company, of_event)
                    for trace in traces
                ],
            )

    def foreign_trace(self, address: Address) -> Trace | None:
        """The latest trace of a request that another sender made."""
        row = self._db.execute(
            "SELECT bht03, trn02, trn03 FROM traces WHERE sender <> ? AND of_event ORDER BY rowid DESC LIMIT 1",
            (_sender(address),),
        ).fetchone()
        return Trace(row["bht03"], row["trn02"], row["trn03"]) if row else None

    def stumbles_first(self, sha256: str) -> bool:
        """True the first time these bytes are seen by a scenario that fails once."""
        cursor = self._db.execute("INSERT INTO stumbles VALUES (?) ON CONFLICT DO NOTHING", (sha256,))
        return cursor.rowcount == 1

    def queue(self, address: Address, due: int, x12: str) -> None:
        """Let an interchange wait for pickup by the sender of the request until it is due."""
        self._db.execute("INSERT INTO outbox (receiver, due, x12) VALUES (?, ?, ?)", (address.sender, due, x12))

    def waiting(self, receiver: str, now: int, limit: int) -> list[dict[str, Any]]:
        """The interchanges that are due and not yet taken, oldest first."""
        with self._lock:
            rows = self._db.execute(
                "SELECT id, x12 FROM outbox WHERE receiver = ? AND taken IS NULL AND due <= ? ORDER BY due, id LIMIT ?",
                (receiver, now, limit),
            ).fetchall()
        return [{"id": row["id"], "x12": row["x12"]} for row in rows]

    def take(self, identifier: int, now: int) -> bool:
        """Mark an interchange as taken; false when there is none of that number."""
        with self.transaction():
            self._db.execute(
                "UPDATE outbox SET taken = ? WHERE id = ? AND taken IS NULL AND due <= ?",
                (now, identifier, now),
            )
            row = self._db.execute("SELECT taken FROM outbox WHERE id = ?", (identifier,)).fetchone()
        return row is not None and row["taken"] is not None

    def find_case(self, address: Address, certification: str, administrative: str) -> tuple[int, Case] | None:
        """The case of this sender that one of the two numbers names."""
        row = self._db.execute(
            "SELECT * FROM cases WHERE sender = ? AND ((certification = ? AND certification <> '')"
            " OR (administrative = ? AND administrative <> '')) ORDER BY id DESC LIMIT 1",
            (_sender(address), certification, administrative),
        ).fetchone()
        if row is None:
            return None
        codes = tuple(json.loads(row["codes"]))
        return row["id"], Case(row["certification"], row["administrative"], CaseState(row["state"]), codes)

    def save_case(self, address: Address, case: Case, identifier: int | None = None) -> None:
        """Remember a case, new or as it stands now."""
        values = (case.certification, case.administrative, case.state.value, json.dumps(case.codes))
        if identifier is None:
            self._db.execute(
                "INSERT INTO cases (sender, certification, administrative, state, codes) VALUES (?, ?, ?, ?, ?)",
                (_sender(address), *values),
            )
        else:
            self._db.execute(
                "UPDATE cases SET certification = ?, administrative = ?, state = ?, codes = ? WHERE id = ?",
                (*values, identifier),
            )

    def ledger(self, *, sender: str = "", after: int = 0, limit: int = 1000) -> list[dict[str, Any]]:
        """What was received, in order, from `after` on; `sender` is an ISA06 without padding."""
        with self._lock:
            rows = self._db.execute(
                "SELECT * FROM received WHERE id > ? AND (? = '' OR sender LIKE '%/' || ?) ORDER BY id LIMIT ?",
                (after, sender, sender, limit),
            ).fetchall()
            return [self._ledger_row(row) for row in rows]

    def _ledger_row(self, row: sqlite3.Row) -> dict[str, Any]:
        traces = self._db.execute(
            "SELECT trn02 FROM traces WHERE received_id = ? ORDER BY rowid", (row["id"],)
        ).fetchall()
        return {
            "id": row["id"],
            "at": row["at"],
            "sender": row["sender"].partition("/")[2],
            "receiver": row["receiver"].partition("/")[2],
            "usage": row["usage"],
            "isa13": row["isa13"],
            "sha256": row["sha256"],
            "kind": row["kind"],
            "verdict": row["verdict"],
            "effect": bool(row["effect"]),
            "repeat": row["repeat_of"] is not None,
            "bht03s": json.loads(row["bht03s"]),
            "trns": [trace["trn02"] for trace in traces],
            "scenario": json.loads(row["scenario"]),
        }


def _sender(address: Address) -> str:
    return f"{address.sender_qualifier}/{address.sender}"


def _receiver(address: Address) -> str:
    return f"{address.receiver_qualifier}/{address.receiver}"
