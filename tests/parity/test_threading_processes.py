"""Forks, and the end of the interpreter, while threads hold and wait."""

from types import ModuleType

import pytest

from tests import implementations
from tests.scripts import run

MODULE = "threading"
# Python 3.12 and newer warn when a process with threads forks.
QUIET_FORK = ("-W", "ignore::DeprecationWarning")
# Runs `child()` in a forked child, which must end well.
FORK = """
def in_child(child):
    number = os.fork()
    if not number:
        signal.alarm(20)
        child()
        os._exit(0)
    assert os.waitpid(number, 0)[1] == 0
"""
# From which thread the fork comes.
FORKERS = {"main": "in_child(child)", "other": "Background(in_child, child).result()"}
from_each = pytest.mark.parametrize("fork", FORKERS.values(), ids=FORKERS)


@from_each
def test_a_held_lock_is_held_in_the_child(impl: ModuleType, fork: str) -> None:
    out = run(
        impl,
        FORK
        + f"""
mine, theirs = threading.Lock(), threading.Lock()
mine.acquire()
Background(theirs.acquire).result()
def child():
    for lock in (mine, theirs):
        say(lock.locked(), lock.acquire(False), lock.acquire(timeout=0.001))
        lock.release()
        say(lock.locked(), lock.acquire(False))
{fork}
say(mine.locked(), theirs.locked())
""",
        *QUIET_FORK,
    )
    expected = ["True False False", "False True"] * 2 + ["True True"]
    assert out.splitlines() == expected


def test_an_rlock_belongs_to_the_thread_that_forked(impl: ModuleType) -> None:
    out = run(
        impl,
        FORK
        + """
mine, theirs = threading.RLock(), threading.RLock()
mine.acquire()
mine.acquire()
Background(theirs.acquire).result()
def child():
    say(mine._is_owned(), mine.acquire(False), theirs._is_owned())
    say(theirs.acquire(False))
    try:
        theirs.release()
    except RuntimeError:
        say("not its own")
    for _ in range(3):
        mine.release()
    say(mine._is_owned(), Background(mine.acquire, False).result())
in_child(child)
""",
        *QUIET_FORK,
    )
    assert out.splitlines() == [
        "True True False",
        "False",
        "not its own",
        "False True",
    ]


@from_each
@pytest.mark.parametrize("kind", ["Lock", "RLock", "Condition", "Event"])
def test_reinit_frees_what_was_held(impl: ModuleType, kind: str, fork: str) -> None:
    out = run(
        impl,
        FORK
        + f"""
one = threading.{kind}()
lock = one._cond if {kind!r} == "Event" else one
Background(lock.acquire).result()
def child():
    one._at_fork_reinit()
    say(lock.acquire(False))
    lock.release()
    say(Background(lock.acquire, False).result())
{fork}
say(lock.acquire(False))
""",
        *QUIET_FORK,
    )
    assert out.splitlines() == ["True", "True", "False"]


WAITERS = """
lock = threading.Lock()
lock.acquire()
condition = threading.Condition()
event = threading.Event()
semaphore = threading.Semaphore(0)
barrier = threading.Barrier(3)
def in_condition():
    with condition:
        return condition.wait()
def take():
    lock.acquire()
    lock.release()
    return True
calls = [take, in_condition, event.wait, semaphore.acquire]
waiting = [Background(call).parked() for call in calls for _ in range(2)]
"""


@pytest.mark.skipif(
    implementations.STDLIB_ONLY, reason="its child wakes threads that it does not have"
)
@from_each
def test_waiters_of_the_parent_are_not_the_childs(ours: ModuleType, fork: str) -> None:
    """The child gives, sets and notifies; only its own threads see it."""
    out = run(
        ours,
        FORK
        + WAITERS
        + f"""
def child():
    own = [Background(call).parked() for call in calls]
    lock.release()
    with condition:
        condition.notify_all()
    event.set()
    semaphore.release()
    say([one.result() for one in own], semaphore._value, lock.acquire(False))
    semaphore.release(5)
    say(semaphore._value, event.is_set())
{fork}
say(lock.locked(), event.is_set(), semaphore._value, repr(condition)[-3:])
lock.release()
event.set()
semaphore.release(2)
with condition:
    condition.notify_all()
say(all(one.result() for one in waiting))
""",
        *QUIET_FORK,
    )
    assert out.splitlines() == [
        "[True, True, True, True] 0 True",
        "5 True",
        "True False 0 2)>",
        "True",
    ]


