"""dill: what it copies of locks, queues, events, futures; what it refuses."""

import asyncio
import queue
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import dill


def twice(number: int) -> int:
    with lock:
        return number * 2


def copied(one: Any) -> Any:
    return dill.loads(dill.dumps(one))


lock = threading.Lock()
event = threading.Event()
event.set()
few: queue.Queue[int] = queue.Queue(3)
few.put(5)
future: Future[int] = Future()
future.set_result(9)
print(copied(event).is_set(), copied(few).get(), copied(lambda: 7)())
print(copied(twice)(4), copied(threading.Semaphore(2))._value)
print(copied(threading.local).__name__, copied(queue.Queue) is queue.Queue)
one: Any
for one in (
    lock,
    threading.RLock(),
    threading.Condition(),
    threading.Barrier(2),
    threading.Thread(target=twice),
    threading.Timer(1, twice),
    future,
    queue.SimpleQueue(),
    queue.LifoQueue(),
    ThreadPoolExecutor(1),
    asyncio.Lock(),
    asyncio.Queue(),
):
    try:
        print(type(one).__name__.lower(), type(copied(one)) is type(one))
    except Exception as error:
        print(type(one).__name__.lower(), type(error).__name__)
