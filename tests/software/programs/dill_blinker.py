"""dill's copies of locks and what holds them; signals that hold methods weakly."""

from __future__ import annotations

import queue
import threading
import unittest.mock
from typing import Any


def run(_factory: Any) -> None:
    """The program."""
    import blinker
    import dill

    def copy(one: Any) -> Any:
        return dill.loads(dill.dumps(one))

    lock = threading.Lock()
    with lock:
        assert copy(lock).locked()
    assert not copy(lock).locked()
    # Not an RLock: dill makes one that nobody can take.
    with copy(threading.Condition(threading.Lock())) as taken:
        assert taken
    event = threading.Event()
    event.set()
    assert copy(event).wait(20)
    assert copy(threading.BoundedSemaphore(3)).acquire()
    numbers: queue.PriorityQueue[int] = queue.PriorityQueue(3)
    for number in (2, 1):
        numbers.put(number)
    copied = copy(numbers)
    assert [copied.get(), copied.get(), copied.maxsize] == [1, 2, 3]

    received: queue.Queue[Any] = queue.Queue()
    signal = blinker.signal("ready")
    signal.connect(received.put)
    signal.send("sender")
    assert received.get(timeout=20) == "sender"
    del received
    signal.send("nobody")
    fake = unittest.mock.create_autospec(queue.Queue)(3)
    fake.put(1)
    fake.put.assert_called_once_with(1)
