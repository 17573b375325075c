"""`python ops/probe.py web|worker|simulator`: is this container well? Exit code 0 or 1, for a health check.

Standard library only, so that asking costs little. The worker is judged by work: it touches its heartbeat each time it
has looked for work, and the sweep of beat makes it look every few seconds. A worker that is connected and deaf shows;
so does a beat that is gone.
"""

import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

# An exchange with a partner may take 50 seconds; work comes at least every 10.
LONGEST_SILENCE = 150.0
_ADDRESSES = {"web": "http://127.0.0.1:8000/health/ready", "simulator": "http://127.0.0.1:8278/health"}


def main(arguments: list[str]) -> int:
    match arguments:
        case ["worker"]:
            fault = _silence(os.environ.get("GREENLIGHT_HEARTBEAT", ""))
        case ["web" | "simulator" as name]:
            fault = _no_answer(_ADDRESSES[name], _host())
        case _:
            fault = "Say what to ask: web, worker or simulator."
    if fault:
        print(fault, file=sys.stderr)  # noqa: T201
    return 1 if fault else 0


def _host() -> str:
    """A name that the server goes by: it answers to no other."""
    return os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip().lstrip(".*") or "localhost"


def _no_answer(address: str, host: str) -> str:
    request = urllib.request.Request(address, headers={"Host": host})  # noqa: S310 (one of the two above)
    try:
        with urllib.request.urlopen(request, timeout=6):  # noqa: S310
            return ""
    except (OSError, urllib.error.URLError, ValueError) as error:
        return f"No good answer: {error}"


def _silence(heartbeat: str) -> str:
    if not heartbeat:
        return "GREENLIGHT_HEARTBEAT names no file."
    try:
        silence = time.time() - Path(heartbeat).stat().st_mtime
    except FileNotFoundError:
        return "The worker has not looked for work yet."
    return "" if silence < LONGEST_SILENCE else f"The worker has not looked for work for {silence:.0f} seconds."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
