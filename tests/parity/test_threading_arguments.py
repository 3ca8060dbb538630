"""Odd arguments and attributes: the same steps on both implementations, compared.

The running interpreter says what is right. A message that names the implementation is
compared without the names.
"""

import decimal
import fractions
import math
import random
import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from tests.threads import Background

MODULE = "threading"


class Whole:
    """Stands for a whole number and cannot be compared."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value

    def __repr__(self) -> str:
        return f"Whole({self.value})"


class NoTruth:
    """Cannot be used as a condition."""

    def __bool__(self) -> bool:
        raise LookupError("no truth")

    def __repr__(self) -> str:
        return "NoTruth"


ODD: tuple[Any, ...] = (
    *(None, 0, 1, 2, -1, True, False, "", "1", "x", b"1", 1j, (), (1,), [1], {"a": 1}),
    *(0.0, 0.01, 1.5, -0.5, math.nan, math.inf, -math.inf),
    *(2**31, 2**63, 2**64, 2**70, -(2**70), 10**400, -(10**400)),
    *(fractions.Fraction(1, 100), fractions.Fraction(-1, 2), decimal.Decimal("0.01")),
    *(Whole(0), Whole(1), Whole(-1), NoTruth(), len, object),
)
each_odd = pytest.mark.parametrize("odd", ODD, ids=lambda odd: repr(odd)[:20])

Steps = Callable[[ModuleType, Any, Callable[..., None]], None]


def _plain(text: str) -> str:
    text = re.sub(r"0x[0-9a-f]+|\b\d{9,}\b", "*", text)
    return re.sub(r"\bropewalk\.(_ropewalk\.)?", "", text)


def _trace(impl: ModuleType, steps: Steps, odd: Any) -> list[tuple[str, str]]:
    """What each step returned or raised."""
    trace: list[tuple[str, str]] = []

    def step(call: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        try:
            trace.append(("", _plain(repr(call(*args, **kwargs)))))
        except OverflowError:
            # What CPython says of a number too large names its inner types.
            trace.append(("OverflowError", ""))
        except Exception as error:
            trace.append((type(error).__name__, _plain(str(error))))

    steps(impl, odd, step)
    return trace


def _is_short(odd: Any) -> bool:
    """Whether waiting so long is over soon, or an error."""
    try:
        return bool(odd is not None and odd == odd and not odd > 0.02)
    except Exception:
        return True


def _semaphore(kind: str) -> Steps:
    def steps(impl: ModuleType, odd: Any, step: Callable[..., None]) -> None:
        make = getattr(impl, kind)
        step(make, odd)
        try:
            semaphore = make(odd)
        except Exception:
            semaphore = make()
        for call in (semaphore.release, lambda: semaphore.acquire(False)) * 2:
            step(call)
            step(getattr, semaphore, "_value")
        step(semaphore.__exit__, None, None, None)
        step(repr, semaphore)

    return steps


def _semaphore_calls(kind: str) -> Steps:
    def steps(impl: ModuleType, odd: Any, step: Callable[..., None]) -> None:
        make = getattr(impl, kind)
        step(make().acquire, odd)
        step(make().acquire, False, odd)
        if _is_short(odd):
            step(make(0).acquire, True, odd)
            step(make(0).acquire, timeout=odd)
        if not isinstance(odd, int | float):
            step(make().release, odd)
        for name in ("_value", "_initial_value"):
            if type(odd) is not bool and not isinstance(odd, Whole):
                semaphore = make()
                step(setattr, semaphore, name, odd)
                step(getattr, semaphore, name)
                step(semaphore.release)
                step(semaphore.acquire, False)
                step(getattr, semaphore, "_value")

    return steps


def _lock(kind: str) -> Steps:
    def steps(impl: ModuleType, odd: Any, step: Callable[..., None]) -> None:
        make = getattr(impl, kind)
        step(make().acquire, odd)
        step(make().acquire, blocking=odd)
        step(make().acquire, True, odd)
        step(make().acquire, False, odd)
        step(make().acquire, odd, 0.01)
        step(make().acquire, odd, -1)
        step(make().__exit__, odd)

    return steps


def _barrier(impl: ModuleType, odd: Any, step: Callable[..., None]) -> None:
    step(impl.Barrier, odd)
    try:
        barrier = impl.Barrier(odd)
    except Exception:
        barrier = impl.Barrier(1)
    for name in ("parties", "n_waiting", "broken"):
        step(getattr, barrier, name)
    step(barrier.wait, 0.01)
    step(repr, barrier)


def _barrier_calls(impl: ModuleType, odd: Any, step: Callable[..., None]) -> None:
    step(impl.Barrier(1, odd).wait)
    step(impl.Barrier(1, None, odd).wait)
    step(impl.Barrier(1).wait, odd)
    for make in (impl.Barrier, lambda n: impl.Barrier(n, None, odd)):
        if _is_short(odd):
            barrier = make(2)
            step(barrier.wait, odd)
            step(getattr, barrier, "broken")
            step(getattr, barrier, "n_waiting")


def _event(impl: ModuleType, odd: Any, step: Callable[..., None]) -> None:
    if _is_short(odd):
        step(impl.Event().wait, odd)
    event = impl.Event()
    event.set()
    step(event.wait, odd)
    for name, args in ("is_set", ()), ("set", ()), ("wait", (0.01,)), ("clear", ()):
        event._cond = odd
        step(lambda name=name, args=args: getattr(event, name)(*args))
        step(getattr, event, "_cond")


def _condition(impl: ModuleType, odd: Any, step: Callable[..., None]) -> None:
    if odd is not None:
        step(impl.Condition, odd)
    with (condition := impl.Condition()):
        if _is_short(odd):
            step(condition.wait, odd)
            step(condition.wait_for, lambda: False, odd)
        step(condition.wait_for, lambda: True, odd)
        step(condition.notify, odd)


def _thread(impl: ModuleType, odd: Any, step: Callable[..., None]) -> None:
    for name in ("group", "target", "args", "kwargs", "daemon", "context"):
        step(lambda name=name: impl.Thread(name="t", **{name: odd}))
    step(lambda: impl.Thread(name=odd).daemon)
    thread = impl.Thread(name="t")
    step(thread.join, odd)
    thread.start()
    if _is_short(odd):
        step(thread.join, odd)
    for name in ("name", "daemon", "ident", "native_id"):
        step(setattr, thread, name, odd)
    step(getattr, thread, "name")
    thread.join()


def _timer(impl: ModuleType, odd: Any, step: Callable[..., None]) -> None:
    for args in ((odd, len), (0, odd), (0, len, odd), (0, len, None, odd)):
        timer = impl.Timer(*args)
        for name in ("interval", "function", "args", "kwargs"):
            step(getattr, timer, name)
    step(impl.Timer(1, len).join, odd)
    step(setattr, timer, "daemon", odd)


ALL: dict[str, Steps] = {
    "Semaphore": _semaphore("Semaphore"),
    "BoundedSemaphore": _semaphore("BoundedSemaphore"),
    "calls of a Semaphore": _semaphore_calls("Semaphore"),
    "calls of a BoundedSemaphore": _semaphore_calls("BoundedSemaphore"),
    "Lock": _lock("Lock"),
    "RLock": _lock("RLock"),
    "Barrier": _barrier,
    "calls of a Barrier": _barrier_calls,
    "Event": _event,
    "Condition": _condition,
    "Thread": _thread,
    "Timer": _timer,
}


@each_odd
@pytest.mark.parametrize("steps", ALL.values(), ids=ALL)
def test_an_odd_argument(
    theirs: ModuleType, ours: ModuleType, steps: Steps, odd: Any
) -> None:
    assert _trace(ours, steps, odd) == _trace(theirs, steps, odd)


SIGNATURES: dict[str, tuple[str, ...]] = {
    "Thread": ("group", "target", "name", "args", "kwargs", "daemon"),
    "Timer": ("interval", "function", "args", "kwargs"),
    "Barrier": ("parties", "action", "timeout"),
    "Semaphore": ("value",),
    "BoundedSemaphore": ("value",),
    "Event": (),
}


@pytest.mark.parametrize("seed", range(60))
def test_arguments_by_chance(theirs: ModuleType, ours: ModuleType, seed: int) -> None:
    chance = random.Random(seed)
    kind = chance.choice(list(SIGNATURES))
    names = SIGNATURES[kind]
    by_place = chance.choices(ODD, k=chance.randrange(len(names) + 2))
    by_name = {
        name: chance.choice(ODD) for name in (*names, "other") if chance.random() < 0.3
    }

    def steps(impl: ModuleType, _: Any, step: Callable[..., None]) -> None:
        def make() -> list[str]:
            one = getattr(impl, kind)(*by_place, **by_name)
            if kind in ("Thread", "Timer"):
                return []  # Its repr has a number of its own.
            return [repr(one)]

        step(make)

    assert _trace(ours, steps, None) == _trace(theirs, steps, None)


def test_what_was_not_begun_is_an_attribute_error(impl: ModuleType) -> None:
    for kind, calls in {
        "Event": ("wait",),
        "Semaphore": ("acquire", "release", "__enter__"),
        "BoundedSemaphore": ("acquire", "release"),
        "Barrier": ("wait", "reset", "abort"),
    }.items():
        one = getattr(impl, kind).__new__(getattr(impl, kind))
        for call in calls:
            with pytest.raises(AttributeError):
                getattr(one, call)()


def test_a_new_value_of_a_semaphore_keeps_who_waits(impl: ModuleType) -> None:
    semaphore = impl.Semaphore(0)
    waiters = [Background(semaphore.acquire).parked() for _ in range(2)]
    semaphore._value = 1
    semaphore.release()
    semaphore.release()
    assert [waiter.result() for waiter in waiters] == [True, True]


def test_a_condition_of_ones_own_in_an_event_is_used(impl: ModuleType) -> None:
    event, condition = impl.Event(), impl.Condition()
    event._cond = condition
    waiter = Background(event.wait).parked()
    assert len(condition._waiters) == 1
    event.set()
    assert waiter.result() is True
    assert event.is_set()


def test_permits_need_be_no_whole_numbers(impl: ModuleType) -> None:
    semaphore = impl.Semaphore(2.5)
    taken = [semaphore.acquire(False) for _ in range(3)]
    assert taken == [True] * 3
    assert semaphore._value == -0.5
