"""Pytest plugin: writes down how each test ended and by which exception, since an exit code cannot tell an assertion
that failed from a program that no longer runs."""

import json
import os
from collections.abc import Generator

import pytest

VARIABLE = "GREENLIGHT_WITNESS"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    error = call.excinfo.typename if report.failed and call.excinfo else ""
    line = {"test": item.nodeid, "when": call.when, "outcome": report.outcome, "error": error}
    with open(os.environ[VARIABLE], "a") as file:
        file.write(json.dumps(line) + "\n")
    return report
