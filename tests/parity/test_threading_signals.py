"""Signals that arrive while the main thread waits."""

import signal
from types import ModuleType

import pytest

from tests.scripts import Script, run
from tests.threads import wait_until_asleep

MODULE = "threading"

# Each waits in vain; {} is a time-out or nothing.
WAITS = {
    "Lock.acquire": "held.acquire({timeout})",
    "RLock.acquire": "theirs.acquire({timeout})",
    "Condition.wait": "condition.wait({seconds})",
    "Condition.wait_for": "condition.wait_for(lambda: False, {seconds})",
    "Event.wait": "event.wait({seconds})",
    "Semaphore.acquire": "semaphore.acquire({timeout})",
    "BoundedSemaphore.acquire": "bounded.acquire({timeout})",
    "Barrier.wait": "barrier.wait({seconds})",
    "Thread.join": "parked.thread.join({seconds})",
    "Queue.get": "queue.Queue().get({timeout})",
    "Queue.put": "full.put(1, {timeout})",
}
ENDLESS = {
    "with Lock": "with held: pass",
    "with RLock": "with theirs: pass",
    "with Semaphore": "with semaphore: pass",
    "with Condition": "with closed: pass",
    "Queue.join": "full.join()",
}
THINGS = """
import queue
held = threading.Lock()
held.acquire()
theirs = threading.RLock()
Background(theirs.acquire).result()
closed = threading.Condition(held)
condition = threading.Condition()
condition.acquire()
event = threading.Event()
semaphore = threading.Semaphore(0)
bounded = threading.BoundedSemaphore(1)
bounded.acquire()
barrier = threading.Barrier(2)
parked = Background(threading.Event().wait).parked()
full = queue.Queue(1)
full.put(1)
"""
# All of it is as it was, and usable.
AFTERWARDS = """
say(held.locked(), condition._is_owned(), event.is_set(), barrier.n_waiting)
held.release()
semaphore.release()
bounded.release()
event.set()
condition.notify()
condition.release()
say(held.acquire(False), semaphore._value, bounded._value, event.wait())
say(repr(condition)[-3:])
"""
AS_EXPECTED = ["True True False 0", "True 1 1 True", "0)>"]


def endless(wait: str) -> str:
    return wait.format(timeout="", seconds="None")


def ending(wait: str, seconds: str) -> str:
    return wait.format(timeout=f"True, {seconds}", seconds=seconds)


EVERY = {name: endless(wait) for name, wait in (WAITS | ENDLESS).items()}
EVERY |= {f"{name}, time-out": ending(wait, "1000") for name, wait in WAITS.items()}
every_wait = pytest.mark.parametrize("wait", EVERY.values(), ids=EVERY)
QUIET_FORK = ("-W", "ignore::DeprecationWarning")


@every_wait
def test_ctrl_c_interrupts_a_waiting_main_thread(impl: ModuleType, wait: str) -> None:
    script = Script(
        impl,
        THINGS
        + f"""
say("waiting")
try:
    {wait}
except KeyboardInterrupt:
    say("interrupted")
{AFTERWARDS}
""",
    )
    script.signal_in_its_sleep(signal.SIGINT)
    assert script.end_well() == ["interrupted", *AS_EXPECTED]


@every_wait
def test_ctrl_c_ends_a_program_with_the_usual_traceback(
    impl: ModuleType, wait: str
) -> None:
    script = Script(impl, THINGS + f'say("waiting")\n{wait}\n')
    script.signal_in_its_sleep(signal.SIGINT)
    status, _, err = script.end()
    assert status == -signal.SIGINT
    assert err.rstrip().endswith("KeyboardInterrupt")


@every_wait
def test_a_handler_that_returns_lets_the_wait_go_on(
    impl: ModuleType, wait: str
) -> None:
    """It is called in the midst of the wait, and does not end it."""
    script = Script(
        impl,
        THINGS
        + f"""
calls = []
def handler(*_):
    calls.append(1)
    say("handled")
    if len(calls) == 3:
        raise KeyError
signal.signal(signal.SIGUSR1, handler)
say("waiting")
try:
    {wait}
except KeyError:
    say("left")
{AFTERWARDS}
""",
    )
    assert script.read_line() == "waiting"
    for _ in range(3):
        wait_until_asleep(script.process.pid)
        script.process.send_signal(signal.SIGUSR1)
        assert script.read_line() == "handled"
    assert script.end_well() == ["left", *AS_EXPECTED]


