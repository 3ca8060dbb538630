"""The standard library's multiprocessing works on our threading, all of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from .running import ropewalk, run, write

METHODS = pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
ONLY = pytest.mark.parametrize("only", ["all", "threading", "threading,queue"])

PRIMITIVES = """
    import multiprocessing, sys, threading

    def child(barrier, lock, rlock, semaphore, bounded, condition, event, said):
        for _ in range(3):
            barrier.wait(20)
        with lock, rlock, rlock, semaphore, bounded:
            said.put((barrier.parties, barrier.n_waiting, barrier.broken))
        with condition:
            condition.notify()
        event.wait(20)
        barrier.abort()

    if __name__ == "__main__":
        context = multiprocessing.get_context(sys.argv[1])
        barrier, event = context.Barrier(2), context.Event()
        condition, said = context.Condition(), context.Queue()
        locks = context.Lock(), context.RLock()
        counted = context.Semaphore(2), context.BoundedSemaphore(2)
        parts = barrier, *locks, *counted, condition, event, said
        process = context.Process(target=child, args=parts)
        with condition:
            process.start()
            print(sorted(barrier.wait(20) in (0, 1) for _ in range(3)))
            print(said.get(timeout=20), condition.wait(20))
        event.set()
        process.join()
        print(process.exitcode, barrier.broken)
        try:
            barrier.wait()
        except threading.BrokenBarrierError:
            print("broken")
        barrier.reset()
        print(barrier.broken, context.Barrier(1, print).wait())
"""

MANAGER = """
    import multiprocessing, sys

    def child(barrier, queue, lock):
        with lock:
            queue.put("child")
        queue.put(barrier.wait(20) in (0, 1))

    if __name__ == "__main__":
        context = multiprocessing.get_context(sys.argv[1])
        with context.Manager() as manager:
            lock, rlock = manager.Lock(), manager.RLock()
            with lock, rlock, rlock:
                print(lock.acquire(False))
            with manager.Semaphore(1) as taken, manager.BoundedSemaphore(1):
                print(taken)
            bounded = manager.BoundedSemaphore(1)
            try:
                bounded.release()
            except ValueError as error:
                print(error)
            condition, event = manager.Condition(), manager.Event()
            with condition:
                condition.notify_all()
                print(condition.wait(0.01), condition.wait_for(lambda: 5))
            event.set()
            print(event.is_set(), event.wait(20))
            barrier, queue = manager.Barrier(2), manager.Queue(2)
            process = context.Process(target=child, args=(barrier, queue, lock))
            process.start()
            print(queue.get(timeout=20), barrier.wait(20) in (0, 1))
            print(queue.get(timeout=20), queue.empty(), barrier.parties)
            process.join()
            joinable = manager.JoinableQueue()
            joinable.put(1)
            joinable.get()
            joinable.task_done()
            joinable.join()
            space = manager.Namespace(x=1)
            space.y = 2
            print(space.x + space.y, manager.list([1])[0], manager.dict(a=1))
            with manager.Pool(1) as pool:
                print(pool.map(abs, [-1, 2]))
"""

POOLS = """
    import multiprocessing, multiprocessing.dummy, sys
    from multiprocessing.pool import ThreadPool

    def begin(number):
        global begun
        begun = number.value

    def look(_):
        return begun

    if __name__ == "__main__":
        context = multiprocessing.get_context(sys.argv[1])
        number = context.Value("i", 5)
        with context.Pool(2, begin, (number,)) as pool:
            print(pool.map(look, range(3)), list(pool.imap(abs, [-1, -2])))
            print(pool.apply_async(abs, (-3,)).get(20))
        with ThreadPool(2) as pool:
            print(pool.map(abs, [-1, 2]), sorted(pool.imap_unordered(abs, [-1, 2])))
        dummy = multiprocessing.dummy
        with dummy.Pool(1) as pool, dummy.Lock(), dummy.RLock(), dummy.Semaphore():
            print(pool.starmap(max, [(1, 2)]))
        print(dummy.Barrier(1).wait(), dummy.Event().is_set(), dummy.Queue(1).full())
        with dummy.Condition() as taken, dummy.BoundedSemaphore():
            print(taken)
        process = dummy.Process(target=print, args=("dummy",))
        process.start()
        process.join()
        print(process.exitcode)
"""


def check(tmp_path: Path, program: str, method: str, only: str) -> None:
    """It says the same, and ends as well, as under plain Python."""
    write(tmp_path / "program.py", program)
    chosen = () if only == "all" else ("--only", only)
    plain = run("program.py", method, cwd=tmp_path)
    assert (plain.status, plain.err) == (0, "")
    assert ropewalk(*chosen, "program.py", method, cwd=tmp_path) == plain


@METHODS
@ONLY
def test_what_processes_share(tmp_path: Path, method: str, only: str) -> None:
    check(tmp_path, PRIMITIVES, method, only)


@METHODS
@ONLY
def test_a_manager(tmp_path: Path, method: str, only: str) -> None:
    check(tmp_path, MANAGER, method, only)


@METHODS
def test_pools(tmp_path: Path, method: str) -> None:
    check(tmp_path, POOLS, method, "all")
