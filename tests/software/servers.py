"""A Redis and a PostgreSQL of our own, each for one run, below a folder that goes away.

Promise: a server that is not installed, or cannot be started here, is a reason in
words (`Missing`), and nothing of a server outlives its `with`.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

START_SECONDS = 60


class Missing(Exception):
    """Why there is no such server."""


@contextlib.contextmanager
def redis() -> Iterator[Mapping[str, str]]:
    """A Redis without persistence; yields what programs find in their environment."""
    command = shutil.which("redis-server")
    if command is None:
        raise Missing("redis-server is not installed")
    with _folder() as folder:
        port = _free_port()
        words = ["--port", str(port), "--bind", "127.0.0.1", "--save", ""]
        with _running([command, *words], folder, port):
            yield {"REDIS_PORT": str(port)}


@contextlib.contextmanager
def postgresql() -> Iterator[Mapping[str, str]]:
    """A fresh cluster; it refuses to run as root, so root lends it another user."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        raise Missing("PostgreSQL's server is not installed")
    user: dict[str, Any] = {}
    with _folder() as folder:
        if os.geteuid() == 0:
            try:
                owner = pwd.getpwnam("postgres")
            except KeyError:
                raise Missing("there is no user postgres to run it as") from None
            user = {"user": "postgres", "group": owner.pw_gid, "extra_groups": []}
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        data = folder / "data"
        initdb = [str(programs[-1] / "initdb"), "--no-sync", "--auth=trust"]
        made = subprocess.run(
            [*initdb, "--username=ropewalk", "--pgdata", str(data)],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            **user,
        )
        if made.returncode != 0:
            raise Missing(f"initdb failed: {made.stderr.strip()[-300:]}")
        port = _free_port()
        words = ["-D", str(data), "-p", str(port), "-k", str(folder), "-F"]
        server = [str(programs[-1] / "postgres"), *words]
        with _running(server, folder, port, **user):
            yield {"POSTGRES_PORT": str(port)}


SERVERS = {"redis_client": redis, "asyncpg_client": postgresql}
"""The programs that need one."""


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ropewalk-software-") as name:
        yield Path(name)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextlib.contextmanager
def _running(
    command: list[str], folder: Path, port: int, **user: Any
) -> Iterator[None]:
    server = subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **user,
    )
    try:
        until = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port)).close()
                break
            if server.poll() is not None or time.monotonic() > until:
                raise Missing(f"{command[0]} did not start")
            time.sleep(0.05)
        yield
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
