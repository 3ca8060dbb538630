"""Real locks: what a program that crosses them says about itself."""

from __future__ import annotations

import re

import pytest

from .hanging import Program

# The line numbers matter: the first one below is empty.
CROSSED = """
    import threading
    a = threading.Lock()
    b = threading.RLock()
    met = threading.Barrier(2)
    def transfer(first, second):
        with first:
            met.wait()
            with second:
                pass
    for name, locks in ("one", (a, b)), ("two", (b, a)):
        threading.Thread(target=transfer, args=locks, name=name, daemon=True).start()
    import sys
    sys.stdin.read()
"""


def without_numbers(text: str) -> str:
    """Take out what differs from run to run: addresses and the kernel's numbers."""
    return re.sub(r" \[\d+\]", "", re.sub(r" \(0x[0-9a-f]+\)", "", text))


def cycle_of(report: str) -> list[str]:
    """The lines of the one cycle in a report."""
    assert report.count("CYCLE: ") == 1
    lines = without_numbers(report.split("CYCLE: ")[1]).splitlines()
    return [line for line in lines if line.startswith("  ") and '"' not in line]


EXPECTED = [
    [
        "  thread one at <string>:9 in transfer",
        "      waits for RLock made at <string>:4, held by thread two",
    ],
    [
        "  thread two at <string>:9 in transfer",
        "      waits for Lock made at <string>:3, held by thread one",
    ],
]


def test_two_crossed_locks_name_their_lines() -> None:
    with Program(CROSSED) as program:
        report = program.report("CYCLE: ")
        assert (
            "CYCLE: these threads wait for each other, so none of them can ever go on:"
            in report
        )
        found = cycle_of(report)
        assert sorted([found[:2], found[2:]]) == EXPECTED
        told = without_numbers(report)
        assert (
            "      held by thread two, which waits for Lock made at <string>:3 "
            "at <string>:9 in transfer\n" in told
        )
        program.end_input()
        assert program.status() == 0


def test_the_watchdog_shows_the_cycle_of_the_main_thread() -> None:
    source = """
        import threading
        a, b = threading.Lock(), threading.Lock()
        met = threading.Barrier(2)
        def cross():
            with b:
                met.wait()
                a.acquire()
        threading.Thread(target=cross, name="other", daemon=True).start()
        with a:
            met.wait()
            b.acquire()
    """
    with Program(source, env={"ROPEWALK_HANG": "0.3"}) as program:
        program.until("held by thread MainThread", count=2)
        program.until("held by thread other", count=2)
        assert len(cycle_of(program.err)) == 4


def test_a_lock_and_a_join_make_a_cycle_too() -> None:
    source = """
        import threading
        lock = threading.Lock()
        lock.acquire()
        def take():
            with lock:
                pass
        worker = threading.Thread(target=take, name="worker", daemon=True)
        worker.start()
        worker.join()
    """
    with Program(source) as program:
        found = cycle_of(program.report("CYCLE: "))
        assert sorted([found[:2], found[2:]]) == [
            [
                "  thread MainThread at <string>:10 in <module>",
                "      waits in Thread.join of Thread worker, which is thread worker",
            ],
            [
                "  thread worker at <string>:6 in take",
                "      waits for Lock made at <string>:3, held by thread MainThread",
            ],
        ]


def test_tasks_that_wait_for_each_others_results_make_a_cycle() -> None:
    source = """
        import threading
        from concurrent.futures import ThreadPoolExecutor
        futures = {}
        ready = threading.Event()
        def ask(other):
            ready.wait()
            return futures[other].result()
        with ThreadPoolExecutor(2, "worker") as pool:
            futures["a"] = pool.submit(ask, "b")
            futures["b"] = pool.submit(ask, "a")
            ready.set()
    """
    with Program(source) as program:
        report = program.report("CYCLE: ")
        assert "so none of them can ever go on" in report
        found = cycle_of(report)
        assert sorted([found[:2], found[2:]]) == [
            [
                f"  thread worker_{one} at <string>:8 in ask",
                f"      waits in Future.result of Future, run by thread worker_{two}",
            ]
            for one, two in ((0, 1), (1, 0))
        ]


def test_a_task_that_waits_for_a_lock_of_who_waits_for_it_makes_a_cycle() -> None:
    source = """
        import threading
        from concurrent.futures import ThreadPoolExecutor
        lock = threading.Lock()
        def take():
            with lock:
                pass
        with ThreadPoolExecutor(1, "worker") as pool, lock:
            pool.submit(take).result()
    """
    with Program(source) as program:
        found = cycle_of(program.report("CYCLE: "))
        assert sorted([found[:2], found[2:]]) == [
            [
                "  thread MainThread at <string>:9 in <module>",
                "      waits in Future.result of Future, run by thread worker_0",
            ],
            [
                "  thread worker_0 at <string>:6 in take",
                "      waits for Lock made at <string>:4, held by thread MainThread",
            ],
        ]


def test_a_lock_taken_twice_is_told() -> None:
    source = """
        import threading
        lock = threading.Lock()
        lock.acquire()
        lock.acquire()
    """
    with Program(source) as program:
        report = program.report("CYCLE: ")
        assert "a thread waits for what it holds itself" in report
        assert "held by itself" in report


def test_a_wait_with_a_time_out_is_no_certain_deadlock() -> None:
    source = """
        import threading
        lock = threading.Lock()
        lock.acquire()
        lock.acquire(timeout=60)
    """
    with Program(source) as program:
        report = program.report("CYCLE: ")
        assert "until a time-out ends one of the waits" in report
        assert "at <string>:5 in <module> (with a time-out)" in report


MADE = "made at <string>:3"


@pytest.mark.parametrize(
    ("made", "wait", "expected"),
    [
        ("Condition()", "x.acquire(); x.wait()", f"waits for Condition {MADE}"),
        ("Event()", "x.wait()", f"waits for Event {MADE}"),
        ("Semaphore(0)", "x.acquire()", f"waits for Semaphore {MADE}"),
        ("Barrier(2)", "x.wait()", f"waits for Barrier {MADE}"),
    ],
)
def test_every_kind_of_wait_is_told(made: str, wait: str, expected: str) -> None:
    source = f"""
        import threading
        x = threading.{made}
        def f():
            {wait}
        f()
    """
    with Program(source) as program:
        report = without_numbers(program.report(expected))
        assert f"thread MainThread {expected}" in report
        assert "      at <string>:5 in f\n" in report


def test_a_lock_that_a_running_thread_holds_names_it() -> None:
    source = """
        import threading, sys
        lock = threading.Lock()
        def take():
            lock.acquire()
        with lock:
            threading.Event().wait(0.001)
            threading.Thread(target=take, name="taker", daemon=True).start()
            sys.stdin.read()
    """
    with Program(source) as program:
        told = ""
        # Until both have come to where they stay; pytest's watchdog ends it otherwise.
        while "      held by thread MainThread, which runs" not in told:
            told = without_numbers(program.report("thread taker ["))
        assert "CYCLE" not in told


def test_threads_that_keep_an_ended_program_alive_are_told() -> None:
    source = """
        import threading
        stop = threading.Event()
        threading.Thread(target=lambda: stop.wait(), name="forgotten").start()
    """
    with Program(source, env={"ROPEWALK_HANG": "0.2"}) as program:
        told = without_numbers(program.until("all threads that are not daemons"))
        assert (
            "thread MainThread waits in Thread.join of all threads that are not daemons"
            " (the program has ended)" in told
        )
        program.until("thread forgotten [")
        program.until("at <string>:4 in <lambda>")
