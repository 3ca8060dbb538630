"""aiohttp's server and client over TLS: bodies, streams, web sockets, time-outs."""

import asyncio
import contextlib
import ssl
from typing import Any

import aiohttp
import trustme
from aiohttp import web


async def _echo(request: web.Request) -> web.Response:
    return web.Response(body=await request.read())


async def _stream(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for number in range(200):
        await response.write(bytes([number]) * 5000)
    await response.write_eof()
    return response


async def _late(request: web.Request) -> web.Response:
    await asyncio.sleep(1000)
    return web.Response()


async def _talk(request: web.Request) -> web.WebSocketResponse:
    talk = web.WebSocketResponse()
    await talk.prepare(request)
    async for message in talk:
        await talk.send_str(message.data[::-1])
    return talk


def _contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    authority = trustme.CA()
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    return server, client


async def main() -> None:
    """A server and a client in one loop."""
    for_server, for_client = _contexts()
    application = web.Application(client_max_size=2**24)
    application.add_routes(
        [
            web.post("/echo", _echo),
            web.get("/stream", _stream),
            web.get("/late", _late),
            web.get("/talk", _talk),
        ]
    )
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(
        runner, "localhost", 0, ssl_context=for_server, shutdown_timeout=0.1
    )
    await site.start()
    port = runner.addresses[0][1]
    connector = aiohttp.TCPConnector(ssl=for_client, limit=20)
    base = f"https://localhost:{port}"
    async with aiohttp.ClientSession(base, connector=connector) as session:
        await asyncio.gather(*(_ask(session, number) for number in range(100)))
        async with session.get("/stream") as response:
            whole = await response.read()
        assert whole == b"".join(bytes([n]) * 5000 for n in range(200))
        with contextlib.suppress(TimeoutError):
            patience = aiohttp.ClientTimeout(total=0.05)
            async with session.get("/late", timeout=patience):
                raise AssertionError("no time-out")
        asking = asyncio.ensure_future(session.get("/late"))
        await asyncio.sleep(0.02)
        asking.cancel()
        await asyncio.wait([asking])
        assert asking.cancelled()
        await asyncio.gather(*(_chat(session) for _ in range(10)))
    await runner.cleanup()


async def _ask(session: aiohttp.ClientSession, number: int) -> None:
    body = bytes([number]) * (number**3)
    async with session.post("/echo", data=body) as response:
        assert response.status == 200
        assert await response.read() == body


async def _chat(session: aiohttp.ClientSession) -> None:
    talk: Any
    async with session.ws_connect("/talk") as talk:
        for number in range(30):
            await talk.send_str(f"word {number}")
            assert (await talk.receive()).data == f"word {number}"[::-1]
