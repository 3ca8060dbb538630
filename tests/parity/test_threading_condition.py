"""Condition: over which locks, in which order, with which answers."""

import math
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from tests.threads import Background, wait_until

MODULE = "threading"


class Plain:
    """A lock with nothing but the methods that a condition cannot do without."""

    def __init__(self, impl: ModuleType) -> None:
        self._inner = impl.Lock()
        self.acquire = self._inner.acquire
        self.release = self._inner.release
        self.locked = self._inner.locked

    def __enter__(self) -> bool:
        return bool(self.acquire())

    def __exit__(self, *_: object) -> None:
        self.release()


class Saving(Plain):
    """A lock that does what a condition may ask of it."""

    def __init__(self, impl: ModuleType) -> None:
        super().__init__(impl)
        self.calls: list[Any] = []

    def _release_save(self) -> str:
        self.calls.append("save")
        self.release()
        return "state"

    def _acquire_restore(self, state: object) -> None:
        self.acquire()
        self.calls.append(state)

    def _is_owned(self) -> bool:
        return bool(self._inner.locked())


LOCKS: dict[str, Callable[[ModuleType], Any]] = {
    "default": lambda impl: None,
    "Lock": lambda impl: impl.Lock(),
    "RLock": lambda impl: impl.RLock(),
    "plain": Plain,
    "saving": Saving,
}
if not hasattr(threading.Condition(), "locked"):
    # Where it has it, its lock must have it too.
    LOCKS["semaphore"] = lambda impl: impl.Semaphore(1)
over_all = pytest.mark.parametrize("make", LOCKS.values(), ids=LOCKS)


def waiting(condition: Any, calls: list[int], number: int) -> Background[bool]:
    """A thread that waits, and notes its number when it was notified."""

    def wait() -> bool:
        with condition:
            told = condition.wait()
            calls.append(number)
            return bool(told)

    return Background(wait).parked()


@over_all
def test_wait_and_notify(impl: ModuleType, make: Callable[[ModuleType], Any]) -> None:
    condition = impl.Condition(make(impl))
    calls: list[int] = []
    waiter = waiting(condition, calls, 0)
    with condition as entered:
        assert entered is True
        assert condition.notify() is None
        assert calls == []
    assert waiter.result() is True
    with condition:
        assert condition.wait(0.001) is False
        assert condition.notify_all() is None
    assert condition.acquire(False)
    assert condition.release() is None


@over_all
def test_without_the_lock(impl: ModuleType, make: Callable[[ModuleType], Any]) -> None:
    condition = impl.Condition(make(impl))
    with pytest.raises(RuntimeError, match=r"^cannot wait on un-acquired lock$"):
        condition.wait()
    for call in (condition.notify, condition.notify_all):
        with pytest.raises(RuntimeError, match=r"^cannot notify on un-acquired lock$"):
            call()
    assert condition._is_owned() is False
    with condition:
        assert condition._is_owned() is True
    condition.acquire()
    condition.release()


def test_the_owner_of_an_rlock_has_to_wait(impl: ModuleType) -> None:
    condition = impl.Condition()
    with condition:
        for call in (condition.wait, condition.notify):
            with pytest.raises(RuntimeError):
                Background(call).result()


def test_a_foreign_lock_is_asked_to_save_and_restore(impl: ModuleType) -> None:
    lock = Saving(impl)
    condition = impl.Condition(lock)
    with condition:
        assert condition.wait(0) is False
        assert condition.wait(0.001) is False
    assert lock.calls == ["save", "state"] * 2


def test_waiters_are_notified_in_the_order_of_their_coming(impl: ModuleType) -> None:
    condition = impl.Condition(impl.Lock())
    calls: list[int] = []
    waiters = [waiting(condition, calls, number) for number in range(5)]
    for number, waiter in enumerate(waiters):
        with condition:
            condition.notify()
        assert waiter.result() is True
        assert calls == list(range(number + 1))


@pytest.mark.parametrize(
    ("n", "woken"),
    [
        (0, 0),
        (-1, 0),
        (1, 1),
        (True, 1),
        (2, 2),
        (3, 3),
        (7, 3),
        (2**100, 3),
        (0.5, 1),
        (1.5, 2),
        (math.inf, 3),
        (math.nan, 0),
    ],
)
def test_how_many_are_notified(impl: ModuleType, n: Any, woken: int) -> None:
    condition = impl.Condition()
    calls: list[int] = []
    waiters = [waiting(condition, calls, number) for number in range(3)]
    with condition:
        condition.notify(n)
    for waiter in waiters[:woken]:
        assert waiter.result() is True
    assert sorted(calls) == list(range(woken))
    assert repr(condition).endswith(f", {3 - woken})>")
    with condition:
        condition.notify(n=5)
    for waiter in waiters:
        waiter.result()


@pytest.mark.parametrize("n", [None, "a", [], 1.5, 2**100])
def test_what_is_notified_matters_only_when_somebody_waits(
    impl: ModuleType, n: Any
) -> None:
    condition = impl.Condition()
    with condition:
        condition.notify(n)


@pytest.mark.parametrize("n", [None, "a", []])
def test_a_number_that_is_none(impl: ModuleType, n: Any) -> None:
    condition = impl.Condition()
    waiter = waiting(condition, [], 0)
    with condition:
        with pytest.raises(TypeError):
            condition.notify(n)
        condition.notify()
    waiter.result()


def test_an_rlock_held_twice_is_given_back_entirely(impl: ModuleType) -> None:
    condition = impl.Condition()

    def wait() -> None:
        with condition, condition:
            condition.wait()
            condition.release()
            condition.acquire()

    waiter = Background(wait).parked()
    with condition:
        condition.notify()
    waiter.result()
    assert Background(condition.acquire, False).result() is True


