"""The command line. Standard library only: it must work before anything is installed."""

import argparse
import os
import signal
import sys
from pathlib import Path

from devkit import bootstrap
from devkit.errors import StopError
from devkit.places import CHECKOUT, default_data_directory

_PASSED_ON = {"test": "test", "manage": "up"}


def main(arguments: list[str]) -> int:
    """Returns the exit code: 0 done or stopped by a signal, 1 could not go on, else the called tool's own."""
    options = _parse(arguments)
    os.chdir(CHECKOUT)
    try:
        if options.requirements:
            bootstrap.enter(options.requirements, arguments)
        return _run(options)
    except StopError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _parse(arguments: list[str]) -> argparse.Namespace:
    if arguments and arguments[0] in _PASSED_ON and arguments[1:] not in (["-h"], ["--help"]):
        command, *rest = arguments
        data = None
        if command == "manage" and rest[:1] == ["--data"] and len(rest) > 1:
            data, rest = Path(rest[1]).resolve(), rest[2:]
        return argparse.Namespace(command=command, rest=rest, data=data, requirements=_PASSED_ON[command])
    return _parser().parse_args(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 dev.py",
        description="Greenlight on this machine, from a bare checkout. What it needs is installed into .venv.",
        epilog="Set DATABASE_URL, DATABASE_OWNER_URL and REDIS_URL to use servers of your own.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    up = commands.add_parser("up", help="start everything and the demonstration; Ctrl-C stops it")
    up.add_argument("--port", type=_port, default=8000, help="where the pages are served (default: 8000)")
    up.add_argument("--no-demo", action="store_true", help="without the demonstration organizations")
    _add_data(up)
    up.set_defaults(requirements="up")
    test = commands.add_parser("test", help="the checks and all tests; with arguments, pytest alone with these")
    test.add_argument("rest", nargs="*", metavar="PYTEST-ARGUMENT")
    check = commands.add_parser("check", help="lint, format, types, import rules, migrations, lock files")
    check.set_defaults(requirements="test")
    manage = commands.add_parser("manage", help="manage.py, against the running `up` or servers for the occasion")
    _add_data(manage)
    manage.add_argument("rest", nargs="*", metavar="ARGUMENT")
    faults = commands.add_parser("faults", help="kill parts of the product under load, then compare three ledgers")
    faults.add_argument("--minutes", type=float, default=10.0, help="how long (default: 10)")
    faults.add_argument("--seed", type=int, default=1, help="the same seed chooses the same faults (default: 1)")
    faults.set_defaults(requirements="up")
    mutants = commands.add_parser("mutants", help="plant defects in a copy, and demand that a test catches each")
    mutants.add_argument("names", nargs="*", metavar="NAME", help="only these (default: all)")
    mutants.add_argument("--list", action="store_true", help="name the defects and what each breaks, and plant none")
    mutants.add_argument("--markdown", action="store_true", help="print the outcome as a table for a document too")
    mutants.set_defaults(requirements="test")
    bench = commands.add_parser("bench", help="measure something against the data of `up`, next to the floor")
    bench.add_argument("name", help="a script under bench/, such as typeahead")
    _add_data(bench)
    bench.set_defaults(requirements="up")
    reset = commands.add_parser("reset", help="remove the data of `up`, after asking")
    reset.add_argument("--yes", action="store_true", help="do not ask")
    _add_data(reset)
    reset.set_defaults(requirements="")
    return parser


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        type=lambda text: Path(text).resolve(),
        default=None,
        metavar="DIR",
        help=f"where database, documents and logs are kept (default: {default_data_directory()})",
    )


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return int(text)


def _run(options: argparse.Namespace) -> int:
    """Imports each command only here, because most need what bootstrap has installed."""
    match options.command:
        case "up":
            from devkit.commands.up import up

            return up(options.data or default_data_directory(), options.port, demo=not options.no_demo)
        case "manage":
            from devkit.commands.manage import manage

            return manage(options.data or default_data_directory(), options.rest)
        case "test":
            from devkit.commands.test import test

            return test(options.rest)
        case "faults":
            from devkit.commands.faults import faults

            return faults(options.minutes, options.seed)
        case "mutants":
            from devkit.commands.mutants import mutants

            return mutants(options.names, listed=options.list, markdown=options.markdown)
        case "bench":
            from devkit.commands.bench import bench

            return bench(options.data or default_data_directory(), options.name)
        case "check":
            from devkit.commands.check import check

            return check()
        case _:
            from devkit.commands.reset import reset

            return reset(options.data or default_data_directory(), ask=not options.yes)
