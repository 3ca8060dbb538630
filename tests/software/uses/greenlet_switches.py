"""greenlet: switches within locks, in executors' workers, in callbacks, in threads."""

import queue
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from greenlet import getcurrent, greenlet

said: list[Any] = []
lock = threading.RLock()
few: queue.Queue[int] = queue.Queue()


def one() -> None:
    with lock:
        said.append("one")
        second.switch()
        said.append("one again")
    second.switch()


def other() -> None:
    with lock:
        few.put(1)
        first.switch()
    said.append(few.get())


first, second = greenlet(one), greenlet(other)
first.switch()
print(said, first.dead, second.dead)


def in_a_worker(number: int) -> list[int]:
    here = getcurrent()
    got = []

    def inner() -> None:
        for turn in range(3):
            here.switch(number + turn)

    generator = greenlet(inner)
    while not generator.dead:
        got.append(generator.switch())
    return got


with ThreadPoolExecutor(2) as pool:
    print(list(pool.map(in_a_worker, range(3))))
main = getcurrent()
future: Future[int] = Future()
waiting = greenlet(lambda: print("callback", main.switch()))
waiting.switch()
future.add_done_callback(lambda done: waiting.switch(done.result()))
future.set_result(7)
local = threading.local()
local.value = "kept"
greenlet(lambda: print(local.value)).switch()
