"""What a method looks like that hands out a native coroutine.

Promise: `asyncio.iscoroutinefunction`, `inspect` and `unittest.mock` take it for an
``async def``, although a call runs it at once and returns what the engine made.
"""

from __future__ import annotations

from inspect import CO_COROUTINE

from ropewalk import _ropewalk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from typing import Any, ParamSpec, TypeVar

    _P = ParamSpec("_P")
    _R = TypeVar("_R")

_native = _ropewalk.asyncio.awaitable


def native_coroutine(
    function: Callable[_P, Coroutine[Any, Any, _R]],
) -> Callable[_P, Coroutine[Any, Any, _R]]:
    """Mark a plain function that returns a native coroutine as a coroutine function.

    What makes a function's frame a coroutine is an instruction, not this flag.
    """
    code = function.__code__
    flags = code.co_flags | CO_COROUTINE
    function.__code__ = code.replace(co_flags=flags)
    return function


@native_coroutine
def awaiting(what: Awaitable[Any]) -> Coroutine[Any, Any, Any]:
    """Await `what` and return its result."""
    return _native.awaiting(what)
