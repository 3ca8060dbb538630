"""Forks, signals and interpreter exit, each in a process of its own."""

import signal
from types import ModuleType

import pytest

from tests.scripts import Script, run
from tests.threads import wait_until_asleep

MODULE = "queue"

# Python 3.12 and newer warn when a process with threads forks.
QUIET_FORK = ("-W", "ignore::DeprecationWarning")

WAITS = {
    "get": "q.get()",
    "get with a timeout": "q.get(timeout=1000)",
    "put": "full.put(1)",
    "put with a timeout": "full.put(1, timeout=1000)",
    "join": "full.join()",
}
all_waits = pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)

QUEUES = """
q, full = queue.Queue(), queue.Queue(1)
full.put(0)
"""


@all_waits
def test_ctrl_c_interrupts_a_waiting_main_thread(impl: ModuleType, wait: str) -> None:
    script = Script(
        impl,
        QUEUES
        + f"""
say("waiting")
try:
    {wait}
except KeyboardInterrupt:
    say("interrupted")
q.put(1)
say(q.get(), q.qsize(), full.get(), full.qsize(), full.unfinished_tasks)
full.task_done()
full.join()
getter = Background(q.get).parked()
q.put(2)
say(getter.result())
""",
    )
    script.signal_in_its_sleep(signal.SIGINT)
    assert script.end_well() == ["interrupted", "1 0 0 0 1", "2"]


@all_waits
def test_ctrl_c_ends_a_program_with_the_usual_traceback(
    impl: ModuleType, wait: str
) -> None:
    script = Script(impl, QUEUES + f'say("waiting")\n{wait}\n')
    script.signal_in_its_sleep(signal.SIGINT)
    status, _, err = script.end()
    assert status == -signal.SIGINT
    assert err.rstrip().endswith("KeyboardInterrupt")


@all_waits
def test_ctrl_c_while_other_threads_wait(impl: ModuleType, wait: str) -> None:
    """Only the main thread is interrupted; a parked thread is left alone."""
    script = Script(
        impl,
        QUEUES
        + f"""
other = Background(lambda: {wait}).parked()
say("waiting")
idle = queue.Queue()
try:
    idle.get()
except KeyboardInterrupt:
    say("interrupted", other.thread.is_alive())
q.put(1)
full.get()
full.task_done()
other.result()
say("ended")
""",
    )
    script.signal_in_its_sleep(signal.SIGINT)
    assert script.end_well() == ["interrupted True", "ended"]


def test_a_handler_that_returns_does_not_lengthen_or_shorten_the_wait(
    impl: ModuleType,
) -> None:
    """A signal every 10 ms: a wait that began anew after each would never end."""
    out = run(
        impl,
        QUEUES
        + """
calls = []
signal.signal(signal.SIGALRM, lambda *_: calls.append(1))
signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
for wait in (lambda: q.get(timeout=0.2), lambda: full.put(1, timeout=0.2)):
    calls.clear()
    since = time.monotonic()
    try:
        wait()
    except (queue.Empty, queue.Full) as error:
        say(type(error).__name__, time.monotonic() - since >= 0.2, len(calls) > 1)
signal.setitimer(signal.ITIMER_REAL, 0)
""",
    )
    assert out.splitlines() == ["Empty True True", "Full True True"]


def test_an_item_arrives_through_a_rain_of_signals(impl: ModuleType) -> None:
    out = run(
        impl,
        """
q = queue.Queue()
enough = threading.Event()
calls = []
def handler(*_):
    calls.append(1)
    if len(calls) == 20:
        enough.set()
signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
maker = Background(lambda: (enough.wait(), q.put("item")))
say(q.get(), len(calls) >= 20)
signal.setitimer(signal.ITIMER_REAL, 0)
maker.result()
""",
    )
    assert out == "item True\n"


def test_a_handler_may_use_the_queue_that_is_waited_for(impl: ModuleType) -> None:
    script = Script(
        impl,
        """
q, full = queue.Queue(), queue.Queue(1)
full.put("old")
signal.signal(signal.SIGUSR1, lambda *_: q.put("from the handler"))
signal.signal(signal.SIGUSR2, lambda *_: (full.get(), full.task_done()))
say("get")
say(q.get())
say("put")
full.put("new")
say(full.get_nowait())
say("join")
signal.signal(signal.SIGUSR2, lambda *_: full.task_done())
full.join()
say("joined")
""",
    )
    for line, number in [("get", signal.SIGUSR1), ("put", signal.SIGUSR2)]:
        assert script.read_line() == line
        wait_until_asleep(script.process.pid)
        script.process.send_signal(number)
        expected = "from the handler" if line == "get" else "new"
        assert script.read_line() == expected
    assert script.read_line() == "join"
    wait_until_asleep(script.process.pid)
    script.process.send_signal(signal.SIGUSR2)
    assert script.end() == (0, "joined\n", "")


