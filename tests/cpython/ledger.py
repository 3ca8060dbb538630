"""The skips of ledger.toml: tests known to fail on ropewalk, each with its reason.

Promise: a listed test still runs. It counts as skipped while it fails; an entry whose
every test passes, or that names no test of a module that ran whole, is stale.
"""

import fnmatch
import tomllib
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).resolve().with_name("ledger.toml")


@dataclass(frozen=True)
class Entry:
    """One `[[skip]]` table."""

    test: str
    python: tuple[str, ...]
    reason: str
    issue: str

    def covers(self, test_id: str, minor: str) -> bool:
        """Does this entry speak of that test on that Python?"""
        return minor in self.python and fnmatch.fnmatchcase(test_id, self.test)


def read(file: Path = FILE) -> list[Entry]:
    """All entries; raises ValueError naming the one that is not whole."""
    entries = []
    tables = tomllib.loads(file.read_text("utf-8")).get("skip", [])
    for number, table in enumerate(tables, 1):
        try:
            entry = Entry(
                test=str(table["test"]),
                python=tuple(map(str, table["python"])),
                reason=str(table["reason"]).strip(),
                issue=str(table["issue"]).strip(),
            )
        except KeyError as missing:
            raise ValueError(f"{file.name}, skip {number}: no {missing}") from None
        if not entry.reason or not entry.python:
            raise ValueError(f"{file.name}, skip {number}: an empty field")
        entries.append(entry)
    return entries


def stale(
    entries: list[Entry], minor: str, outcomes: dict[str, str], whole: set[str]
) -> list[tuple[Entry, str]]:
    """Entries to take out. `outcomes`: id -> kind; `whole`: modules run completely."""
    found = []
    for entry in entries:
        if minor not in entry.python:
            continue
        kinds = [k for name, k in outcomes.items() if entry.covers(name, minor)]
        if kinds and all(kind == "pass" for kind in kinds):
            found.append((entry, "passes now"))
        elif not kinds and any(_within(entry.test, module) for module in whole):
            found.append((entry, "names no test"))
    return found


def _within(pattern: str, module: str) -> bool:
    return pattern.startswith((f"{module}.", f"{module}::"))
