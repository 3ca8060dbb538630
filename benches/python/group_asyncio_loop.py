"""The event loop by itself: callbacks, timers, futures, threads, children, sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Coroutine
from time import perf_counter
from typing import Any

from .case import AnyCase, Group, Module, Scenario
from .loops import LOOPS, PEERS, drive

BATCH = 1_000
"""So many callbacks wait at the same time: a loop under load, not a backlog."""


def nothing(*_: object) -> None:
    """The callback."""


async def call_soon(module: Module, loop: Any, count: int) -> float:
    """Schedule and run."""
    started = perf_counter()
    for _ in range(count // BATCH):
        for _ in range(BATCH):
            loop.call_soon(nothing)
        await module.sleep(0)
    return perf_counter() - started


async def call_soon_with_arguments(module: Module, loop: Any, count: int) -> float:
    """The same, with two arguments."""
    started = perf_counter()
    for _ in range(count // BATCH):
        for _ in range(BATCH):
            loop.call_soon(nothing, loop, 1)
        await module.sleep(0)
    return perf_counter() - started


async def call_later(module: Module, loop: Any, count: int) -> float:
    """Schedule and cancel, as every time-out does that is not reached."""
    started = perf_counter()
    for _ in range(count // BATCH):
        for _ in range(BATCH):
            loop.call_later(1000, nothing).cancel()
        await module.sleep(0)
    return perf_counter() - started


async def call_later_among_many(module: Module, loop: Any, count: int) -> float:
    """The same while 10,000 other timers wait."""
    others = [loop.call_later(1000 + at % 97, nothing) for at in range(10_000)]
    seconds = await call_later(module, loop, count)
    for other in others:
        other.cancel()
    return seconds


async def timers(module: Module, loop: Any, count: int) -> float:
    """Timers that fire: 1,000 at a time, all due at once."""
    started = perf_counter()
    for _ in range(count // BATCH):
        last = loop.create_future()
        when = loop.time()
        for _ in range(BATCH - 1):
            loop.call_at(when, nothing)
        loop.call_at(when, last.set_result, None)
        await last
    return perf_counter() - started


async def future(module: Module, loop: Any, count: int) -> float:
    """A future that the next callback completes."""
    started = perf_counter()
    for _ in range(count):
        one = loop.create_future()
        loop.call_soon(one.set_result, None)
        await one
    return perf_counter() - started


async def sleep(module: Module, loop: Any, count: int) -> float:
    """One task lets the loop turn."""
    pause = module.sleep
    started = perf_counter()
    for _ in range(count):
        await pause(0)
    return perf_counter() - started


async def sleep_of_many(module: Module, loop: Any, count: int) -> float:
    """A hundred tasks do."""
    started = perf_counter()
    tasks = [loop.create_task(sleep(module, loop, count // 100)) for _ in range(100)]
    await module.wait(tasks)
    return perf_counter() - started


async def tasks(module: Module, loop: Any, count: int) -> float:
    """Create a task and wait for it."""

    async def task() -> None:
        pass

    started = perf_counter()
    for _ in range(count):
        await loop.create_task(task())
    return perf_counter() - started


async def from_own_thread(module: Module, loop: Any, count: int) -> float:
    """`call_soon_threadsafe` where it is not needed."""
    started = perf_counter()
    for _ in range(count // BATCH):
        for _ in range(BATCH):
            loop.call_soon_threadsafe(nothing)
        await module.sleep(0)
    return perf_counter() - started


async def from_a_thread(module: Module, loop: Any, count: int) -> float:
    """A thread schedules as fast as it can; until the last has run."""
    done = loop.create_future()
    started = perf_counter()

    def schedule() -> None:
        for _ in range(count - 1):
            loop.call_soon_threadsafe(nothing)
        loop.call_soon_threadsafe(done.set_result, None)

    thread = threading.Thread(target=schedule)
    thread.start()
    await done
    elapsed = perf_counter() - started
    thread.join()
    return elapsed


async def to_a_thread_and_back(module: Module, loop: Any, count: int) -> float:
    """`run_in_executor`, one after the other."""
    await loop.run_in_executor(None, nothing)
    started = perf_counter()
    for _ in range(count):
        await loop.run_in_executor(None, nothing)
    return perf_counter() - started


async def spawn(module: Module, loop: Any, count: int) -> float:
    """Start a child that ends at once, and wait for it."""
    started = perf_counter()
    for _ in range(count):
        child = await module.create_subprocess_exec("/bin/true")
        if await child.wait() != 0:
            raise AssertionError("the child failed")
    return perf_counter() - started


async def spawn_and_read(module: Module, loop: Any, count: int) -> float:
    """The same with its output."""
    started = perf_counter()
    for _ in range(count):
        child = await module.create_subprocess_exec(
            "/bin/echo", "word", stdout=module.subprocess.PIPE
        )
        out, _ = await child.communicate()
        if out != b"word\n":
            raise AssertionError(f"the child said {out!r}")
    return perf_counter() - started


async def ping_pong(module: Module, loop: Any, count: int) -> float:
    """Two tasks over a socket pair, in turn."""
    here, there = socket.socketpair()
    here.setblocking(False)
    there.setblocking(False)

    async def answer() -> None:
        while data := await loop.sock_recv(there, 100):
            await loop.sock_sendall(there, data)

    answering = loop.create_task(answer())
    started = perf_counter()
    for _ in range(count):
        await loop.sock_sendall(here, b"x" * 64)
        await loop.sock_recv(here, 100)
    elapsed = perf_counter() - started
    here.close()
    await answering
    there.close()
    return elapsed


async def ready_socket(module: Module, loop: Any, count: int) -> float:
    """`sock_sendall` and `sock_recv` that need not wait."""
    here, there = socket.socketpair()
    here.setblocking(False)
    there.setblocking(False)
    started = perf_counter()
    for _ in range(count):
        await loop.sock_sendall(here, b"x" * 64)
        await loop.sock_recv(there, 100)
    elapsed = perf_counter() - started
    here.close()
    there.close()
    return elapsed


async def readers(module: Module, loop: Any, count: int) -> float:
    """`add_reader` and `remove_reader`."""
    here, there = socket.socketpair()
    number = here.fileno()
    started = perf_counter()
    for _ in range(count):
        loop.add_reader(number, nothing)
        loop.remove_reader(number)
    elapsed = perf_counter() - started
    here.close()
    there.close()
    return elapsed


Work = Callable[[Module, Any, int], Coroutine[Any, Any, float]]


def _case(
    name: str, work: Work, count: int, target: float | None = None, note: str = ""
) -> Scenario:
    def run(module: Module, count: int) -> float:
        return drive(module, lambda loop: work(module, loop, count))

    return Scenario(
        name=name,
        run=run,
        count=count,
        quick=max(count // 50, 10) if count < 50_000 else 2_000,
        isolated=True,
        target=target,
        against="uvloop",
        note=note,
        only=LOOPS,
    )


CASES: tuple[AnyCase, ...] = (
    _case("call_soon", call_soon, 500_000, 1.4, "schedule and run"),
    _case("call_soon, two arguments", call_soon_with_arguments, 500_000, 1.4),
    _case("call_later+cancel", call_later, 300_000, 3.3),
    _case("call_later+cancel, 10,000 wait", call_later_among_many, 300_000, 3.3),
    _case("call_at, due at once", timers, 300_000),
    _case("future round trip", future, 200_000, 2.5),
    _case("sleep(0), one task", sleep, 300_000, 2.5),
    _case("sleep(0), 100 tasks", sleep_of_many, 300_000),
    _case("create_task+await", tasks, 200_000),
    _case("call_soon_threadsafe, own thread", from_own_thread, 300_000),
    _case("call_soon_threadsafe, another thread", from_a_thread, 100_000),
    _case("run_in_executor round trip", to_a_thread_and_back, 5_000),
    _case("subprocess spawn+wait", spawn, 150, 2.5),
    _case("subprocess spawn+communicate", spawn_and_read, 150, 2.5),
    _case("sock_* ping-pong, two tasks", ping_pong, 30_000, 2.5),
    _case("sock_sendall+sock_recv, ready", ready_socket, 50_000, 2.5),
    _case("add_reader+remove_reader", readers, 50_000),
)

GROUP = Group(
    name="asyncio_loop",
    stdlib="asyncio",
    ropewalk="ropewalk.asyncio",
    ours="SelectorEventLoop",
    cases=CASES,
    peers=PEERS,
)
