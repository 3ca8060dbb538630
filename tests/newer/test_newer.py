"""On a Python whose standard library has changed inside, programs run as they did.

Each private part that ropewalk has in its lists is given another name, its functions
also another parameter and other defaults, along with everything in the library that
uses it. Then the programs print what they print on the library as it is.
"""

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from ropewalk import _pieces, _stdlib

from tests.newer.library import AREA, CHANGES
from tests.newer.programs import PROGRAMS

# What Python's own C code or other modules of the library rely on by these names: there
# plain Python breaks as well.
BREAKS_PLAIN_PYTHON: dict[str, set[str]] = {
    "renamed": set(),
    "extended": set(),
    "with_other_defaults": set(),
}
CHOSEN = [name for name in PROGRAMS if name in ("threads", "queues", "futures")]
_LIBRARY = Path(os.__file__).parent
_ROOT = Path(__file__).parent.parent.parent
_WATCHDOG_SECONDS = 60


def names(piece: _pieces.Piece) -> set[str]:
    """The private names of a piece."""
    _, _, path = piece.where.partition(":")
    found = re.findall(r"\w+", f"{path.rpartition('.')[2]} {piece.names}")
    return {name for name in found if name.startswith("_")}


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


def entries(kind: str) -> list[str]:
    """The names that this library has, of those that are in the lists."""
    assert _stdlib.__all__
    pattern = r"(?<!\w){}(?!\w)" if kind == "renamed" else r"def {}\("
    listed = set().union(*map(names, _pieces.pieces()))
    return sorted(n for n in listed if re.search(pattern.format(n), source()))


def run(kind: str, name: str, engine: str) -> tuple[int, str, str]:
    words = [sys.executable, "-W", "ignore", "-m", "tests.newer.child"]
    ended = subprocess.run(
        [*words, kind, name, engine, *CHOSEN],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=_WATCHDOG_SECONDS,
    )
    return ended.returncode, ended.stdout, ended.stderr


@cache
def as_it_is() -> str:
    status, out, err = run("as_it_is", "", "stdlib")
    assert status == 0, err
    return out


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind in CHANGES for name in entries(kind)]
)
def test_programs_run_as_ever_when_a_private_part_is_changed(
    kind: str, name: str
) -> None:
    """On ours as on plain Python; where plain Python breaks, that is in the list."""
    engine = "stdlib" if name in BREAKS_PLAIN_PYTHON[kind] else "ours"
    status, out, err = run(kind, name, engine)
    if engine == "ours":
        assert (status, out) == (0, as_it_is()), err
    else:
        assert (status, out) != (0, as_it_is())


def test_ours_is_all_there_on_a_python_that_is_tested() -> None:
    """The lists are true: nothing is handed on without need."""
    status, _, err = run("as_it_is", "", "ours")
    if _pieces.running() in _pieces.TESTED:
        assert (status, err) == (0, "not ours: {}\n")
