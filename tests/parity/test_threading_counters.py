"""Semaphore, BoundedSemaphore and Event."""

import copy
import math
import pickle
import weakref
from types import ModuleType
from typing import Any

import pytest

from tests.threads import Background

MODULE = "threading"
both = pytest.mark.parametrize("kind", ["Semaphore", "BoundedSemaphore"])


@both
def test_permits_are_counted(impl: ModuleType, kind: str) -> None:
    semaphore = getattr(impl, kind)(2)
    assert semaphore._value == 2
    assert semaphore.acquire() is True
    assert semaphore.acquire(blocking=False) is True
    assert semaphore.acquire(False) is False
    assert semaphore.acquire(timeout=0.001) is False
    assert semaphore._value == 0
    assert semaphore.release() is None
    assert semaphore.acquire(timeout=None) is True
    semaphore.release(n=2)
    assert semaphore._value == 2


@both
def test_the_first_value(impl: ModuleType, kind: str) -> None:
    assert getattr(impl, kind)()._value == 1
    assert getattr(impl, kind)(True)._value == 1
    assert getattr(impl, kind)(value=0)._value == 0
    with pytest.raises(ValueError, match=r"^semaphore initial value must be >= 0$"):
        getattr(impl, kind)(-1)
    wrongs: tuple[Any, ...] = ("a", None, [])
    for wrong in wrongs:
        with pytest.raises(TypeError):
            getattr(impl, kind)(wrong)


@pytest.mark.parametrize("value", [1.0, 1.5, math.inf])
def test_permits_may_be_fractions(impl: ModuleType, value: float) -> None:
    assert impl.Semaphore(value)._value == value


@pytest.mark.parametrize("n", [0, -1, -(2**70), 0.5])
def test_a_release_gives_back_at_least_one(impl: ModuleType, n: Any) -> None:
    semaphore = impl.Semaphore(1)
    with pytest.raises(ValueError, match=r"^n must be one or more$"):
        semaphore.release(n)
    assert semaphore._value == 1


@pytest.mark.parametrize("n", [None, "a", []])
def test_a_release_of_no_number(impl: ModuleType, n: Any) -> None:
    semaphore = impl.Semaphore(1)
    with pytest.raises(TypeError, match=r"^'<' not supported between instances of"):
        semaphore.release(n)
    assert semaphore._value == 1


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_a_release_of_many_wakes_as_many(impl: ModuleType, n: int) -> None:
    semaphore = impl.Semaphore(0)
    waiters = [Background(semaphore.acquire).parked() for _ in range(3)]
    semaphore.release(n)
    for waiter in waiters[n:]:
        assert waiter.parked().thread.is_alive()
    semaphore.release(3)
    assert [waiter.result() for waiter in waiters] == [True] * 3
    assert semaphore._value == n


def test_a_bounded_semaphore_refuses_more_than_it_had(impl: ModuleType) -> None:
    semaphore = impl.BoundedSemaphore(2)
    assert semaphore._initial_value == 2
    for n in (1, 2, 3):
        with pytest.raises(ValueError, match=r"^Semaphore released too many times$"):
            semaphore.release(n)
    semaphore.acquire()
    with pytest.raises(ValueError, match=r"^Semaphore released too many times$"):
        semaphore.release(2)
    semaphore.release()
    assert semaphore._value == 2


def test_a_semaphore_grows(impl: ModuleType) -> None:
    semaphore = impl.Semaphore(0)
    semaphore.release(1000)
    assert semaphore._value == 1000


@both
@pytest.mark.parametrize("timeout", [0, 1, 0.5, "x", -1])
def test_no_timeout_without_blocking(impl: ModuleType, kind: str, timeout: Any) -> None:
    words = r"^can't specify timeout for non-blocking acquire$"
    with pytest.raises(ValueError, match=words):
        getattr(impl, kind)().acquire(False, timeout)


@pytest.mark.parametrize("timeout", [0, 0.0, -1, -0.5, -math.inf, 0.001])
def test_timeouts_of_a_semaphore(impl: ModuleType, timeout: float) -> None:
    assert impl.Semaphore(0).acquire(timeout=timeout) is False
    assert impl.Semaphore(1).acquire(timeout=timeout) is True


@pytest.mark.parametrize(
    ("timeout", "error"),
    [(math.inf, OverflowError), (1e10, OverflowError), ("1", TypeError)],
)
def test_timeouts_that_matter_only_when_there_is_a_wait(
    impl: ModuleType, timeout: Any, error: type[Exception]
) -> None:
    assert impl.Semaphore(1).acquire(timeout=timeout) is True
    semaphore = impl.Semaphore(0)
    with pytest.raises(error):
        semaphore.acquire(timeout=timeout)
    semaphore.release()
    assert semaphore.acquire(False) is True


@both
def test_a_semaphore_as_a_context_manager(impl: ModuleType, kind: str) -> None:
    semaphore = getattr(impl, kind)(1)
    with semaphore as entered:
        assert entered is True
        assert semaphore._value == 0
    with pytest.raises(KeyError), semaphore:
        raise KeyError
    assert semaphore._value == 1


@both
def test_with_uses_the_release_of_a_subclass(impl: ModuleType, kind: str) -> None:
    class Noting(getattr(impl, kind)):  # type: ignore[misc]
        def __init__(self, name: str) -> None:
            super().__init__(3)
            self.calls = [name]

        def release(self, n: int = 1) -> None:
            self.calls.append("release")
            super().release(n)

    semaphore = Noting("one")
    with semaphore:
        assert semaphore._value == 2
    assert semaphore.calls == ["one", "release"]
    assert semaphore._value == 3


