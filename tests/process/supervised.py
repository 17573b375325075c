"""A supervisor in a process of its own, for the test that kills it: database, broker, web and worker.

    python -m tests.process.supervised DIRECTORY PORT

It says "up" when all of them run, and then looks after them until it dies.
"""

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

from devkit import postgres, processes, valkey
from devkit.machine import answers
from devkit.supervisor import Supervisor


def main(directory: Path, port: int) -> None:
    supervisor = Supervisor(directory, directory)
    cluster = postgres.prepare(directory / "postgresql", "password-of-a-test", throw_away=True)
    broker = valkey.prepare(directory / "valkey", "password-of-a-test", throw_away=True)
    environment = {**os.environ, "REDIS_URL": broker.url}
    for program in (cluster.program(), broker.program()):
        supervisor.start(replace(program, environment=environment))
    supervisor.wait_until(lambda: cluster.is_ready() and broker.is_ready(), seconds=30, what="Servers")
    supervisor.start(processes.web(port, environment, "tests.process.slow_app:application"))
    supervisor.start(processes.worker(environment, "tests.process.slow_app"))
    supervisor.wait_until(lambda: answers(port), seconds=30, what="Web")
    sys.stdout.write("up\n")
    sys.stdout.flush()
    while True:
        supervisor.check()
        time.sleep(0.1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
