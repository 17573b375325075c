"""Whether the locked requirements still are what pyproject.toml asks for. Needs no network: it reads the lists, and
what the installed packages say they need."""

import re
import tomllib
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from devkit.places import CHECKOUT

# Each list, and the groups of pyproject.toml that it locks beside the dependencies themselves.
LISTS: dict[str, tuple[str, ...]] = {"app": (), "up": ("embedded",), "test": ("embedded", "test")}
_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(\[[^]]*\])?==(?P<version>[^\s;]+)\s*(?P<marker>;[^-]*)?")


@dataclass
class _List:
    """One list: its pins, those that count on some machines only, and what is wrong with its form."""

    pins: dict[str, str] = field(default_factory=dict)
    conditional: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)


def drift(directory: Path = CHECKOUT) -> list[str]:
    """What is wrong, a sentence each; empty when the lists are whole."""
    project = tomllib.loads((directory / "pyproject.toml").read_text())
    problems: list[str] = []
    pins: dict[str, dict[str, str]] = {}
    for name, groups in LISTS.items():
        listed = _read(directory / "requirements" / f"{name}.txt")
        pins[name] = listed.pins
        problems += listed.problems + _unmet(name, listed, _declared(project, groups))
    for smaller, larger in (("app", "up"), ("up", "test")):
        problems += [
            f"requirements/{larger}.txt has not {package}=={version} of {smaller}.txt."
            for package, version in pins[smaller].items()
            if pins[larger].get(package) != version
        ]
    return problems


def _declared(project: dict[str, Any], groups: tuple[str, ...]) -> list[Requirement]:
    texts = [*project["project"]["dependencies"]]
    for group in groups:
        texts += project["dependency-groups"][group]
    return [Requirement(text) for text in texts]


def _read(file: Path) -> _List:
    text = file.read_text().replace("\\\n", " ")
    listed = _List()
    if "://" in text or "--index" in text:
        listed.problems.append(f"{file.name} holds an address.")
    for line in text.splitlines():
        entry = line.split("#")[0].strip()
        found = _PIN.match(entry)
        if found and "--hash=sha256:" in entry:
            package = canonicalize_name(found["name"])
            listed.pins[package] = found["version"]
            if found["marker"]:
                listed.conditional.add(package)
        elif entry:
            listed.problems.append(f"{file.name}: not pinned with a hash: {entry[:60]}")
    return listed


def _unmet(name: str, listed: _List, declared: list[Requirement]) -> list[str]:
    """Follows the declared packages through what they need themselves, with their extras."""
    problems: list[str] = []
    seen: set[tuple[str, str]] = set()
    waiting = [(requirement, "pyproject.toml") for requirement in declared]
    while waiting:
        requirement, wanted_by = waiting.pop()
        package = canonicalize_name(requirement.name)
        locked = listed.pins.get(package)
        if locked is None:
            problems.append(f"requirements/{name}.txt lacks {package}, which {wanted_by} needs.")
        elif not requirement.specifier.contains(locked, prereleases=True):
            problems.append(f"requirements/{name}.txt has {package}=={locked}; {wanted_by} needs {requirement}.")
        for extra in ("", *requirement.extras):
            if (package, extra) not in seen:
                seen.add((package, extra))
                waiting += [(needed, package) for needed in _needs(package, extra)]
    unused = set(listed.pins) - listed.conditional - {package for package, _ in seen}
    return problems + [f"requirements/{name}.txt has {package}, which nothing needs." for package in sorted(unused)]


def _needs(package: str, extra: str) -> list[Requirement]:
    try:
        texts = distribution(package).requires or []
    except PackageNotFoundError:
        return []
    needed = [Requirement(text) for text in texts]
    return [one for one in needed if one.marker is None or one.marker.evaluate({"extra": extra})]