def test_two_conditions_on_one_lock(impl: ModuleType) -> None:
    lock = impl.Lock()
    one, other = impl.Condition(lock), impl.Condition(lock)
    calls: list[int] = []
    first, second = waiting(one, calls, 1), waiting(other, calls, 2)
    with one:
        other.notify()
    assert second.result() and calls == [2]
    with lock:
        one.notify_all()
    assert first.result() and calls == [2, 1]


def test_a_timeout_that_is_not_a_number(ours: ModuleType, theirs: ModuleType) -> None:
    """Some Pythons refuse it."""

    def wait(impl: ModuleType) -> tuple[str, ...]:
        told = []
        condition = impl.Condition()
        with condition:
            for call in (condition.wait, impl.Event().wait):
                try:
                    told.append(str(call(math.nan)))
                except ValueError as error:
                    told.append(str(error))
            assert condition._is_owned()
        return tuple(told)

    assert wait(ours) == wait(theirs)


def test_a_condition_tells_whether_its_lock_is_held(impl: ModuleType) -> None:
    condition = impl.Condition()
    if not hasattr(threading.Condition(), "locked"):
        assert not hasattr(condition, "locked")
        return
    assert condition.locked() is False
    with condition:
        assert condition.locked() is True


@pytest.mark.parametrize("timeout", [0, 0.0, -1, -0.5, -math.inf, 0.001])
def test_timeouts(impl: ModuleType, timeout: float) -> None:
    condition = impl.Condition()
    with condition:
        assert condition.wait(timeout) is False
        assert condition._is_owned()


@pytest.mark.parametrize(
    ("timeout", "error"),
    [
        (10000000000.0, OverflowError),
        (math.inf, OverflowError),
        (2**100, OverflowError),
        ("1", TypeError),
        ([], TypeError),
        (1j, TypeError),
    ],
)
def test_timeouts_that_are_refused(
    impl: ModuleType, timeout: Any, error: type[Exception]
) -> None:
    """The lock is held as before."""
    condition = impl.Condition()
    with condition:
        with pytest.raises(error):
            condition.wait(timeout)
        assert condition._is_owned()
    assert repr(condition).endswith(", 0)>")


def test_a_waiter_that_timed_out_is_not_counted(impl: ModuleType) -> None:
    condition = impl.Condition()
    calls: list[int] = []
    with condition:
        condition.wait(0.001)
    waiter = waiting(condition, calls, 0)
    with condition:
        condition.notify()
    assert waiter.result() is True


def test_wait_for_returns_what_was_found(impl: ModuleType) -> None:
    condition = impl.Condition()
    found: list[str] = []
    asked: list[int] = []

    def look() -> list[str]:
        asked.append(1)
        return found

    def wait() -> Any:
        with condition:
            return condition.wait_for(look)

    waiter = Background(wait).parked()
    with condition:
        condition.notify_all()
    wait_until(lambda: len(asked) == 2, "a second look")
    with condition:
        found.append("it")
        condition.notify()
    assert waiter.result() is found
    assert len(asked) == 3
    with condition:
        assert condition.wait_for(lambda: 7, timeout=-1) == 7
        assert condition.wait_for(lambda: 7, "not looked at") == 7


@pytest.mark.parametrize("timeout", [0, 0.0, -1, 0.001, 0.02])
def test_wait_for_gives_up_with_the_last_answer(
    impl: ModuleType, timeout: float
) -> None:
    condition = impl.Condition()
    asked: list[int] = []

    def look() -> list[str]:
        asked.append(1)
        return []

    with condition:
        assert condition.wait_for(look, timeout) == []
        assert condition._is_owned()
    assert len(asked) >= 1


def test_wait_for_without_the_lock(impl: ModuleType) -> None:
    condition = impl.Condition()
    with pytest.raises(RuntimeError):
        condition.wait_for(lambda: False)
    assert condition.wait_for(lambda: True) is True


def test_a_predicate_that_fails(impl: ModuleType) -> None:
    condition = impl.Condition()
    with condition:
        with pytest.raises(ZeroDivisionError):
            condition.wait_for(lambda: 1 // 0)
        assert condition._is_owned()


def test_repr_counts_who_waits(impl: ModuleType) -> None:
    lock = impl.Lock()
    condition = impl.Condition(lock)
    assert repr(condition) == f"<Condition({lock!r}, 0)>"
    waiter = waiting(condition, [], 0)
    assert repr(condition) == f"<Condition({lock!r}, 1)>"
    with condition:
        condition.notify()
    waiter.result()
    assert repr(condition) == f"<Condition({lock!r}, 0)>"


def test_the_old_name_of_notify_all(impl: ModuleType) -> None:
    condition = impl.Condition()
    waiter = waiting(condition, [], 0)
    words = r"^notifyAll\(\) is deprecated, use notify_all\(\) instead$"
    with condition, pytest.warns(DeprecationWarning, match=words) as caught:
        condition.notifyAll()
    assert caught[0].filename == __file__
    waiter.result()


def test_a_condition_over_something_that_is_no_lock(impl: ModuleType) -> None:
    for wrong in (3, "a", impl.Event()):
        with pytest.raises(AttributeError):
            impl.Condition(wrong)


def test_a_subclass_with_other_arguments(impl: ModuleType) -> None:
    class Named(impl.Condition):  # type: ignore[misc, name-defined]
        def __init__(self, name: str, *, lock: Any = None) -> None:
            super().__init__(lock)
            self.name = name

        def notify(self, n: int = 1) -> None:
            self.name += "!"
            super().notify(n)

    condition = Named("one")
    waiter = waiting(condition, [], 0)
    with condition:
        condition.notify()
    assert waiter.result() is True
    assert condition.name == "one!"
