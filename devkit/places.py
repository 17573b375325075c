"""Where things are on this machine. Standard library only."""

import hashlib
import os
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
VENV = CHECKOUT / ".venv"
SYSTEM_DIRECTORY = Path("/var/lib/greenlight")


def default_data_directory() -> Path:
    """In the checkout; for root outside it, because PostgreSQL then runs as nobody and must reach its data."""
    if os.geteuid() != 0:
        return CHECKOUT / ".data"
    return SYSTEM_DIRECTORY / hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:12]
