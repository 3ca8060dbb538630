"""loky's reusable executor: results, callbacks, a worker that dies, a resize."""

import os
from concurrent.futures import as_completed, wait
from typing import Any

from loky import get_reusable_executor
from loky.process_executor import TerminatedWorkerError


def fails(number: int) -> int:
    raise LookupError(number)


def dies() -> None:
    os._exit(3)


def main() -> None:
    pool: Any = get_reusable_executor(max_workers=2, timeout=60)
    print(list(pool.map(abs, range(-5, 0))), list(pool.map(pow, [2] * 4, range(4))))
    future = pool.submit(fails, 3)
    print(repr(future.exception()), future.done())
    called: list[Any] = []
    future = pool.submit(abs, -7)
    future.add_done_callback(lambda done: called.append(done.result()))
    wait([future])
    futures = [pool.submit(abs, -number) for number in range(10)]
    print(sorted(f.result() for f in as_completed(futures)), called)
    closure = 5
    print(pool.submit(lambda number: number + closure, 1).result())
    try:
        pool.submit(dies).result()
    except TerminatedWorkerError:
        print("a worker died")
    pool = get_reusable_executor(max_workers=3, timeout=60)
    print(len(set(pool.map(hash, range(20)))))
    pool.shutdown(wait=True)


if __name__ == "__main__":
    main()
