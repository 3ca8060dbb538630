"""`asyncio.run()` in a finaliser that runs when nothing can be imported any more."""

from __future__ import annotations

from pathlib import Path

import pytest

from .running import run, same, write

# What is made and used first may import; the end may not.
PROGRAM = """
    import asyncio, sys

    async def returns(): return "a task"

    async def group():
        async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
            return await tasks.create_task(returns())

    async def sleeps():
        await asyncio.sleep(0.001)
        return await asyncio.wait_for(asyncio.shield(returns()), 5)

    async def gathers():
        return await asyncio.gather(returns(), returns())

    async def queues():
        ends = []
        for kind in asyncio.Queue, asyncio.PriorityQueue, asyncio.LifoQueue:
            queue = kind()
            for number in 2, 1:
                queue.put_nowait(number)
            ends.append(await queue.get())
        return ends

    async def locks():
        for kind in asyncio.Lock, asyncio.Condition, asyncio.Semaphore:
            async with kind():
                pass
        event = asyncio.Event()
        asyncio.get_running_loop().call_soon(event.set)
        return await event.wait()

    async def cancels():
        task = asyncio.ensure_future(asyncio.Lock().acquire())
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    class Ends:
        def __init__(self, main): self.all = main, asyncio.run, print, ImportError
        def __del__(self):
            main, run, print, ImportError = self.all
            try:
                print("returned", run(main()))
            except ImportError as error:
                print("raised", error)

    asyncio.run(returns())
    ends = Ends(globals()[sys.argv[1]])
    if sys.argv[2] == "circle":
        ends.itself = ends
        del ends
        import gc; gc.disable()
"""
WAYS = ["returns", "group", "sleeps", "gathers", "queues", "locks", "cancels"]


@pytest.mark.parametrize("found_in", ["main", "circle"])
def test_a_finaliser_at_the_end_runs_a_loop(tmp_path: Path, found_in: str) -> None:
    write(tmp_path / "program.py", PROGRAM)
    for way in WAYS:
        seen = same("program.py", way, found_in, cwd=tmp_path)
        assert seen.out.startswith(("returned", "raised")), way


def test_with_a_face_of_ours(tmp_path: Path) -> None:
    ours = PROGRAM.replace("import asyncio,", "from ropewalk import asyncio; import")
    write(tmp_path / "plain.py", PROGRAM)
    write(tmp_path / "ours.py", ours)
    for way in WAYS:
        plain = run("plain.py", way, "main", cwd=tmp_path)
        assert run("ours.py", way, "main", cwd=tmp_path) == plain
