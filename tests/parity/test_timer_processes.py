"""Timers and the ends of processes: exit, fork, Ctrl-C. In processes of their own.

In the scripts `threading` is the module under test.
"""

import signal
import sys
from types import ModuleType

import pytest

from tests import scripts
from tests.threads import wait_until_asleep

MODULE = "threading"

# Releases of 3.12 differ in whether a thread can be started once the interpreter waits
# for the others; so a timer that is started only then may be refused.
needs_threads_at_exit = pytest.mark.skipif(
    sys.version_info[:2] == (3, 12), reason="may be refused by Python 3.12"
)


def test_exit_waits_for_a_pending_timer(impl: ModuleType) -> None:
    text = "threading.Timer(0.2, say, ['fired']).start(); say('main ends')"
    assert scripts.run(impl, text) == "main ends\nfired\n"


def test_exit_waits_for_all_pending_timers(impl: ModuleType) -> None:
    text = """
    timers = [threading.Timer(0.2, say, ["fired"]) for _ in range(5)]
    def last():
        for timer in timers:
            timer.join()
        say([timer.is_alive() for timer in timers].count(True))
    for timer in timers:
        timer.start()
    threading.Timer(0.4, last).start()
    """
    assert scripts.run(impl, text) == "fired\n" * 5 + "0\n"


@needs_threads_at_exit
def test_exit_waits_for_timers_that_timers_start(impl: ModuleType) -> None:
    text = """
    def step(left):
        say(left)
        if left:
            threading.Timer(0.03, step, [left - 1]).start()
    threading.Timer(0.03, step, [5]).start()
    """
    assert scripts.run(impl, text) == "5\n4\n3\n2\n1\n0\n"


@needs_threads_at_exit
def test_exit_waits_for_a_timer_that_a_late_thread_starts(impl: ModuleType) -> None:
    text = """
    def late():
        wait_until(lambda: threading._SHUTTING_DOWN)
        time.sleep(0.3)
        threading.Timer(0.2, say, ["fired"]).start()
    threading.Thread(target=late).start()
    """
    assert scripts.run(impl, text) == "fired\n"


def test_exit_does_not_wait_for_a_daemon_timer(impl: ModuleType) -> None:
    text = """
    for interval in (0.001, 3600.0):
        timer = threading.Timer(interval, say, ["fired"])
        timer.daemon = True
        timer.start()
    say("ends")
    """
    assert scripts.run(impl, text).splitlines()[-1:] in (["ends"], ["fired"])


def test_exit_does_not_wait_for_a_cancelled_timer(impl: ModuleType) -> None:
    text = """
    import atexit
    timers = [threading.Timer(3600, say) for _ in range(10)]
    atexit.register(lambda: say(any(t.is_alive() for t in timers)))
    for timer in timers:
        timer.start()
    for timer in timers:
        timer.cancel()
    """
    assert scripts.run(impl, text) == "False\n"


def test_exit_waits_while_another_thread_may_cancel(impl: ModuleType) -> None:
    text = """
    timer = threading.Timer(3600, say)
    timer.start()
    def cancel():
        wait_until(lambda: threading._SHUTTING_DOWN)
        say("cancels")
        timer.cancel()
    threading.Thread(target=cancel).start()
    """
    assert scripts.run(impl, text) == "cancels\n"


@needs_threads_at_exit
def test_a_timer_at_exit_may_use_an_executor_only_while_it_lives(
    impl: ModuleType,
) -> None:
    text = """
    from concurrent.futures import ThreadPoolExecutor
    def fire():
        with ThreadPoolExecutor(1) as executor:
            try:
                say(executor.submit(int, "7").result())
            except RuntimeError as error:
                say("RuntimeError")
    threading.Timer(0.2, fire).start()
    """
    assert scripts.run(impl, text) == "RuntimeError\n"


def test_sys_exit_in_the_function_ends_its_thread_only(impl: ModuleType) -> None:
    text = """
    timer = threading.Timer(0.01, sys.exit, [3])
    timer.start()
    timer.join()
    say(timer.is_alive())
    """
    assert scripts.run(impl, text) == "False\n"


def test_in_a_forked_child_pending_timers_are_dead(impl: ModuleType) -> None:
    text = """
    timers = [threading.Timer(0.3, say, ["parent's"]) for _ in range(3)]
    for timer in timers:
        timer.start()
    child = os.fork()
    if not child:
        say([t.is_alive() for t in timers], threading.enumerate() == [
            threading.main_thread()])
        for timer in timers:
            timer.join()
            timer.cancel()
        own = threading.Timer(0.01, say, ["child's"])
        own.start()
        own.join()
        say(own.is_alive(), own in threading.enumerate())
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert all(t.is_alive() for t in timers)
    for timer in timers:
        timer.join()
    """
    options = ("-W", "ignore::DeprecationWarning")
    out = scripts.run(impl, text, *options)
    child = "[False, False, False] True\nchild's\nFalse False\n"
    assert out == child + 3 * "parent's\n"


def test_fork_from_a_timers_function(impl: ModuleType) -> None:
    text = """
    other = threading.Timer(3600, say)
    other.start()
    def fire():
        child = os.fork()
        if not child:
            say(threading.current_thread() is timer, timer.is_alive())
            say(threading.main_thread() is timer, other.is_alive())
            own = threading.Timer(0.01, say, ["child's"])
            own.start()
            own.join()
            os._exit(0)
        say("parent", os.waitpid(child, 0)[1])
    timer = threading.Timer(0.01, fire)
    timer.start()
    timer.join()
    say(other.is_alive())
    other.cancel()
    other.join()
    """
    options = ("-W", "ignore::DeprecationWarning")
    assert scripts.run(impl, text, *options).splitlines() == [
        "True True",
        "True False",
        "child's",
        "parent 0",
        "True",
    ]


def test_a_child_that_ends_in_the_usual_way(impl: ModuleType) -> None:
    text = """
    timer = threading.Timer(3600, say)
    timer.start()
    child = os.fork()
    if child:
        say(os.waitpid(child, 0)[1])
        timer.cancel()
    else:
        threading.Timer(0.05, say, ["child's"]).start()
    """
    options = ("-W", "ignore::DeprecationWarning")
    assert scripts.run(impl, text, *options) == "child's\n0\n"


def test_ctrl_c_ends_a_join(impl: ModuleType) -> None:
    script = scripts.Script(
        impl,
        """
        timer = threading.Timer(3600, say)
        timer.start()
        say("joins")
        try:
            timer.join(3600)
        except KeyboardInterrupt:
            say("interrupted")
        timer.cancel()
        timer.join()
        """,
    )
    assert script.read_line() == "joins"
    wait_until_asleep(script.process.pid)
    script.process.send_signal(signal.SIGINT)
    assert script.end() == (0, "interrupted\n", "")
