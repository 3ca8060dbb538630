"""Methods of a program's own, in a subclass or on one object: who calls them.

The standard library's source says which method calls which other one through `self`.
Each row is such a pair; what is called is recorded.
"""

import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from tests.threads import WATCHDOG_SECONDS, Background, wait_until

MODULE = "threading"

CONDITION_CALLS: dict[str, Callable[[Any], Any]] = {
    "wait": lambda c: c.wait(0),
    "wait_for": lambda c: c.wait_for(lambda: False, 0.001),
    "notify": lambda c: c.notify(),
    "notify_all": lambda c: c.notify_all(),
    "with": lambda c: c.__enter__() and c.__exit__(None, None, None),
}
CONDITION_METHODS = (
    "wait",
    "wait_for",
    "notify",
    "notify_all",
    "acquire",
    "release",
    "_is_owned",
    "_release_save",
    "_acquire_restore",
)
SEMAPHORE_CALLS: dict[str, Callable[[Any], Any]] = {
    "with": lambda s: s.__enter__() and s.__exit__(None, None, None),
    "acquire": lambda s: s.acquire(),
    "release": lambda s: s.acquire() and s.release(),
}
EVENT_CALLS: dict[str, Callable[[Any], Any]] = {
    "set": lambda e: e.set(),
    "clear": lambda e: e.clear(),
    "wait": lambda e: e.wait(0),
    "is_set": lambda e: e.is_set(),
    "repr": repr,
}
BARRIER_CALLS: dict[str, Callable[[Any], Any]] = {
    "wait": lambda b: b.wait(),
    "reset": lambda b: b.reset(),
    "abort": lambda b: b.abort(),
}


def _recording(cls: Any, name: str, calls: list[str]) -> Any:
    real = getattr(cls, name)

    def method(self: Any, *args: Any) -> Any:
        calls.append(name)
        return real(self, *args)

    return method


def _of_subclass(cls: Any, names: Any, calls: list[str], *args: Any) -> Any:
    body = {name: _recording(cls, name, calls) for name in names}
    return type("Own", (cls,), body)(*args)


def _on_object(cls: Any, names: Any, calls: list[str], *args: Any) -> Any:
    made = cls(*args)
    for name in names:
        real = getattr(made, name)

        def method(*args: Any, name: str = name, real: Any = real) -> Any:
            calls.append(name)
            return real(*args)

        setattr(made, name, method)
    return made


HOW = {"subclass": _of_subclass, "object": _on_object}


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("lock", ["Lock", "RLock"])
@pytest.mark.parametrize("call", CONDITION_CALLS)
def test_what_a_condition_calls(
    ours: ModuleType, theirs: ModuleType, how: str, lock: str, call: str
) -> None:
    recorded = []
    for impl in (theirs, ours):
        calls: list[str] = []
        names = list(CONDITION_METHODS)
        if how == "subclass":
            names.remove("acquire")  # what __init__() sets goes before them
            names.remove("release")
        condition = HOW[how](impl.Condition, names, calls, getattr(impl, lock)())
        with condition._lock:
            calls.clear()
            if call == "with":
                condition._lock.release()
            CONDITION_CALLS[call](condition)
            if call == "with":
                condition._lock.acquire()
        # As often as the clock allows.
        recorded.append(list(dict.fromkeys(calls)) if call == "wait_for" else calls)
    assert recorded[0] == recorded[1]


@pytest.mark.parametrize("how", HOW)
def test_notify_all_calls_notify_with_the_number_of_those_that_wait(
    impl: ModuleType, how: str
) -> None:
    numbers: list[int] = []

    class Own(impl.Condition):  # type: ignore[name-defined, misc]
        def notify(self, n: int = 1) -> None:
            numbers.append(n)
            super().notify(n)

    if how == "subclass":
        condition = Own()
    else:
        condition = impl.Condition()
        real = condition.notify

        def notify(n: int = 1) -> None:
            numbers.append(n)
            real(n)

        condition.notify = notify

    def wait() -> Any:
        with condition:
            return condition.wait(WATCHDOG_SECONDS)

    waiting = [Background(wait).parked() for _ in range(2)]
    with condition:
        condition.notify_all()
    assert [one.result() for one in waiting] == [True, True]
    assert numbers == [2]