@both
def test_a_semaphore_that_is_begun_again(impl: ModuleType, kind: str) -> None:
    semaphore = getattr(impl, kind)(1)
    semaphore.__init__(4)
    assert semaphore._value == 4


@both
def test_repr_of_a_semaphore(impl: ModuleType, kind: str) -> None:
    semaphore = getattr(impl, kind)(3)
    semaphore.acquire()
    bound = "/3" if kind == "BoundedSemaphore" else ""
    place = f"{impl.__name__}.{kind} at {id(semaphore):#x}"
    assert repr(semaphore) == f"<{place}: value=2{bound}>"


def test_permits_pass_through_many_hands(impl: ModuleType) -> None:
    semaphore = impl.Semaphore(2)
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        for _ in range(300):
            with semaphore:
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    for worker in [Background(work) for _ in range(6)]:
        worker.result()
    assert len(most) == 1800
    assert max(most) <= 2
    assert semaphore._value == 2


def test_an_event_is_set_and_cleared(impl: ModuleType) -> None:
    event = impl.Event()
    assert event.is_set() is False
    assert event.wait(0) is False
    for _ in range(2):
        assert event.set() is None
        assert event.is_set() is True
        assert event.wait() is True
    for _ in range(2):
        assert event.clear() is None
        assert event.wait(0.001) is False


def test_set_wakes_everybody(impl: ModuleType) -> None:
    event = impl.Event()
    waiters = [Background(event.wait, t).parked() for t in (None, 1000, 1000.0)]
    event.set()
    assert [waiter.result() for waiter in waiters] == [True] * 3


def test_whoever_waited_has_seen_a_flag_that_is_cleared_at_once(
    impl: ModuleType,
) -> None:
    event = impl.Event()
    for _ in range(20):
        waiters = [Background(event.wait).parked() for _ in range(2)]
        event.set()
        event.clear()
        assert [waiter.result() for waiter in waiters] == [True] * 2
    assert not event.is_set()


@pytest.mark.parametrize("timeout", [0, 0.0, -1, -0.5, -math.inf, 0.001])
def test_timeouts_of_an_event(impl: ModuleType, timeout: float) -> None:
    event = impl.Event()
    assert event.wait(timeout) is False
    event.set()
    assert event.wait(timeout) is True


@pytest.mark.parametrize(
    ("timeout", "error"),
    [(math.inf, OverflowError), (2**100, OverflowError), ("1", TypeError)],
)
def test_timeouts_that_matter_only_while_it_is_not_set(
    impl: ModuleType, timeout: Any, error: type[Exception]
) -> None:
    event = impl.Event()
    with pytest.raises(error):
        event.wait(timeout)
    event.set()
    assert event.wait(timeout) is True


def test_the_old_name_of_is_set(impl: ModuleType) -> None:
    event = impl.Event()
    words = r"^isSet\(\) is deprecated, use is_set\(\) instead$"
    with pytest.warns(DeprecationWarning, match=words) as caught:
        assert event.isSet() is False
    assert caught[0].filename == __file__


def test_repr_of_an_event(impl: ModuleType) -> None:
    event = impl.Event()
    place = f"{impl.__name__}.Event at {id(event):#x}"
    assert repr(event) == f"<{place}: unset>"
    event.set()
    assert repr(event) == f"<{place}: set>"


def test_private_names_of_an_event(impl: ModuleType) -> None:
    event = impl.Event()
    assert event._flag is False
    with event._cond:
        event._cond.notify_all()
    event.set()
    assert event._flag is True
    event._at_fork_reinit()
    assert event.is_set()


def test_the_flag_may_be_written(impl: ModuleType) -> None:
    event = impl.Event()
    event._flag = True
    assert event.is_set()


def test_a_subclass_of_event(impl: ModuleType) -> None:
    class Carrying(impl.Event):  # type: ignore[misc, name-defined]
        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

        def set(self, value: object = None) -> None:
            self.value = value
            super().set()

    event = Carrying("one")
    waiter = Background(event.wait).parked()
    event.set(5)
    assert waiter.result() is True
    assert (event.name, event.value) == ("one", 5)


MAKE = [("Event", ()), ("Semaphore", ()), ("Condition", ()), ("Barrier", (2,))]
of_each = pytest.mark.parametrize(("kind", "arguments"), MAKE)


@of_each
def test_objects_with_locks_inside_are_not_pickled(
    impl: ModuleType, kind: str, arguments: tuple[int, ...]
) -> None:
    one = getattr(impl, kind)(*arguments)
    for call in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match=r"^cannot pickle '.*' object(\n|$)"):
            call(one)


@pytest.mark.differs(reason="a half-copy is refused")
@of_each
def test_a_shallow_copy_shares_what_is_inside(
    impl: ModuleType, kind: str, arguments: tuple[int, ...]
) -> None:
    copy.copy(getattr(impl, kind)(*arguments))


@of_each
def test_as_objects(impl: ModuleType, kind: str, arguments: tuple[int, ...]) -> None:
    one, other = (getattr(impl, kind)(*arguments) for _ in range(2))
    assert one == one and one != other and len({one, other}) == 2 and bool(one)
    one.name = "free to use"
    reference = weakref.ref(one)
    assert reference() is one
    del one
    assert reference() is None
