"""The first use of asyncio under ropewalk: nothing shows that the engine tries it."""

from __future__ import annotations

from pathlib import Path

from .running import run, same, write

# What the engine tries out about the running Python is tried when it is first wanted.
PROGRAM = """
    import asyncio, gc

    async def nothing(): pass

    async def main():
        async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
            tasks.create_task(nothing())
        await asyncio.wait_for(asyncio.shield(nothing()), 5)
        await asyncio.gather(nothing(), nothing())
        await asyncio.sleep(0.001)

    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    asyncio.run(main())
    gc.collect()
    print(sorted(str(type(found)) for found in gc.garbage))
"""


def test_the_first_use_leaves_no_garbage(tmp_path: Path) -> None:
    write(tmp_path / "program.py", PROGRAM)
    same("program.py", cwd=tmp_path)


# On a loop of the standard library's: the engine is asked nothing before the task asks.
IN_A_TASK = """
    import asyncio, importlib, sys

    waits = importlib.import_module(sys.argv[1])

    async def main():
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        done.set_result(1)
        print(waits.gather(done, done).done())
        waiting = loop.create_future()
        shielded = waits.shield(waiting)
        shielded.cancel()
        print(shielded.cancelled(), waiting.cancelled())
        print(asyncio.get_running_loop() is loop, asyncio.current_task().get_name())

    asyncio.run(main())
"""


def test_the_first_use_in_a_task_is_as_any_other(tmp_path: Path) -> None:
    write(tmp_path / "program.py", IN_A_TASK)
    plain = run("program.py", "asyncio", cwd=tmp_path)
    assert run("program.py", "ropewalk.asyncio", cwd=tmp_path) == plain
