"""ropewalk's event loop for programs that choose a loop themselves.

Promise: asyncio itself is left as it is, and nothing is imported before the first call.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Coroutine
    from typing import Any, TypeVar

    Result = TypeVar("Result")


def new_event_loop() -> AbstractEventLoop:
    """Return a new event loop of ropewalk's: a ``loop_factory`` for any framework.

    >>> import asyncio, ropewalk
    >>> with asyncio.Runner(loop_factory=ropewalk.new_event_loop) as runner:
    ...     runner.run(asyncio.sleep(0, "done"))
    'done'
    """
    from ropewalk.asyncio import SelectorEventLoop

    return SelectorEventLoop()


def run(main: Coroutine[Any, Any, Result], *, debug: bool | None = None) -> Result:
    """Run a coroutine as ``asyncio.run`` does, in an event loop of ropewalk's.

    >>> import asyncio, ropewalk
    >>> ropewalk.run(asyncio.sleep(0, "done"))
    'done'
    """
    from asyncio import Runner, events

    if events._get_running_loop() is not None:
        main.close()
        raise RuntimeError("ropewalk.run() cannot be called from a running event loop")
    with Runner(debug=debug, loop_factory=new_event_loop) as runner:
        return runner.run(main)
