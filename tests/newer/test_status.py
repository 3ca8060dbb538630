"""`ropewalk.status()` names all that is the standard library's own, and why.

Also what would itself be as known, but is made of something that is not.
"""

import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parent.parent.parent

_PROGRAM = """
import sys
from tests.newer import library
{change}
import ropewalk
from ropewalk import _pieces
_pieces.TESTED |= {{_pieces.running()}}
ropewalk.install()
import queue, threading
with threading.BoundedSemaphore(1), threading.Semaphore(1):
    queue.LifoQueue().put(queue.PriorityQueue().empty())
for part in ropewalk.status().parts:
    if not part.is_ours:
        print(part.name, "-", part.reason)
"""

_RENAMED = 'library.begin("renamed", frozenset({{"{}"}}))'


def told(change: str) -> dict[str, str]:
    """What is not ours after the change, and why."""
    ended = subprocess.run(
        [sys.executable, "-c", _PROGRAM.format(change=change)],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=25,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    return dict(line.split(" - ") for line in ended.stdout.splitlines())


def test_nothing_is_named_where_all_is_as_known() -> None:
    """On the library as it is."""
    assert told("") == {}


@pytest.mark.parametrize(
    ("change", "names", "reason"),
    [
        pytest.param(
            _RENAMED.format("_initial_value"),
            {"threading.BoundedSemaphore", "threading.Semaphore"},
            "threading.BoundedSemaphore has no _initial_value",
            id="semaphores",
        ),
        pytest.param(
            "import queue; del queue.time",
            {"queue.LifoQueue", "queue.PriorityQueue", "queue.Queue"},
            "queue has no time",
            id="queues",
        ),
    ],
)
def test_all_are_named_that_fall_back_together(
    change: str, names: set[str], reason: str
) -> None:
    """For one is made of the other."""
    assert told(change) == dict.fromkeys(names, reason)
