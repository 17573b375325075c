"""A defect is data: what to change, what that breaks, and which tests must notice."""

from dataclasses import dataclass
from pathlib import Path

_MAKE_TABLES = ("tenancy/operations.py",)


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of text. `old` stands exactly once in `file`, whose path is relative to the checkout."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Defect:
    """`breaks` is a sentence for a reader; `tests` are pytest's names of files or tests, relative to the checkout.

    `sql` is what a later migration would do to the database, run on one that was migrated rightly.
    `refusal`: the defect is such that the suite refuses to begin, with these words.
    """

    name: str
    breaks: str
    edits: tuple[Edit, ...]
    tests: tuple[str, ...]
    sql: str = ""
    refusal: str = ""

    @property
    def remakes_database(self) -> bool:
        """Whether the database must be migrated by the code with the defect in it."""
        return any("/migrations/" in edit.file or edit.file in _MAKE_TABLES for edit in self.edits)


def misplaced(defect: Defect, root: Path) -> list[str]:
    """Why the defect no longer fits the code, a sentence for each edit and test; empty when it fits."""
    found = []
    for edit in defect.edits:
        file = root / edit.file
        times = file.read_text().count(edit.old) if file.exists() else 0
        if times != 1:
            first = edit.old.strip().splitlines()[0]
            found.append(f"{defect.name}: {edit.file} has {times} times, not once: {first}")
    for test in defect.tests:
        place, _, name = test.partition("::")
        if not (root / place).exists() or (name and f"def {name.partition('[')[0]}(" not in (root / place).read_text()):
            found.append(f"{defect.name}: there is no test {test}")
    return found


def plant(defect: Defect, root: Path) -> dict[Path, str]:
    """Make the edits below `root`; the files' text from before."""
    before: dict[Path, str] = {}
    for edit in defect.edits:
        file = root / edit.file
        text = file.read_text()
        before.setdefault(file, text)
        file.write_text(text.replace(edit.old, edit.new))
    return before


def dig_up(before: dict[Path, str]) -> None:
    """Put back what `plant` changed."""
    for file, text in before.items():
        file.write_text(text)
