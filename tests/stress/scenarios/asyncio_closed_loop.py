"""A loop that is closed while everything lives: nothing crashes, nothing hangs."""

import contextlib
import gc
import logging
import os
import random
import signal
import socket
import sys
import warnings
from typing import Any

MODULE = "asyncio"
STDLIB_SURVIVES = True


def run(asyncio: Any, rng: random.Random) -> None:
    """Servers, transports, streams, timers, readers, tasks: all left as they are."""
    # What is not closed says so in many ways; that is not the question here.
    warnings.simplefilter("ignore")
    logging.getLogger("asyncio").disabled = True
    sys.unraisablehook = _expected
    for _ in range(8):
        _once(asyncio, rng)
        gc.collect()


def _expected(what: Any) -> None:
    """A transport that is collected wants to tell a loop that is closed."""
    if str(what.exc_value) != "Event loop is closed":
        sys.__unraisablehook__(what)


def _once(asyncio: Any, rng: random.Random) -> None:
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)
    kept: list[Any] = []
    pair = socket.socketpair()
    for one in pair:
        one.setblocking(False)

    async def main() -> None:
        async def echo(reader: Any, writer: Any) -> None:
            while data := await reader.read(100):
                writer.write(data)

        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        address = server.sockets[0].getsockname()
        for _ in range(3):
            reader, writer = await asyncio.open_connection(*address)
            writer.write(b"x" * rng.choice([1, 5_000_000]))
            kept.append((reader, writer))
            kept.append(loop.create_task(reader.read(1)))
        kept.append(loop.create_task(loop.sock_recv(pair[0], 10)))
        kept.append(loop.call_later(1000, print, "never"))
        kept.append(
            await loop.create_datagram_endpoint(
                asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)
            )
        )
        loop.add_reader(pair[1], print, "never")
        loop.add_signal_handler(signal.SIGUSR1, print, "never")
        child = await asyncio.create_subprocess_exec(
            "/bin/cat", stdin=asyncio.subprocess.PIPE
        )
        kept.append(child)
        kept.append(server)
        for _ in range(rng.randrange(5)):
            await asyncio.sleep(0)

    loop.run_until_complete(main())
    for part in kept:
        if isinstance(part, asyncio.Task):
            part._log_destroy_pending = False
    child = kept[-2]
    loop.close()
    os.kill(child.pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(child.pid, 0)
    assert loop.is_closed()
    for use in (
        lambda: loop.call_soon(print),
        lambda: loop.call_soon_threadsafe(print),
        loop.run_forever,
        lambda: loop.call_later(1, print),
    ):
        with contextlib.suppress(RuntimeError):
            use()
            raise AssertionError("a closed loop did it")
    if rng.random() < 0.5:
        for part in kept:
            if isinstance(part, tuple) and hasattr(part[1], "close"):
                with contextlib.suppress(RuntimeError):
                    part[1].close()
    for one in pair:
        one.close()
