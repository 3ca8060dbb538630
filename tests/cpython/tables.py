"""Which test modules form a group, and what has to be ours for it to count.

Promise: a further replaced module needs a row here and nothing elsewhere.

A name in `modules` may be a tuple: the first that the interpreter has is taken. A
name that ends in `.*` means every `test_*` module of that package.

`must` lists expressions; each has to lead to ropewalk's code in every test process,
or the group is refused. `handed_on` says from which minor version of Python on such an
expression is the standard library's own and proves nothing.

`held` lists, per test module, expressions in that module's own globals and the tests
(`Class.method` patterns) that are worth nothing when such an expression leads to
CPython's code: such tests get the outcome "stock".

`without` lists test modules of the choice that belong to another group or to none, and
`apart` tests that build a private class of the standard library and drive it through
mocks: they would pass whatever is installed, and prove nothing.
"""

from dataclasses import dataclass, field

Choice = str | tuple[str, ...]
Held = dict[str, list[tuple[str, str]]]


@dataclass(frozen=True)
class Group:
    """One row: what runs, what proves it, what `--quick` leaves out."""

    modules: tuple[Choice, ...]
    must: tuple[str, ...]
    handed_on: dict[str, int] = field(default_factory=dict)
    held: Held = field(default_factory=dict)
    without: frozenset[str] = frozenset()
    apart: tuple[str, ...] = ()
    slow_modules: frozenset[str] = frozenset()
    slow_tests: tuple[str, ...] = ()

    def must_on(self, minor: str) -> tuple[str, ...]:
        """What has to be ours on a Python such as "3.11"."""
        number = int(minor.split(".")[1])
        return tuple(e for e in self.must if number < self.handed_on.get(e, number + 1))


# Above the loop: what uses it through its public methods.
_ABOVE_THE_LOOP = tuple(
    f"test.test_asyncio.{name}"
    for name in (
        "test_locks",
        "test_queues",
        "test_streams",
        "test_taskgroups",
        "test_tasks",
        "test_threads",
        "test_timeouts",
        "test_waitfor",
    )
)

