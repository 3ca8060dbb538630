"""A loop that Python code runs by hand, also within itself, as nest_asyncio does it."""

import asyncio
import heapq
import os
import socket
import threading
from types import ModuleType
from typing import Any

from tests.loops import PATIENCE, open_loop

MODULE = "asyncio"


def _turn(loop: Any) -> None:
    """One turn, made of nothing but the loop's private parts."""
    ready, scheduled = loop._ready, loop._scheduled
    while scheduled and scheduled[0]._cancelled:
        heapq.heappop(scheduled)
    timeout = None
    if ready:
        timeout = 0
    elif scheduled:
        timeout = max(scheduled[0]._when - loop.time(), 0)
    loop._process_events(loop._selector.select(timeout))
    end = loop.time() + loop._clock_resolution
    while scheduled and scheduled[0]._when < end:
        ready.append(heapq.heappop(scheduled))
    for _ in range(len(ready)):
        if not ready:
            break
        handle = ready.popleft()
        if not handle._cancelled:
            handle._run()


def _nested(loop: Any, main: Any) -> Any:
    """Run a coroutine from within a callback of the loop that runs."""
    task = loop.create_task(asyncio.wait_for(main, PATIENCE))
    while not task.done():
        _turn(loop)
    return task.result()


def _in_a_callback(impl: ModuleType, main: Any) -> Any:
    """Nested twice, within a loop that runs by itself."""
    got: list[Any] = []

    def outer(loop: Any) -> None:
        async def between() -> None:
            await asyncio.sleep(0)
            loop.call_soon(inner)
            while not got:
                await asyncio.sleep(0.001)

        def inner() -> None:
            got.append(_nested(loop, main(loop)))

        _nested(loop, between())
        loop.stop()

    with open_loop(impl) as loop:
        loop.call_soon(outer, loop)
        loop.run_forever()
    return got[0]


def test_timers_tasks_and_gather_work_in_a_nested_run(impl: ModuleType) -> None:
    async def number(n: int) -> int:
        await asyncio.sleep(0.001 * n)
        return n

    async def main(loop: Any) -> Any:
        numbers = await asyncio.gather(*(number(n) for n in range(5)))
        return numbers, await loop.create_task(number(7))

    assert _in_a_callback(impl, main) == ([0, 1, 2, 3, 4], 7)


def test_a_time_limit_passes_in_a_nested_run(impl: ModuleType) -> None:
    async def main(loop: Any) -> str:
        try:
            await asyncio.wait_for(loop.create_future(), 0.005)
        except TimeoutError:
            return "late"
        return "in time"

    assert _in_a_callback(impl, main) == "late"


def test_another_thread_wakes_a_nested_run(impl: ModuleType) -> None:
    async def main(loop: Any) -> Any:
        woken = loop.create_future()

        def wake() -> None:
            loop.call_soon_threadsafe(woken.set_result, "woken")

        thread = threading.Thread(target=wake)
        thread.start()
        got = await woken
        thread.join()
        return got

    assert _in_a_callback(impl, main) == "woken"


def test_streams_and_sockets_work_in_a_nested_run(impl: ModuleType) -> None:
    async def echo(reader: Any, writer: Any) -> None:
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()

    async def main(loop: Any) -> Any:
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        address = server.sockets[0].getsockname()
        reader, writer = await asyncio.open_connection(*address)
        writer.write(b"by a stream\n")
        first = await reader.read()
        writer.close()
        with socket.socket() as sock:
            sock.setblocking(False)
            await loop.sock_connect(sock, address)
            await loop.sock_sendall(sock, b"by a socket\n")
            second = await loop.sock_recv(sock, 100)
        server.close()
        return first, second

    assert _in_a_callback(impl, main) == (b"by a stream\n", b"by a socket\n")


def test_the_list_of_timers_stays_the_same_one(impl: ModuleType) -> None:
    with open_loop(impl) as loop:
        private: Any = loop
        early = loop.call_later(1000, print)
        timers = private._scheduled
        assert type(timers) is list
        late = loop.call_later(2000, print)
        assert timers == [early, late]
        assert private._scheduled is timers


def test_who_has_looked_at_the_timers_gets_them_run_as_ever(impl: ModuleType) -> None:
    ran: list[int] = []
    with open_loop(impl) as loop:
        private: Any = loop
        handles = [loop.call_later(0.001 * (n % 5), ran.append, n) for n in range(400)]
        assert len(private._scheduled) == 400
        for handle in handles[100:]:
            handle.cancel()
        loop.call_later(0.02, loop.stop)
        loop.run_forever()
        assert sorted(ran) == list(range(100))
        assert private._scheduled == []
        assert not any(handle._scheduled for handle in handles)  # type: ignore[attr-defined]


def test_a_timer_that_was_put_in_the_list_by_hand_runs(impl: ModuleType) -> None:
    with open_loop(impl) as loop:
        private: Any = loop
        timer = asyncio.TimerHandle(loop.time(), loop.stop, (), loop)
        heapq.heappush(private._scheduled, timer)
        loop.run_forever()
        assert private._scheduled == []


def test_a_pipe_is_read_in_a_nested_run(impl: ModuleType) -> None:
    async def main(loop: Any) -> bytes:
        reading, writing = os.pipe()
        came = loop.create_future()
        loop.add_reader(reading, came.set_result, None)
        os.write(writing, b"x")
        await came
        loop.remove_reader(reading)
        data = os.read(reading, 10)
        os.close(reading)
        os.close(writing)
        return data

    assert _in_a_callback(impl, main) == b"x"
