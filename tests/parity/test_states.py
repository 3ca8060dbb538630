"""A pickler that knows locks round-trips what holds them, as dill does."""

import copy
import importlib
import io
import pickle
import queue
import threading
from types import ModuleType
from typing import Any

import pytest

from tests import implementations
from tests.threads import Background

MODULE = "threading"


def _make_lock(impl_name: str, kind: str, count: int) -> Any:
    lock = getattr(importlib.import_module(impl_name), kind)()
    for _ in range(count):
        lock.acquire()
    return lock


def round_trip(impl: ModuleType, one: Any) -> Any:
    """Save locks as dill does: free or held."""
    lock, rlock = type(impl.Lock()), type(impl.RLock())

    class Pickler(pickle.Pickler):
        def reducer_override(self, one: Any) -> Any:
            if type(one) in (lock, type(threading.Lock())):
                return _make_lock, (impl.__name__, "Lock", int(one.locked()))
            if type(one) in (rlock, type(threading.RLock())):
                return _make_lock, (impl.__name__, "RLock", 0)
            return NotImplemented

    file = io.BytesIO()
    Pickler(file).dump(one)
    return pickle.loads(file.getvalue())


KINDS = ("Condition", "Event", "Semaphore", "BoundedSemaphore", "Barrier")
each = pytest.mark.parametrize("kind", KINDS)


@each
def test_what_holds_locks_is_refused_in_the_same_words(
    theirs: ModuleType, ours: ModuleType, kind: str
) -> None:
    said = []
    for impl in (theirs, ours):
        for call in (copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError) as caught:
                call(getattr(impl, kind)(*((2,) if kind == "Barrier" else ())))
            said.append(str(caught.value))
    assert said[:2] == said[2:]


def test_a_condition(impl: ModuleType) -> None:
    for lock in (None, impl.Lock()):
        one = impl.Condition(lock)
        one.extra = 5
        copied = round_trip(impl, one)
        assert type(copied) is impl.Condition and copied.extra == 5
        with copied:
            copied.notify()
            assert copied.wait(0.001) is False
            assert copied._is_owned()
        assert copied.acquire(False)
        copied.release()


def test_an_event(impl: ModuleType) -> None:
    one = impl.Event()
    assert round_trip(impl, one).is_set() is False
    one.set()
    copied = round_trip(impl, one)
    assert copied.is_set() and copied.wait()
    copied.clear()
    assert one.is_set() and not copied.wait(0.001)


def test_semaphores(impl: ModuleType) -> None:
    copied = round_trip(impl, impl.Semaphore(2))
    assert copied.acquire(False) and copied.acquire(False)
    assert not copied.acquire(False)
    one = impl.BoundedSemaphore(3)
    one.acquire()
    copied = round_trip(impl, one)
    copied.release()
    with pytest.raises(ValueError, match="released too many times"):
        copied.release()


def test_a_barrier(impl: ModuleType) -> None:
    one = impl.Barrier(2, timeout=20)
    one.extra = 5
    copied = round_trip(impl, one)
    assert type(copied) is impl.Barrier
    assert (copied.parties, copied.n_waiting, copied.extra) == (2, 0, 5)
    meeting = Background(copied.wait)
    assert {copied.wait(), meeting.result()} == {0, 1}
    one.abort()
    copied = round_trip(impl, one)
    assert copied.broken
    copied.reset()
    assert not copied.broken


def test_a_future() -> None:
    """Its condition has an RLock, which a pickler has to know."""
    for name, impl in implementations.both("concurrent.futures").items():
        threads = implementations.both("threading")[name]
        with pytest.raises(TypeError, match=r"cannot pickle '_thread\.RLock'"):
            pickle.dumps(impl.Future())
        one = impl.Future()
        copied = round_trip(threads, one)
        assert type(copied) is impl.Future and not copied.done()
        copied.set_result(7)
        assert copied.result() == 7 and not one.done()
        one.set_exception(LookupError("words"))
        copied = round_trip(threads, one)
        assert repr(copied.exception(20)) == "LookupError('words')"
        one = impl.Future()
        assert one.cancel()
        assert round_trip(threads, one).cancelled()


def test_a_state_of_the_standard_librarys(theirs: ModuleType, ours: ModuleType) -> None:
    """What a Python without ropewalk has written is read here, and the other way."""
    for source, target in ((theirs, ours), (ours, theirs)):
        one = source.BoundedSemaphore(3)
        one.acquire()
        read = target.BoundedSemaphore.__new__(target.BoundedSemaphore)
        _restore(read, one)
        assert read.acquire() and read.acquire() and not read.acquire(False)
        event = source.Event()
        event.set()
        other = target.Event.__new__(target.Event)
        _restore(other, event)
        assert other.wait()


def _restore(read: Any, one: Any) -> None:
    state = one.__reduce_ex__(2)[2]
    if hasattr(read, "__setstate__"):
        read.__setstate__(state)
    else:
        vars(read).update(state)


@pytest.mark.parametrize("kind", ["Queue", "LifoQueue", "PriorityQueue"])
def test_a_queue(kind: str) -> None:
    for name, impl in implementations.both("queue").items():
        one = getattr(impl, kind)(3)
        for item in (3, 1, 2):
            one.put(item)
        with pytest.raises(TypeError, match=r"cannot pickle '_thread\.(R?Lock|lock)'"):
            pickle.dumps(one)
        one.get()
        copied = round_trip(implementations.both("threading")[name], one)
        assert (copied.maxsize, copied.unfinished_tasks, copied.qsize()) == (3, 3, 2)
        assert [copied.get(), copied.get()] == [one.get(), one.get()]
        for _ in range(3):
            copied.task_done()
        copied.join()
        with pytest.raises(queue.Empty):
            copied.get(timeout=0.001)
