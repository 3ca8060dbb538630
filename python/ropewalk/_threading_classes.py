"""The locks, conditions, events, semaphores and barriers of ``threading``.

Promise: signatures, checks, messages and reprs are the running Python's; everything
that waits or wakes is the engine's. Lock and RLock are the engine's own classes.
"""

from __future__ import annotations

import _thread
import threading as _stdlib
import warnings
from math import nan
from operator import index
from time import monotonic

from ropewalk import _methods, _ropewalk, _states
from ropewalk._stdlib import are_known, is_known
from ropewalk._threading_given import GivenCondition

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

_engine = _ropewalk.threading

__all__ = [
    "Barrier",
    "BoundedSemaphore",
    "BrokenBarrierError",
    "Condition",
    "Event",
    "Lock",
    "RLock",
    "Semaphore",
]

BrokenBarrierError = _stdlib.BrokenBarrierError
_StdlibBarrier = _stdlib.Barrier
_StdlibSemaphore, _StdlibBounded = _stdlib.Semaphore, _stdlib.BoundedSemaphore
_StdlibEvent = _stdlib.Event

# What is asked how the running Python does it.
_STOCK_CONDITION = _stdlib.Condition
_STOCK_RLOCK: Any = _stdlib.RLock

# A class, or before that a function that makes locks.
Lock = _engine.lock if isinstance(_stdlib.Lock, type) else _engine.Lock
_CRLock = _engine.RLock
# Their module is `_thread`, which trio insists on; the rest says whose they are.
_CRLock.__qualname__ = "ropewalk.RLock"
if not isinstance(Lock, type):
    _engine.lock.__qualname__ = "ropewalk.lock"


def RLock(*args: Any, **kwargs: Any) -> Any:
    """Return a new lock that the thread which holds it may take again.

    It is free once it was given back as often as it was taken, and only the thread
    that holds it can give it back.
    """
    if args or kwargs:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            _STOCK_RLOCK(*args, **kwargs)
        for one in told:
            warnings.warn(one.message, one.category, stacklevel=2)
    return _CRLock()


_CO_VARARGS = 0x04  # As in `inspect`, whose import takes long.

if not _STOCK_RLOCK.__code__.co_flags & _CO_VARARGS:

    def RLock() -> Any:  # type: ignore[misc]
        """Return a new lock that the thread which holds it may take again.

        It is free once it was given back as often as it was taken, and only the thread
        that holds it can give it back.
        """
        return _CRLock()


def _deprecated(old: str, new: str) -> None:
    warnings.warn(
        f"{old}() is deprecated, use {new}() instead", DeprecationWarning, stacklevel=3
    )


def _described(self: object, what: str) -> str:
    cls = type(self)
    return f"<{cls.__module__}.{cls.__qualname__} at {id(self):#x}: {what}>"


def _nan_is_refused() -> bool:
    """Whether a wait of NaN seconds is refused by the running Python.

    If not, such a wait is over at once.
    """
    condition = _STOCK_CONDITION(_thread.allocate_lock())
    with condition:
        try:
            condition.wait(nan)
        except ValueError:
            return True
    return False


_OF_THE_LOCK = tuple(
    name
    for name in ("acquire", "release", "locked")
    if hasattr(_STOCK_CONDITION(_thread.allocate_lock()), name)
)


class Condition(_engine.ConditionEngine):
    """Lets threads wait until another thread notifies them, under one lock.

    The lock is a new RLock, or the one that is given; several conditions may share
    one.
    """

    def __init__(self, lock: Any = None) -> None:
        if lock is None:
            lock = _CRLock()
        if not self._begin_plainly(lock, Condition, _OF_THE_LOCK):
            for name in _OF_THE_LOCK:
                setattr(self, name, getattr(lock, name))
            self._begin(lock, Condition)

    def __repr__(self) -> str:
        return f"<Condition({self._lock}, {self._waiting()})>"

    @property
    def _waiters(self) -> tuple[None, ...]:
        """As many as wait: who they are is the engine's business."""
        return (None,) * self._waiting()

    def _release_save(self) -> Any:
        save = getattr(self._lock, "_release_save", None)
        return self._lock.release() if save is None else save()

    def _acquire_restore(self, state: Any) -> None:
        restore = getattr(self._lock, "_acquire_restore", None)
        if restore is None:
            self._lock.acquire()
        else:
            restore(state)

    def wait_for(
        self, predicate: Callable[[], Any], timeout: float | None = None
    ) -> Any:
        """Wait until `predicate()` is true; return what it returned last.

        At most `timeout` seconds; then that is something false.
        """
        result = predicate()
        if result or timeout is None:
            while not result:
                self.wait()
                result = predicate()
            return result
        left, end = timeout, monotonic() + timeout
        while not result:
            self.wait(left)
            result = predicate()
            left = end - monotonic()
            if left <= 0:
                break
        return result

    def notifyAll(self) -> None:
        """Let all threads that wait go on: the old name of notify_all()."""
        _deprecated("notifyAll", "notify_all")
        self.notify_all()


