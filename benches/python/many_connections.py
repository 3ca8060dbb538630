"""Ten thousand connections on one loop, each echoing once a second.

    python -m benches.python.many_connections --connections 10000 --seconds 30
    python -m benches.python.many_connections --subject uvloop

Promise: the status is 0 only when every message came back whole. The server is a
process of its own, so is the client; the line printed for each subject says how much
memory a connection takes in the server and what a message costs there.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import subprocess
import sys
from time import process_time
from typing import Any

from .group_asyncio_echo import GROUP
from .natives import program, words
from .proc import resident_kib
from .sample import ROOT
from .subjects import ROPEWALK, STDLIB, load_installed

ADDRESSES = 4
"""One address has 28,000 ports, of which others may hold some."""

SPARE = 200
"""Descriptors that are no connections."""


def serve(subject: str, kind: str, connections: int) -> None:
    """The server's process: its port first, its figures at the end."""
    _raise_limit(connections)
    module = load_installed(GROUP, subject)
    loop = module.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(_serve(module, loop, kind, connections))


async def _serve(module: Any, loop: Any, kind: str, connections: int) -> None:
    done = loop.create_future()
    facts: dict[str, float] = {}
    alive = accepted = 0

    def opened() -> None:
        nonlocal alive, accepted
        alive += 1
        accepted += 1
        if accepted == connections:
            facts["all"] = resident_kib()
            facts["cpu"] = process_time()

    def closed() -> None:
        nonlocal alive
        alive -= 1
        if alive == 0 and accepted == connections and not done.done():
            done.set_result(None)

    class Echo(module.Protocol):  # type: ignore[misc]
        def connection_made(self, transport: Any) -> None:
            self.transport = transport
            opened()

        def data_received(self, data: bytes) -> None:
            self.transport.write(data)

        def connection_lost(self, error: Exception | None) -> None:
            facts.setdefault("used", resident_kib())
            closed()

    async def echo(reader: Any, writer: Any) -> None:
        opened()
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        facts.setdefault("used", resident_kib())
        writer.close()
        closed()

    before = resident_kib()
    if kind == "streams":
        server = await module.start_server(echo, "0.0.0.0", 0, backlog=1000)
    else:
        server = await loop.create_server(Echo, "0.0.0.0", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await done
    cpu = process_time() - facts["cpu"]
    server.close()
    told = {
        "idle": (facts["all"] - before) / connections,
        "used": (facts["used"] - before) / connections,
        "cpu": cpu,
    }
    print(json.dumps(told), flush=True)


def measure(subject: str, options: argparse.Namespace) -> bool:
    """One subject: start both processes, print the line; false when bytes were lost."""
    command = [sys.executable, "-m", f"{__package__}.many_connections"]
    command += ["--serve", subject, "--kind", options.kind]
    command += ["--connections", str(options.connections)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        orders = {
            "port": port,
            "connections": options.connections,
            "addresses": ADDRESSES,
            "size": options.size,
            "every-ms": 1000,
            "seconds": options.seconds,
        }
        load = [str(program("echo_load"))]
        load += [w for name, value in orders.items() for w in (f"--{name}", str(value))]
        client = subprocess.run(load, stdout=subprocess.PIPE, text=True, check=False)
        if client.returncode != 0:
            server.kill()
            print(f"{subject:10} the client failed")
            return False
        told = words(client.stdout)
        facts = json.loads(server.stdout.readline())
    print(
        f"{subject:10} {options.connections} connections, {options.kind}: "
        f"{told['messages']:.0f} messages back, {told['lost']:.0f} lost, "
        f"slowest {told['slowest_ms']:.0f} ms; "
        f"{facts['idle']:.2f} KiB per idle connection, {facts['used']:.2f} after use; "
        f"{facts['cpu'] * 1e6 / told['messages']:.1f} us of the server per message",
        flush=True,
    )
    return told["lost"] == 0 and told["messages"] > 0


def _raise_limit(connections: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + SPARE
    if hard < wanted and hard != resource.RLIM_INFINITY:
        raise SystemExit(f"{hard} descriptors are allowed, {wanted} are needed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benches.python.many_connections")
    add = parser.add_argument
    add("--connections", type=int, default=10_000)
    add("--seconds", type=int, default=30)
    add("--size", type=int, default=1024)
    add("--kind", choices=["protocols", "streams"], default="protocols")
    subjects = [STDLIB, ROPEWALK, "uvloop", "rloop"]
    add("--subject", nargs="+", choices=subjects, default=[STDLIB, ROPEWALK])
    add("--serve", choices=subjects, help=argparse.SUPPRESS)
    options = parser.parse_args()
    _raise_limit(options.connections)
    if options.serve:
        serve(options.serve, options.kind, options.connections)
        return 0
    whole = [measure(subject, options) for subject in options.subject]
    return 0 if all(whole) else 1


if __name__ == "__main__":
    sys.exit(main())
