"""Barrier: who passes, who acts, how it breaks."""

import math
import sys
from types import ModuleType
from typing import Any

import pytest

from tests.threads import Background, wait_until

MODULE = "threading"


def meet(barrier: Any, parties: int) -> list[int]:
    """What wait() returns to each of so many threads."""
    threads = [Background(barrier.wait) for _ in range(parties)]
    return sorted(thread.result() for thread in threads)


def test_every_party_has_its_own_index(impl: ModuleType) -> None:
    barrier = impl.Barrier(3)
    for _ in range(5):
        assert meet(barrier, 3) == [0, 1, 2]
    assert (barrier.parties, barrier.n_waiting, barrier.broken) == (3, 0, False)


def test_the_last_to_come_acts_once(impl: ModuleType) -> None:
    calls: list[int] = []
    barrier: Any = impl.Barrier(3, action=lambda: calls.append(barrier.n_waiting))
    first = [Background(barrier.wait).parked() for _ in range(2)]
    assert barrier.n_waiting == 2
    assert calls == []
    assert barrier.wait() == 2
    assert sorted(one.result() for one in first) == [0, 1]
    assert len(calls) == 1


def test_an_action_that_fails_breaks_the_barrier(impl: ModuleType) -> None:
    barrier = impl.Barrier(2, lambda: 1 // 0)
    other = Background(barrier.wait).parked()
    with pytest.raises(ZeroDivisionError):
        barrier.wait()
    with pytest.raises(impl.BrokenBarrierError):
        other.result()
    assert barrier.broken is True
    with pytest.raises(impl.BrokenBarrierError):
        barrier.wait()


def test_abort(impl: ModuleType) -> None:
    barrier = impl.Barrier(3)
    others = [Background(barrier.wait).parked() for _ in range(2)]
    assert barrier.abort() is None
    for other in others:
        with pytest.raises(impl.BrokenBarrierError):
            other.result()
    assert (barrier.broken, barrier.n_waiting) == (True, 0)
    with pytest.raises(impl.BrokenBarrierError):
        barrier.wait(0)
    assert barrier.reset() is None
    assert barrier.broken is False
    assert meet(barrier, 3) == [0, 1, 2]


def test_reset_sends_the_waiters_away(impl: ModuleType) -> None:
    barrier = impl.Barrier(3)
    others = [Background(barrier.wait).parked() for _ in range(2)]
    barrier.reset()
    for other in others:
        with pytest.raises(impl.BrokenBarrierError):
            other.result()
    assert (barrier.broken, barrier.n_waiting) == (False, 0)
    assert meet(barrier, 3) == [0, 1, 2]


@pytest.mark.parametrize("timeout", [0, 0.0, -1, -0.5, 0.001])
def test_a_timeout_breaks_the_barrier(impl: ModuleType, timeout: float) -> None:
    barrier = impl.Barrier(3)
    other = Background(barrier.wait).parked()
    with pytest.raises(impl.BrokenBarrierError) as caught:
        barrier.wait(timeout)
    assert caught.value.args == ()
    with pytest.raises(impl.BrokenBarrierError):
        other.result()
    assert barrier.broken is True


@pytest.mark.parametrize("timeout", [0, -1, 0.001, math.inf, math.nan, 2**100])
def test_a_timeout_of_the_last_to_come_does_not_matter(
    impl: ModuleType, timeout: float
) -> None:
    barrier = impl.Barrier(2)
    other = Background(barrier.wait).parked()
    assert barrier.wait(timeout) == 1
    assert other.result() == 0


def test_the_default_timeout(impl: ModuleType) -> None:
    barrier = impl.Barrier(2, timeout=0.001)
    for arguments in [(), (None,)]:
        barrier.reset()
        with pytest.raises(impl.BrokenBarrierError):
            barrier.wait(*arguments)
    barrier.reset()
    other = Background(barrier.wait, 1000).parked()
    assert barrier.wait() == 1
    assert other.result() == 0


def test_one_party_never_waits(impl: ModuleType) -> None:
    calls: list[int] = []
    barrier = impl.Barrier(1, lambda: calls.append(1))
    assert [barrier.wait(), barrier.wait(0)] == [0, 0]
    assert calls == [1, 1]


@pytest.mark.skipif(sys.version_info < (3, 13), reason="refused from 3.13 on")
@pytest.mark.parametrize("parties", [0, -1])
def test_a_barrier_for_nobody_is_refused(impl: ModuleType, parties: int) -> None:
    with pytest.raises(ValueError, match=r"^parties must be (> 0|>= 1)$"):
        impl.Barrier(parties)


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="refused from 3.13 on")
def test_a_barrier_for_nobody(impl: ModuleType) -> None:
    barrier = impl.Barrier(0)
    assert barrier.parties == 0
    with pytest.raises(impl.BrokenBarrierError):
        barrier.wait(0.001)


@pytest.mark.parametrize("parties", [1.5, 2.0, 2**70])
def test_parties_may_be_any_number(impl: ModuleType, parties: Any) -> None:
    assert impl.Barrier(parties).parties == parties


