"""SIGQUIT: what is written, when, and when the signal is left alone."""

from __future__ import annotations

import signal

from .hanging import END, Program

IN_GET = """
    import queue, threading
    q = queue.Queue()
    def consume():
        q.get()
    thread = threading.Thread(target=consume, name="consumer", daemon=True)
    thread.start()
    import sys
    sys.stdin.read()
"""


def test_a_waiting_thread_is_told_with_its_lines() -> None:
    with Program(IN_GET) as program:
        told = program.report("waits in Queue.get")
        assert "ropewalk: who waits for what in process" in told
        assert "thread consumer [" in told
        assert "waits in Queue.get of Queue made at <string>:3" in told
        assert "at <string>:5 in consume" in told
        assert "Thread 0x" in told  # the stacks of all threads follow
        assert told.index("waits in Queue.get") < told.rindex("Thread 0x")
        program.end_input()
        assert program.status() == 0


def test_it_can_be_asked_for_twice() -> None:
    with Program(IN_GET) as program:
        for count in (1, 2):
            program.ask()
            program.until(END, count=count)
        assert program.err.count("ropewalk: who waits") == 2
        program.end_input()
        assert program.status() == 0


def test_the_main_threads_own_wait_goes_on() -> None:
    source = """
        import queue, threading, sys
        q = queue.Queue()
        def feed():
            sys.stdin.read()
            q.put("fed")
        threading.Thread(target=feed).start()
        print(q.get())
    """
    with Program(source) as program:
        told = program.report("waits in Queue.get")
        assert "thread MainThread [" in told
        assert "at <string>:8 in <module>" in told
        program.end_input()
        assert program.until("fed", stream="out")
        assert program.status() == 0


def test_a_thread_that_never_lets_go_of_the_interpreter_is_no_hindrance() -> None:
    source = """
        import sys, threading, queue
        q = queue.Queue()
        t = threading.Thread(target=q.get, name="starving", daemon=True)
        t.start()
        from ropewalk import _ropewalk
        while not _ropewalk.report.text()[1]:
            pass
        sys.setswitchinterval(1000)
        print("spinning")
        while True:
            pass
    """
    with Program(source) as program:
        program.until("spinning", stream="out")
        program.ask()
        told = program.until(END)
        assert "thread starving [" in told
        assert "waits in Queue.get of Queue made at <string>:3" in told
        assert told.count("Thread 0x") == 1


def test_opting_out_leaves_the_signal_as_it_is() -> None:
    with Program(IN_GET, env={"ROPEWALK_REPORT": "0"}) as program:
        program.ask()
        assert program.status() == -signal.SIGQUIT
        assert program.err == ""


def test_a_handler_of_the_programs_wins() -> None:
    source = """
        import signal, sys
        signal.signal(signal.SIGQUIT, lambda *a: print("mine"))
        print("set")
        sys.stdin.read()
    """
    with Program(source) as program:
        program.until("set", stream="out")
        program.ask()
        program.until("mine", stream="out")
        program.end_input()
        assert program.status() == 0
        assert program.err == ""


def test_a_signal_that_the_parent_ignores_stays_ignored() -> None:
    source = """
        import os, signal, sys
        import ropewalk
        signal.signal(signal.SIGQUIT, signal.SIG_IGN)
        ropewalk.install()
        os.kill(os.getpid(), signal.SIGQUIT)
        print(signal.getsignal(signal.SIGQUIT) is signal.SIG_IGN)
    """
    with Program(source, words=()) as program:
        assert program.until("True", stream="out")
        assert program.status() == 0
        assert program.err == ""


def test_a_forked_child_reports_on_itself_only() -> None:
    source = """
        import os, queue, sys, threading
        q = queue.Queue()
        threading.Thread(target=q.get, name="of-the-parent", daemon=True).start()
        from ropewalk import _ropewalk
        while not _ropewalk.report.text()[1]:
            pass
        child = os.fork()
        if child == 0:
            import ropewalk
            ropewalk.report()
            threading.Thread(target=q.get, name="of-the-child", daemon=True).start()
            while not _ropewalk.report.text()[1]:
                pass
            os.kill(os.getpid(), 3)
            os._exit(7)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), child)
    """
    with Program(source) as program:
        status, child = program.until("\n", stream="out").split()
        assert status == "7"
        assert program.status() == 0
        assert program.err.count(f"who waits for what in process {child}") == 2
        assert "No thread waits for anything" in program.err
        assert "thread of-the-child [" in program.err
        assert "of-the-parent" not in program.err


def test_a_storm_of_signals_among_waiting_threads_disturbs_nothing() -> None:
    source = """
        import queue, sys, threading
        going = threading.Event()
        going.set()
        def work(q, answers):
            while (item := q.get()) is not None:
                answers.put(item)
        def play():
            while going.is_set():
                q, answers = queue.Queue(), queue.Queue(1)
                threads = [
                    threading.Thread(target=work, args=(q, answers)) for _ in range(3)
                ]
                for thread in threads:
                    thread.start()
                for number in range(50):
                    q.put(number)
                    answers.get()
                for thread in threads:
                    q.put(None)
                for thread in threads:
                    thread.join()
        player = threading.Thread(target=play)
        player.start()
        print("playing")
        sys.stdin.read()
        going.clear()
        player.join()
        print("played")
    """
    with Program(source) as program:
        program.until("playing", stream="out")
        for count in range(1, 41):
            program.ask()
            program.ask()
            program.until("ropewalk: who waits for what", count=count)
        program.end_input()
        assert program.status() == 0
        assert program.out.endswith("played\n")
        heads = program.err.count("ropewalk: who waits for what in process ")
        assert 40 <= heads <= 80


def test_signals_while_the_main_thread_starts_threads_end_nothing() -> None:
    """Walking the stacks from within the signal handler crashed here."""
    source = """
        import threading
        def touch(met):
            met.wait()
        print("starting")
        for _ in range(3000):
            met = threading.Barrier(2)
            thread = threading.Thread(target=touch, args=(met,))
            thread.start()
            met.wait()
            thread.join()
        print("started")
    """
    with Program(source) as program:
        program.until("starting", stream="out")
        for _ in range(200):
            program.ask()
            if program.has_ended():
                break
        assert program.status() == 0
        assert program.out.endswith("started\n")
