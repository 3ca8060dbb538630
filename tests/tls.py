"""Connections with TLS in tests: a protocol on a loop, and its peer in a thread."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.loops import PATIENCE, Recorder, pair

# A key and a certificate for "localhost", signed by itself; it protects nothing.
CERTIFICATE = Path(__file__).with_name("localhost.pem")

VERSIONS = {
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}


def server_context(
    version: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
) -> ssl.SSLContext:
    """Return a server's context, for this version at most."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = version
    context.load_cert_chain(CERTIFICATE)
    return context


def client_context(trusting: bool = True) -> ssl.SSLContext:
    """Return a client's context, which knows the certificate or does not."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if trusting:
        context.load_verify_locations(CERTIFICATE)
    return context


async def in_thread(work: Callable[..., Any], *args: Any) -> Any:
    """Let a thread do what blocks."""
    return await asyncio.get_running_loop().run_in_executor(None, work, *args)


def wrap_far(far: socket.socket) -> ssl.SSLSocket:
    """Shake hands as a client; blocks."""
    far.settimeout(PATIENCE)
    return client_context().wrap_socket(far, server_hostname="localhost")


async def serve(
    factory: Callable[[], Any] = Recorder,
    version: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
    **options: Any,
) -> tuple[Any, ssl.SSLSocket]:
    """Connect a protocol as a server; return it and the client, which blocks."""
    near, far = pair(socket.AF_INET)
    near.setblocking(False)
    loop = asyncio.get_running_loop()
    wrapping = loop.run_in_executor(None, wrap_far, far)
    _, protocol = await loop.connect_accepted_socket(
        factory, near, ssl=server_context(version), **options
    )
    return protocol, await wrapping


def read_all(far: socket.socket, size: int = -1) -> bytes:
    """Read so many bytes, or to the end; blocks."""
    data = bytearray()
    while len(data) != size:
        piece = far.recv(65536 if size < 0 else min(65536, size - len(data)))
        if not piece:
            break
        data += piece
    return bytes(data)
