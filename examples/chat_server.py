"""A chat: what one says, all others hear. Streams, queues, tasks, a time limit.

Nothing here knows of ropewalk. Run it both ways; it brings its own guests:

    python examples/chat_server.py
    python -m ropewalk examples/chat_server.py
"""

import asyncio
import sys
import time

GUESTS = int(sys.argv[1]) if len(sys.argv) > 1 else 30
WORDS = 40


class Room:
    """The guests' outboxes, by name."""

    def __init__(self):
        self.outboxes = {}

    def tell(self, speaker, line):
        """Everybody else gets the line; who reads slowly does not hold up the rest."""
        for name, outbox in self.outboxes.items():
            if name != speaker:
                outbox.put_nowait(line)

    async def serve(self, reader, writer):
        """One connection: its first line is a name."""
        name = (await reader.readline()).strip()
        outbox = self.outboxes[name] = asyncio.Queue()
        writer.write(b"welcome\n")
        sending = asyncio.create_task(self.send(outbox, writer))
        async for line in reader:
            self.tell(name, name + b": " + line)
        outbox.put_nowait(None)
        await sending
        del self.outboxes[name]
        writer.close()

    async def send(self, outbox, writer):
        """Write what is in the outbox, as fast as the guest takes it."""
        while (line := await outbox.get()) is not None:
            writer.write(line)
            await writer.drain()


async def guest(port, number, everybody_is_here):
    """Say some words, and count what the others say."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"guest %d\n" % number)
    await reader.readline()
    await everybody_is_here.wait()
    for word in range(WORDS):
        writer.write(b"word %d\n" % word)
        await writer.drain()
    heard = 0
    async with asyncio.timeout(60):
        while heard < (GUESTS - 1) * WORDS:
            heard += (await reader.readline()).endswith(b"\n")
    writer.close()
    await writer.wait_closed()
    return heard


async def main():
    server = await asyncio.start_server(Room().serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    everybody_is_here = asyncio.Barrier(GUESTS)
    async with server, asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(guest(port, number, everybody_is_here))
            for number in range(GUESTS)
        ]
    print(f"{GUESTS} guests heard {sum(task.result() for task in tasks)} lines")


if __name__ == "__main__":
    started = time.perf_counter()
    asyncio.run(main())
    print(f"{time.perf_counter() - started:.2f} s", file=sys.stderr)