@from_each
def test_all_kinds_work_in_the_child(impl: ModuleType, fork: str) -> None:
    out = run(
        impl,
        FORK
        + f"""
semaphore, event = threading.Semaphore(2), threading.Event()
bounded, barrier = threading.BoundedSemaphore(1), threading.Barrier(2)
condition = threading.Condition(threading.Lock())
event.set()
semaphore.acquire()
def child():
    say(semaphore._value, event.is_set(), bounded.acquire(), barrier.n_waiting)
    other = Background(barrier.wait).parked()
    say(sorted([barrier.wait(), other.result()]))
    with condition:
        say(condition.wait(0.001))
    event.clear()
    other = Background(event.wait).parked()
    event.set()
    say(other.result(), len(threading.enumerate()))
{fork}
say(semaphore._value, bounded._value, event.is_set())
""",
        *QUIET_FORK,
    )
    assert out.splitlines() == [
        "1 True True 0",
        "[0, 1]",
        "False",
        "True 1",
        "1 1 True",
    ]


@from_each
def test_threads_of_the_parent_are_dead_in_the_child(
    impl: ModuleType, fork: str
) -> None:
    out = run(
        impl,
        FORK
        + WAITERS
        + f"""
def child():
    say(len(threading.enumerate()), threading.active_count())
    say(any(one.thread.is_alive() for one in waiting))
    for one in waiting:
        one.thread.join()
    say(threading.current_thread() is threading.main_thread())
    new = threading.Thread(target=say, args=("started",))
    new.start()
    new.join()
{fork}
say(all(one.thread.is_alive() for one in waiting))
""",
        *QUIET_FORK,
    )
    assert out.splitlines() == ["1 1", "False", "True", "started", "True"]


PARKED = {
    "Lock": "held.acquire()",
    "RLock": "theirs.acquire()",
    "Condition": "wait_in(condition)",
    "Condition over a foreign lock": "wait_in(foreign)",
    "Event": "threading.Event().wait()",
    "Semaphore": "threading.Semaphore(0).acquire()",
    "Barrier": "threading.Barrier(2).wait()",
    "join": "threading.main_thread().join()",
    "time-outs": "threading.Event().wait(1000)",
}


@pytest.mark.parametrize("end", ["", "sys.exit(0)", "import gc; gc.collect()"])
@pytest.mark.parametrize("wait", PARKED.values(), ids=PARKED)
def test_parked_daemon_threads_do_not_disturb_the_exit(
    impl: ModuleType, wait: str, end: str
) -> None:
    out = run(
        impl,
        f"""
held, theirs = threading.Lock(), threading.RLock()
held.acquire()
theirs.acquire()
condition = threading.Condition()
foreign = threading.Semaphore(1)
foreign.locked = lambda: False
foreign = threading.Condition(foreign)
def wait_in(condition):
    with condition:
        condition.wait()
for _ in range(3):
    Background(lambda: {wait}).parked()
say("leaving")
{end}
""",
    )
    assert out == "leaving\n"


def test_exit_waits_for_threads_that_are_no_daemons(impl: ModuleType) -> None:
    out = run(
        impl,
        """
event = threading.Event()
def work():
    event.wait()
    say("worked")
threading.Thread(target=work).start()
import atexit
atexit.register(lambda: say("after it"))
threading._register_atexit(event.set)
say("leaving")
""",
    )
    assert out.splitlines() == ["leaving", "worked", "after it"]


def test_a_wait_of_a_finalizer_at_the_end_of_the_interpreter(
    ours: ModuleType, theirs: ModuleType
) -> None:
    """Nobody can end it: from Python 3.15 on that is an exception."""
    program = """
import gc, queue
def tell(what, call):
    try:
        result = call()
    except BaseException as error:
        result = repr(error)
    os.write(1, f"{what} {result}\\n".encode())
held, again = threading.Lock(), threading.RLock()
held.acquire()
Background(again.acquire).result()
free, empty = threading.Lock(), queue.Queue()
class Last:
    def __del__(self):
        tell("free", free.acquire)
        tell("held", lambda: held.acquire(False))
        tell("timed", lambda: held.acquire(timeout=0.01))
        tell("again", lambda: again.acquire(timeout=0.01))
        tell("event", lambda: threading.Event().wait(0.01))
        tell("semaphore", lambda: threading.Semaphore(0).acquire(timeout=0.01))
        tell("condition", waits)
        tell("queue", lambda: empty.get(timeout=0.01))
def waits():
    with condition:
        return condition.wait(0.01)
condition = threading.Condition()
gc.disable()
last = Last()
last.itself = last
del last
"""
    told = [run(impl, program).splitlines() for impl in (theirs, ours)]
    assert len(told[0]) == 8
    assert told[1] == told[0]
