"""Tasks with random cancels, exceptions and shut-downs: none is lost, no thread stays.

A round is 20,000 tasks, so 50 rounds are a million; `ROPEWALK_SOAK_TASKS` sets
another number, for a soak in one piece.
"""

import importlib
import os
import random
import threading
from typing import Any

STDLIB_SURVIVES = True

_TASKS = int(os.environ.get("ROPEWALK_SOAK_TASKS", "20_000"))
_MOST = 400


class Wanted(Exception):
    """What a task was asked to raise."""


def _work(number: int, ran: list[int]) -> int:
    ran.append(number)
    if number % 7 == 0:
        raise Wanted(number)
    return number


def _one(futures: Any, rng: random.Random) -> int:
    count = rng.randrange(1, _MOST)
    cancel_futures = rng.random() < 0.3
    ran: list[int] = []
    executor = futures.ThreadPoolExecutor(rng.choice([1, 2, 5]))
    called: list[Any] = []
    submitted = []
    for number in range(count):
        future = executor.submit(_work, number, ran)
        if rng.random() < 0.3:
            future.add_done_callback(called.append)
            called.append(None)
        submitted.append(future)
        if rng.random() < 0.1:
            rng.choice(submitted).cancel()
    threads = list(executor._threads)
    if rng.random() < 0.2:
        del executor
    else:
        executor.shutdown(wait=rng.random() < 0.5, cancel_futures=cancel_futures)
    cancelled = 0
    for number, future in enumerate(submitted):
        try:
            assert future.result() == number
        except Wanted as error:
            assert error.args == (number,) and number % 7 == 0
        except futures.CancelledError:
            cancelled += 1
            assert future.cancelled()
    for thread in threads:
        thread.join()
    assert sorted(ran) == sorted(set(ran)), "a task ran twice"
    assert len(ran) + cancelled == count, "a task was lost"
    assert called.count(None) * 2 == len(called), "a callback was lost"
    return count


def run(queue: Any, rng: random.Random) -> None:
    """Executors, one after the other, until there were enough tasks."""
    ours = queue.__name__.startswith("ropewalk")
    name = "ropewalk.concurrent.futures" if ours else "concurrent.futures"
    futures = importlib.import_module(name)
    before = threading.active_count()
    done = 0
    while done < _TASKS:
        done += _one(futures, rng)
    assert threading.active_count() == before, "a thread stays"
