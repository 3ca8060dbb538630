"""The first use of asyncio under ropewalk leaves the collector no more than ever."""

from __future__ import annotations

from pathlib import Path

from .running import same, write

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
