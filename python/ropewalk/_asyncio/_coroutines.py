"""What a method looks like that hands out a native coroutine.

Promise: `asyncio.iscoroutinefunction`, `inspect` and `unittest.mock` take it for an
``async def``, although a call runs it at once and returns what the engine made.
"""

from __future__ import annotations

from inspect import CO_COROUTINE
from types import CodeType, CoroutineType, FrameType, FunctionType

from ropewalk import _methods  # how they are pickled is told there

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from typing import Any, ParamSpec, TypeVar

    _P = ParamSpec("_P")
    _R = TypeVar("_R")

_native = _methods._native


def native_coroutine(
    function: Callable[_P, Coroutine[Any, Any, _R]],
) -> Callable[_P, Coroutine[Any, Any, _R]]:
    """Mark a plain function that returns a native coroutine as a coroutine function.

    What makes a function's frame a coroutine is an instruction, not the flag that is
    set here.
    """
    given: Any = function
    code = given.__code__
    marked = FunctionType(
        code.replace(co_flags=code.co_flags | CO_COROUTINE),
        given.__globals__,
        given.__name__,
        given.__defaults__,
        given.__closure__,
    )
    marked.__kwdefaults__ = given.__kwdefaults__
    marked.__qualname__ = given.__qualname__
    marked.__module__ = given.__module__
    return marked


def short_cut_to(
    engine: Any,
    count: int | None = None,
) -> Callable[
    [Callable[_P, Coroutine[Any, Any, _R]]], Callable[_P, Coroutine[Any, Any, _R]]
]:
    """Decorate a plain function that returns a native coroutine, as `engine` does.

    As `native_coroutine`; and a call with `count` positional arguments (all that there
    are, if left out) goes to `engine` and runs the function only if `engine` returns
    None.
    """

    def decorate(
        function: Callable[_P, Coroutine[Any, Any, _R]],
    ) -> Callable[_P, Coroutine[Any, Any, _R]]:
        marked: Any = native_coroutine(function)
        special = marked.__name__ in ("__aenter__", "__aexit__")
        given = marked.__code__.co_argcount if count is None else count
        short: Callable[_P, Coroutine[Any, Any, _R]]
        short = _native.short_cut(marked, engine, given, special)
        return short

    return decorate


def refuse_to_await(what: Any) -> None:
    """Raise what an ``await`` raises for what cannot be awaited."""

    async def attempt() -> None:
        await what

    attempt().send(None)


class _Turn:
    def __await__(self) -> Any:
        yield


# One of each function, for as long as the program runs: a frame keeps its coroutine not
# alive, and must not, since the collector does not look into frames that wait.
_stand_ins: dict[tuple[str, CodeType], CoroutineType[Any, Any, Any]] = {}


def suspended_frame(code: CodeType, namespace: dict[str, Any]) -> FrameType | None:
    """Return a frame at the first line of `code`, of a coroutine that waits.

    None where frames do not tell of which coroutine they are: there any will do.
    """
    if not hasattr(FrameType, "f_generator"):
        return None
    place = code.co_filename, code
    waiting = _stand_ins.get(place)
    if waiting is None:
        waiting = _stand_ins.setdefault(place, _stand_in(code, namespace))
    return waiting.cr_frame


def _stand_in(
    code: CodeType, namespace: dict[str, Any]
) -> CoroutineType[Any, Any, Any]:
    made: dict[str, Any] = {}
    # On one line, so that the frame stands at the first.
    exec("async def stand_in(turn): await turn", made)
    stand_in = made["stand_in"].__code__.replace(
        co_name=code.co_name,
        co_qualname=code.co_qualname,
        co_filename=code.co_filename,
        co_firstlineno=code.co_firstlineno,
    )
    waiting: CoroutineType[Any, Any, Any]
    waiting = FunctionType(stand_in, namespace)(_Turn())
    waiting.send(None)
    return waiting


@short_cut_to(_native.awaiting)
def awaiting(what: Awaitable[Any]) -> Coroutine[Any, Any, Any]:
    """Await `what` and return its result."""
    return _native.awaiting(what)