def _plain(value: Any) -> Any:
    """A whole number of any kind but True and False as a plain one."""
    if hasattr(value, "__index__") and type(value) is not bool:
        return index(value)
    return value


class Semaphore(_engine.SemaphoreEngine):
    """Permits that threads take with acquire() and give back with release()."""

    def __init__(self, value: int = 1) -> None:
        if not self._begin(value, None):
            if value < 0:
                raise ValueError("semaphore initial value must be >= 0")
            self._begin_with(value)

    def _begin_with(self, value: Any, most: Any = None) -> None:
        """Begin with numbers of which the engine may not take one as it is."""
        if not self._begin(_plain(value), most if most is None else _plain(most)):
            self._set_elsewhere("_value", value)
            self._set_elsewhere("_initial_value", most)

    def _set_elsewhere(self, name: str, value: Any) -> None:
        """Count with what need be no whole number, as the standard library does."""
        if not self._elsewhere or "_stock" not in vars(self):
            stock = self._new_stock()
            if not self._elsewhere:
                stock._value, stock._initial_value = self._value, self._most
            self._stock = stock
            self._begin_elsewhere()
        setattr(self._stock, name, value)

    @staticmethod
    def _new_stock() -> Any:
        return _StdlibSemaphore(0)

    def __repr__(self) -> str:
        return _described(self, f"value={self._value}")


class BoundedSemaphore(Semaphore):
    """A semaphore that refuses more permits back than it began with."""

    def __init__(self, value: int = 1) -> None:
        super().__init__(value)
        if not self._begin(value, value):
            self._begin_with(value, value)

    @staticmethod
    def _new_stock() -> Any:
        return _StdlibBounded(0)

    @property
    def _initial_value(self) -> int:
        """The most permits there may be."""
        if self._elsewhere:
            most: int = self._stock._initial_value
            return most
        return self._most

    @_initial_value.setter
    def _initial_value(self, value: int) -> None:
        self._most = value

    def __repr__(self) -> str:
        return _described(self, f"value={self._value}/{self._initial_value}")


class Event(_engine.EventEngine):
    """A flag that threads wait for: set() sets it, clear() takes it back."""

    _own_cond: Condition | None = None

    def __init__(self) -> None:
        self._begin()

    def __repr__(self) -> str:
        return _described(self, "set" if self._flag else "unset")

    @property
    def _flag(self) -> bool:
        return _engine.EventEngine.is_set(self)

    @_flag.setter
    def _flag(self, value: object) -> None:
        if value:
            _engine.EventEngine.set(self)
        else:
            _engine.EventEngine.clear(self)

    def _at_fork_reinit(self) -> None:
        self._forget_waiters()
        if self._own_cond is not None:
            self._own_cond._at_fork_reinit()

    def isSet(self) -> bool:
        """Return True while the flag is set: the old name of is_set()."""
        _deprecated("isSet", "is_set")
        return self.is_set()


class _Told:
    """An attribute that the engine tells, until somebody sets it on the instance."""

    def __init__(self, tell: Callable[[Any], int]) -> None:
        self._tell = tell

    def __get__(self, barrier: Any, cls: type | None = None) -> Any:
        return self if barrier is None else self._tell(barrier)


