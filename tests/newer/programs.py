"""A little of everything: what it prints is the same on every Python.

Promise: no output depends on time or on the order in which threads happen to run.
"""

import sys
from typing import Any


def threads() -> None:
    import threading

    done: list[Any] = []
    lock, condition = threading.RLock(), threading.Condition()
    event, barrier = threading.Event(), threading.Barrier(2)
    permits = threading.BoundedSemaphore(1)

    def work() -> None:
        with lock, lock, permits:
            done.append("work")
        barrier.wait(10)
        with condition:
            condition.notify_all()
        event.set()

    with condition:
        worker = threading.Thread(target=work, name="worker")
        worker.start()
        barrier.wait(10)
        print(condition.wait(10), worker.name)
    print(event.wait(10))
    worker.join(10)
    print(done, worker.is_alive(), threading.active_count())
    timers = [threading.Timer(0.001, done.append, [n]) for n in range(2)]
    timers.append(threading.Timer(1000, done.append, ["never"]))
    for timer in timers:
        timer.start()
    timers[2].cancel()
    for timer in timers:
        timer.join(10)
    print(sorted(done[1:]), [timer.is_alive() for timer in timers])
    daemon = threading.Timer(1000, print)
    daemon.daemon = True
    daemon.start()
    forked(threading)


def forked(threading: Any) -> None:
    import os

    sys.stdout.flush()
    child = os.fork()
    if not child:
        print("child", threading.active_count())
        other = threading.Thread(target=print, args=("thread of child",))
        other.start()
        other.join(10)
        sys.stdout.flush()
        os._exit(0)
    print(os.waitpid(child, 0)[1])


def queues() -> None:
    import queue
    import threading

    for kind in (queue.Queue, queue.LifoQueue, queue.PriorityQueue):
        one: Any = kind(2)
        one.put(2)
        one.put(1)
        print(one.full(), one.get(), one.get(timeout=1), one.qsize())
        try:
            one.get(timeout=0.001)
        except queue.Empty:
            print("empty")
        putting = threading.Thread(target=lambda one=one: [one.put(n) for n in "abc"])
        putting.start()
        print(sorted(one.get() for _ in range(3)))
        putting.join()
        for _ in range(5):
            one.task_done()
        one.join()


def futures() -> None:
    import concurrent.futures as futures

    def fail() -> None:
        raise KeyError("failed")

    with futures.ThreadPoolExecutor(2, "pool") as pool:
        made = [pool.submit(pow, 2, n) for n in range(5)]
        print(sorted(one.result() for one in futures.as_completed(made)))
        print(len(futures.wait(made).done), list(pool.map(abs, [-1, 2])))
        print(repr(pool.submit(fail).exception(10)))
    own: Any = futures.Future()
    own.add_done_callback(lambda future: print("done", future.result()))
    own.set_result(1)
    print(own.done(), futures.Future().cancel())
    try:
        futures.Future().result(0.001)
    except futures.TimeoutError:
        print("late")


def tasks() -> None:
    import asyncio

    async def child(n: int) -> int:
        await asyncio.sleep(0)
        if n < 0:
            raise KeyError(n)
        return n

    async def late(call: Any) -> str:
        try:
            return repr(await call)
        except TimeoutError:
            return "late"

    async def main() -> None:
        loop = asyncio.get_running_loop()
        print(await asyncio.gather(child(1), child(2), loop.create_task(child(3))))
        print(repr((await asyncio.gather(child(-1), return_exceptions=True))[0]))
        never = loop.create_future()
        both = [loop.create_task(child(4)), never]
        done, pending = await asyncio.wait(both, return_when="FIRST_COMPLETED")
        print(len(done), len(pending), await late(asyncio.wait_for(child(5), 10)))
        print(await late(asyncio.wait_for(never, 0.001)))
        print(await asyncio.shield(child(6)))
        shielded = asyncio.shield(loop.create_task(child(7)))
        shielded.cancel()
        await asyncio.sleep(0.001)
        try:
            async with asyncio.timeout(0.001):
                await asyncio.sleep(1000)
        except TimeoutError:
            print("time is over")
        async with asyncio.timeout(1000), asyncio.TaskGroup() as group:
            made = [group.create_task(child(n), name=f"n{n}") for n in range(3)]
        print([one.result() for one in made], made[0].get_name())
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(child(-2))
                group.create_task(asyncio.sleep(1000))
        except BaseExceptionGroup as failed:
            print(repr(failed.exceptions))
        seen: list[str] = []
        loop.call_soon(seen.append, "soon")
        loop.call_later(0.001, seen.append, "later")
        cancelled = loop.call_later(0.001, seen.append, "never")
        cancelled.cancel()
        loop.call_soon_threadsafe(seen.append, "from a thread")
        print(await loop.run_in_executor(None, pow, 2, 5), await asyncio.to_thread(int))
        await asyncio.sleep(0.002)
        print(seen, cancelled.cancelled())
        print(sorted([await one for one in asyncio.as_completed([child(8), child(9)])]))

    asyncio.run(main())
    with asyncio.Runner() as runner:
        print(runner.run(child(1)))
    loop = asyncio.new_event_loop()
    print(loop.run_until_complete(child(2)), loop.is_running())
    loop.close()
    print(loop.is_closed())


