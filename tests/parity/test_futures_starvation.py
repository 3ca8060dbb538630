"""When a `ThreadPoolExecutor` starves, and when it only looks so.

Where plain Python does not hang, an executor of one worker runs one task at a time.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from tests.threads import WATCHDOG_SECONDS, Background, wait_until

MODULE = "concurrent.futures"


class _OneAtATime:
    """An executor of one worker, and how many of its tasks ran at once."""

    def __init__(self, impl: ModuleType) -> None:
        self.begun = 0
        self.executor: Any = impl.ThreadPoolExecutor(1, initializer=self._begin)
        self._busy = threading.Lock()

    def _begin(self) -> None:
        self.begun += 1

    def submit(self, call: Callable[..., Any], *args: Any) -> Any:
        return self.executor.submit(self._alone, call, *args)

    def _alone(self, call: Callable[..., Any], *args: Any) -> Any:
        assert self._busy.acquire(blocking=False), "two tasks at once"
        try:
            return call(*args)
        finally:
            self._busy.release()


@pytest.fixture
def single(impl: ModuleType) -> Iterator[_OneAtATime]:
    single = _OneAtATime(impl)
    with single.executor:
        yield single
    assert single.begun == 1
    assert len(single.executor._threads) == 1


Wait = Callable[[ModuleType, Any, Any], Any]

NO_STARVATION: dict[str, Wait] = {
    "result with a time-out": lambda m, own, _: own.exception(0.02),
    "wait with a time-out": lambda m, own, _: m.wait([own], 0.02),
    "as_completed with a time-out": lambda m, own, _: list(
        m.as_completed([own], timeout=0.02)
    ),
    "the first of two, one another's": lambda m, own, other: m.wait(
        [own, other], return_when="FIRST_COMPLETED"
    ),
    "the first that fails, one another's": lambda m, own, other: m.wait(
        [own, other], return_when="FIRST_EXCEPTION"
    ),
    "the next of two, one another's": lambda m, own, other: next(
        m.as_completed([own, other])
    ),
    "another's alone": lambda m, own, other: other.exception(),
}


@pytest.mark.parametrize("how", NO_STARVATION)
@pytest.mark.filterwarnings("error")
def test_a_wait_that_ends_by_itself_is_no_starvation(
    impl: ModuleType, single: _OneAtATime, how: str
) -> None:
    others = impl.Future()
    inner: list[Any] = []

    def outer() -> None:
        inner.append(single.submit(int))
        with contextlib.suppress(TimeoutError):
            NO_STARVATION[how](impl, inner[0], others)
        assert not inner[0].done()

    waiting = single.submit(outer)
    wait_until(lambda: inner or waiting.done())
    if how.endswith("time-out"):
        waiting.result(WATCHDOG_SECONDS)
    Background(others.set_exception, ValueError()).result()
    waiting.result(WATCHDOG_SECONDS)
    assert inner[0].result(WATCHDOG_SECONDS) == 0


@pytest.mark.filterwarnings("error")
def test_a_wait_through_an_event_is_no_proof(
    impl: ModuleType, single: _OneAtATime
) -> None:
    done = threading.Event()

    def outer() -> None:
        single.submit(int).add_done_callback(lambda _: done.set())
        done.wait(0.02)

    single.submit(outer).result(WATCHDOG_SECONDS)


@pytest.mark.filterwarnings("error")
def test_a_worker_that_works_is_no_starving_one(impl: ModuleType) -> None:
    gate = threading.Event()
    with impl.ThreadPoolExecutor(2, thread_name_prefix="two") as executor:
        busy = executor.submit(gate.wait, WATCHDOG_SECONDS)
        outer = executor.submit(lambda: executor.submit(int).result())
        wait_until(lambda: executor._work_queue.qsize() == 1)
        assert {t.name for t in executor._threads} == {"two_0", "two_1"}
        gate.set()
        assert outer.result(WATCHDOG_SECONDS) == 0
        assert busy.result(WATCHDOG_SECONDS)


@pytest.mark.filterwarnings("error")
def test_a_task_that_was_taken_out_is_somebody_elses(impl: ModuleType) -> None:
    with impl.ThreadPoolExecutor(1) as executor:
        submitted = threading.Event()
        taken = threading.Event()

        def outer() -> Any:
            inner = executor.submit(int)
            executor.submit(float)
            submitted.set()
            assert taken.wait(WATCHDOG_SECONDS)
            return inner.result()

        waiting = executor.submit(outer)
        assert submitted.wait(WATCHDOG_SECONDS)
        item = executor._work_queue.get_nowait()
        taken.set()
        wait_until(lambda: executor._work_queue.qsize() == 1)
        item.future.set_result(7)
        assert waiting.result(WATCHDOG_SECONDS) == 7
        assert len(executor._threads) == 1


PROVEN: dict[str, Wait] = {
    "result": lambda m, one, _: one.result(),
    "wait for all": lambda m, one, other: m.wait([one, other]),
    "wait for the first": lambda m, one, other: m.wait(
        [one, other], return_when="FIRST_COMPLETED"
    ),
    "as_completed": lambda m, one, other: list(m.as_completed([one, other])),
    "all, one another's": lambda m, one, other: m.wait([one, other, _of_now(m)]),
}


def _of_now(module: ModuleType) -> Any:
    """Return a future that is done soon after the waiting began."""
    future = module.Future()
    timer = threading.Timer(0.001, future.set_result, (None,))
    timer.start()
    return future


@pytest.mark.parametrize("how", PROVEN)
def test_a_wait_that_only_the_queue_can_end_has_a_spare_worker(
    ours: ModuleType, how: str
) -> None:
    with ours.ThreadPoolExecutor(1, thread_name_prefix="proof") as executor:

        def outer() -> list[str]:
            def name() -> str:
                return threading.current_thread().name

            inner = [executor.submit(name) for _ in range(2)]
            PROVEN[how](ours, *inner)
            return [name(), inner[0].result()]

        with pytest.warns(RuntimeWarning, match="every worker of proof waits"):
            names = executor.submit(outer).result(WATCHDOG_SECONDS)
        assert names == ["proof_0", "proof_1"]


@pytest.mark.filterwarnings("ignore:every worker of")
def test_a_chain_of_workers_that_wait_for_each_other_has_one(ours: ModuleType) -> None:
    with ours.ThreadPoolExecutor(2) as executor:

        def call(depth: int) -> int:
            if depth == 0:
                return 0
            return 1 + int(executor.submit(call, depth - 1).result())

        assert executor.submit(call, 5).result(WATCHDOG_SECONDS) == 5