GROUPS: dict[str, Group] = {
    "asyncio-loop": Group(
        modules=("test.test_asyncio.*",),
        without=frozenset(_ABOVE_THE_LOOP)
        | {
            # Windows' loop, and the private halves of the selector loop.
            "test.test_asyncio.test_proactor_events",
            "test.test_asyncio.test_selector_events",
        },
        must=(
            "asyncio.new_event_loop().call_soon",
            "asyncio.new_event_loop().run_forever",
            "asyncio.SelectorEventLoop.call_soon",
            "asyncio.SelectorEventLoop.call_at",
            "asyncio.SelectorEventLoop.call_soon_threadsafe",
        ),
        apart=(
            "test.test_asyncio.test_base_events.BaseEventTests.*",
            "test.test_asyncio.test_base_events.BaseEventLoopTests.*",
            "test.test_asyncio.test_sslproto.SslProtoHandshakeTests.*",
            "test.test_asyncio.test_unix_events.SelectorEventLoopSignalTests.*",
            "test.test_asyncio.test_unix_events.Unix*PipeTransportTests.*",
            "test.test_asyncio.test_unix_events.*ChildWatcherTests.*",
            # The pure-Python twins of C classes, reached by their private names.
            "test.test_asyncio.test_futures.Py*",
            "test.test_asyncio.test_futures2.Py*",
            "test.test_asyncio.test_events.TestPyGetEventLoop.*",
            "test.test_asyncio.test_eager_task_factory.*Py*",
        ),
        # Child watchers that nobody has by default, and TLS that waits in real time.
        slow_tests=(
            "*.SubprocessSafeWatcherTests.*",
            "*.SubprocessFastWatcherTests.*",
            "*.SubprocessMultiLoopWatcherTests.*",
            "*.test_create_connection_ssl_slow_handshake",
            "*.test_start_tls_slow_client_cancel",
        ),
    ),
    "asyncio-above": Group(
        modules=_ABOVE_THE_LOOP,
        must=(
            "asyncio.Queue.put",
            "asyncio.Queue.get",
            "asyncio.Lock.acquire",
            "asyncio.Event.wait",
            "asyncio.Semaphore.acquire",
            "asyncio.StreamReader.read",
            "asyncio.StreamReader.readline",
            "asyncio.StreamWriter.drain",
            "asyncio.Condition.wait",
            "asyncio.Barrier.wait",
            "asyncio.gather",
            "asyncio.sleep",
            "asyncio.wait_for",
            "asyncio.TaskGroup.create_task",
            "asyncio.Timeout.reschedule",
        ),
        apart=("test.test_asyncio.test_tasks.Py*",),
        slow_tests=("*.TestTaskGroup.test_taskgroup_23",),
    ),
    "queue": Group(
        modules=("test.test_queue",),
        must=(
            "queue.Queue.put",
            "queue.Queue.get",
            "queue.Queue.join",
            "queue.Queue.task_done",
            "queue.LifoQueue.put",
            "queue.LifoQueue.get",
            "queue.PriorityQueue.put",
            "queue.PriorityQueue.get",
        ),
        held={
            "test.test_queue": [
                ("Py*", "py_queue.Queue.put"),
                ("C[!S]*", "c_queue.Queue.put"),
                ("C[!S]*", "c_queue.Queue.get"),
            ]
        },
    ),
    "futures-threads": Group(
        modules=(("test.test_concurrent_futures.*", "test.test_concurrent_futures"),),
        must=(
            "concurrent.futures.Future.result",
            "concurrent.futures.Future.set_result",
            "concurrent.futures.ThreadPoolExecutor.submit",
            "concurrent.futures.wait",
            "concurrent.futures.as_completed",
        ),
        # Those of processes take two minutes.
        slow_tests=("*Process*",),
    ),
    # Users of the replaced modules in the standard library, and their neighbours.
    "users": Group(
        modules=(
            "test.test_thread",
            "test.test_threadsignals",
            "test.test_threading_local",
            "test.test_sched",
            "test.test_logging",
            "test.test_context",
            "test.test_contextlib",
            "test.test_contextlib_async",
            "test.test_asyncgen",
            "test.test_coroutines",
            "test.test_socketserver",
            "test.test_threadedtempfile",
            "test.test_importlib.test_threaded_import",
            "test.test_importlib.test_locks",
            "test.test_fork1",
            "test.test_httpservers",
            "test.test_xmlrpc",
            "test.test_ftplib",
            "test.test_smtplib",
            "test.test_compileall",
            "test.test_functools",
            "test.test_weakref",
            "test.test_atexit",
            "test.test_faulthandler",
            "test.test_subprocess",
            "test.test_selectors",
            ("test.test_unittest.test_async_case", "unittest.test.test_async_case"),
            (
                "test.test_unittest.testmock.testasync",
                "unittest.test.testmock.testasync",
            ),
        ),
        # Grows with each replaced module that these tests use.
        must=(
            "queue.Queue.put",
            "queue.Queue.get",
            "threading.Condition.wait",
            "threading.Event.wait",
            "threading.Lock().acquire",
            "threading.RLock().acquire",
            "threading.Semaphore.acquire",
            "threading.Thread.start",
            "threading.Thread.join",
            "asyncio.new_event_loop().call_soon",
        ),
        slow_modules=frozenset(
            {
                "test.test_compileall",
                "test.test_faulthandler",
                "test.test_ftplib",
                "test.test_selectors",
                "test.test_subprocess",
                "test.test_xmlrpc",
            }
        ),
    ),
    "threading": Group(
        modules=("test.test_threading",),
        must=(
            "threading.Lock().acquire",
            "threading.RLock().acquire",
            "threading.Condition.wait",
            "threading.Semaphore.acquire",
            "threading.Event.wait",
            "threading.Barrier.wait",
            "threading.Thread.start",
            "threading.Thread.join",
            "threading.Timer.cancel",
        ),
        held={
            "test.test_threading": [
                ("LockTests.*", "LockTests.locktype().acquire"),
                ("CRLockTests.*", "CRLockTests.locktype().acquire"),
                ("EventTests.*", "EventTests.eventtype.wait"),
                ("Condition*Tests.*", "ConditionTests.condtype.wait"),
                ("SemaphoreTests.*", "SemaphoreTests.semtype.acquire"),
                ("BarrierTests.*", "BarrierTests.barriertype.wait"),
                ("Thread*", "threading.Thread.start"),
            ]
        },
    ),
}

# What runs when no --group is given: the groups of the modules that are replaced.
DEFAULT_GROUPS = (
    "queue",
    "threading",
    "futures-threads",
    "asyncio-loop",
    "asyncio-above",
    "users",
)

# No network, no display, no large files.
RESOURCES = ("cpu", "walltime", "subprocess", "tzdata")
# Uses the loopback interface only, but asks for "network".
MORE_RESOURCES = {"test.test_socketserver": ("network",)}

# Started first, so that the longest does not run alone at the end.
LONG_FIRST = (
    "test.test_asyncio.test_subprocess",
    "test.test_asyncio.test_tasks",
    "test.test_asyncio.test_events",
    "test.test_asyncio.test_ssl",
    "test.test_xmlrpc",
    "test.test_subprocess",
    "test.test_logging",
    "test.test_faulthandler",
    "test.test_selectors",
    "test.test_threading",
    "test.test_queue",
)
