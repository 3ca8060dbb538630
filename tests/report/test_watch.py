"""ROPEWALK_HANG: a stuck main thread is reported once; a bad value is one line."""

from __future__ import annotations

import pytest

from .hanging import Program

STUCK = """
    import queue, threading
    first, second = queue.Queue(), queue.Queue()
    import sys
    def feed():
        for q in first, second:
            sys.stdin.readline()
            q.put(1)
    threading.Thread(target=feed, daemon=True).start()
    first.get()
    second.get()
"""

HEAD = "ropewalk: who waits for what"


def test_each_stuck_wait_is_reported_once() -> None:
    with Program(STUCK, env={"ROPEWALK_HANG": "0.2"}) as program:
        assert "at <string>:10 in <module>" in program.until("in <module>")
        program.write_line()
        program.until("at <string>:11 in <module>")
        program.write_line()
        assert program.status() == 0
        assert program.err.count(HEAD) == 2


def test_a_forked_child_is_watched_too() -> None:
    source = """
        import os, queue
        if os.fork() == 0:
            queue.Queue().get()
        os.wait()
    """
    with Program(source, env={"ROPEWALK_HANG": "0.1"}) as program:
        program.until("waits in Queue.get of Queue made at <string>:4")


@pytest.mark.parametrize("value", ["soon", "0", "-1", "nan", "inf"])
def test_a_bad_value_is_one_line_and_no_thread(value: str) -> None:
    source = "import os; print(len(os.listdir('/proc/self/task')))"
    with Program(source, env={"ROPEWALK_HANG": value}) as program:
        assert program.status() == 0
        why = f"ROPEWALK_HANG={value} is no number of seconds above 0"
        assert program.err == f"ropewalk: {why}: not watching\n"
        assert program.out == "1\n"


def test_without_the_setting_there_is_no_thread() -> None:
    source = "import os; print(len(os.listdir('/proc/self/task')))"
    with Program(source) as program:
        assert program.status() == 0
        assert (program.out, program.err) == ("1\n", "")
