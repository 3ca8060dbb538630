"""Tests ropewalk on every other CPython of this machine: each version of 3.11 to 3.15.

Promise: each gets a wheel built for it and a venv of its own below `target/`; the last
lines say which were run, how it went, what was left out, and which were not found.

    scripts/pythons.py                 all of them whole
    scripts/pythons.py --minutes 15    those that begin after 15 minutes in brief
    scripts/pythons.py 3.13 3.12.1     only these

Those that few distributions have yet are fetched beside the system, once; where that
cannot be, a line that begins with "skipped:" says so.

In brief: our parity and surface tests, and CPython's tests of queue and threading. The
newest is first, then the oldest: what is brief lies between two that are not.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from steps import ROOT, VENV, show, show_side_by_side, tool_environment, try_step
from toolchain import pytest_runs

MINORS = ("3.11", "3.12", "3.13", "3.14", "3.15")

FETCHED = ("3.14", "3.15")
"""Those that few distributions have yet."""

FETCH_SECONDS = 400
"""How long one may be fetched: a mirror that does not answer is no reason to wait."""

SAME_EVERYWHERE = (
    "cpython",  # has a runner of its own, below
    "packaging",  # the wheel without the engine fits every Python
    "stress",  # forks and signals of the same binary code; the main Python has them
)
"""Folders of tests that the main Python has run, and that need no second look."""

QUESTION = """
import sys, sysconfig, importlib.util as u
usable = all(map(u.find_spec, ("venv", "ensurepip")))
free = sysconfig.get_config_var("Py_GIL_DISABLED")
if usable and not free and sys.implementation.name == "cpython":
    print("%d.%d.%d" % sys.version_info[:3])
"""


def version_of(python: str) -> str:
    """The version of a CPython that can make a venv, else nothing.

    A pyenv shim exists and refuses to run; it counts as not there.
    """
    try:
        done = subprocess.run([python, "-c", QUESTION], capture_output=True, text=True)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def candidates(minor: str) -> list[str]:
    """Where a Python of this minor version may be, the likeliest first."""
    name = f"python{minor}"
    on_path = [shutil.which(name), f"/usr/bin/{name}", f"/usr/local/bin/{name}"]
    roots = {Path(os.environ.get("PYENV_ROOT", "~/.pyenv")), Path("~/.pyenv")}
    managed = [
        str(found)
        for root in sorted(roots)
        for found in sorted(root.expanduser().glob(f"versions/*/bin/{name}"))
    ]
    return [path for path in on_path if path] + managed


def fetched(minor: str) -> list[str]:
    """The path of this Python, fetched; where it cannot be had the script says why."""
    command = ["bash", str(ROOT / "scripts" / "newest_pythons.sh"), minor]
    # Killed softly, along with what it has started.
    limited = ["timeout", "-k", "10", str(FETCH_SECONDS), *command]
    try:
        done = subprocess.run(limited, stdout=subprocess.PIPE, text=True)
    except OSError:  # neither bash nor timeout
        return []
    return done.stdout.split() if done.returncode == 0 else []


def found(minors: Iterable[str]) -> dict[str, str]:
    """Version and path of each CPython that works, the oldest first."""
    versions: dict[str, str] = {}
    for minor in minors:
        works = working(minor, candidates(minor))
        if not works and minor in FETCHED:
            works = working(minor, fetched(minor))
        versions |= works
    return dict(sorted(versions.items(), key=lambda item: numbers(item[0])))


def working(minor: str, paths: list[str]) -> dict[str, str]:
    """Version and path of those that work, the first of each version."""
    versions: dict[str, str] = {}
    for path in paths:
        version = version_of(path)
        if version.startswith(f"{minor}."):
            versions.setdefault(version, path)
    return versions


def numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def install(python: str, name: str) -> Path | None:
    """A venv of this Python with the wheel built for it, or None when that failed."""
    venv = ROOT / "target" / f"venv-{name}"
    wheels = ROOT / "target" / f"wheels-{name}"
    shutil.rmtree(wheels, ignore_errors=True)
    inside = str(venv / "bin" / "python")
    pip = [inside, "-m", "pip", "install", "--quiet"]
    # Without link-time optimisation over all crates, which takes most of the time of a
    # build: whether tests pass does not depend on it, and the main Python has it.
    build = [str(VENV / "bin" / "maturin"), "build", "--profile", "testrelease"]
    # One folder for all: what does not depend on the Python is built for the first.
    build += ["--interpreter", inside, "--target-dir", "target/pythons"]
    build += ["--out", str(wheels)]
    environment = {**tool_environment(), "PYO3_PYTHON": inside}
    steps = {
        f"{name} venv": [python, "-m", "venv", "--clear", str(venv)],
        f"{name} test tools": [*pip, "-r", "requirements-test.txt"],
        f"{name} wheel": build,
    }
    if not all(try_step(title, step, environment) for title, step in steps.items()):
        return None
    wheel = [*map(str, wheels.glob("*.whl"))]
    if not try_step(f"{name} install", [*pip, "--no-deps", *wheel], environment):
        return None
    return venv


GROUPS = ("queue", "threading", "futures-threads", "asyncio-loop", "asyncio-above")
BRIEF_GROUPS = ("queue", "threading")
BRIEF_FOLDERS = ("tests/parity", "tests/surface")


def run_tests(venv: Path, name: str, whole: bool) -> str:
    """Our quick tests there, and CPython's of what is replaced; says what failed."""
    python = str(venv / "bin" / "python")
    ignored = [f"--ignore=tests/{folder}" for folder in SAME_EVERYWHERE]
    folders = ["tests", *ignored] if whole else [*BRIEF_FOLDERS]
    ours = show_side_by_side(f"Python {name}: our tests", pytest_runs(python, *folders))
    judge = [str(VENV / "bin" / "python"), "tests/cpython/run.py", "--python", python]
    groups = GROUPS if whole else BRIEF_GROUPS
    theirs = show(
        f"Python {name}: CPython's own tests",
        [*judge, "--group", *groups, "--quick", "--doubts", "-j2", "--allow-missing"],
    )
    failed = [
        word for word, good in [("ours", ours), ("CPython's", theirs)] if not good
    ]
    if failed:
        return f"FAILED: {' and '.join(failed)}"
    return (
        "passed"
        if whole
        else f"passed in brief: {', '.join(BRIEF_FOLDERS)}, {', '.join(BRIEF_GROUPS)}"
    )


