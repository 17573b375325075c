"""The embedded PostgreSQL: made once in a data directory, run on the loopback address with passwords."""

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psycopg

from devkit.binaries import postgres_directory, postgres_major
from devkit.errors import StopError
from devkit.machine import LOOPBACK, can_enter, free_port, server_user
from devkit.supervisor import Program

SUPERUSER = "postgres"
# Statements and their values may name a person: neither goes to the log.
_PRIVATE_LOG = {
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
_UNSAFE_AND_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "jit": "off",
}


@dataclass(frozen=True)
class Cluster:
    """One data directory with its server. ``throw_away``: for tests, which lose it all without grief."""

    data: Path
    password: str
    port: int
    user: tuple[int, int] | None
    binaries: Path
    throw_away: bool

    def program(self, remove: Path | None = None) -> Program:
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": "",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "max_connections": "100",
            **_PRIVATE_LOG,
            **(_UNSAFE_AND_FAST if self.throw_away else {}),
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Program(
            name="postgresql",
            command=[self.binaries / "postgres", "-D", self.data, *options],
            environment={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            stop_signal=signal.SIGINT,
            death_signal=signal.SIGINT,
            grace=20.0,
            user=self.user,
            remove=remove,
        )

    def url(self, role: str, password: str, database: str) -> str:
        return f"postgresql://{role}:{password}@{LOOPBACK}:{self.port}/{database}"

    @property
    def admin_url(self) -> str:
        return self.url(SUPERUSER, self.password, "postgres")

    def is_ready(self) -> bool:
        try:
            psycopg.connect(self.admin_url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


def refuse_out_of_reach(directory: Path) -> None:
    """Raises StopError when the server's user, who is not root, could not get to its data there."""
    if not can_enter(directory, server_user()):
        raise StopError(
            f"PostgreSQL must not run as root, and the user nobody cannot enter {directory}: "
            "name another directory with --data, such as one under /var/lib/greenlight."
        )


def prepare(data: Path, password: str, *, throw_away: bool = False) -> Cluster:
    """Makes the cluster when there is none. StopError: data of another version, or a place out of reach."""
    user = server_user()
    refuse_out_of_reach(data.parent)
    binaries = postgres_directory(user)
    made_by = data / "PG_VERSION"
    if not made_by.exists():
        _make_cluster(data, password, binaries, user, throw_away=throw_away)
    elif (old := made_by.read_text().strip()) != (new := postgres_major(binaries)):
        raise StopError(
            f"The data in {data} was written by PostgreSQL {old}, and this Greenlight brings "
            f"PostgreSQL {new}: start with another --data directory, "
            "or give the old data up with `python3 dev.py reset`."
        )
    return Cluster(data, password, free_port(), user, binaries, throw_away)


def _make_cluster(data: Path, password: str, binaries: Path, user: tuple[int, int] | None, *, throw_away: bool) -> None:
    """Made beside its place and moved there when whole: a broken attempt is never taken for a cluster."""
    uid, gid = user or (os.getuid(), os.getgid())
    attempt = data.with_name(data.name + ".new")
    password_file = data.with_name(data.name + ".password")
    shutil.rmtree(attempt, ignore_errors=True)
    attempt.mkdir(mode=0o700)
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    os.chown(attempt, uid, gid)
    os.chown(password_file, uid, gid)
    try:
        _initdb(binaries / "initdb", attempt, password_file, user, throw_away=throw_away)
    except BaseException:
        shutil.rmtree(attempt, ignore_errors=True)
        raise
    finally:
        password_file.unlink()
    attempt.rename(data)


def _initdb(program: Path, data: Path, password_file: Path, user: tuple[int, int] | None, *, throw_away: bool) -> None:
    command = [str(program), "-D", str(data), f"--username={SUPERUSER}", f"--pwfile={password_file}"]
    command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-instructions"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    made = subprocess.run(
        [*command, *(["--no-sync"] if throw_away else [])],
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        user=None if user is None else user[0],
        group=None if user is None else user[1],
        extra_groups=None if user is None else [],
    )
    if made.returncode:
        reason = (made.stderr.strip() or made.stdout.strip()).splitlines()[-1:]
        raise StopError(f"PostgreSQL could not make its data directory {data}: {' '.join(reason)}")
