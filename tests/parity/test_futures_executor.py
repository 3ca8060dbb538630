"""`ThreadPoolExecutor`: workers, shut-down, and what programs reach for by name."""

import asyncio
import concurrent.futures
import contextvars
import logging
import queue
import threading
import weakref
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from tests.scripts import run
from tests.threads import WATCHDOG_SECONDS, wait_until

MODULE = "concurrent.futures"


def test_arguments_arrive(impl: ModuleType) -> None:
    def call(*args: Any, **kwargs: Any) -> Any:
        return args, kwargs

    with impl.ThreadPoolExecutor(1) as executor:
        assert executor.submit(call, 1, self=2, fn=3).result() == (
            (1,),
            {"self": 2, "fn": 3},
        )
        with pytest.raises(TypeError):
            executor.submit()


@pytest.mark.parametrize("error", [ValueError, SystemExit, KeyboardInterrupt])
def test_whatever_a_task_raises_is_its_result(
    impl: ModuleType, error: type[BaseException]
) -> None:
    def fail() -> None:
        raise error("mine")

    with impl.ThreadPoolExecutor(1) as executor:
        found = executor.submit(fail).exception()
        assert type(found) is error and found.args == ("mine",)
        assert executor.submit(int).result() == 0


def _stop(number: int) -> int:
    if number == 2:
        raise StopIteration(number)
    return number


@pytest.mark.parametrize("options", [{}, {"timeout": WATCHDOG_SECONDS}])
def test_stop_iteration_in_a_task_does_not_end_the_results(
    impl: ModuleType, options: dict[str, Any]
) -> None:
    with impl.ThreadPoolExecutor(1) as executor:
        results = executor.map(_stop, range(4), **options)
        assert [next(results), next(results)] == [0, 1]
        with pytest.raises(
            RuntimeError, match="generator raised StopIteration"
        ) as told:
            next(results)
        assert isinstance(told.value.__cause__, StopIteration)
        assert told.value.__context__ is told.value.__cause__
        assert list(results) == []


def test_workers_are_started_as_needed(impl: ModuleType) -> None:
    gate = threading.Event()
    with impl.ThreadPoolExecutor(3, thread_name_prefix="w") as executor:
        assert len(executor._threads) == 0
        for _ in range(5):
            executor.submit(gate.wait, WATCHDOG_SECONDS)
        assert sorted(t.name for t in executor._threads) == ["w_0", "w_1", "w_2"]
        assert all(type(t) is threading.Thread for t in executor._threads)
        assert executor._work_queue.qsize() == 2
        gate.set()


def test_an_idle_worker_is_used_again(impl: ModuleType) -> None:
    with impl.ThreadPoolExecutor(5) as executor:
        for _ in range(20):
            executor.submit(int).result()
            wait_until(lambda: executor._idle_semaphore._value > 0)
        assert len(executor._threads) == 1


def test_the_initializer_runs_in_each_worker(impl: ModuleType) -> None:
    own = threading.local()

    def begin(value: int) -> None:
        own.value = value

    with impl.ThreadPoolExecutor(2, initializer=begin, initargs=(7,)) as executor:
        values = executor.map(lambda _: own.value, range(20))
        assert set(values) == {7}


def test_a_failed_initializer_breaks_the_pool(
    impl: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    gate = threading.Event()

    def begin() -> None:
        gate.wait(WATCHDOG_SECONDS)
        raise ValueError("no good")

    executor = impl.ThreadPoolExecutor(1, initializer=begin)
    with caplog.at_level(logging.CRITICAL, "concurrent.futures"):
        futures = [executor.submit(int) for _ in range(3)]
        gate.set()
        for future in futures:
            with pytest.raises(
                impl.BrokenExecutor, match="A thread initializer failed"
            ):
                future.result()
    assert "no good" in caplog.text
    with pytest.raises(impl.BrokenExecutor):
        executor.submit(int)
    assert "initializer" in executor._broken
    executor.shutdown()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [((0,), ValueError), ((-1,), ValueError), ((1, "", 5), TypeError)],
)
def test_arguments_that_are_refused(
    impl: ModuleType, arguments: tuple[Any, ...], error: type[Exception]
) -> None:
    with pytest.raises(error):
        impl.ThreadPoolExecutor(*arguments)


