"""ropewalk.report(): the whole picture, from within."""

from __future__ import annotations

import io
import queue as stdlib_queue
import threading
from typing import Any

import ropewalk
import ropewalk.queue
from ropewalk import _ropewalk

from tests.threads import Background, wait_until

native: Any = _ropewalk.report


def reported() -> str:
    out = io.StringIO()
    ropewalk.report(out)
    return out.getvalue()


def test_it_prints_to_standard_error_by_default(capsys: Any) -> None:
    ropewalk.report()
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("ropewalk: who waits for what in process ")


def test_threads_that_run_are_told_with_their_line() -> None:
    name = threading.current_thread().name
    lines = reported().splitlines()
    own = [line for line in lines if line.startswith(f"  thread {name} stands at")]
    assert len(own) == 1
    assert "test_function.py:" in own[0]
    assert "in reported" in own[0]


def line_after(kind: str) -> str:
    """Wait until a wait of this kind is told; return what follows its kind."""
    words = f"waits in {kind} of Queue made at "
    wait_until(lambda: words in reported(), kind)
    return reported().split(words)[1]


def test_every_wait_of_a_queue_is_told_with_its_lines() -> None:
    q: Any = ropewalk.queue.Queue(maxsize=1)
    getter = Background(q.get)
    assert line_after("Queue.get").startswith("test_function.py:")
    q.put(1)
    getter.result()
    joiner = Background(q.join)
    assert "\n      at threads.py:" in line_after("Queue.join")
    q.put(2)
    putter = Background(q.put, 3)
    assert "\n      at threads.py:" in line_after("Queue.put")
    for _ in range(2):
        q.get()
    for _ in range(3):
        q.task_done()
    putter.result()
    joiner.result()


def test_two_that_wait_for_the_same_name_each_other() -> None:
    q: Any = ropewalk.queue.Queue()
    waiters = [Background(q.get).parked() for _ in range(2)]
    text = reported()
    for here, there in (waiters, reversed(waiters)):
        told = text.split(f"\n  thread {here.thread.name} [")[1]
        assert f"also waiting: thread {there.thread.name} [" in told
    for waiter in waiters:
        q.put(None)
        waiter.result()


def cross(count: int) -> list[stdlib_queue.SimpleQueue[None]]:
    """Threads in a ring, each waiting for the next one's end; put to end them."""
    idents: dict[int, int] = {}
    met = threading.Barrier(count)
    ends: list[stdlib_queue.SimpleQueue[None]] = []

    def wait(number: int, end: stdlib_queue.SimpleQueue[None]) -> None:
        idents[number] = threading.get_ident()
        met.wait()
        holder = idents[(number + 1) % count]
        with native.waiting("Thread.join", f"number {number + 1}", end, holder):
            end.get()

    for number in range(count):
        end: stdlib_queue.SimpleQueue[None] = stdlib_queue.SimpleQueue()
        ends.append(end)
        name = f"ring-{count}-{number}"
        threading.Thread(target=wait, args=(number, end), name=name).start()
    return ends


def test_threads_that_wait_for_each_other_are_a_cycle() -> None:
    for count in (2, 3):
        ends = cross(count)
        wait_until(lambda: "CYCLE" in reported(), "a cycle")
        cycle = reported().split("CYCLE: ")[1]
        assert cycle.startswith(
            "these threads wait for each other, so none of them can ever go on:"
        )
        for number in range(count):
            assert f"  thread ring-{count}-{number} [" in cycle
        for end in ends:
            end.put(None)
        wait_until(lambda: "CYCLE" not in reported(), "no cycle")


def test_a_wait_of_python_code_is_gone_after_an_error() -> None:
    try:
        with native.waiting("Thread.join", "nobody", object()):
            assert "waits in Thread.join of nobody" in reported()
            raise KeyError
    except KeyError:
        pass
    assert "nobody" not in reported()


def test_an_idle_name_is_replaced_by_a_new_one() -> None:
    q: Any = ropewalk.queue.Queue()
    waiter = Background(q.get).parked()
    waiter.thread.name = "renamed"
    q.put(1)
    waiter.result()
    waiter = Background(lambda: (q.get(), q.get())).parked()
    waiter.thread.name = "renamed"
    q.put(1)
    wait_until(lambda: "thread renamed [" in reported(), "the new name")
    q.put(1)
    waiter.result()
