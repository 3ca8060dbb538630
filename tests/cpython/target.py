"""Facts about the interpreter that is measured, asked of that interpreter itself.

Promise: the runner imports nothing of the measured interpreter, so one interpreter
can judge another.
"""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.cpython.tables import Choice

_QUESTION = """
import importlib.util, json, os, pkgutil, sys

def find(name):
    try:
        return importlib.util.find_spec(name)
    except ImportError:
        return None

def expand(choice):
    for name in choice:
        spec = find(name.removesuffix(".*"))
        if spec is None:
            continue
        if not name.endswith(".*"):
            return [name]
        places = spec.submodule_search_locations
        if places:
            parts = sorted(m.name for m in pkgutil.iter_modules(places))
            base = name[:-2]
            return [base + "." + p for p in parts if p.startswith("test_")]
    return []

choices = json.loads(sys.argv[1])
package = find("ropewalk")
print(json.dumps({
    "version": ".".join(map(str, sys.version_info[:3])),
    "build": sys.version,
    "executable": os.path.realpath(getattr(sys, "_base_executable", sys.executable)),
    "has_tests": bool(find("test.support") and find("test.test_queue")),
    "ropewalk": package and package.submodule_search_locations[0],
    "modules": [expand(choice) for choice in choices],
}))
"""


@dataclass(frozen=True)
class Target:
    """One interpreter, and where its ropewalk lies (None: not installed in it)."""

    python: str
    version: str
    build: str
    executable: str
    has_tests: bool
    ropewalk: Path | None
    modules: tuple[tuple[str, ...], ...]

    @property
    def minor(self) -> str:
        """The version as the ledger writes it: "3.12"."""
        return ".".join(self.version.split(".")[:2])


def ask(python: str, choices: list[Choice]) -> Target:
    """Start `python` once; raises RuntimeError when it cannot be used."""
    wanted = [[c] if isinstance(c, str) else list(c) for c in choices]
    try:
        answer = subprocess.run(
            [python, "-c", _QUESTION, json.dumps(wanted)],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
        )
    except OSError as error:
        raise RuntimeError(f"cannot start {python}: {error.strerror}") from error
    if answer.returncode:
        last = answer.stderr.strip().splitlines()[-1:] or ["no message"]
        raise RuntimeError(f"cannot use {python}: {last[0]}")
    facts = json.loads(answer.stdout)
    where = facts["ropewalk"]
    return Target(
        python=python,
        version=facts["version"],
        build=facts["build"],
        executable=facts["executable"],
        has_tests=facts["has_tests"],
        ropewalk=Path(where) if where else None,
        modules=tuple(tuple(found) for found in facts["modules"]),
    )