class Barrier(_engine.BarrierEngine):
    """A meeting point: wait() returns when `parties` threads have called it.

    A subclass that has steps of its own, or does not call __init__() and sets what
    they use (multiprocessing.Barrier does), runs on the standard library's.
    """

    _parties: Any = _Told(_engine.BarrierEngine.parties.__get__)
    _count: Any = _Told(_engine.BarrierEngine.n_waiting.__get__)
    _state: Any = _Told(lambda self: -2 * _engine.BarrierEngine.broken.__get__(self))

    def __init__(
        self,
        parties: int,
        action: Callable[[], Any] | None = None,
        timeout: float | None = None,
    ) -> None:
        """Make a barrier for `parties` threads.

        The last of them to come calls `action`, if there is one. `timeout` is the
        default for wait().
        """
        if type(self) is not Barrier and self._has_steps():
            _StdlibBarrier.__init__(self, parties, action, timeout)  # type: ignore[arg-type]
            return
        self._action = action
        self._timeout = timeout
        if not self._begin(parties, BrokenBarrierError):
            # Refuses it, in its words, or does not.
            _StdlibBarrier.__init__(self, parties, action, timeout)  # type: ignore[arg-type]

    def __repr__(self) -> str:
        if self.broken:
            return _described(self, "broken")
        return _described(self, f"waiters={self.n_waiting}/{self.parties}")

    def _has_steps(self) -> bool:
        cls = type(self)
        return any(getattr(cls, n) is not getattr(Barrier, n) for n in _STEPS)

    @property
    def parties(self) -> int:
        """How many threads let each other through."""
        return self._parties  # type: ignore[no-any-return]

    @property
    def n_waiting(self) -> int:
        """How many threads wait at this moment."""
        return self._count if self._state == 0 else 0

    @property
    def broken(self) -> bool:
        """True while the barrier is broken."""
        return self._state == -2  # type: ignore[no-any-return]

    def wait(self, timeout: float | None = None) -> int:
        """Wait until all parties have come; return how many had come before.

        When they have not after `timeout` seconds, or the action fails, the barrier
        breaks: all that wait get BrokenBarrierError.
        """
        if not self._begun:
            return _StdlibBarrier.wait(self, timeout)  # type: ignore[arg-type]
        return self._meet(self._timeout if timeout is None else timeout, self._action)

    def reset(self) -> None:
        """Make the barrier whole and empty.

        Threads that wait get BrokenBarrierError.
        """
        if self._begun:
            super().reset()
        else:
            _StdlibBarrier.reset(self)  # type: ignore[arg-type]

    def abort(self) -> None:
        """Break the barrier.

        Threads that wait, and all that come, get BrokenBarrierError.
        """
        if self._begun:
            super().abort()
        else:
            _StdlibBarrier.abort(self)  # type: ignore[arg-type]


# What wait() is made of where the engine does not do it.
_STEPS: tuple[str, ...] = ("_enter", "_release", "_wait", "_exit", "_break")
for _name in _STEPS:
    setattr(Barrier, _name, vars(_StdlibBarrier).get(_name))
_STEPS += ("_parties", "_count", "_state")


def _own_condition(event: Event) -> Condition:
    """A condition of the event's own; the engine does not wait on it."""
    if event._own_cond is None:
        event._own_cond = Condition(Lock())
    return event._own_cond


def _no_condition(one: object) -> NoReturn:
    raise AttributeError(f"{type(one).__name__!r} object has no attribute '_cond'")


for _cls, _stock, _state, _look in (
    (Semaphore, _StdlibSemaphore, ("_value",), _no_condition),
    (BoundedSemaphore, _StdlibBounded, ("_value", "_initial_value"), _no_condition),
    (Event, _StdlibEvent, ("_flag",), _own_condition),
    (Barrier, _StdlibBarrier, ("_parties", "_count", "_state"), _no_condition),
):
    _cls._cond = GivenCondition(_cls, _stock, _state, _look)  # type: ignore[union-attr]

for _one in (Condition, Semaphore, BoundedSemaphore, Event, Barrier, RLock, Lock):
    _one.__module__ = "ropewalk.threading"
if isinstance(Lock, type):  # pickle finds the class where it is, until it is installed
    Lock.__module__ = "ropewalk._ropewalk.threading"
_quick = _engine.quick_methods()
_methods.give_faces(Condition, _engine.ConditionEngine, _quick)
_methods.give_faces(Semaphore, _engine.SemaphoreEngine, _quick)
_methods.give_faces(Event, _engine.EventEngine, _quick)
_states.give_state(Condition, _states.look_at_condition, _states.restore_condition)
_states.give_state(Event, _states.look_at_event, _states.restore_event)
_states.give_state(
    Semaphore,
    _states.look_at_semaphore(lambda: Condition(Lock())),
    _states.restore_semaphore,
)
_states.give_state(
    Barrier,
    _states.look_at_barrier(lambda: Condition(Lock())),
    _states.restore_barrier,
)


def known_ones() -> dict[str, Any]:
    """Return those that can stand where the standard library's do, by their names."""
    kinds = {
        "Barrier": (Barrier, _StdlibBarrier),
        "Condition": (Condition, _STOCK_CONDITION),
        "Event": (Event, _stdlib.Event),
        "Lock": (type(_engine.Lock()), type(_thread.allocate_lock())),
        "RLock": (_CRLock, _thread.RLock),
    }
    known = {
        name: globals()[name]
        for name, (ours, theirs) in kinds.items()
        if is_known(f"threading.{name}", ours, theirs)
    }
    # The standard library's of the one calls the other by its name.
    semaphores = {
        "Semaphore": (Semaphore, _stdlib.Semaphore),
        "BoundedSemaphore": (BoundedSemaphore, _stdlib.BoundedSemaphore),
    }
    if are_known({f"threading.{name}": kind for name, kind in semaphores.items()}):
        known.update(Semaphore=Semaphore, BoundedSemaphore=BoundedSemaphore)
    if "RLock" in known:
        known["_CRLock"] = _CRLock
    if "Barrier" in known:
        known["BrokenBarrierError"] = BrokenBarrierError
    return known
