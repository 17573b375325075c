"""`GREENLIGHT_SECURE=true` sets all that belongs to TLS, and nothing less is enough."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from devkit.places import CHECKOUT

SHOWN = (
    "SESSION_COOKIE_SECURE CSRF_COOKIE_SECURE SESSION_COOKIE_NAME CSRF_COOKIE_NAME SESSION_COOKIE_HTTPONLY "
    "SESSION_COOKIE_SAMESITE SECURE_SSL_REDIRECT SECURE_HSTS_SECONDS DEBUG"
)


def settings_with(secure: str) -> dict[str, object]:
    """What a process started with this environment has."""
    code = f"import json, config.settings as s; print(json.dumps({{n: getattr(s, n) for n in '{SHOWN}'.split()}}))"
    outside = {name: value for name, value in os.environ.items() if name != "DEBUG"}
    said = subprocess.run(
        [sys.executable, "-c", code],
        cwd=CHECKOUT,
        env={**outside, "SECRET_KEY": "x", "GREENLIGHT_SECURE": secure},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found: dict[str, object] = json.loads(said)
    return found


@pytest.mark.parametrize("secure", ["true", "false"])
def test_the_cookie_of_a_sign_in_is_out_of_reach_of_scripts_and_other_sites(secure: str) -> None:
    found = settings_with(secure)
    assert found["SESSION_COOKIE_HTTPONLY"] is True
    assert found["SESSION_COOKIE_SAMESITE"] == "Lax"
    assert found["DEBUG"] is False


def test_behind_tls_cookies_travel_in_it_alone_and_browsers_insist_on_it() -> None:
    found = settings_with("true")
    assert found["SESSION_COOKIE_SECURE"] is found["CSRF_COOKIE_SECURE"] is found["SECURE_SSL_REDIRECT"] is True
    assert (found["SESSION_COOKIE_NAME"], found["CSRF_COOKIE_NAME"]) == ("__Host-session", "__Host-csrf")
    assert isinstance(found["SECURE_HSTS_SECONDS"], int)
    assert found["SECURE_HSTS_SECONDS"] >= 31536000