def primitives() -> None:
    import asyncio

    async def main() -> None:
        lock, event = asyncio.Lock(), asyncio.Event()
        condition, barrier = asyncio.Condition(), asyncio.Barrier(2)
        permits = asyncio.BoundedSemaphore(1)
        told: list[Any] = []

        async def other() -> None:
            async with lock, permits:
                told.append("in")
            async with condition:
                condition.notify_all()
            await event.wait()
            told.append(await barrier.wait() in (0, 1))

        async with lock, permits, condition:
            task = asyncio.create_task(other())
            await asyncio.sleep(0)
            print(lock.locked(), permits.locked(), event.is_set())
        async with condition:
            await condition.wait_for(lambda: told)
        event.set()
        await barrier.wait()
        await task
        print(told)
        for kind in (asyncio.Queue, asyncio.LifoQueue, asyncio.PriorityQueue):
            queue: Any = kind(2)
            putting = asyncio.gather(*(queue.put(n) for n in (3, 1, 2)))
            print(sorted([await queue.get() for _ in range(3)]), queue.empty())
            await putting
            for _ in range(3):
                queue.task_done()
            await queue.join()
            getting = asyncio.create_task(queue.get())
            await asyncio.sleep(0)
            getting.cancel()
            print(repr((await asyncio.gather(getting, return_exceptions=True))[0]))

    asyncio.run(main())


def connections() -> None:
    import asyncio
    import os
    import socket
    import tempfile

    async def serve(reader: Any, writer: Any) -> None:
        line = await reader.readline()
        rest = await reader.readexactly(300_000)
        writer.write(line + rest)
        await writer.drain()
        writer.write_eof()
        writer.close()
        await writer.wait_closed()

    async def talk(reader: Any, writer: Any) -> None:
        writer.writelines([b"hello\n", b"x" * 300_000])
        await writer.drain()
        print(await reader.readuntil(b"\n"), len(await reader.read()))
        writer.close()
        await writer.wait_closed()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            await talk(*await asyncio.open_connection(*server.sockets[0].getsockname()))
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "socket")
            server = await asyncio.start_unix_server(serve, path)
            async with server:
                await talk(*await asyncio.open_unix_connection(path))
        one, two = socket.socketpair()
        with one, two:
            one.setblocking(False)
            two.setblocking(False)
            await loop.sock_sendall(one, b"by socket")
            print(await loop.sock_recv(two, 100))
            came = loop.create_future()

            def receive(one: Any = two) -> None:
                if not came.done():
                    came.set_result(one.recv(9))

            loop.add_reader(two, receive)
            await loop.sock_sendall(one, b"!")
            print(await came, loop.remove_reader(two), loop.remove_writer(two))
        await datagrams(asyncio)
        await pipes(asyncio)

    asyncio.run(main())


async def datagrams(asyncio: Any) -> None:
    loop = asyncio.get_running_loop()
    came = loop.create_future()

    class Receiver(asyncio.DatagramProtocol):  # type: ignore[misc]
        def datagram_received(self, data: bytes, address: Any) -> None:
            came.set_result(data)

    here = ("127.0.0.1", 0)
    receiver, _ = await loop.create_datagram_endpoint(Receiver, local_addr=here)
    to = receiver.get_extra_info("sockname")
    sender, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, remote_addr=to
    )
    sender.sendto(b"datagram")
    print(await came)
    sender.close()
    receiver.close()


async def pipes(asyncio: Any) -> None:
    import os

    loop = asyncio.get_running_loop()
    read, write = os.pipe()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read, "rb")
    )
    writing, _ = await loop.connect_write_pipe(
        asyncio.BaseProtocol, os.fdopen(write, "wb")
    )
    writing.write(b"through a pipe")
    writing.close()
    print(await reader.read())
    child = await asyncio.create_subprocess_exec(
        "cat", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    print(await child.communicate(b"to a child"), child.returncode)


def tls() -> None:
    import asyncio
    import os
    import ssl

    keys = os.path.join(os.path.dirname(os.path.dirname(__file__)), "localhost.pem")
    ours, theirs = (
        ssl.SSLContext(kind)
        for kind in (ssl.PROTOCOL_TLS_SERVER, ssl.PROTOCOL_TLS_CLIENT)
    )
    ours.load_cert_chain(keys)
    theirs.check_hostname = False
    theirs.verify_mode = ssl.CERT_NONE

    async def serve(reader: Any, writer: Any) -> None:
        writer.write(await reader.readexactly(100_000))
        await writer.drain()
        writer.close()

    async def main() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=ours)
        async with server:
            address = server.sockets[0].getsockname()
            reader, writer = await asyncio.open_connection(*address, ssl=theirs)
            writer.write(b"s" * 100_000)
            print(len(await reader.readexactly(100_000)))
            writer.close()
            await writer.wait_closed()

    asyncio.run(main())


PROGRAMS = {
    "threads": threads,
    "queues": queues,
    "futures": futures,
    "tasks": tasks,
    "primitives": primitives,
    "connections": connections,
    "tls": tls,
}
