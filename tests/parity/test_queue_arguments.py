"""Odd arguments: the same answer, error and message from both implementations.

Each case runs on CPython's queue and on ropewalk's and compares the two traces, so
the running interpreter says what is right.
"""

import decimal
import fractions
import math
import queue
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from tests.threads import Background

MODULE = "queue"


class NoTruth:
    """Cannot be used as a condition."""

    def __bool__(self) -> bool:
        raise LookupError("no truth")


class Falsy:
    """An object whose length makes it false."""

    def __len__(self) -> int:
        return 0


class OddNumber:
    """Compares and adds like 0.001, and is no float."""

    def __lt__(self, other: object) -> bool:
        return False

    def __radd__(self, other: float) -> float:
        return other + 0.001


class Unorderable:
    """Offers neither comparison nor arithmetic."""


def outcome(call: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[str, str]:
    """A call's return value, or its error with the message.

    What CPython says of a number too large for its clock names its inner types and
    changes with the version: there the kind of error is enough.
    """
    try:
        return "returned", repr(call(*args, **kwargs))
    except OverflowError:
        return "OverflowError", ""
    except Exception as error:
        return type(error).__name__, str(error)


def state(q: Any) -> tuple[int, int]:
    """What a failed call must not have changed."""
    return q.qsize(), q.unfinished_tasks


TIMEOUTS: dict[str, Any] = {
    "zero": 0,
    "negative zero": -0.0,
    "short": 0.001,
    "false": False,
    "fraction": fractions.Fraction(1, 1000),
    "minus one": -1,
    "minus a little": -1e-300,
    "minus infinity": -math.inf,
    "minus huge": -(10**400),
    "minus fraction": fractions.Fraction(-1, 2),
    "infinity": math.inf,
    "huge float": 1e300,
    "above the longest wait": 1e10,
    "huge int": 10**30,
    "decimal": decimal.Decimal("0.001"),
    "minus decimal": decimal.Decimal(-1),
    "text": "1",
    "bytes": b"1",
    "complex": 1j,
    "list": [1],
    "odd number": OddNumber(),
    "unorderable": Unorderable(),
}
BLOCKS: dict[str, Any] = {
    "true": True,
    "one": 1,
    "text": "no",
    "false": False,
    "zero": 0.0,
    "none": None,
    "empty list": [],
    "falsy object": Falsy(),
    "no truth": NoTruth(),
}
KINDS = ["Queue", "LifoQueue", "PriorityQueue"]


def trace(module: ModuleType, kind: str, maxsize: int, filled: int, call: Any) -> Any:
    q = getattr(module, kind)(maxsize)
    for _ in range(filled):
        q.put(1)
    return call(q), state(q)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("timeout", TIMEOUTS.values(), ids=TIMEOUTS)
@pytest.mark.parametrize("filled", [0, 1], ids=["empty", "filled"])
def test_get_with_an_odd_timeout(
    theirs: ModuleType, ours: ModuleType, kind: str, timeout: Any, filled: int
) -> None:
    def call(q: Any) -> Any:
        return outcome(q.get, timeout=timeout), outcome(q.get, True, timeout)

    expected = trace(theirs, kind, 0, filled, call)
    assert trace(ours, kind, 0, filled, call) == expected


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("timeout", TIMEOUTS.values(), ids=TIMEOUTS)
@pytest.mark.parametrize(
    ("maxsize", "filled"), [(0, 0), (2, 1), (1, 1)], ids=["unbounded", "room", "full"]
)
def test_put_with_an_odd_timeout(
    theirs: ModuleType,
    ours: ModuleType,
    kind: str,
    timeout: Any,
    maxsize: int,
    filled: int,
) -> None:
    def call(q: Any) -> Any:
        return outcome(q.put, 1, timeout=timeout), outcome(q.put, 1, True, timeout)

    expected = trace(theirs, kind, maxsize, filled, call)
    assert trace(ours, kind, maxsize, filled, call) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_a_timeout_beyond_float_where_there_is_nothing_to_wait_for(
    impl: ModuleType, kind: str
) -> None:
    q = getattr(impl, kind)(2)
    with pytest.raises(OverflowError):
        q.put(1, timeout=10**400)
    assert state(q) == (0, 0)
    q.put(1)
    with pytest.raises(OverflowError):
        q.get(timeout=10**400)
    assert state(q) == (1, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_timeout_beyond_float_where_it_would_wait(
    impl: ModuleType, kind: str
) -> None:
    q = getattr(impl, kind)(1)
    with pytest.raises(OverflowError):
        q.get(timeout=10**400)
    q.put(1)
    with pytest.raises(OverflowError):
        q.put(1, timeout=10**400)
    assert state(q) == (1, 1)


@pytest.mark.parametrize("timeout", [None, 0.001, -1, "x"])
@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
@pytest.mark.parametrize("filled", [0, 1], ids=["empty", "filled"])
def test_get_with_an_odd_block(
    theirs: ModuleType, ours: ModuleType, block: Any, timeout: Any, filled: int
) -> None:
    if timeout is None and not filled and block in (True, "no"):
        timeout = 0.001  # it would wait for ever

    def call(q: Any) -> Any:
        return outcome(q.get, block, timeout), outcome(q.get, False)

    expected = trace(theirs, "Queue", 0, filled, call)
    assert trace(ours, "Queue", 0, filled, call) == expected


@pytest.mark.parametrize("timeout", [None, 0.001, -1, "x"])
@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
@pytest.mark.parametrize(
    ("maxsize", "filled"), [(0, 0), (2, 1), (1, 1)], ids=["unbounded", "room", "full"]
)
def test_put_with_an_odd_block(
    theirs: ModuleType,
    ours: ModuleType,
    block: Any,
    timeout: Any,
    maxsize: int,
    filled: int,
) -> None:
    if timeout is None and maxsize == filled == 1 and block in (True, "no"):
        timeout = 0.001  # it would wait for ever

    def call(q: Any) -> Any:
        return outcome(q.put, 1, block, timeout)

    expected = trace(theirs, "Queue", maxsize, filled, call)
    assert trace(ours, "Queue", maxsize, filled, call) == expected


WRONG_CALLS: dict[str, Callable[[Any], Any]] = {
    "get with three": lambda q: q.get(True, 1, 2),
    "get with an unknown name": lambda q: q.get(wait=1),
    "get with a name twice": lambda q: q.get(True, block=True),
    "put without an item": lambda q: q.put(),
    "put with four": lambda q: q.put(1, True, 1, 2),
    "put with an unknown name": lambda q: q.put(1, wait=1),
    "put_nowait without an item": lambda q: q.put_nowait(),
    "put_nowait with two": lambda q: q.put_nowait(1, 2),
    "get_nowait with one": lambda q: q.get_nowait(1),
    "qsize with one": lambda q: q.qsize(1),
    "join with a timeout": lambda q: q.join(timeout=1),
    "task_done with one": lambda q: q.task_done(1),
}


@pytest.mark.parametrize("call", WRONG_CALLS.values(), ids=WRONG_CALLS)
def test_a_wrong_call_is_a_type_error(
    impl: ModuleType, call: Callable[[Any], Any]
) -> None:
    q = impl.Queue()
    with pytest.raises(TypeError):
        call(q)
    assert state(q) == (0, 0)


def test_names_of_arguments(impl: ModuleType) -> None:
    q = impl.Queue(maxsize=2)
    q.put(item=1, block=True, timeout=None)
    q.put_nowait(item=2)
    with pytest.raises(impl.Full):
        q.put(block=False, item=3)
    assert q.get(block=False, timeout=None) == 1


def _nan_is_refused() -> bool:
    condition = threading.Condition()
    with condition:
        try:
            condition.wait(math.nan)
        except ValueError:
            return True
    return False


@pytest.mark.parametrize("method", ["get", "put"])
def test_a_timeout_that_is_not_a_number_waits(impl: ModuleType, method: str) -> None:
    """It is refused instead on Pythons whose locks do so."""
    q = impl.Queue(1)
    if _nan_is_refused():
        if method == "put":
            q.put("old")
        with pytest.raises(ValueError, match="NaN"):
            getattr(q, method)(*["new"][: method == "put"], timeout=math.nan)
        return
    if method == "put":
        q.put("old")
        waiter: Background[Any] = Background(q.put, "new", timeout=math.nan)
        waiter.begun.wait()
        assert q.get() == "old"
        waiter.result()
        assert q.get_nowait() == "new"
    else:
        waiter = Background(q.get, timeout=math.nan)
        waiter.begun.wait()
        q.put("item")
        assert waiter.result() == "item"


@pytest.mark.parametrize("timeout", [60, 4_000_000])
def test_a_long_timeout_is_waited_for(impl: ModuleType, timeout: int) -> None:
    q = impl.Queue(1)
    getter = Background(q.get, timeout=timeout).parked()
    q.put(1)
    assert getter.result() == 1


def test_a_timeout_ends_not_before_its_time(impl: ModuleType) -> None:
    import time

    q = impl.Queue(1)
    since = time.monotonic()
    with pytest.raises(impl.Empty):
        q.get(timeout=0.05)
    q.put(1)
    with pytest.raises(impl.Full):
        q.put(2, timeout=0.05)
    assert time.monotonic() - since >= 0.1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [None, "x", -1, 1.5, 2**70, [1]], ids=repr)
def test_an_odd_number_of_unfinished_tasks(
    theirs: ModuleType, ours: ModuleType, kind: str, count: Any
) -> None:
    def call(q: Any) -> Any:
        q.unfinished_tasks = count
        return outcome(q.put, 1, False), outcome(q.task_done), q.qsize()

    expected = trace(theirs, kind, 0, 0, call)
    assert trace(ours, kind, 0, 0, call) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_an_attribute_named_is_shutdown_is_the_programs_own(
    impl: ModuleType, kind: str
) -> None:
    """Until the standard library's queues have one."""

    class Own(getattr(impl, kind)):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.is_shutdown = False

        def shutdown(self) -> None:
            self.is_shutdown = True
            self.put(0)

    q = Own()
    q.put(1)
    if not hasattr(queue.Queue, "shutdown"):
        q.shutdown()
        assert {q.get(), q.get()} == {0, 1}
        assert q.is_shutdown is True
