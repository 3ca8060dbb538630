"""uvicorn serves, httpx asks; in one loop, and as a command that Ctrl-C ends."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import httpx
import uvicorn

from tests.software.driver import Factory, prove

_seen: list[str] = []


async def application(scope: Any, receive: Any, send: Any) -> None:
    """An ASGI application: echoes, streams, and notes its own start and end."""
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            _seen.append(message["type"])
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    if scope["path"] == "/proof":
        prove()
    if scope["path"] == "/late":
        while (await receive())["type"] != "http.disconnect":
            pass
        return
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for start in range(0, len(body), 10_000):
        part = body[start : start + 10_000]
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def run(factory: Factory) -> None:
    """In a loop of ours, then by uvicorn's own `run`, then as a command."""
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(_in_one_loop())
    assert _seen == ["lifespan.startup", "lifespan.shutdown"], _seen
    loop = "ropewalk:new_event_loop" if factory else "asyncio"
    _as_a_command(loop)


async def _in_one_loop() -> None:
    prove()
    config = uvicorn.Config(application, port=0, log_level="warning", lifespan="on")
    server = uvicorn.Server(config)
    serving = asyncio.ensure_future(server.serve())
    while not server.started:
        assert not serving.done()
        await asyncio.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    limits = httpx.Limits(max_connections=20)
    async with httpx.AsyncClient(base_url=base, limits=limits, timeout=30) as client:
        await asyncio.gather(*(_ask(client, number) for number in range(100)))
        await asyncio.gather(*(_upload(client, number) for number in range(5)))
        try:
            await client.get("/late", timeout=0.05)
        except httpx.ReadTimeout:
            pass
        else:
            raise AssertionError("no time-out")
    server.should_exit = True
    await serving


async def _ask(client: httpx.AsyncClient, number: int) -> None:
    body = bytes([number]) * (number**2 * 10)
    answer = await client.post("/", content=body)
    assert answer.status_code == 200
    assert answer.content == body


async def _upload(client: httpx.AsyncClient, number: int) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for turn in range(50):
            yield bytes([turn]) * 10_000
            await asyncio.sleep(0)

    async with client.stream("POST", "/", content=parts()) as answer:
        back = b"".join([part async for part in answer.aiter_bytes()])
    assert back == b"".join(bytes([turn]) * 10_000 for turn in range(50))


def _as_a_command(loop: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        uvicorn_words = ["--fd", str(listener.fileno()), "--loop", loop]
        # `-m ropewalk` is how a command gets what `install()` gives a program.
        ropewalk = ["-m", "ropewalk"] if os.environ["ROPEWALK_WAY"] == "install" else []
        application = "tests.software.programs.uvicorn_httpx:application"
        with subprocess.Popen(
            [sys.executable, *ropewalk, "-m", "uvicorn", application, *uvicorn_words],
            pass_fds=[listener.fileno()],
            stderr=subprocess.PIPE,
            text=True,
        ) as server:
            for number in range(20):
                body = bytes([number]) * 1000
                answer = httpx.post(f"http://127.0.0.1:{port}/proof", content=body)
                assert answer.status_code == 200
                assert answer.content == body
            server.send_signal(signal.SIGINT)
            said = server.communicate(timeout=30)[1]
    assert "Finished server process" in said, said
    assert "Traceback" not in said, said
    # uvicorn raises the signal again when it is done.
    assert server.returncode in (0, -signal.SIGINT, 130), server.returncode
