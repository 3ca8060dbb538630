"""blockbuster raises where a coroutine blocks its loop, and not in other threads."""

import asyncio
import queue
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from blockbuster import BlockingError, blockbuster_ctx

taken = threading.Lock()
reentrant = threading.RLock()
condition = threading.Condition()


def sleeps() -> None:
    time.sleep(0.001)


def locks() -> None:
    with taken:
        taken.acquire(timeout=0.001)


def locks_freely() -> None:
    taken.acquire()
    taken.acquire(False)
    taken.acquire(timeout=0)
    taken.release()
    with reentrant, reentrant:
        pass


def waits() -> None:
    threading.Event().wait(0.001)


def waits_for_nothing() -> None:
    event = threading.Event()
    event.wait(0)
    event.set()
    event.wait()


def is_notified() -> None:
    with condition:
        condition.wait(0.001)


def meets() -> None:
    threading.Barrier(2).wait(0.001)


def meets_itself() -> None:
    threading.Barrier(1).wait()


def takes() -> None:
    threading.Semaphore(0).acquire(timeout=0.001)


def takes_one() -> None:
    threading.Semaphore(1).acquire()
    threading.BoundedSemaphore(0).acquire(blocking=False)


def gets_none() -> None:
    queue.Queue[int]().get(timeout=0.001)


def puts_too_many() -> None:
    few = queue.Queue[int](1)
    few.put(1)
    few.put(2, timeout=0.001)


def puts() -> None:
    few = queue.Queue[int](1)
    few.put(1)
    few.get_nowait()
    few.task_done()
    few.join()


def joins_a_queue() -> None:
    few = queue.Queue[int]()
    few.put(1)
    few.join()


def results() -> None:
    Future[int]().result(0.001)


def has_a_result() -> None:
    future = Future[int]()
    future.set_result(1)
    future.result()
    wait([future])


def waits_for_futures() -> None:
    wait([Future[int]()], timeout=0.001)


def starts_threads() -> None:
    threading.Thread(target=abs, args=(1,)).start()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(abs, 1)
        while not pool.submit(abs, 1).done():
            pass
        pool.shutdown(wait=False)


def receives() -> None:
    one, other = socket.socketpair()
    with one, other:
        other.send(b"x")
        one.recv(1)


def gets() -> None:
    few: queue.Queue[int] = queue.Queue()
    few.put(1)
    few.get()


def writes() -> None:
    with open("/dev/null", "w") as file:
        file.write("x")


PROGRAMS = (
    sleeps,
    locks,
    locks_freely,
    waits,
    waits_for_nothing,
    is_notified,
    meets,
    meets_itself,
    takes,
    takes_one,
    gets_none,
    puts_too_many,
    puts,
    joins_a_queue,
    results,
    has_a_result,
    waits_for_futures,
    starts_threads,
    receives,
    gets,
    writes,
)


async def tries(program: Callable[[], Any]) -> str:
    try:
        program()
    except BlockingError as error:
        return str(error)
    except (queue.Empty, queue.Full, TimeoutError) as error:
        return type(error).__name__
    return "no word"


async def main() -> None:
    for program in PROGRAMS:
        print(program.__name__, await tries(program))
    await asyncio.to_thread(sleeps)
    await asyncio.sleep(0.001)
    loop = asyncio.get_running_loop()
    print(await loop.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM))
    server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0)
    async with server:
        where = server.sockets[0].getsockname()
        reader, writer = await asyncio.open_connection(*where)
        print(await reader.read())
        writer.close()
        await writer.wait_closed()


with blockbuster_ctx():
    asyncio.run(main())