def newest_and_oldest_first(versions: list[str]) -> list[str]:
    """The order in which time is spent on them; they come sorted."""
    return [*versions[-1:], *versions[:-1]]


def is_sought(minor: str, words: list[str]) -> bool:
    """Whether one of this minor version may be wanted."""
    return not words or any(f"{word}.".startswith(f"{minor}.") for word in words)


def wanted(version: str, words: list[str]) -> bool:
    return not words or any(f"{version}.".startswith(f"{word}.") for word in words)


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/pythons.py")
    parser.add_argument(
        "--minutes",
        type=float,
        default=float("inf"),
        help="after so many, the tests of those that are left are run in brief",
    )
    parser.add_argument("versions", nargs="*", help="only these; default: every one")
    options = parser.parse_args()
    sought = [minor for minor in MINORS if is_sought(minor, options.versions)]
    brief_from = time.monotonic() + options.minutes * 60
    own = version_of(str(VENV / "bin" / "python"))
    said = [f"{own}: the main one (.venv)"]
    good = True
    others = {
        version: path
        for version, path in found(sought).items()
        if version != own and wanted(version, options.versions)
    }
    for version in newest_and_oldest_first([*others]):
        whole = time.monotonic() < brief_from
        venv = install(others[version], version)
        verdict = (
            run_tests(venv, version, whole) if venv else "FAILED to build or install"
        )
        good = good and verdict.startswith("passed")
        said.append(f"{version}: {verdict} ({others[version]})")
    for minor in sought:
        seen = any(version.startswith(f"{minor}.") for version in (own, *others))
        if not seen:
            said.append(f"skipped: {minor}: none found that works")
    print("\nPythons:", *said, sep="\n  ")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
