"""Which browser drives the browser tests: one that the machine has, never one fetched for the occasion."""

import os
import shutil

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
ADVICE = (
    "no Chromium found: install it (Debian: apt-get install --no-install-recommends chromium), "
    "or set CHROMIUM to its path"
)


def find_chromium() -> str | None:
    """The path of the program, or None."""
    chosen = os.environ.get("CHROMIUM")
    return chosen or next((found for name in _NAMES if (found := shutil.which(name))), None)