def test_a_handlers_exception_leaves_the_wait_and_loses_nothing(
    impl: ModuleType,
) -> None:
    script = Script(
        impl,
        """
class Stop(Exception): pass
def handler(*_):
    raise Stop
signal.signal(signal.SIGUSR1, handler)
q = queue.Queue()
say("waiting")
try:
    q.get(timeout=1000)
except Stop:
    say("stopped")
for item in range(3):
    q.put(item)
say(q.get(), q.get(), q.get(), q.qsize())
""",
    )
    script.signal_in_its_sleep(signal.SIGUSR1)
    assert script.end() == (0, "stopped\n0 1 2 0\n", "")


def test_a_child_has_its_own_copy_of_the_items(impl: ModuleType) -> None:
    out = run(
        impl,
        """
queues = [queue.Queue(), queue.LifoQueue(), queue.PriorityQueue()]
for q in queues:
    for item in (2, 3, 1):
        q.put(item)
child = os.fork()
if not child:
    for q in queues:
        q.put(4)
        say([q.get() for _ in range(q.qsize())], q.unfinished_tasks)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
for q in queues:
    say([q.get() for _ in range(q.qsize())], q.unfinished_tasks)
""",
    )
    assert out.splitlines() == [
        "[2, 3, 1, 4] 4",
        "[4, 1, 3, 2] 4",
        "[1, 2, 3, 4] 4",
        "[2, 3, 1] 3",
        "[1, 3, 2] 3",
        "[1, 2, 3] 3",
    ]


def test_a_child_of_a_process_with_parked_threads(impl: ModuleType) -> None:
    out = run(
        impl,
        QUEUES
        + """
waiting = [Background(q.get).parked() for _ in range(3)]
waiting += [Background(full.put, 1).parked() for _ in range(3)]
waiting += [Background(full.join).parked() for _ in range(3)]
child = os.fork()
if not child:
    q.put("child")
    say(q.get(), q.qsize(), full.get(), full.qsize(), full.unfinished_tasks)
    full.task_done()
    full.join()
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
for item in range(3):
    q.put(item)
for _ in range(4):
    full.get()
    full.task_done()
for one in waiting:
    one.result()
say(q.qsize(), full.qsize())
""",
        *QUIET_FORK,
    )
    assert out.splitlines() == ["child 0 0 0 1", "0 0"]


def test_a_mutex_held_over_a_fork_is_held_in_both(impl: ModuleType) -> None:
    out = run(
        impl,
        """
q = queue.Queue()
q.put(1)
with q.mutex:
    child = os.fork()
    if not child:
        say(q.mutex.locked())
say(q.mutex.locked(), q.get())
if not child:
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
""",
    )
    assert sorted(out.splitlines()) == ["False 1", "False 1", "True"]


def test_a_mutex_held_by_another_thread_stays_held_in_the_child(
    impl: ModuleType,
) -> None:
    out = run(
        impl,
        """
q = queue.Queue()
ready, leave = threading.Event(), threading.Event()
def hold():
    with q.mutex:
        ready.set()
        leave.wait()
holder = Background(hold)
ready.wait()
child = os.fork()
if not child:
    say(q.mutex.locked())
    q.mutex.release()
    q.put(1)
    say(q.get())
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
say(q.mutex.locked())
leave.set()
holder.result()
""",
        *QUIET_FORK,
    )
    assert out.splitlines() == ["True", "1", "True"]


@pytest.mark.parametrize("end", ["", "sys.exit(0)", "raise SystemExit"])
def test_parked_daemon_threads_do_not_disturb_the_exit(
    impl: ModuleType, end: str
) -> None:
    out = run(
        impl,
        QUEUES
        + f"""
for wait in (q.get, lambda: q.get(timeout=1000), lambda: full.put(1), full.join):
    for _ in range(3):
        Background(wait).parked()
say("leaving")
{end}
""",
    )
    assert out == "leaving\n"


def test_threads_that_work_are_cut_off_at_exit(impl: ModuleType) -> None:
    out = run(
        impl,
        """
q, back = queue.Queue(2), queue.Queue(2)
def pump(a, b):
    while True:
        b.put(a.get())
q.put(1)
workers = [Background(pump, q, back), Background(pump, back, q)]
for worker in workers:
    worker.begun.wait()
say("leaving")
""",
    )
    assert out == "leaving\n"


def test_a_queue_may_be_used_by_exit_functions(impl: ModuleType) -> None:
    out = run(
        impl,
        """
import atexit
q = queue.Queue()
q.put("item")
atexit.register(lambda: say(q.get(), q.empty()))
class Last:
    def __del__(self):
        q.put("from the last __del__")
        print(q.get_nowait(), flush=True)
last = Last()
""",
    )
    assert out.splitlines() == ["item True", "from the last __del__"]
