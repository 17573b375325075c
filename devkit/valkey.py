"""The embedded Valkey: the broker's bell. What must survive stands in PostgreSQL."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path

from devkit.binaries import valkey_server
from devkit.machine import LOOPBACK, free_port
from devkit.supervisor import Program

_NOBODY_WAITS_SECONDS = 2.0


@dataclass(frozen=True)
class Broker:
    """One Valkey. Its password stands in its configuration file, where a list of processes does not show
    it."""

    directory: Path
    password: str
    port: int

    def program(self) -> Program:
        return Program(
            name="valkey",
            command=[valkey_server(), self.directory / "valkey.conf"],
            environment={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        )

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/0"

    def is_ready(self) -> bool:
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=_NOBODY_WAITS_SECONDS) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                replies = connection.makefile("rb")
                return replies.readline() == b"+OK\r\n" and replies.readline() == b"+PONG\r\n"
        except OSError:
            return False


def prepare(directory: Path, password: str, *, throw_away: bool = False) -> Broker:
    directory.mkdir(mode=0o700, exist_ok=True)
    broker = Broker(directory, password, free_port())
    configuration = directory / "valkey.conf"
    configuration.touch(mode=0o600)
    configuration.write_text(
        f"bind {LOOPBACK}\nport {broker.port}\nprotected-mode yes\nrequirepass {password}\n"
        f'dir "{directory}"\nappendonly {"no" if throw_away else "yes"}\nsave ""\n'
        "maxmemory-policy noeviction\n"
    )
    return broker