def test_shutdown_runs_what_is_queued(impl: ModuleType) -> None:
    executor = impl.ThreadPoolExecutor(2)
    done: list[int] = []
    for number in range(50):
        executor.submit(done.append, number)
    executor.shutdown()
    assert sorted(done) == list(range(50))
    with pytest.raises(RuntimeError, match=r"^cannot schedule new futures after shutd"):
        executor.submit(int)
    executor.shutdown()


def test_shutdown_cancels_what_is_queued(impl: ModuleType) -> None:
    gate = threading.Event()
    executor = impl.ThreadPoolExecutor(1)
    first = executor.submit(gate.wait, WATCHDOG_SECONDS)
    wait_until(first.running)
    rest = [executor.submit(int) for _ in range(5)]
    executor.shutdown(wait=False, cancel_futures=True)
    assert all(future.cancelled() for future in rest)
    gate.set()
    executor.shutdown()
    assert first.result() is True


def test_an_executor_that_is_gone_finishes_its_work(impl: ModuleType) -> None:
    executor = impl.ThreadPoolExecutor(2)
    futures = [executor.submit(pow, 2, n) for n in range(20)]
    threads = list(executor._threads)
    gone = weakref.ref(executor)
    del executor
    assert gone() is None
    for thread in threads:
        thread.join(WATCHDOG_SECONDS)
        assert not thread.is_alive()
    assert [future.result() for future in futures] == [2**n for n in range(20)]


def test_a_cancelled_task_is_not_run(impl: ModuleType) -> None:
    gate = threading.Event()
    ran: list[int] = []
    with impl.ThreadPoolExecutor(1) as executor:
        wait_until(executor.submit(gate.wait, WATCHDOG_SECONDS).running)
        futures = [executor.submit(ran.append, n) for n in range(4)]
        assert futures[1].cancel()
        gate.set()
    assert ran == [0, 2, 3]
    assert impl.wait(futures, 0).done == set(futures)


def test_map_is_eager_and_in_order(impl: ModuleType) -> None:
    read: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(5):
            read.append(number)
            yield number

    with impl.ThreadPoolExecutor(2) as executor:
        results = executor.map(pow, numbers(), [2] * 9)
        assert read == [0, 1, 2, 3, 4]
        assert list(results) == [0, 1, 4, 9, 16]


def test_map_that_is_given_up_cancels_the_rest(impl: ModuleType) -> None:
    gate, ran = threading.Event(), []

    def work(number: int) -> None:
        if number == 1:
            gate.wait(WATCHDOG_SECONDS)
        ran.append(number)

    with impl.ThreadPoolExecutor(1) as executor:
        results = executor.map(work, range(5), timeout=WATCHDOG_SECONDS)
        next(results)
        results.close()
        gate.set()
    assert ran in ([0], [0, 1])


def test_map_runs_out_of_time(impl: ModuleType) -> None:
    gate = threading.Event()
    with impl.ThreadPoolExecutor(1) as executor:
        results = executor.map(lambda _: gate.wait(WATCHDOG_SECONDS), [1], timeout=0)
        with pytest.raises(impl.TimeoutError):
            next(results)
        gate.set()


def test_map_raises_and_goes_no_further(impl: ModuleType) -> None:
    with impl.ThreadPoolExecutor(1) as executor:
        results = executor.map(divmod, [1, 1, 1], [1, 0, 1])
        assert next(results) == (1, 0)
        with pytest.raises(ZeroDivisionError):
            next(results)
        assert list(results) == []


def test_submit_is_what_map_of_a_subclass_uses(impl: ModuleType) -> None:
    class Counting(impl.ThreadPoolExecutor):  # type: ignore[misc, name-defined]
        count = 0

        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
            self.count += 1
            return super().submit(fn, *args, **kwargs)

    with Counting(2) as executor:
        assert list(executor.map(abs, [-1, -2])) == [1, 2]
        assert executor.count == 2


def test_a_subclass_that_starts_workers_itself(impl: ModuleType) -> None:
    class Late(impl.ThreadPoolExecutor):  # type: ignore[misc, name-defined]
        asked = 0

        def _adjust_thread_count(self) -> None:
            self.asked += 1
            super()._adjust_thread_count()

    with Late(2) as executor:
        assert list(executor.map(abs, [-1, -2, -3])) == [1, 2, 3]
        assert executor.asked == 3


def test_another_work_queue(impl: ModuleType) -> None:
    executor = impl.ThreadPoolExecutor(1)
    executor._work_queue = queue.Queue()
    assert [executor.submit(abs, -n).result() for n in range(3)] == [0, 1, 2]
    executor.shutdown()
    assert executor._shutdown


