"""uvloop's loop runs as before, with locks, queues and executors beside it."""

import asyncio
import queue
import threading
from concurrent.futures import ThreadPoolExecutor

import uvloop


async def main() -> None:
    loop = asyncio.get_running_loop()
    print(type(loop).__module__)
    lock, few = asyncio.Lock(), asyncio.Queue[int](2)
    got = []

    async def produce() -> None:
        for number in range(10):
            async with lock:
                await few.put(number)

    async def consume() -> None:
        for _ in range(10):
            got.append(await few.get())

    async with asyncio.TaskGroup() as group:
        group.create_task(produce())
        group.create_task(consume())
    print(got)
    try:
        async with asyncio.timeout(0.01):
            await asyncio.Event().wait()
    except TimeoutError:
        print("timed out")
    with ThreadPoolExecutor(2) as pool:
        print(
            await loop.run_in_executor(pool, abs, -3), await asyncio.to_thread(abs, -4)
        )
        print(await asyncio.wrap_future(pool.submit(abs, -5)))
    from_threads: queue.Queue[int] = queue.Queue()
    done = asyncio.Event()

    def work() -> None:
        from_threads.put(asyncio.run_coroutine_threadsafe(answer(), loop).result(20))
        loop.call_soon_threadsafe(done.set)

    thread = threading.Thread(target=work)
    thread.start()
    await asyncio.wait_for(done.wait(), 20)
    thread.join()
    print(from_threads.get())
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server:
        where = server.sockets[0].getsockname()
        reader, writer = await asyncio.open_connection(*where)
        writer.write(b"hello\n")
        print(await reader.readline())
        writer.close()
        await writer.wait_closed()
    child = await asyncio.create_subprocess_exec("echo", "hi", stdout=-1)
    print(await child.communicate(), child.returncode)


async def answer() -> int:
    await asyncio.sleep(0.001)
    return 42


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(await reader.readline())
    await writer.drain()
    writer.close()


with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(main())
uvloop.run(main())
asyncio.run(asyncio.sleep(0))
