"""A worker knows the reader of every topic: work that nobody reads would wait for a person."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
ASK = """
import json, sys
from config.celery import app
import django
django.setup()
app.loader.import_default_modules()
print(json.dumps(sorted(name for name in sys.modules if name.endswith(".tasks"))))
"""


def test_worker_imports_every_module_that_reads_a_topic() -> None:
    answer = subprocess.run([sys.executable, "-c", ASK], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    loaded = set(json.loads(answer.stdout.splitlines()[-1]))
    readers = {f"{path.parent.name}.tasks" for path in CHECKOUT.glob("*/tasks.py") if "@reads(" in path.read_text()}
    assert {"imports.tasks", "claims.tasks"} <= readers
    assert readers <= loaded
