"""Runs one program: `python -m tests.software.driver NAME WAY`.

WAY is `plain` (the standard library), `install` (`ropewalk.install()` first), or
`factory` (the standard library's asyncio with `loop_factory=ropewalk.new_event_loop`).

Promise: the status is 0 only when the program ended well, on the loop that was asked
for, and that loop's exception handler was never called.
"""

from __future__ import annotations

import asyncio
import faulthandler
import importlib
import os
import sys
from collections.abc import Callable
from typing import Any

HANG_SECONDS = 90

Factory = Callable[[], asyncio.AbstractEventLoop] | None

_complaints: list[dict[str, Any]] = []


def prove() -> None:
    """Called by each program inside its loop: is it the one that was asked for?"""
    from tests.cpython.proof import judge

    loop = asyncio.get_running_loop()
    ours, where = judge(type(loop).call_soon)
    if ours == (os.environ["ROPEWALK_WAY"] == "plain"):
        raise AssertionError(f"the wrong loop: {type(loop)}, call_soon of {where}")
    loop.set_exception_handler(_complain)


def _complain(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    _complaints.append(context)
    loop.default_exception_handler(context)


def _factory(way: str) -> Factory:
    if way == "plain":
        return None
    ropewalk = importlib.import_module("ropewalk")
    if way == "install":
        ropewalk.install()
        return None
    factory: Factory = ropewalk.new_event_loop
    return factory


def main() -> int:
    """The command."""
    name, way = sys.argv[1:]
    os.environ["ROPEWALK_WAY"] = way
    faulthandler.enable()
    faulthandler.dump_traceback_later(HANG_SECONDS, exit=True)
    factory = _factory(way)
    program = importlib.import_module(f"tests.software.programs.{name}")
    if hasattr(program, "run"):
        program.run(factory)
    else:

        async def proved() -> None:
            prove()
            await program.main()

        with asyncio.Runner(loop_factory=factory) as runner:
            runner.run(proved())
    return 1 if _complaints else 0


if __name__ == "__main__":
    sys.exit(main())
