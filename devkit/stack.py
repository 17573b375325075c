"""The servers and the environment of a run of the product on this machine."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from devkit import postgres, valkey
from devkit.data_directory import DataDirectory, Secrets
from devkit.errors import StopError
from devkit.external import NEEDED, servers_from_environment
from devkit.machine import LOOPBACK
from devkit.places import CHECKOUT
from devkit.progress import step
from devkit.supervisor import Program, Supervisor
from tenancy.management.commands.prepare_database import (
    PreparationError,
    prepare,
    read_administrator,
    read_roles,
)

_DATABASE = "greenlight"
_NOT_FOR_SERVING = ("DATABASE_OWNER_URL", "DATABASE_ADMIN_URL", "DATABASE_BACKUP_URL")


@dataclass(frozen=True)
class Environment:
    """``serving``: what web, worker and beat may know. ``owning``: with the owner, backup and, for us alone, the
    administrator."""

    serving: Mapping[str, str]
    owning: Mapping[str, str]


def refuse_unusable(path: Path) -> None:
    """Raises StopError, before anything is made, when the servers could not run with their data in ``path``."""
    if not servers_from_environment(os.environ):
        existing = next(place for place in (path, *path.parents) if place.is_dir())
        postgres.refuse_out_of_reach(existing)


def start(data: DataDirectory, supervisor: Supervisor, simulator_port: int) -> Environment:
    """Starts the embedded servers unless the environment names others, and prepares roles and database."""
    keys = data.secrets()
    if servers_from_environment(os.environ):
        addresses = {name: os.environ[name] for name in (*NEEDED, *_NOT_FOR_SERVING) if name in os.environ}
    else:
        addresses = _start_servers(data, supervisor, keys)
    environment = _environment(data, keys, addresses, simulator_port)
    if "DATABASE_ADMIN_URL" in addresses:
        with step("Roles and database"):
            _prepare_database(addresses)
    return environment


def manage_program(command: str, environment: Mapping[str, str], *arguments: str) -> Program:
    return Program(
        name=command,
        command=[sys.executable, CHECKOUT / "manage.py", command, *arguments],
        environment=environment,
    )


def _prepare_database(addresses: Mapping[str, str]) -> None:
    """What `manage.py prepare_database` does, without the second that Django takes to start."""
    try:
        prepare(read_administrator(addresses), read_roles(addresses))
    except (PreparationError, psycopg.Error) as error:
        raise StopError(str(error).strip().splitlines()[0]) from error


def _start_servers(data: DataDirectory, supervisor: Supervisor, keys: Secrets) -> dict[str, str]:
    with step("PostgreSQL"):
        cluster = postgres.prepare(data.path / "postgresql", keys.superuser)
        child = supervisor.start(cluster.program())
        supervisor.wait_until(cluster.is_ready, seconds=60, what="PostgreSQL", needs=[child])
    with step("Valkey"):
        broker = valkey.prepare(data.path / "valkey", keys.broker)
        child = supervisor.start(broker.program())
        supervisor.wait_until(broker.is_ready, seconds=30, what="Valkey", needs=[child])
    return {
        "DATABASE_ADMIN_URL": cluster.admin_url,
        "DATABASE_OWNER_URL": cluster.url("greenlight_owner", keys.owner, _DATABASE),
        "DATABASE_BACKUP_URL": cluster.url("greenlight_backup", keys.backup, _DATABASE),
        "DATABASE_URL": cluster.url("greenlight_app", keys.runtime, _DATABASE),
        "REDIS_URL": broker.url,
    }


def _environment(data: DataDirectory, keys: Secrets, addresses: Mapping[str, str], simulator_port: int) -> Environment:
    ours = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": keys.secret_key,
        "DEBUG": "false",
        "GREENLIGHT_DATA_DIR": str(data.path),
        "STATIC_ROOT": str(data.path / "static"),
        "SIMULATOR_URL": f"http://{LOOPBACK}:{simulator_port}",
        "PYTHONPATH": str(CHECKOUT),
        "PYTHONUNBUFFERED": "1",
    }
    owning = {**os.environ, **ours, **addresses}
    serving = {name: value for name, value in owning.items() if name not in _NOT_FOR_SERVING}
    kept = {name: value for name, value in addresses.items() if name != "DATABASE_ADMIN_URL"}
    data.write_environment({**ours, **kept})
    return Environment(serving, owning)
