"""Child processes that end, are killed, or flood their pipes, many at once."""

import os
import random
import signal
import sys
from typing import Any

MODULE = "asyncio"
STDLIB_SURVIVES = True


def run(asyncio: Any, rng: random.Random) -> None:
    """A score of children, eight at a time."""
    asyncio.run(_main(asyncio, rng))


async def _main(asyncio: Any, rng: random.Random) -> None:
    asyncio.get_running_loop().set_exception_handler(_expected)
    before = _open()
    kinds = [_ends, _killed, _floods, _cancelled, _echoes]
    for _ in range(3):
        chosen = [rng.choice(kinds) for _ in range(8)]
        await asyncio.gather(*(kind(asyncio, rng) for kind in chosen))
    while _open() > before:
        await asyncio.sleep(0.001)
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return
    raise AssertionError("a child was not reaped")


def _expected(loop: Any, context: Any) -> None:
    """Nobody asks what became of the input of a child that was killed."""
    if not isinstance(context.get("exception"), BrokenPipeError | ConnectionResetError):
        loop.default_exception_handler(context)


async def _ends(asyncio: Any, rng: random.Random) -> None:
    status = rng.randrange(256)
    child = await asyncio.create_subprocess_exec("/bin/sh", "-c", f"exit {status}")
    assert await child.wait() == status
    assert await child.wait() == status == child.returncode


async def _killed(asyncio: Any, rng: random.Random) -> None:
    child = await asyncio.create_subprocess_exec("/bin/sleep", "1000")
    waiting = [asyncio.ensure_future(child.wait()) for _ in range(3)]
    await asyncio.sleep(rng.choice([0, 0.005]))
    child.send_signal(signal.SIGKILL)
    assert await asyncio.gather(*waiting) == [-signal.SIGKILL] * 3


async def _floods(asyncio: Any, rng: random.Random) -> None:
    size = 1_000_000
    code = f"head -c {size} /dev/zero; head -c {size} /dev/zero >&2"
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_shell(code, stdout=pipe, stderr=pipe)
    out, error = await child.communicate()
    assert (len(out), len(error), child.returncode) == (size, size, 0)


async def _cancelled(asyncio: Any, rng: random.Random) -> None:
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec("/bin/cat", stdin=pipe, stdout=pipe)
    talking = asyncio.ensure_future(child.communicate(bytes(3_000_000)))
    await asyncio.sleep(rng.choice([0, 0.002, 0.01]))
    talking.cancel()
    await asyncio.wait([talking])
    if child.returncode is None:
        child.kill()
    await child.stdout.read()
    assert await child.wait() in (0, -signal.SIGKILL)


async def _echoes(asyncio: Any, rng: random.Random) -> None:
    data = rng.randbytes(300_000)
    code = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())"
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-S", "-c", code, stdin=pipe, stdout=pipe
    )
    out, _ = await child.communicate(data)
    assert out == data


def _open() -> int:
    return len(os.listdir("/proc/self/fd"))