@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)
def test_handlers_do_not_lengthen_or_shorten_the_wait(
    impl: ModuleType, wait: str
) -> None:
    """A signal every 10 ms: a wait that began anew after each would never end."""
    out = run(
        impl,
        THINGS
        + f"""
calls = []
signal.signal(signal.SIGALRM, lambda *_: calls.append(1))
signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
since = time.monotonic()
try:
    {ending(wait, "0.2")}
except (threading.BrokenBarrierError, queue.Empty, queue.Full):
    pass
spent = time.monotonic() - since
signal.setitimer(signal.ITIMER_REAL, 0)
say(spent >= 0.2, len(calls) > 1)
""",
    )
    assert out == "True True\n"


# What a handler does with the very thing that is waited for, which ends the wait.
HELPS = {
    "Lock": ("held.acquire()", "held.release()"),
    "with Lock": ("held.__enter__()", "held.release()"),
    "Semaphore": ("semaphore.acquire()", "semaphore.release()"),
    "with Semaphore": ("semaphore.__enter__()", "semaphore.release()"),
}


@pytest.mark.parametrize(("wait", "act"), HELPS.values(), ids=HELPS)
def test_a_handler_may_end_the_wait_itself(
    impl: ModuleType, wait: str, act: str
) -> None:
    script = Script(
        impl,
        THINGS
        + f"""
signal.signal(signal.SIGUSR1, lambda *_: {act})
say("waiting")
say({wait}, held.locked(), semaphore._value)
""",
    )
    script.signal_in_its_sleep(signal.SIGUSR1)
    assert script.end() == (0, "True True 0\n", "")


@every_wait
def test_a_handler_may_use_others_of_the_same_kind(impl: ModuleType, wait: str) -> None:
    """It waits itself, and times out, inside the wait."""
    script = Script(
        impl,
        THINGS
        + f"""
def handler(*_):
    for lock in (threading.Lock(), threading.RLock(), threading.Semaphore()):
        with lock:
            pass
    assert not held.acquire(timeout=0.001)
    assert not theirs.acquire(timeout=0.001)
    assert not semaphore.acquire(timeout=0.001)
    assert not event.wait(0.001)
    other = threading.Condition()
    with other:
        assert not other.wait(0.001)
    one = threading.Thread(target=int)
    one.start()
    one.join()
    say("handled")
    raise KeyError
signal.signal(signal.SIGUSR1, handler)
say("waiting")
try:
    {wait}
except KeyError:
    say("left")
{AFTERWARDS}
""",
    )
    script.signal_in_its_sleep(signal.SIGUSR1)
    assert script.end_well() == ["handled", "left", *AS_EXPECTED]


@every_wait
def test_a_handler_may_fork(impl: ModuleType, wait: str) -> None:
    """The child leaves from inside the handler; the parent waits on."""
    script = Script(
        impl,
        THINGS
        + f"""
def handler(*_):
    child = os.fork()
    if not child:
        say(held.locked(), semaphore._value)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    say("handled")
signal.signal(signal.SIGUSR1, handler)
say("waiting")
try:
    {wait}
except KeyboardInterrupt:
    say("interrupted")
{AFTERWARDS}
""",
        *QUIET_FORK,
    )
    script.signal_in_its_sleep(signal.SIGUSR1)
    assert script.read_line() == "True 0"
    assert script.read_line() == "handled"
    wait_until_asleep(script.process.pid)
    script.process.send_signal(signal.SIGINT)
    assert script.end_well() == ["interrupted", *AS_EXPECTED]


def test_an_interrupted_wait_takes_a_contended_lock_again(impl: ModuleType) -> None:
    script = Script(
        impl,
        """
condition = threading.Condition()
say("waiting")
with condition:
    try:
        condition.wait()
    except KeyboardInterrupt:
        say("interrupted", condition._is_owned())
say(condition._is_owned(), condition.acquire(False))
""",
    )
    script.signal_in_its_sleep(signal.SIGINT)
    assert script.end() == (0, "interrupted True\nFalse True\n", "")
