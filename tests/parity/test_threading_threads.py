"""Thread: start, join, daemons, errors; each in a program with ropewalk installed."""

from types import ModuleType

import pytest

from tests.scripts import run

MODULE = "threading"


def test_start_and_join(impl: ModuleType) -> None:
    out = run(
        impl,
        """
calls = []
one = threading.Thread(target=lambda *a, **k: calls.append((a, k)), args=(1,),
                       kwargs={"b": 2}, name="worker")
say(one.is_alive(), one.ident, repr(one))
say(one.start(), one.join(), one.is_alive(), calls)
say(one.ident == one.ident, one.native_id is not None, repr(one)[:23])
say(one.join(), one.join(0), one.join(timeout=-1), one.join(None))
say(threading.Thread.start.__qualname__, threading.Thread.join.__qualname__)
say(threading.enumerate() == [threading.main_thread()], dict(threading._limbo))
""",
    )
    assert out.splitlines() == [
        "False None <Thread(worker, initial)>",
        "None None False [((1,), {'b': 2})]",
        "True True <Thread(worker, stopped",
        "None None None None",
        "Thread.start Thread.join",
        "True {}",
    ]


def test_what_is_refused(impl: ModuleType) -> None:
    out = run(
        impl,
        """
def told(call, *arguments):
    try:
        call(*arguments)
    except Exception as error:
        say(type(error).__name__, error)
    else:
        say("works")
one = threading.Thread(target=int)
told(one.join)
one.start()
told(one.start)
one.join()
told(one.start)
told(threading.current_thread().join)
class Careless(threading.Thread):
    def __init__(self):
        pass
told(Careless().start)
told(Careless().join)
""",
    )
    assert out.splitlines() == [
        "RuntimeError cannot join thread before it is started",
        "RuntimeError threads can only be started once",
        "RuntimeError threads can only be started once",
        "RuntimeError cannot join current thread",
        "RuntimeError thread.__init__() not called",
        "RuntimeError Thread.__init__() not called",
    ]


@pytest.mark.parametrize("timeout", ["0", "-1", "-0.5", "0.001", "0.0"])
def test_a_join_that_times_out(impl: ModuleType, timeout: str) -> None:
    out = run(
        impl,
        f"""
event = threading.Event()
one = threading.Thread(target=event.wait)
one.start()
say(one.join({timeout}), one.join(timeout={timeout}), one.is_alive())
event.set()
one.join(1000)
say(one.is_alive())
""",
    )
    assert out.splitlines() == ["None None True", "False"]


def test_joins_refuse_what_they_refuse(ours: ModuleType, theirs: ModuleType) -> None:
    """Time-outs that cannot be waited for, in the running Python's words."""
    text = """
event = threading.Event()
one = threading.Thread(target=event.wait)
one.start()
for timeout in (float("inf"), float("nan"), 1e10, 2**100, "1", [], 1j):
    try:
        one.join(timeout)
    except Exception as error:
        say(type(error).__name__, error)
    else:
        say("works")
event.set()
one.join()
"""
    assert run(ours, text) == run(theirs, text)


def test_subclasses(impl: ModuleType) -> None:
    out = run(
        impl,
        """
calls = []
class Mine(threading.Thread):
    def start(self):
        calls.append("start")
        super().start()
    def run(self):
        calls.append(("run", threading.current_thread() is self))
    def join(self, timeout=None):
        super().join(timeout)
        calls.append("join")
one = Mine(daemon=True)
one.start()
one.join()
say(calls, isinstance(one, threading.Thread), one.daemon)
say(isinstance(threading.main_thread(), threading.Thread))
""",
    )
    assert out.splitlines() == [
        "['start', ('run', True), 'join'] True True",
        "True",
    ]


def test_a_thread_that_cannot_be_started(impl: ModuleType) -> None:
    out = run(
        impl,
        """
def refuse(*_, **__):
    raise threading.ThreadError("can't start new thread")
name = "_start_joinable_thread" if sys.version_info >= (3, 13) else "_start_new_thread"
usual = getattr(threading, name)
setattr(threading, name, refuse)
one = threading.Thread(target=int)
try:
    one.start()
except RuntimeError as error:
    say(error, len(threading._limbo), threading.active_count(), one.is_alive())
setattr(threading, name, usual)
one.start()
one.join()
say(one.is_alive())
""",
    )
    assert out.splitlines() == ["can't start new thread 0 1 False", "False"]


def test_hooks(impl: ModuleType) -> None:
    out = run(
        impl,
        """
seen = []
def hook(told):
    seen.append((told.exc_type.__name__, str(told.exc_value), told.thread.name))
threading.excepthook = hook
def fail():
    raise KeyError("x")
def leave():
    raise SystemExit
for target in (fail, leave):
    one = threading.Thread(target=target, name="t")
    one.start()
    one.join()
say(seen)
traced, profiled = set(), set()
threading.settrace(lambda frame, *_: traced.add(frame.f_code.co_name))
threading.setprofile(lambda frame, *_: profiled.add(frame.f_code.co_name))
def looked_at():
    pass
one = threading.Thread(target=looked_at)
one.start()
one.join()
threading.settrace(None)
threading.setprofile(None)
say("looked_at" in traced, "looked_at" in profiled)
""",
    )
    seen = [("KeyError", "'x'", "t"), ("SystemExit", "", "t")]
    assert out.splitlines() == [str(seen), "True True"]


def test_an_uncaught_error_is_told_on_stderr(impl: ModuleType) -> None:
    out = run(
        impl,
        """
import io
sys.stderr = text = io.StringIO()
one = threading.Thread(target=lambda: 1 // 0, name="divider")
one.start()
one.join()
sys.stderr = sys.__stderr__
lines = text.getvalue().splitlines()
say(lines[0])
say(lines[-1], "/ropewalk/_" in text.getvalue())
""",
    )
    told, what = out.splitlines()
    assert told == "Exception in thread divider:"
    assert what.startswith("ZeroDivisionError: ") and what.endswith(" by zero False")


def test_many_threads_from_many_threads(impl: ModuleType) -> None:
    out = run(
        impl,
        """
total = []
def work(depth):
    own = [threading.Thread(target=work, args=(depth - 1,)) for _ in range(3 * depth)]
    for one in own:
        one.start()
    for one in own:
        one.join()
    total.append(1)
work(3)
say(len(total), threading.active_count())
""",
    )
    assert out == "226 1\n"


def test_locals_belong_to_their_thread(impl: ModuleType) -> None:
    out = run(
        impl,
        """
class Mine(threading.local):
    def __init__(self, value):
        self.value = value
mine = Mine(1)
mine.value += 1
say(Background(lambda: mine.value).result(), mine.value)
""",
    )
    assert out == "1 2\n"


def test_old_names(impl: ModuleType) -> None:
    out = run(
        impl,
        """
import warnings
one = threading.Thread()
for call in (one.getName, lambda: one.setName("n"), one.isDaemon,
             lambda: one.setDaemon(True), threading.activeCount,
             threading.currentThread):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    say(caught[0].category.__name__)
say(one.name, one.daemon)
""",
    )
    assert out.splitlines() == ["DeprecationWarning"] * 6 + ["n True"]
