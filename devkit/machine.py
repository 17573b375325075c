"""What the machine allows: free ports, the user PostgreSQL may run as, and which places it can reach."""

import os
import pwd
import socket
import subprocess
from pathlib import Path

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((LOOPBACK, port)) == 0


def is_root() -> bool:
    return os.geteuid() == 0


def server_user() -> tuple[int, int] | None:
    """Uid and gid for PostgreSQL, which refuses to run as root: those of ``nobody``. None: run it as we
    are."""
    if not is_root():
        return None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def can_enter(directory: Path, user: tuple[int, int] | None) -> bool:
    """Tried by a process of that user, because modes, access lists and mounts all have a say."""
    if user is None:
        return os.access(directory, os.X_OK)
    uid, gid = user
    attempt = subprocess.run(
        ["/bin/sh", "-c", 'cd "$1"', "sh", str(directory)],
        user=uid,
        group=gid,
        extra_groups=[],
        cwd="/",
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return attempt.returncode == 0
