"""What a copy of a condition, event, semaphore, barrier, future or queue is made of.

Promise: the state is the standard library's, attribute for attribute: so pickle and
deepcopy refuse what has a lock in it in the same words, and copy what has none; a
pickler that knows locks (dill) round-trips it, from and to a Python without ropewalk.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any, NoReturn

    State = dict[str, Any]

# What the standard library's condition takes from its lock.
_OF_THE_LOCK = ("_acquire_restore", "_is_owned", "_release_save")
# What is a property of ours, or nothing at all.
_OF_A_QUEUE = ("mutex", "not_empty", "not_full", "all_tasks_done", "is_shutdown")


def _refuse(self: Any) -> NoReturn:
    raise TypeError(f"cannot pickle {type(self).__name__!r} object")


def give_state(
    cls: Any, look: Callable[[Any], State], restore: Callable[[Any, State], None]
) -> None:
    """Have objects of `cls` pickled and copied deeply by these two; shallowly never."""
    _pickle_by(cls, look, restore)
    cls.__copy__ = _refuse


def give_state_of(cls: Any, model: object) -> None:
    """Have objects of `cls` pickled and copied by what `model` has for attributes."""
    names = tuple(vars(model))

    def look(self: Any) -> State:
        state = {name: getattr(self, name) for name in names}
        state = {**state, **vars(self), **state}
        if (loop := getattr(self, "_loop", None)) is not None:
            state["_loop"] = loop
        return state

    def restore(self: Any, state: State) -> None:
        for name, value in state.items():
            setattr(self, name, value)

    _pickle_by(cls, look, restore)


def _pickle_by(
    cls: Any, look: Callable[[Any], State], restore: Callable[[Any, State], None]
) -> None:

    def __getstate__(self: Any) -> State:
        return look(self)

    def __setstate__(self: Any, state: State) -> None:
        restore(self, dict(state))

    for method in (__getstate__, __setstate__):
        method.__qualname__ = f"{cls.__qualname__}.{method.__name__}"
        setattr(cls, method.__name__, method)


def look_at_condition(self: Any) -> State:
    from collections import deque

    lock = self._lock
    methods = {n: getattr(lock, n) for n in _OF_THE_LOCK if hasattr(lock, n)}
    return {**vars(self), **methods, "_lock": lock, "_waiters": deque()}


def restore_condition(self: Any, state: State) -> None:
    from ropewalk._threading_classes import Condition

    self._begin(state.pop("_lock"), Condition)
    for name in (*_OF_THE_LOCK, "_waiters"):
        state.pop(name, None)
    vars(self).update(state)


def look_at_event(self: Any) -> State:
    state = {**vars(self), "_cond": self._cond, "_flag": self.is_set()}
    state.pop("_own_cond", None)
    return state


def restore_event(self: Any, state: State) -> None:
    self._begin()
    if state.pop("_flag"):
        self.set()
    state["_own_cond"] = state.pop("_cond")
    vars(self).update(state)


def look_at_semaphore(make_condition: Callable[[], Any]) -> Callable[[Any], State]:
    """`_cond` of the state is a condition that `make_condition` makes."""

    def look(self: Any) -> State:
        state = {**vars(self), "_cond": make_condition(), "_value": self._value}
        if hasattr(self, "_initial_value"):
            state["_initial_value"] = self._initial_value
        return state

    return look


def restore_semaphore(self: Any, state: State) -> None:
    self._begin_with(state.pop("_value"), state.pop("_initial_value", None))
    del state["_cond"]
    vars(self).update(state)


def look_at_barrier(make_condition: Callable[[], Any]) -> Callable[[Any], State]:
    """`_cond` of the state is its own, or one that `make_condition` makes."""

    def look(self: Any) -> State:
        names = ("_parties", "_count", "_state")
        state = {**vars(self), **{name: getattr(self, name) for name in names}}
        state.setdefault("_cond", make_condition())
        return state

    return look


def restore_barrier(self: Any, state: State) -> None:
    # With waiters, who are not copied, or in the midst of letting them go: as it was.
    if state["_count"] == 0 and state["_state"] in (0, -2):
        from threading import BrokenBarrierError

        if self._begin(state["_parties"], BrokenBarrierError):
            if state["_state"] == -2:
                self.abort()
            for name in ("_parties", "_count", "_state", "_cond"):
                del state[name]
    vars(self).update(state)


def look_at_future(self: Any) -> State:
    from ropewalk._futures_inside import look_inside

    inside = look_inside(self)
    with inside.condition:
        return {
            **vars(self),
            "_condition": inside.condition,
            "_state": inside.state,
            "_result": inside.result,
            "_exception": inside.exception,
            "_waiters": list(inside.waiters),
            "_done_callbacks": list(inside.callbacks),
        }


def restore_future(self: Any, state: State) -> None:
    for name, value in state.items():
        setattr(self, name, value)


def look_at_queue(self: Any) -> State:
    inside = self._look_inside()
    with inside.mutex:
        found = {name: getattr(inside, name) for name in _OF_A_QUEUE}
        return {
            **vars(self),
            "maxsize": self.maxsize,
            "queue": type(self.queue)(self.queue),
            "unfinished_tasks": inside.unfinished_tasks,
            **found,
        }


def restore_queue(self: Any, state: State) -> None:
    self._begin(state.pop("maxsize"))
    inside = self._look_inside()
    for name in _OF_A_QUEUE[:-1]:
        state.pop(name)
    inside.is_shutdown = state.pop("is_shutdown", False)
    inside.unfinished_tasks = state.pop("unfinished_tasks")
    self.queue = state.pop("queue")
    vars(self).update(state)


def watch_dill(module: ModuleType, _step_aside: object) -> None:
    """dill was executed: it saves our locks as it saves the standard library's."""
    from ropewalk import _threading_classes

    known: Any = module
    register, lock = known.register, type(_threading_classes.Lock())
    register(lock)(known.save_lock)
    register(_threading_classes._CRLock)(known.save_rlock)
    known.RLockType = _threading_classes._CRLock  # What it makes when it loads one.
