"""Where a project's tests run: a venv with the project, ropewalk and its tests.

Promise: what is made is kept below target/suites and made anew only when what the
table says of the project changes; what cannot be had raises Missing with the reason.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PLACES = ROOT / "target" / "suites"
MINOR = f"{sys.version_info.major}.{sys.version_info.minor}"
PYTEST = ("pytest>=9", "setuptools")

CHECKOUTS = "SUITES_CHECKOUTS"
"""Names a folder with checkouts, for what has its tests nowhere else."""

PIP_SECONDS = 400
"""A package is built from source at the worst; a silent server ends then."""


class Missing(Exception):
    """What cannot be had."""


@dataclass(frozen=True)
class Suite:
    """One project of the table."""

    name: str
    version: str
    seconds: int
    ways: tuple[str, ...]
    files: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    deselected: dict[str, str] = field(default_factory=dict)
    prelude: str = ""
    checkout: bool = False
    quick: bool = False

    @property
    def place(self) -> Path:
        """Everything of this suite lies below."""
        return PLACES / f"{self.name}-{MINOR}"

    @property
    def python(self) -> Path:
        """The venv's interpreter."""
        return self.place / "venv" / "bin" / "python"

    @property
    def tests(self) -> Path:
        """The directory in which pytest is started."""
        return self.place / "tests"

    def digest(self, *more: str) -> str:
        """Changes with what is installed."""
        words = [self.name, self.version, sys.version, *self.files, *self.requirements]
        return hashlib.sha256("\n".join([*words, *PYTEST, *more]).encode()).hexdigest()


def table() -> dict[str, Suite]:
    """suites.toml."""
    rows = tomllib.loads((HERE / "suites.toml").read_text("utf-8"))
    lists = ("ways", "files", "requirements", "arguments")
    suites = {}
    for name, row in rows.items():
        row.update({key: tuple(row[key]) for key in lists if key in row})
        suites[name] = Suite(name=name, **row)
    return suites


def prepare(suite: Suite) -> None:
    """Make the venv and get the tests, unless that was done; put our files there."""
    spec = find_spec("ropewalk")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("ropewalk is not installed in this Python: make build")
    stamp = suite.place / "complete"
    if not stamp.exists() or stamp.read_text("utf-8") != suite.digest():
        _fill(suite)
        stamp.write_text(suite.digest(), "utf-8")
    packages = suite.place / "venv" / "lib" / f"python{MINOR}" / "site-packages"
    link = packages / "ropewalk"
    link.unlink(missing_ok=True)
    link.symlink_to(spec.submodule_search_locations[0], target_is_directory=True)
    for file in (*(ROOT / "python" / "data" / "purelib").iterdir(), _RECORD):
        shutil.copy(file, packages)
    (packages / "suite_prelude.py").write_text(suite.prelude, "utf-8")


_RECORD = HERE / "suite_record.py"


def _fill(suite: Suite) -> None:
    shutil.rmtree(suite.place, ignore_errors=True)
    suite.tests.mkdir(parents=True)
    _call(sys.executable, "-m", "venv", suite.place / "venv")
    pip = (suite.python, "-m", "pip", "--disable-pip-version-check", "-q")
    wanted = f"{suite.name}=={suite.version}"
    _call(*pip, "install", wanted, *PYTEST, *suite.requirements)
    if suite.checkout:
        _copy(suite)
    elif suite.files:
        source = ("--no-deps", "--no-binary", suite.name, "--dest", suite.place)
        _call(*pip, "download", *source, wanted)
        _unpack(suite)


def _unpack(suite: Suite) -> None:
    (archive,) = suite.place.glob("*.tar.gz")
    unpacked = suite.place / "sdist"
    shutil.unpack_archive(archive, unpacked)
    (folder,) = unpacked.iterdir()
    for name in suite.files:
        if not (folder / name).exists():
            raise Missing(f"its source distribution has no {name}")
        (folder / name).rename(suite.tests / name)


def _copy(suite: Suite) -> None:
    folder = Path(os.environ.get(CHECKOUTS, "/nowhere"), suite.name)
    for name in suite.files:
        if not (folder / name).is_dir():
            wanted = f"{CHECKOUTS}/{suite.name} with the sources of {suite.version}"
            raise Missing(f"what is on the package index has no tests; set {wanted}")
        shutil.copytree(folder / name, suite.tests / name)


def _call(*words: str | Path) -> None:
    said = " ".join(map(str, words))
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, check=False, timeout=PIP_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise Missing(f"not done after {PIP_SECONDS} s: {said}") from None
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if "ERROR" in line]
        last = (lines or (done.stdout + done.stderr).strip().splitlines())[-1:]
        raise Missing(f"{said}: {' '.join(last)}")
