"""A reader that is fed and read at random does what the standard library's does."""

import asyncio
import random
import sys
from types import ModuleType
from typing import Any

import pytest

MODULE = "asyncio"

SEEDS = range(60)
ALPHABET = b"ab;\n"


class Tap:
    """A transport that remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def pause_reading(self) -> None:
        self.told.append("pause")

    def resume_reading(self) -> None:
        self.told.append("resume")


def _some(rng: random.Random) -> bytes:
    return bytes(rng.choices(ALPHABET, k=rng.choice((0, 1, 1, 1, 2, 5, 17))))


def _separator(rng: random.Random) -> Any:
    known: list[Any] = [b"\n", b";", b"a;", b"bab", b"", bytearray(b";\n")]
    if sys.version_info >= (3, 13):
        known += [(b"\n", b";a"), (b"ab", b"b"), (), (b"a", b"")]
    return rng.choice(known)


def _plan(rng: random.Random) -> list[tuple[Any, ...]]:
    """What is done to a reader, in order: the same for both implementations."""
    steps: list[tuple[Any, ...]] = []
    for _ in range(rng.randrange(5, 60)):
        steps.append(
            rng.choice(
                (
                    (
                        "feed_data",
                        rng.choice((bytes, bytearray, memoryview))(_some(rng)),
                    ),
                    ("feed_data", _some(rng)),
                    ("feed_data", _some(rng)),
                    ("read", rng.choice((0, 1, 2, 5, 100))),
                    ("readexactly", rng.choice((-1, 0, 1, 3, 9))),
                    ("readline",),
                    ("readuntil", _separator(rng)),
                    ("__anext__",),
                    ("cancel",),
                    ("look",),
                    ("change",),
                )
            )
        )
    steps.append(rng.choice((("feed_eof",), ("set_exception", KeyError("model")))))
    reads = [
        ("readline",),
        ("read", -1),
        ("readexactly", 4),
        ("readuntil", b";"),
        ("read", 3),
    ]
    return steps + rng.sample(reads, 3)


async def _settle() -> None:
    for _ in range(4):
        await asyncio.sleep(0)


def _outcome(task: Any) -> Any:
    if task.cancelled():
        return "cancelled"
    error = task.exception()
    if error is None:
        assert type(task.result()) is bytes
        return task.result()
    return [
        type(error),
        str(error),
        *(getattr(error, n, None) for n in ("partial", "expected", "consumed")),
    ]


async def _follow(
    module: ModuleType, plan: list[tuple[Any, ...]], limit: int
) -> list[Any]:
    """The outcome of each step."""
    reader: Any = module.StreamReader(limit=limit, loop=asyncio.get_running_loop())
    tap = Tap()
    reader.set_transport(tap)
    seen: list[Any] = []
    running: list[Any] = []
    for name, *arguments in plan:
        if name == "cancel":
            for task in running:
                task.cancel()
        elif name == "look":
            seen.append(bytes(reader._buffer))
        elif name == "change":
            # Not below a search: where it goes on would then be anybody's guess.
            if reader._buffer and not running:
                del reader._buffer[0]
        elif name in ("feed_data", "feed_eof", "set_exception"):
            getattr(reader, name)(*arguments)
        else:
            running.append(asyncio.ensure_future(getattr(reader, name)(*arguments)))
        await _settle()
        seen.append([name, [_outcome(t) for t in running if t.done()]])
        running = [task for task in running if not task.done()]
        seen.append(
            [reader.at_eof(), reader._eof, reader._paused, reader._waiter is None]
        )
    for task in running:
        task.cancel()
    await _settle()
    return [
        *seen,
        [_outcome(task) for task in running],
        bytes(reader._buffer),
        tap.told,
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_plan(ours: ModuleType, theirs: ModuleType, seed: int) -> None:
    plan = _plan(random.Random(seed))
    limit = random.Random(-seed).choice((1, 2, 4, 8, 30, 2**16))
    expected = asyncio.run(_follow(theirs, plan, limit))
    found = asyncio.run(_follow(ours, plan, limit))
    assert found == expected


@pytest.mark.parametrize("seed", range(8))
def test_one_byte_at_a_time(impl: ModuleType, seed: int) -> None:
    rng = random.Random(seed)
    text = bytes(rng.choices(ALPHABET, k=300))

    async def main() -> bytes:
        reader = impl.StreamReader(loop=asyncio.get_running_loop())

        async def lines() -> bytes:
            found = [line async for line in reader]
            assert all(line.endswith(b"\n") for line in found[:-1])
            assert not any(b"\n" in line[:-1] for line in found)
            return b"".join(found)

        task = asyncio.ensure_future(lines())
        for place in range(len(text)):
            reader.feed_data(text[place : place + 1])
            await asyncio.sleep(0)
        reader.feed_eof()
        return await task

    assert asyncio.run(main()) == text
