"""websockets' clients on a socket that was opened before (its test_explicit_socket)."""

import asyncio
import socket
import threading

import websockets.sync.client
import websockets.sync.server
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve


async def echo(connection: ServerConnection) -> None:
    async for message in connection:
        await connection.send(message)


async def main() -> None:
    async with serve(echo, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as opened:
            # The name leads nowhere: the socket is used.
            async with connect("ws://invalid/", sock=opened) as client:
                await client.send("hello")
                print(await client.recv(), client.remote_address[0])
                sent = opened.getsockname()
                print(sent == client.local_address)
            # The transport closed it, and only then the `with`.
            print(opened.fileno())


asyncio.run(main())

with websockets.sync.server.serve(
    lambda connection: connection.send(connection.recv()), "127.0.0.1", 0
) as server:
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    opened = socket.create_connection(server.socket.getsockname())
    with opened, websockets.sync.client.connect("ws://invalid/", sock=opened) as client:
        client.send("hello")
        print(client.recv())
    server.shutdown()
    thread.join()
