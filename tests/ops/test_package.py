"""The image, the compose file and `.env.example` say what the product needs, and no more than that."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from devkit.places import CHECKOUT

COMPOSE: dict[str, Any] = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
EXAMPLE = (CHECKOUT / ".env.example").read_text()
DOCKERFILE = (CHECKOUT / "Dockerfile").read_text()
OURS = ["prepare", "web", "worker", "beat", "simulator"]
# Set by `dev.py`, never by an operator.
OF_DEVELOPMENT = {"GREENLIGHT_LIFELINE", "GREENLIGHT_CRASH_POINTS", "DJANGO_SETTINGS_MODULE"}


def named_in_example() -> set[str]:
    return set(re.findall(r"^(?:# )?([A-Z][A-Z_]+)=", EXAMPLE, re.MULTILINE))


def test_the_example_names_every_setting() -> None:
    read = set(re.findall(r'env(?:\.\w+)?\(\s*"([A-Z_]+)"', (CHECKOUT / "config" / "settings.py").read_text()))
    assert "SECRET_KEY" in read
    assert read - named_in_example() - {"SECRET_KEY_FILE"} - OF_DEVELOPMENT == set()
    assert "SECRET_KEY_FILE" in EXAMPLE


def test_the_example_names_what_compose_asks_for() -> None:
    asked = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", (CHECKOUT / "docker-compose.yml").read_text()))
    assert asked - named_in_example() == set()


def test_the_example_holds_no_secret() -> None:
    secrets = [line for line in EXAMPLE.splitlines() if re.match(r"(SECRET_KEY|\w*PASSWORD)=", line)]
    assert len(secrets) >= 6
    assert all(line.endswith("=") for line in secrets)


@pytest.mark.parametrize("name", OURS)
def test_a_container_of_ours_has_no_power_it_does_not_need(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_who_serves_knows_the_runtime_role_alone(name: str) -> None:
    environment: Mapping[str, str] = SERVICES[name]["environment"]
    assert not {"DATABASE_OWNER_URL", "DATABASE_ADMIN_URL", "DATABASE_BACKUP_URL"} & set(environment)
    assert "greenlight_app:" in environment["DATABASE_URL"]
    assert not {"OWNER_PASSWORD", "ADMINISTRATOR_PASSWORD", "BACKUP_PASSWORD"} & set(
        re.findall(r"\$\{(\w+)", " ".join(map(str, environment.values())))
    )


def test_database_and_broker_are_reached_from_inside_alone() -> None:
    for name in ("postgres", "valkey"):
        assert SERVICES[name]["networks"] == ["inside"]
        assert "ports" not in SERVICES[name]
    assert COMPOSE["networks"]["inside"]["internal"] is True
    assert SERVICES["web"]["ports"] == ["${LISTEN:-127.0.0.1:8000}:8000"]


@pytest.mark.parametrize("name", ["postgres", "valkey", "web", "worker", "simulator"])
def test_what_can_be_asked_has_a_health_check(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_nothing_serves_before_the_tables_are_there(name: str) -> None:
    assert SERVICES[name]["depends_on"]["prepare"] == {"condition": "service_completed_successfully"}


def test_the_image_runs_as_nobody_in_particular() -> None:
    last_user = re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE)[-1]
    assert last_user == "10001:10001"
    assert DOCKERFILE.rindex("USER ") > DOCKERFILE.rindex("RUN ")
    assert "--require-hashes" in DOCKERFILE


def test_the_image_holds_what_serves_and_nothing_else() -> None:
    from django.conf import settings

    let_in = {line[1:] for line in (CHECKOUT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    apps = {app for app in settings.INSTALLED_APPS if (CHECKOUT / app.partition(".")[0]).is_dir()}
    assert apps <= let_in
    assert not {"tests", "devkit", "dev.py", ".env", ".git", ".venv", ".data", "docs"} & let_in
    for name in let_in:
        assert (CHECKOUT / name).exists(), f"{name} is let into the image and does not exist"


def test_the_deployment_check_is_clean() -> None:
    environment = {
        "PATH": "/usr/bin:/bin",
        "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "DATABASE_URL": "postgresql://greenlight_app@127.0.0.1:1/greenlight",
        "GREENLIGHT_SECURE": "true",
        "ALLOWED_HOSTS": "auth.clinic.example",
    }
    done = subprocess.run(
        [sys.executable, CHECKOUT / "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout + done.stderr
