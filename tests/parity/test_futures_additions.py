"""What ropewalk's executors have besides; and where the standard library would hang."""

import contextvars
import queue
import threading
from types import ModuleType
from typing import Any

import pytest

from tests.scripts import run
from tests.threads import WATCHDOG_SECONDS, Background, wait_until

MODULE = "concurrent.futures"


def _busy(executor: Any) -> threading.Event:
    """Keep the one worker at work until the event is set."""
    gate = threading.Event()
    wait_until(executor.submit(gate.wait, WATCHDOG_SECONDS).running)
    return gate


def test_nested_submits_do_not_starve(ours: ModuleType) -> None:
    with ours.ThreadPoolExecutor(2, thread_name_prefix="tight") as executor:
        both = threading.Barrier(2)

        def outer(number: int) -> int:
            both.wait(WATCHDOG_SECONDS)
            inner = executor.submit(pow, number, 2)
            return int(inner.result()) + 1

        with pytest.warns(RuntimeWarning, match="every worker of tight waits") as said:
            futures = [executor.submit(outer, n) for n in (2, 3)]
            assert [f.result(WATCHDOG_SECONDS) for f in futures] == [5, 10]
        assert len(said) == 1
        assert "test_futures_additions.py:" in str(said[0].message)
        assert said[0].filename == __file__
        # The surplus leaves; with two workers blocked there may have been two spares.
        wait_until(lambda: executor.stats().workers <= 2)


@pytest.mark.filterwarnings("ignore:every worker of")
def test_a_spare_worker_is_kept(ours: ModuleType) -> None:
    begun: list[int] = []
    with ours.ThreadPoolExecutor(
        1, initializer=lambda: begun.append(threading.get_ident())
    ) as executor:

        def outer(number: int) -> int:
            return int(executor.submit(pow, number, 2).result()) + 1

        for number in range(6):
            found = executor.submit(outer, number).result(WATCHDOG_SECONDS)
            assert found == number * number + 1
            # Not before the spare worker is one, or it is at work when it is wanted.
            wait_until(lambda: executor.stats().workers == 1)
        # One initializer for the worker, and one for the spare one.
        assert len(begun) == len(set(begun)) == 2
    ends = [thread.ident for thread in threading.enumerate()]
    assert not set(begun) & set(ends), "a spare worker ends with its executor"


@pytest.mark.parametrize("how", ["wait", "as_completed", "map"])
@pytest.mark.filterwarnings("ignore:every worker of")
def test_nested_waits_do_not_starve(ours: ModuleType, how: str) -> None:
    with ours.ThreadPoolExecutor(1) as executor:

        def outer() -> list[int]:
            if how == "map":
                return list(executor.map(abs, [-1, -2]))
            futures = [executor.submit(abs, -n) for n in (1, 2)]
            if how == "wait":
                ours.wait(futures)
            else:
                futures = list(ours.as_completed(futures))
            return sorted(f.result() for f in futures)

        assert executor.submit(outer).result(WATCHDOG_SECONDS) == [1, 2]


@pytest.mark.filterwarnings("ignore:every worker of")
def test_deep_recursion_in_one_executor(ours: ModuleType) -> None:
    with ours.ThreadPoolExecutor(2) as executor:

        def fibonacci(n: int) -> int:
            if n < 2:
                return n
            parts = [executor.submit(fibonacci, n - k) for k in (1, 2)]
            return sum(part.result() for part in parts)

        assert executor.submit(fibonacci, 7).result(WATCHDOG_SECONDS) == 13


def test_max_pending_makes_submit_wait(ours: ModuleType) -> None:
    with ours.ThreadPoolExecutor(1, max_pending=2) as executor:
        gate = _busy(executor)
        futures = [executor.submit(int) for _ in range(2)]
        third = Background(executor.submit, pow, 2, 3).parked()
        gate.set()
        assert third.result().result() == 8
        assert [f.result() for f in futures] == [0, 0]


def test_max_pending_can_raise(ours: ModuleType) -> None:
    with ours.ThreadPoolExecutor(1, max_pending=1, when_full="raise") as executor:
        gate = _busy(executor)
        executor.submit(int)
        with pytest.raises(queue.Full):
            executor.submit(int)
        gate.set()


