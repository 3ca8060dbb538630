"""`wait` and `as_completed`, over futures of both kinds."""

import concurrent.futures
import threading
import time
import weakref
from types import ModuleType
from typing import Any

import pytest

from tests.threads import Background, wait_until

MODULE = "concurrent.futures"


def _kinds(impl: ModuleType) -> list[Any]:
    """A future of the implementation, the standard library's, and one looked into."""
    looked = impl.Future()
    assert looked._condition
    return [impl.Future(), concurrent.futures.Future(), looked]


def _begin(futures: list[Any]) -> None:
    for future in futures:
        future.set_running_or_notify_cancel()


def test_wait_for_all(impl: ModuleType) -> None:
    futures = _kinds(impl)
    waiter = Background(impl.wait, futures).parked()
    for future in futures:
        future.set_result(1)
    done, rest = waiter.result()
    assert done == set(futures) and rest == set()


@pytest.mark.parametrize("first", [0, 1, 2])
def test_wait_for_the_first(impl: ModuleType, first: int) -> None:
    futures = _kinds(impl)
    waiter = Background(impl.wait, futures, return_when=impl.FIRST_COMPLETED).parked()
    futures[first].set_result(1)
    done, rest = waiter.result()
    assert done == {futures[first]}
    assert rest == set(futures) - done


@pytest.mark.parametrize("first", [0, 1, 2])
def test_wait_for_the_first_exception(impl: ModuleType, first: int) -> None:
    futures = _kinds(impl)
    waiter = Background(impl.wait, futures, return_when=impl.FIRST_EXCEPTION).parked()
    futures[first - 1].set_result(1)
    futures[first].set_exception(ValueError())
    done, rest = waiter.result()
    assert done == {futures[first - 1], futures[first]}
    assert rest == {futures[first - 2]}


def test_wait_counts_a_cancel_when_it_was_noticed(impl: ModuleType) -> None:
    future = impl.Future()
    future.cancel()
    assert impl.wait([future], timeout=0).not_done == {future}
    future.set_running_or_notify_cancel()
    assert impl.wait([future]).done == {future}


def test_wait_returns_at_once_when_one_has_failed(impl: ModuleType) -> None:
    failed, pending = impl.Future(), impl.Future()
    failed.set_exception(ValueError())
    done, rest = impl.wait([failed, pending], return_when=impl.FIRST_EXCEPTION)
    assert (done, rest) == ({failed}, {pending})


def test_an_unknown_condition(impl: ModuleType) -> None:
    with pytest.raises(ValueError, match=r"^Invalid return condition: 'never'$"):
        impl.wait([impl.Future()], return_when="never")


def test_nothing_to_wait_for(impl: ModuleType) -> None:
    assert impl.wait([]) == (set(), set())
    assert list(impl.as_completed([])) == []


def test_as_completed_in_the_order_of_completion(impl: ModuleType) -> None:
    futures = _kinds(impl)
    seen: list[Any] = []

    def collect() -> None:
        seen.extend(impl.as_completed(futures))

    order = [futures[1], futures[0], futures[2]]
    waiter = Background(collect).parked()
    for future in order:
        future.set_result(1)
    waiter.result()
    assert seen == order


def test_as_completed_gives_each_once(impl: ModuleType) -> None:
    future = impl.Future()
    future.set_result(1)
    assert list(impl.as_completed([future] * 3)) == [future]


def test_as_completed_runs_out_of_time(impl: ModuleType) -> None:
    done, *pending = [impl.Future() for _ in range(3)]
    done.set_result(1)
    found = impl.as_completed([done, *pending], timeout=0.01)
    assert next(found) is done
    with pytest.raises(impl.TimeoutError, match=r"^2 \(of 3\) futures unfinished$"):
        next(found)


def test_as_completed_that_is_given_up_watches_no_more(impl: ModuleType) -> None:
    futures = _kinds(impl)
    futures[0].set_result(1)
    found = impl.as_completed(futures)
    next(found)
    found.close()
    assert [future._waiters for future in futures] == [[], [], []]


def test_looking_inside_while_a_thread_waits_for_many(impl: ModuleType) -> None:
    futures = [impl.Future(), impl.Future()]
    waiter = Background(impl.wait, futures, return_when=impl.FIRST_COMPLETED).parked()
    assert [len(future._waiters) for future in futures] == [1, 1]
    futures[0].set_result(1)
    assert waiter.result().done == {futures[0]}
    assert futures[1]._waiters == []


def test_as_completed_keeps_nothing_that_it_gave_out(impl: ModuleType) -> None:
    futures = [impl.Future() for _ in range(3)]
    for future in futures:
        future.set_result(1)
    del future
    found = impl.as_completed(futures)
    gone = weakref.ref(futures[0])
    futures.clear()
    for _ in found:
        pass
    wait_until(lambda: gone() is None)


def test_many_waiters_of_one_future(impl: ModuleType) -> None:
    future = impl.Future()
    waiters = [Background(impl.wait, [future]).parked() for _ in range(5)]
    future.set_result(1)
    assert all(waiter.result().done == {future} for waiter in waiters)


def test_futures_of_a_process_pool(impl: ModuleType) -> None:
    with concurrent.futures.ProcessPoolExecutor(1) as processes:
        future = processes.submit(pow, 2, 5)
        with impl.ThreadPoolExecutor(1) as threads:
            other = threads.submit(pow, 2, 6)
            assert impl.wait([future, other]).done == {future, other}
            assert set(impl.as_completed([future, other])) == {future, other}


def test_waiting_while_results_come_from_everywhere(impl: ModuleType) -> None:
    futures = [impl.Future() for _ in range(300)]

    def finish(part: list[Any]) -> None:
        for future in part:
            future.set_result(time.monotonic())

    threads = [threading.Thread(target=finish, args=(futures[n::3],)) for n in range(3)]
    for thread in threads:
        thread.start()
    assert set(impl.as_completed(futures, timeout=20)) == set(futures)
    for thread in threads:
        thread.join()
