"""Helpers for scenarios with several threads.

Promise: the clock starts when all threads stand at the gate, and stops when the
last one has finished; a worker's exception is raised where the scenario runs.
The threads that do the work are plain ones for every subject.
"""

from __future__ import annotations

import _thread
import threading
from collections.abc import Callable
from time import perf_counter


def time_threads(*workers: Callable[[], None]) -> float:
    """Run the workers side by side; return the seconds from the gate to the end."""
    gate = _thread.allocate_lock()
    gate.acquire()
    errors: list[BaseException] = []

    def guarded(worker: Callable[[], None]) -> None:
        with gate:
            pass
        try:
            worker()
        except BaseException as error:
            errors.append(error)

    running = [
        threading.Thread(target=guarded, args=(worker,), daemon=True)
        for worker in workers
    ]
    for thread in running:
        thread.start()
    started = perf_counter()
    gate.release()
    for thread in running:
        thread.join()
    elapsed = perf_counter() - started
    if errors:
        raise errors[0]
    return elapsed