def test_a_task_is_never_held_up_by_its_own_executor(ours: ModuleType) -> None:
    with ours.ThreadPoolExecutor(1, max_pending=1) as executor:

        def many() -> list[Any]:
            return [executor.submit(abs, -n) for n in range(9)]

        inner = executor.submit(many).result(WATCHDOG_SECONDS)
        assert [f.result(WATCHDOG_SECONDS) for f in inner] == list(range(9))


def test_shutdown_ends_the_wait_for_room(ours: ModuleType) -> None:
    executor = ours.ThreadPoolExecutor(1, max_pending=1)
    gate = _busy(executor)
    executor.submit(int)
    waiting = Background(executor.submit, int).parked()
    executor.shutdown(wait=False)
    with pytest.raises(RuntimeError, match="after shutdown"):
        waiting.result()
    gate.set()
    executor.shutdown()


@pytest.mark.parametrize("wrong", [{"max_pending": 0}, {"when_full": "explode"}])
def test_wrong_options(ours: ModuleType, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        ours.ThreadPoolExecutor(1, **wrong)


def test_unknown_options(ours: ModuleType) -> None:
    with pytest.raises(TypeError):
        ours.ThreadPoolExecutor(1, workers=3)


def test_priorities(ours: ModuleType) -> None:
    ran: list[str] = []
    with ours.PriorityThreadPoolExecutor(1) as executor:
        gate = _busy(executor)
        for name, priority in (("c", 5), ("a", -1), ("d", 5), ("b", 0)):
            executor.submit(ran.append, name, priority=priority)
        gate.set()
    assert ran == ["a", "b", "c", "d"]


def test_the_submitters_context(ours: ModuleType) -> None:
    variable = contextvars.ContextVar("variable", default=0)
    with ours.ThreadPoolExecutor(1, propagate_context=True) as executor:
        executor.submit(int).result()
        variable.set(1)
        assert executor.submit(variable.get).result() == 1
        assert list(executor.map(lambda _: variable.get(), range(2))) == [1, 1]


def test_map_with_a_buffer_reads_ahead_so_far(ours: ModuleType) -> None:
    read: list[int] = []

    def numbers() -> Any:
        for number in range(10):
            read.append(number)
            yield number

    with ours.ThreadPoolExecutor(2) as executor:
        results = executor.map(abs, numbers(), buffersize=3)
        assert read == [0, 1, 2]
        assert next(results) == 0
        assert read == [0, 1, 2, 3]
        assert list(results) == list(range(1, 10))


@pytest.mark.parametrize(("size", "error"), [("3", TypeError), (0, ValueError)])
def test_wrong_buffers(ours: ModuleType, size: Any, error: type[Exception]) -> None:
    with ours.ThreadPoolExecutor(1) as executor, pytest.raises(error):
        executor.map(abs, [1], buffersize=size)


def test_stats(ours: ModuleType) -> None:
    with ours.ThreadPoolExecutor(1) as executor:
        gate = _busy(executor)
        futures = [executor.submit(int) for _ in range(3)]
        stats = executor.stats()
        assert (stats.queued, stats.running, stats.done) == (3, 1, 0)
        assert stats.run is None
        gate.set()
        ours.wait(futures)
        wait_until(lambda: executor.stats().done == 4)
        stats = executor.stats()
        assert (stats.queued, stats.running, stats.workers) == (0, 0, 1)
        assert 0 <= stats.run.median <= stats.run.nine_of_ten <= stats.run.ninety_nine
        assert stats.wait.ninety_nine >= 0


def test_a_forked_child_is_told(ours: ModuleType) -> None:
    out = run(
        ours,
        """
        executor = queue.ThreadPoolExecutor(1)
        gate = threading.Event()
        running = executor.submit(gate.wait, 20)
        wait_until(running.running)
        if child := os.fork():
            os.waitpid(child, 0)
            gate.set()
            say(executor.submit(pow, 2, 2).result())
        else:
            for call in (lambda: executor.submit(int), running.result,
                         lambda: queue.wait([running]),
                         lambda: list(queue.as_completed([running]))):
                try:
                    call()
                except RuntimeError as error:
                    say(str(error).split(",")[0])
            executor.shutdown()
            with queue.ThreadPoolExecutor(1) as own:
                say(own.submit(pow, 2, 3).result())
        """,
        "-W",
        "ignore::DeprecationWarning",
    )
    future = "this future belongs to an executor of the parent process\n"
    executor = "this ThreadPoolExecutor belongs to the parent process\n"
    assert out == executor + future * 3 + "8\n4\n"
