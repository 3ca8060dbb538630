"""What takes the place of names in ``asyncio.runners``.

Promise: the running Python's own ``Runner``, except that a loop which nobody chose is
ours. install() leaves ``asyncio.runners`` alone: it asks the policy, which makes ours.
"""

from __future__ import annotations

from asyncio import events, runners

from ropewalk._asyncio._stdlib import is_known
from ropewalk._asyncio.events import new_event_loop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import ModuleType
    from typing import Any


class Runner(runners.Runner):  # type: ignore[misc]
    """Runs coroutines in one event loop and cleans up after them."""

    def _lazy_init(self) -> None:
        this: Any = self
        if this._loop is not None or this._loop_factory is not None:
            super()._lazy_init()  # type: ignore[misc]
            return
        this._loop_factory = new_event_loop
        try:
            super()._lazy_init()  # type: ignore[misc]
        finally:
            this._loop_factory = None
        if this._loop is not None and not this._set_event_loop:
            events.set_event_loop(this._loop)
            this._set_event_loop = True


def run(
    main: Coroutine[Any, Any, Any],
    *,
    debug: bool | None = None,
    loop_factory: Callable[[], Any] | None = None,
) -> Any:
    """Run a coroutine in a new event loop, and return what it returns.

    The loop is closed in the end, after its tasks, asynchronous generators and default
    executor. `loop_factory` makes another loop than ropewalk's.
    """
    if events._get_running_loop() is not None:
        raise RuntimeError("asyncio.run() cannot be called from a running event loop")
    with Runner(debug=debug, loop_factory=loop_factory) as runner:
        return runner.run(main)


if "loop_factory" not in (runners.run.__kwdefaults__ or {}):
    _run = run

    def run(  # type: ignore[misc]
        main: Coroutine[Any, Any, Any], *, debug: bool | None = None
    ) -> Any:
        """Run a coroutine in a new event loop, and return what it returns.

        The loop is closed in the end, after its tasks, asynchronous generators and
        default executor.
        """
        return _run(main, debug=debug)


OURS: dict[str, Any] = {}

if is_known("asyncio.Runner"):
    OURS = {"Runner": Runner, "run": run}


def _put_into(module: ModuleType) -> None:
    """Leave ``asyncio.runners`` as it is."""
