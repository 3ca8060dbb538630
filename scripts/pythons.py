"""Tests ropewalk on every other CPython of this machine: 3.11 to 3.14, one of each.

Promise: each gets a wheel built for it and a venv of its own below `target/`; the last
lines say which were run, how it went, and which were not found.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from steps import ROOT, VENV, show, show_side_by_side, tool_environment, try_step
from toolchain import pytest_runs

MINORS = (11, 12, 13, 14)

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


def candidates(minor: int) -> list[str]:
    """Where a Python of this minor version may be, the likeliest first."""
    name = f"python3.{minor}"
    on_path = [shutil.which(name), f"/usr/bin/{name}", f"/usr/local/bin/{name}"]
    roots = {Path(os.environ.get("PYENV_ROOT", "~/.pyenv")), Path("~/.pyenv")}
    managed = [
        str(found)
        for root in sorted(roots)
        for found in sorted(root.expanduser().glob(f"versions/*/bin/{name}"))
    ]
    return [path for path in on_path if path] + managed


def find(minor: int) -> tuple[str, str]:
    """Path and version of the first that works; two empty strings when none does."""
    for path in candidates(minor):
        version = version_of(path)
        if version.startswith(f"3.{minor}."):
            return path, version
    return "", ""


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


def run_tests(venv: Path, name: str) -> str:
    """Our quick tests there, and CPython's of what is replaced; says what failed."""
    python = str(venv / "bin" / "python")
    ignored = [f"--ignore=tests/{folder}" for folder in SAME_EVERYWHERE]
    runs = pytest_runs(python, "tests", *ignored)
    ours = show_side_by_side(f"Python {name}: our tests", runs)
    judge = [str(VENV / "bin" / "python"), "tests/cpython/run.py", "--python", python]
    groups = ("queue", "threading", "asyncio-loop", "asyncio-above")
    theirs = show(
        f"Python {name}: CPython's own tests",
        [*judge, "--group", *groups, "--quick", "--doubts", "-j2", "--allow-missing"],
    )
    failed = [
        word for word, good in [("ours", ours), ("CPython's", theirs)] if not good
    ]
    return f"FAILED: {' and '.join(failed)}" if failed else "passed"


def main() -> int:
    own = version_of(str(VENV / "bin" / "python"))
    said = [f"{own}: the main one (.venv)"]
    good = True
    for minor in MINORS:
        if own.startswith(f"3.{minor}."):
            continue
        python, version = find(minor)
        if not python:
            said.append(f"3.{minor}: not run, none found that works")
            continue
        venv = install(python, version)
        verdict = run_tests(venv, version) if venv else "FAILED to build or install"
        good = good and verdict == "passed"
        said.append(f"{version}: {verdict} ({python})")
    print("\nPythons:", *said, sep="\n  ")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
