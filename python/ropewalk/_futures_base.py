"""Future, wait and as_completed as Python sees them.

Promise: while a future is used through its methods, the engine does all the work and
nothing here runs. The standard library's Future is a base class, so that
``isinstance`` holds wherever a program or asyncio asks for one.
"""

from __future__ import annotations

from concurrent.futures import _base as _stdlib
from types import GenericAlias

from ropewalk import _futures_inside as _inside
from ropewalk import _futures_rare as _rare
from ropewalk import _methods, _ropewalk, _states
from ropewalk._stdlib import is_known

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType
    from typing import Any

_engine = _ropewalk.futures

__all__ = ["Future", "as_completed", "wait"]

# The standard library's class, also when ours has taken its place already.
_Model: Any = next(
    cls for cls in _stdlib.Future.__mro__ if not issubclass(cls, _engine.FutureEngine)
)


class Future(_engine.FutureEngine, _Model):  # type: ignore[misc]
    """The outcome of a call that may still be running."""

    __class_getitem__: Any = classmethod(GenericAlias)

    _condition = _inside.part("condition", "The condition that guards the future.")
    _waiters = _inside.part("waiters", "Who waits for it among others.")
    _done_callbacks = _inside.part("callbacks", "What is called when it is done.")
    _state = _inside.visible_part(0, "state", "The name of its state.")
    _result = _inside.visible_part(1, "result", "What the call returned.")
    _invoke_callbacks = _inside.Hook(getattr(_Model, "_invoke_callbacks", None))
    _exception = _inside.visible_part(2, "exception", "What the call raised.")

    def _begin_subclass(self) -> None:
        """Let the standard library's methods call what a subclass overrides."""
        if type(self)._invoke_callbacks is not Future._invoke_callbacks:
            _inside.look_inside(self)


_engine.use_names(
    _stdlib.CancelledError, _stdlib.InvalidStateError, _Model, Future, _rare
)


def wait(
    fs: Iterable[Any], timeout: float | None = None, return_when: str = "ALL_COMPLETED"
) -> Any:
    """Wait for futures; return two sets, `done` and `not_done`.

    `return_when` says how long: until the first is complete (FIRST_COMPLETED), until
    one raised or all are complete (FIRST_EXCEPTION), or until all are complete
    (ALL_COMPLETED); at most `timeout` seconds.
    """
    futures = set(fs)
    done, others, any_failed = _engine.sort_out(futures)
    enough = (
        not others
        or (return_when == _stdlib.FIRST_COMPLETED and done)
        or (return_when == _stdlib.FIRST_EXCEPTION and any_failed)
    )
    if not enough:
        if return_when not in (
            _stdlib.FIRST_COMPLETED,
            _stdlib.FIRST_EXCEPTION,
            _stdlib.ALL_COMPLETED,
        ):
            raise ValueError(f"Invalid return condition: {return_when!r}")
        done.update(_engine.Watch.wait(others, return_when, timeout))
    return _stdlib.DoneAndNotDoneFutures(done, futures - done)


def as_completed(fs: Iterable[Any], timeout: float | None = None) -> Iterator[Any]:
    """Yield futures in the order in which they are completed, each of them once.

    TimeoutError is raised when not all of them were yielded after `timeout` seconds.
    """
    fs = _engine.Completions(set(fs), timeout)
    try:
        yield from fs
    finally:
        fs.close()


_ours = {"Future": Future, "wait": wait, "as_completed": as_completed}


def _name_after_place() -> None:
    for value in _ours.values():
        value.__module__ = _stdlib.__name__


def known_ones() -> dict[str, Any]:
    """Return what can stand where the standard library's does: all, or nothing."""
    return _ours if is_known("concurrent.futures.Future", Future, _Model) else {}


def _put_into(module: ModuleType) -> None:
    """Make the names of ``concurrent.futures._base`` mean what they mean here."""
    ours = known_ones()
    if ours:
        _name_after_place()
    for name, value in ours.items():
        setattr(module, name, value)


for _value in _ours.values():
    _value.__module__ = "ropewalk.concurrent.futures"
_methods.give_faces(Future, _engine.FutureEngine, _engine.quick_methods())
_states.give_state(Future, _states.look_at_future, _states.restore_future)