def test_a_work_item_in_the_queue(impl: ModuleType) -> None:
    gate = threading.Event()
    with impl.ThreadPoolExecutor(1) as executor:
        wait_until(executor.submit(gate.wait, WATCHDOG_SECONDS).running)
        future = executor.submit(pow, 2, 3)
        item = executor._work_queue.get_nowait()
        assert item.future == future
        task = getattr(item, "task", None) or (item.fn, item.args, item.kwargs)
        assert task == (pow, (2, 3), {})
        with pytest.raises(queue.Empty):
            executor._work_queue.get_nowait()
        executor._work_queue.put(item)
        gate.set()
        assert future.result() == 8


def test_the_number_of_workers_can_be_raised(impl: ModuleType) -> None:
    gate = threading.Event()
    with impl.ThreadPoolExecutor(1) as executor:
        executor._max_workers = 2
        for _ in range(3):
            executor.submit(gate.wait, WATCHDOG_SECONDS)
        assert len(executor._threads) == 2 and executor._max_workers == 2
        gate.set()


def test_workers_do_not_see_the_submitters_context(impl: ModuleType) -> None:
    variable = contextvars.ContextVar("variable", default=0)
    with impl.ThreadPoolExecutor(1) as executor:
        executor.submit(int).result()
        variable.set(1)
        assert executor.submit(variable.get).result() == 0


def test_asyncio_uses_it(impl: ModuleType) -> None:
    async def main() -> list[int]:
        loop = asyncio.get_running_loop()
        executor = impl.ThreadPoolExecutor(2)
        loop.set_default_executor(executor)
        first = await asyncio.to_thread(pow, 2, 2)
        calls = (loop.run_in_executor(executor, pow, 2, n) for n in range(3))
        return [first, *await asyncio.gather(*calls)]

    assert asyncio.run(main()) == [4, 1, 2, 4]


def test_it_is_an_executor_of_the_standard_library(impl: ModuleType) -> None:
    with impl.ThreadPoolExecutor(1) as executor:
        assert isinstance(executor, impl.Executor)
        assert isinstance(executor, concurrent.futures.ThreadPoolExecutor)


@pytest.mark.differs(reason="the worker goes on")
def test_a_callback_that_exits_costs_a_worker(impl: ModuleType) -> None:
    def leave(_: object) -> None:
        raise SystemExit

    logging.getLogger("concurrent.futures").disabled = True
    try:
        executor = impl.ThreadPoolExecutor(1)
        gate = threading.Event()
        future = executor.submit(gate.wait, WATCHDOG_SECONDS)
        future.add_done_callback(leave)
        gate.set()
        (thread,) = executor._threads
        future.result()
        thread.join(0.5)
        ended = not thread.is_alive()
        executor.shutdown(wait=False)
        assert ended
    finally:
        logging.getLogger("concurrent.futures").disabled = False


def test_what_is_queued_is_run_at_exit(impl: ModuleType) -> None:
    out = run(
        impl,
        """
        executor = queue.ThreadPoolExecutor(2)
        for number in range(20):
            executor.submit(say, number)
        executor.submit(time.sleep, 0.05)
        executor.submit(say, "last")
        del executor
        """,
    )
    assert sorted(out.split()) == sorted([*map(str, range(20)), "last"])


def test_submit_after_exit_began(impl: ModuleType) -> None:
    out = run(
        impl,
        """
        import atexit
        executor = queue.ThreadPoolExecutor(1)
        @atexit.register
        def late():
            for one in (executor, queue.ThreadPoolExecutor(1)):
                try:
                    one.submit(int)
                except RuntimeError as error:
                    say(error)
        executor.submit(int).result()
        """,
    )
    lines = out.splitlines()
    assert len(lines) == 2
    assert all(one.startswith("cannot schedule new futures after") for one in lines)


def test_an_executor_that_has_no_threads_works_in_a_forked_child(
    impl: ModuleType,
) -> None:
    out = run(
        impl,
        """
        executor = queue.ThreadPoolExecutor(1)
        if child := os.fork():
            os.waitpid(child, 0)
            say(executor.submit(pow, 2, 2).result())
        else:
            say(executor.submit(pow, 2, 3).result())
        """,
    )
    assert out == "8\n4\n"
