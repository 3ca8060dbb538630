"""Methods of a program's own, in a subclass of Future or on one; odd arguments."""

import queue
import threading
import traceback
from types import ModuleType
from typing import Any

import pytest

from tests.threads import WATCHDOG_SECONDS, Background, wait_until

MODULE = "concurrent.futures"


def _finish(future: Any, how: str) -> None:
    if how == "set_result":
        future.set_result(1)
    elif how == "set_exception":
        future.set_exception(ValueError())
    else:
        assert future.cancel()


@pytest.mark.parametrize("how", ["set_result", "set_exception", "cancel"])
def test_callbacks_are_invoked_as_the_subclass_says(impl: ModuleType, how: str) -> None:
    calls: list[Any] = []

    class Own(impl.Future):  # type: ignore[name-defined, misc]
        def _invoke_callbacks(self) -> None:
            calls.append("invoked")
            super()._invoke_callbacks()

    future = Own()
    future.add_done_callback(lambda _: calls.append("called"))
    _finish(future, how)
    assert calls == ["invoked", "called"]


@pytest.mark.parametrize("how", ["set_result", "set_exception", "cancel"])
def test_callbacks_are_invoked_as_one_future_says(impl: ModuleType, how: str) -> None:
    calls: list[Any] = []
    future = impl.Future()
    future.add_done_callback(lambda _: calls.append("called"))
    future._invoke_callbacks = lambda: calls.append("invoked")
    _finish(future, how)
    assert calls == ["invoked"]


@pytest.mark.parametrize("method", ["set_result", "set_exception"])
def test_a_worker_calls_what_is_set_on_the_future(
    impl: ModuleType, method: str
) -> None:
    gate = threading.Event()

    def work() -> None:
        assert gate.wait(WATCHDOG_SECONDS)
        if method == "set_exception":
            raise ValueError

    with impl.ThreadPoolExecutor(1) as executor:
        future = executor.submit(work)
        real = getattr(future, method)
        calls: list[Any] = []

        def own(outcome: Any) -> None:
            calls.append(outcome)
            real(outcome)

        setattr(future, method, own)
        gate.set()
        future.exception(WATCHDOG_SECONDS)
    assert len(calls) == 1


def test_map_asks_the_futures_that_submit_returns(impl: ModuleType) -> None:
    class Own(impl.Future):  # type: ignore[name-defined, misc]
        def result(self, timeout: float | None = None) -> Any:
            return "own", super().result(timeout)

    class Executor(impl.ThreadPoolExecutor):  # type: ignore[name-defined, misc]
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
            future = Own()
            future.set_result(fn(*args, **kwargs))
            return future

    with Executor(1) as executor:
        assert list(executor.map(abs, [-1])) == [("own", 1)]


def test_the_error_of_a_built_in_has_a_traceback(
    theirs: ModuleType, ours: ModuleType
) -> None:
    def frames(impl: ModuleType) -> list[str]:
        with impl.ThreadPoolExecutor(1) as executor:
            error = executor.submit(int, "x").exception()
        assert isinstance(error, ValueError)
        assert error.__context__ is None
        return [frame.name for frame in traceback.extract_tb(error.__traceback__)]

    expected = frames(theirs)
    assert frames(ours) == expected
    assert expected[0] == "run"


@pytest.mark.parametrize("most", [float("inf"), 10**20, 1.5, True])
def test_any_number_may_limit_the_workers(impl: ModuleType, most: Any) -> None:
    with impl.ThreadPoolExecutor(most) as executor:
        assert executor._max_workers == most
        assert executor.submit(abs, -1).result(WATCHDOG_SECONDS) == 1


def test_what_is_queued_can_be_taken_out_and_run(impl: ModuleType) -> None:
    gate = threading.Event()
    with impl.ThreadPoolExecutor(1) as executor:
        # Where workers have contexts, a call is run in one.
        makes = hasattr(executor, "_create_worker_context")
        context = [executor._create_worker_context()] if makes else []
        wait_until(executor.submit(gate.wait, WATCHDOG_SECONDS).running)
        work = executor._work_queue
        futures = [executor.submit(abs, -n) for n in range(4)]
        failing = executor.submit(int, "x")
        items = [work.get_nowait(), work.get(), work.get(timeout=5), work.get(block=0)]
        for item in items:
            item.run(*context)
        assert [future.result(0) for future in futures] == [0, 1, 2, 3]
        item = work.get(True, 5)
        item.run(*context)
        assert isinstance(failing.exception(0), ValueError)
        with pytest.raises(queue.Empty):
            work.get(timeout=0.001)
        with pytest.raises(queue.Empty):
            work.get_nowait()
        taking = Background(work.get).parked()
        late = executor.submit(abs, -7)
        taken = taking.result()
        assert taken.future is late
        work.put_nowait(taken)
        gate.set()
        assert late.result(WATCHDOG_SECONDS) == 7
