"""One line for each step, with the seconds it took. Standard library only."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def step(label: str) -> Iterator[None]:
    """The label at once, the seconds when the step is done; "failed" or "stopped" when it was not."""
    print(f"  {label:<44}", end="", flush=True)
    started = time.monotonic()
    try:
        yield
    except BaseException as end:
        print("failed" if isinstance(end, Exception) else "stopped", flush=True)
        raise
    print(f"{time.monotonic() - started:6.1f} s", flush=True)