def test_repr_of_a_barrier(impl: ModuleType) -> None:
    barrier = impl.Barrier(2)
    place = f"{impl.__name__}.Barrier at {id(barrier):#x}"
    assert repr(barrier) == f"<{place}: waiters=0/2>"
    other = Background(barrier.wait).parked()
    assert repr(barrier) == f"<{place}: waiters=1/2>"
    barrier.abort()
    assert repr(barrier) == f"<{place}: broken>"
    with pytest.raises(impl.BrokenBarrierError):
        other.result()


def test_what_it_tells_cannot_be_written(impl: ModuleType) -> None:
    barrier = impl.Barrier(2)
    for name in ("parties", "n_waiting", "broken"):
        with pytest.raises(AttributeError):
            setattr(barrier, name, 1)


def test_a_subclass_of_barrier(impl: ModuleType) -> None:
    class Counting(impl.Barrier):  # type: ignore[misc, name-defined]
        rounds = 0

        def __init__(self, name: str) -> None:
            super().__init__(2, self.act)
            self.name = name

        def act(self) -> None:
            self.rounds += 1

        def wait(self, timeout: float | None = None) -> str:
            return f"{self.name}{super().wait(timeout)}"

    barrier = Counting("one")
    other = Background(barrier.wait).parked()
    assert barrier.wait() == "one1"
    assert other.result() == "one0"
    assert barrier.rounds == 1


def test_the_error_is_the_standard_librarys(
    ours: ModuleType, theirs: ModuleType
) -> None:
    assert ours.BrokenBarrierError is theirs.BrokenBarrierError
    assert issubclass(ours.BrokenBarrierError, RuntimeError)


def test_a_party_may_come_back_at_once(impl: ModuleType) -> None:
    barrier = impl.Barrier(3)
    rounds: list[int] = []

    def run() -> None:
        for _ in range(200):
            rounds.append(barrier.wait())

    for worker in [Background(run) for _ in range(3)]:
        worker.result()
    assert [rounds.count(index) for index in range(3)] == [200] * 3
    wait_until(lambda: barrier.n_waiting == 0)


class Box:
    """State of a barrier that is kept elsewhere, as multiprocessing keeps it."""

    count = 0
    state = 0


def elsewhere(impl: ModuleType) -> Any:
    """A class like multiprocessing.Barrier: its own state, and no __init__()."""

    class Elsewhere(impl.Barrier):  # type: ignore[misc, name-defined]
        def __init__(self, parties: int, action: Any = None) -> None:
            self.__setstate__((parties, action, None, impl.Condition(), Box()))

        def __setstate__(self, state: Any) -> None:
            self._parties, self._action, self._timeout, self._cond, self._box = state

        @property
        def _state(self) -> Any:
            return self._box.state

        @_state.setter
        def _state(self, value: int) -> None:
            self._box.state = value

        @property
        def _count(self) -> Any:
            return self._box.count

        @_count.setter
        def _count(self, value: int) -> None:
            self._box.count = value

    return Elsewhere


def test_a_subclass_keeps_its_state_elsewhere(impl: ModuleType) -> None:
    calls: list[int] = []
    barrier: Any = elsewhere(impl)(3, lambda: calls.append(barrier._box.count))
    for _ in range(3):
        assert meet(barrier, 3) == [0, 1, 2]
    assert calls == [3, 3, 3]
    assert (barrier.parties, barrier.n_waiting, barrier.broken) == (3, 0, False)
    waits = Background(barrier.wait).parked()
    assert (barrier.n_waiting, barrier._box.count) == (1, 1)
    barrier.abort()
    with pytest.raises(impl.BrokenBarrierError):
        waits.result()
    assert (barrier.broken, barrier._box.state) == (True, -2)
    assert "broken" in repr(barrier)
    barrier.reset()
    assert (barrier.broken, barrier._box.state) == (False, 0)


def test_the_steps_of_a_subclass_are_called(impl: ModuleType) -> None:
    calls: list[str] = []

    class Told(impl.Barrier):  # type: ignore[misc, name-defined]
        def _enter(self) -> None:
            calls.append("enter")
            super()._enter()

        def _release(self) -> None:
            calls.append("release")
            super()._release()

        def _exit(self) -> None:
            calls.append("exit")
            super()._exit()

        def _break(self) -> None:
            calls.append("break")
            super()._break()

    assert meet(Told(2), 2) == [0, 1]
    assert sorted(calls) == ["enter", "enter", "exit", "exit", "release"]
    failing = Told(1, lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        failing.wait()
    assert calls[5:] == ["enter", "release", "break", "exit"]
    assert failing.broken


def test_a_subclass_that_sets_nothing_has_no_barrier(impl: ModuleType) -> None:
    class Empty(impl.Barrier):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            pass

    with pytest.raises(AttributeError):
        Empty().wait()
    with pytest.raises(AttributeError):
        Empty().reset()


def test_what_a_barrier_knows_can_be_looked_at(impl: ModuleType) -> None:
    barrier = impl.Barrier(2)
    assert (barrier._parties, barrier._count, barrier._state) == (2, 0, 0)
    other = Background(barrier.wait).parked()
    assert (barrier._parties, barrier._count, barrier._state) == (2, 1, 0)
    barrier.abort()
    with pytest.raises(impl.BrokenBarrierError):
        other.result()
    assert barrier._state == -2