def test_a_lock_that_only_the_subclass_knows_how_to_release(impl: ModuleType) -> None:
    class Own(impl.Condition):  # type: ignore[name-defined, misc]
        def _release_save(self) -> Any:
            self._lock.release()
            return "saved"

        def _acquire_restore(self, state: Any) -> None:
            assert state == "saved"
            self._lock.acquire()

    condition = Own(impl.Lock())

    def wait() -> Any:
        with condition:
            return condition.wait(WATCHDOG_SECONDS)

    waiting = Background(wait).parked()
    with condition:
        condition.notify()
    assert waiting.result() is True


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("cls", ["Semaphore", "BoundedSemaphore"])
@pytest.mark.parametrize("call", SEMAPHORE_CALLS)
def test_what_a_semaphore_calls(
    ours: ModuleType, theirs: ModuleType, how: str, cls: str, call: str
) -> None:
    recorded = []
    for impl in (theirs, ours):
        calls: list[str] = []
        made = HOW[how](getattr(impl, cls), ("acquire", "release"), calls, 1)
        SEMAPHORE_CALLS[call](made)
        recorded.append(calls)
    assert recorded[0] == recorded[1]


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("call", EVENT_CALLS)
def test_what_an_event_calls(
    ours: ModuleType, theirs: ModuleType, how: str, call: str
) -> None:
    recorded = []
    for impl in (theirs, ours):
        calls: list[str] = []
        made = HOW[how](impl.Event, ("is_set", "set", "clear", "wait"), calls)
        EVENT_CALLS[call](made)
        recorded.append(calls)
    assert recorded[0] == recorded[1]


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("call", BARRIER_CALLS)
def test_what_a_barrier_calls(
    ours: ModuleType, theirs: ModuleType, how: str, call: str
) -> None:
    recorded = []
    for impl in (theirs, ours):
        calls: list[str] = []
        made = HOW[how](impl.Barrier, ("wait", "reset", "abort"), calls, 1)
        BARRIER_CALLS[call](made)
        recorded.append(calls)
    assert recorded[0] == recorded[1]


@pytest.mark.parametrize("name", ["ident", "name", "is_alive", "native_id"])
def test_join_does_not_ask_what_a_subclass_says_of_itself(
    impl: ModuleType, name: str
) -> None:
    def lie(_: Any) -> Any:
        raise AssertionError(name)

    gate = threading.Event()
    method = lie if name == "is_alive" else property(lie)
    own = type("Own", (impl.Thread,), {name: method})
    thread = own(target=gate.wait, args=(WATCHDOG_SECONDS,), daemon=True)
    thread.start()
    joining = Background(thread.join)
    joining.parked()
    gate.set()
    joining.result()


def test_the_counts_of_semaphores_can_be_set(impl: ModuleType) -> None:
    semaphore = impl.BoundedSemaphore(1)
    semaphore._initial_value = 2
    semaphore.release()
    assert (semaphore._value, semaphore._initial_value) == (2, 2)
    with pytest.raises(ValueError):
        semaphore.release()
    semaphore._value = 0
    assert not semaphore.acquire(blocking=False)


def test_the_flag_of_an_event_can_be_set(impl: ModuleType) -> None:
    event = impl.Event()
    event._flag = True
    assert event.is_set() and event.wait()
    event._flag = False
    assert not event.is_set()


def test_a_timer_whose_name_is_its_own_affair_can_be_joined(impl: ModuleType) -> None:
    class Own(impl.Timer):  # type: ignore[name-defined, misc]
        name = property(lambda self: 1 / 0)

    timer = Own(0.001, int)
    timer.start()
    timer.join(WATCHDOG_SECONDS)
    wait_until(lambda: not timer.is_alive())


def test_a_class_that_is_changed_between_two_semaphores(
    impl: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Mine(impl.Semaphore):  # type: ignore[misc, name-defined]
        pass

    calls: list[type] = []
    released = impl.Semaphore.release

    def release(self: Any, n: int = 1) -> None:
        calls.append(type(self))
        released(self, n)

    def use() -> list[type]:
        calls.clear()
        for cls in Mine, impl.Semaphore, Mine:
            with cls():
                pass
        return list(calls)

    assert use() == []
    monkeypatch.setattr(Mine, "release", release)
    assert use() == [Mine, Mine]
    monkeypatch.setattr(impl.Semaphore, "release", release)
    assert use() == [Mine, impl.Semaphore, Mine]
    monkeypatch.undo()
    assert use() == []
