"""A semaphore, event or barrier that is given a condition waits on that one."""

import threading
from types import ModuleType
from typing import Any

import pytest

from tests.threads import Background, wait_until

MODULE = "threading"
KINDS = ("Semaphore", "BoundedSemaphore", "Event", "Barrier")


class Log:
    """A lock that notes what is done to it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.said: list[str] = []

    def acquire(self, *args: Any, **kwargs: Any) -> bool:
        self.said.append("acquire")
        return self.lock.acquire(*args, **kwargs)

    def release(self) -> None:
        self.said.append("release")
        self.lock.release()

    def locked(self) -> bool:  # 3.14's Condition takes it over
        return self.lock.locked()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *args: object) -> None:
        self.release()


def make(impl: ModuleType, kind: str) -> tuple[Any, Log]:
    one = getattr(impl, kind)(*{"Event": (), "Barrier": (2,)}.get(kind, (1,)))
    log = Log()
    one._cond = impl.Condition(log)
    return one, log


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_of_its_class(impl: ModuleType, kind: str) -> None:
    one, _ = make(impl, kind)
    cls = getattr(impl, kind)
    assert isinstance(one, cls)
    assert type(one).__name__ == kind
    assert repr(one).startswith(f"<{impl.__name__}.{kind} at ")


@pytest.mark.parametrize("kind", ["Semaphore", "BoundedSemaphore"])
def test_a_semaphore_waits_on_its_condition(impl: ModuleType, kind: str) -> None:
    semaphore, log = make(impl, kind)
    assert semaphore._value == 1
    assert semaphore.acquire()
    assert log.said[0] == "acquire"
    taking = Background(semaphore.acquire)
    wait_until(lambda: semaphore._cond._waiters)
    semaphore.release()
    assert taking.result()
    assert semaphore._value == 0
    assert not semaphore.acquire(blocking=False)
    semaphore.release()
    with semaphore:
        assert semaphore._value == 0
    if kind == "BoundedSemaphore":
        semaphore._initial_value = 2
        semaphore.release()
        with pytest.raises(ValueError, match="released too many times"):
            semaphore.release()


def test_an_event_waits_on_its_condition(impl: ModuleType) -> None:
    event, log = make(impl, "Event")
    assert not event.is_set()
    waiting = Background(event.wait)
    wait_until(lambda: event._cond._waiters)
    event.set()
    assert waiting.result()
    assert log.said
    assert event.is_set() and event._flag
    event.clear()
    assert not event.wait(0.001)


def test_an_event_that_was_set_stays_so(impl: ModuleType) -> None:
    event = impl.Event()
    event.set()
    event._cond = impl.Condition()
    assert event.wait(0)


def test_a_barrier_waits_on_its_condition(impl: ModuleType) -> None:
    said: list[str] = []
    barrier = impl.Barrier(2, lambda: said.append("action"), 20)
    log = Log()
    barrier._cond = impl.Condition(log)
    for _ in range(3):
        waiting = Background(barrier.wait)
        wait_until(lambda: barrier._cond._waiters)
        assert barrier.n_waiting == 1
        assert {barrier.wait(), waiting.result()} == {0, 1}
    assert said == ["action"] * 3
    assert log.said
    assert (barrier.parties, barrier.n_waiting, barrier.broken) == (2, 0, False)
    barrier.abort()
    with pytest.raises(impl.BrokenBarrierError):
        barrier.wait()
    barrier.reset()
    assert not barrier.broken


def test_a_waiter_is_woken_by_who_has_the_condition(impl: ModuleType) -> None:
    event, _ = make(impl, "Event")
    waiting = Background(lambda: event.wait(20))
    wait_until(lambda: event._cond._waiters)
    with event._cond:
        event._cond.notify_all()
    # As if it were set: the condition was told, whatever the flag is.
    assert waiting.result() is True


def test_a_subclass_is_given_one_too(impl: ModuleType) -> None:
    class Own(impl.Semaphore):  # type: ignore[misc,name-defined]
        def more(self) -> int:
            return int(self._value) + 1

    semaphore = Own(2)
    semaphore.note = "kept"
    log = Log()
    semaphore._cond = impl.Condition(log)
    assert semaphore.more() == 3
    with semaphore:
        assert semaphore.more() == 2
    assert log.said
    assert isinstance(semaphore, Own)
    assert semaphore.note == "kept"


@pytest.mark.differs(reason="not there until it is set")
@pytest.mark.parametrize("kind", ["Semaphore", "BoundedSemaphore", "Barrier"])
def test_a_condition_is_there_before_one_is_given(impl: ModuleType, kind: str) -> None:
    assert getattr(impl, kind)(2)._cond
