"""`ops/probe.py`: a container is well when it answers, a worker when it has lately looked for work."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from pytest_django import Settings

from ops import probe
from outbox.tasks import drain


class Answers(BaseHTTPRequestHandler):
    status = 200
    hosts: list[str] = []

    def do_GET(self) -> None:
        self.hosts.append(self.headers["Host"])
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Answers]]:
    handler = type("Handler", (Answers,), {"hosts": []})
    listening = HTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    monkeypatch.setitem(probe._ADDRESSES, "web", f"http://127.0.0.1:{listening.server_port}/health/ready")
    yield handler
    listening.shutdown()
    listening.server_close()


def test_a_server_that_answers_is_well(server: type[Answers], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", "auth.clinic.example, other.example")
    assert probe.main(["web"]) == 0
    assert server.hosts == ["auth.clinic.example"]


def test_a_server_that_fails_is_not(server: type[Answers], capsys: pytest.CaptureFixture[str]) -> None:
    server.status = 503
    assert probe.main(["web"]) == 1
    assert "503" in capsys.readouterr().err


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_looks_for_work_is_well(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    heartbeat = tmp_path / "heartbeat"
    monkeypatch.setenv("GREENLIGHT_HEARTBEAT", str(heartbeat))
    settings.HEARTBEAT_FILE = str(heartbeat)
    assert probe.main(["worker"]) == 1
    drain()
    assert probe.main(["worker"]) == 0


def test_a_worker_that_went_silent_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    heartbeat = tmp_path / "heartbeat"
    heartbeat.touch()
    long_ago = time.time() - probe.LONGEST_SILENCE - 5
    os.utime(heartbeat, (long_ago, long_ago))
    monkeypatch.setenv("GREENLIGHT_HEARTBEAT", str(heartbeat))
    assert probe.main(["worker"]) == 1
    assert "155 seconds" in capsys.readouterr().err


def test_an_unknown_question_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert probe.main(["database"]) == 1
    assert "Say what to ask" in capsys.readouterr().err
