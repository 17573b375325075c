"""`python -m edi.simulator --port N --data DIR`: run the payer until it is told to stop."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from importlib import import_module
from pathlib import Path

from edi.simulator.payer import Payer, Settings
from edi.simulator.scenarios import markdown
from edi.simulator.server import PayerServer
from edi.simulator.store import Store


def main(arguments: list[str] | None = None) -> int:
    """Parse, listen, serve; 0 when stopped, 2 when it cannot start."""
    options = _parse(arguments)
    if options.table:
        sys.stdout.write(markdown())
        return 0
    _watch_supervisor()
    try:
        server = _server(options)
    except OSError as error:
        sys.stderr.write(f"The payer simulator cannot start: {error.strerror or error}.\n")
        return 2
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    host, port = str(server.server_address[0]), server.server_address[1]
    sys.stdout.write(f"Payer simulator: http://{host}:{port}\n")
    sys.stdout.flush()
    server.serve_forever(poll_interval=0.1)
    server.stopping.set()
    server.server_close()
    server.payer.store.close()
    return 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m edi.simulator", description="A payer to try against.")
    parser.add_argument("--port", type=int, default=8278, help="0 takes a free one; the first line tells which")
    parser.add_argument("--data", type=Path, default=Path(".data/simulator"), help="directory of its memory")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--usage", choices=("T", "P"), default="T", help="the ISA15 it takes")
    parser.add_argument("--payer-id", default="", help="the only ISA08 it answers to; any, when left out")
    parser.add_argument("--latency", type=float, default=0, help="milliseconds before each message is read")
    parser.add_argument("--delay", type=float, default=20, help="seconds until a delayed answer can be fetched")
    parser.add_argument("--late", type=float, default=120, help="seconds until a late answer can be fetched")
    parser.add_argument("--hang", type=float, default=90, help="seconds a hanging connection is held")
    parser.add_argument("--table", action="store_true", help="print the table of scenarios and stop")
    return parser.parse_args(arguments)


def _server(options: argparse.Namespace) -> PayerServer:
    options.data.mkdir(parents=True, exist_ok=True)
    settings = Settings(options.usage, options.payer_id, options.delay, options.late)
    payer = Payer(Store(options.data / "payer.sqlite3"), settings)
    address = (options.host, options.port)
    return PayerServer(address, payer, latency=options.latency / 1000, hang=options.hang)


def _watch_supervisor() -> None:
    """Die with the supervisor that started this process, when there is one."""
    if not os.environ.get("GREENLIGHT_LIFELINE"):
        return
    try:
        lifeline = import_module("config.lifeline")
    except ImportError:
        return
    lifeline.watch()


if __name__ == "__main__":
    raise SystemExit(main())
