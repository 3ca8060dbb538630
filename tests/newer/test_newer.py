"""On a Python whose standard library has changed inside, programs run as they did.

The private parts that ropewalk has in its lists are given other names, the functions
among them also another parameter and other defaults, along with everything in the
library that uses them: all parts at once that one class of ours rests on, and with
ROPEWALK_EVERY_PART=1 (`make deep`) each by itself. Then the programs print what they
print on the library as it is.
"""

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from ropewalk import _pieces, _stdlib
from ropewalk._asyncio import _stdlib as _of_asyncio

from tests.newer.library import AREA, CHANGES
from tests.newer.programs import PROGRAMS

# What the compiled part of asyncio relies on by these names: when they are changed in
# the rest, plain Python breaks as well, on some releases.
BREAKS_PLAIN_PYTHON: dict[str, set[str]] = {
    "renamed": {
        "_asyncio_future_blocking",
        "_exception",
        "_get_running_loop",
        "_result",
        "_shutdown",
        "_source_traceback",
        "_state",
    },
    "extended": {"_get_running_loop"},
    "with_other_defaults": set(),
}
_LIBRARY = Path(os.__file__).parent
_ROOT = Path(__file__).parent.parent.parent
_WATCHDOG_SECONDS = 12


def names(piece: _pieces.Piece) -> set[str]:
    """The private names of a piece."""
    _, _, path = piece.where.partition(":")
    found = re.findall(r"\w+", f"{path.rpartition('.')[2]} {piece.names}")
    return {name for name in found if re.match("_[^_]", name)}


@cache
def source() -> str:
    """What the changed modules are made of."""
    files: list[Path] = []
    for module in AREA:
        place = _LIBRARY / module.replace(".", "/")
        files += (
            [place.with_suffix(".py")] if not place.is_dir() else place.glob("*.py")
        )
    return "\n".join(file.read_text("utf-8") for file in sorted(files))


def parts(kind: str) -> dict[str, set[str]]:
    """The listed names that this library has, by what rests on them."""
    assert _stdlib.is_known is _of_asyncio.is_known
    pattern = r"(?<!\w){}(?!\w)" if kind == "renamed" else r"def {}\("
    found: dict[str, set[str]] = {}
    for piece in _pieces.pieces():
        there = {n for n in names(piece) if re.search(pattern.format(n), source())}
        found.setdefault(piece.what, set()).update(there)
    return found


def changes() -> list[tuple[str, str]]:
    """What is changed, and the names, parted by commas."""
    every = bool(os.environ.get("ROPEWALK_EVERY_PART"))
    made: dict[tuple[str, str], None] = {}
    for kind in CHANGES:
        for found in parts(kind).values():
            chosen = sorted(found - BREAKS_PLAIN_PYTHON[kind])
            for changed in chosen if every else [",".join(chosen)]:
                made[kind, changed] = None
    return [(kind, changed) for kind, changed in made if changed]


def run(kind: str, changed: str, engine: str) -> tuple[int, str, str]:
    words = [sys.executable, "-W", "ignore", "-m", "tests.newer.child"]
    try:
        ended = subprocess.run(
            [*words, kind, changed, engine, *PROGRAMS],
            cwd=_ROOT,
            capture_output=True,
            text=True,
            timeout=_WATCHDOG_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return -1, "", f"has not ended after {_WATCHDOG_SECONDS} seconds"
    return ended.returncode, ended.stdout, ended.stderr


@cache
def as_it_is() -> str:
    status, out, err = run("as_it_is", "", "stdlib")
    assert status == 0, err
    return out


@pytest.mark.timeout(120)  # a child each, when it is one by one
@pytest.mark.parametrize(("kind", "changed"), changes())
def test_programs_run_as_ever_when_private_parts_are_changed(
    kind: str, changed: str
) -> None:
    """On ours as on plain Python; changes that it does not bear at once, one by one."""
    status, out, err = run(kind, changed, "ours")
    if (status, out) != (0, as_it_is()):
        assert run(kind, changed, "stdlib")[:2] != (0, as_it_is()), err
        assert "," in changed, "list it as what breaks plain Python"
        for name in changed.split(","):
            status, out, err = run(kind, name, "ours")
            assert (status, out) == (0, as_it_is()), f"{name}: {err}"


@pytest.mark.timeout(120)  # up to three children, of which plain Python's may hang
@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, name) for kind, names in BREAKS_PLAIN_PYTHON.items() for name in names],
)
def test_ours_breaks_only_where_plain_python_does(kind: str, name: str) -> None:
    """Those that are left out above, each by itself."""
    if any(name in found for found in parts(kind).values()):
        expected = (0, as_it_is())
        on_plain = run(kind, name, "stdlib")[:2]
        assert on_plain != expected or run(kind, name, "ours")[:2] == expected


def test_ours_is_all_there_on_a_python_that_is_tested() -> None:
    """The lists are true: nothing is handed on without need."""
    status, _, err = run("as_it_is", "", "ours")
    if _pieces.running() in _pieces.TESTED:
        assert (status, err) == (0, "not ours: {}\n")
