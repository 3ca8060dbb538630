"""What `python -m asyncio pstree` of another process tells of a program on ropewalk.

It reads the memory of Python's own coroutines: tasks, who awaits whom and all Python
functions are there; waits of ours, which have no such memory, are not.
"""

import importlib.util
import re
import subprocess
import sys

import pytest

from tests.ways_in.running import WATCHDOG_SECONDS

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("asyncio.tools") is None,
    reason="this Python has no asyncio pstree",
)

PROGRAM = """
import os, sys
if sys.argv[1] == "ropewalk":
    import ropewalk
    ropewalk.install()
import asyncio

async def main():
    lock, queue = asyncio.Lock(), asyncio.Queue()
    await lock.acquire()

    async def takes(): await lock.acquire()
    async def gets(): await queue.get()
    async def sleeps(): await asyncio.sleep(1000)
    async def gathers(): await asyncio.gather(gets(), named("inner", sleeps))

    def named(name, function):
        return asyncio.create_task(function(), name=name)

    async with asyncio.TaskGroup() as group:
        for function in takes, gets, sleeps, gathers:
            group.create_task(function(), name=f"task that {function.__name__}")
        asyncio.get_running_loop().call_later(0.01, os.write, 1, b"waiting\\n")

asyncio.run(main())
"""

# Where the standard library's own coroutines wait.
WAITS = {"Lock.acquire", "Queue.get", "sleep", "TaskGroup.__aexit__"}


def tree(engine: str) -> tuple[list[str], set[str]]:
    """The tasks and the functions that are shown, each with how deep it stands."""
    words = [sys.executable, "-c", PROGRAM, engine]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as waiting:
        try:
            assert waiting.stdout is not None
            assert waiting.stdout.readline() == "waiting\n"
            shown = subprocess.run(
                [sys.executable, "-m", "asyncio", "pstree", str(waiting.pid)],
                capture_output=True,
                text=True,
                timeout=WATCHDOG_SECONDS,
            )
        finally:
            waiting.kill()
    if "ermission" in shown.stdout + shown.stderr:
        pytest.skip("no process may look into another here")
    assert shown.returncode == 0, shown.stderr
    tasks = re.findall(r"\(T\) (task that \w+|inner)", shown.stdout)
    return sorted(tasks), set(re.findall(r"──  (\S+) ", shown.stdout))


def test_tasks_and_python_functions_are_told() -> None:
    tasks, functions = tree("ropewalk")
    stock_tasks, stock_functions = tree("stdlib")
    assert tasks == stock_tasks
    assert len(tasks) == 5
    assert "main.<locals>.gathers" in functions
    assert stock_functions >= WAITS
    assert functions == {name for name in stock_functions if name.startswith("main")}
