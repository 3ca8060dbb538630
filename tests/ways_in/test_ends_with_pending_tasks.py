"""A program ends with a task that waits, in a loop that nobody closes.

Then the interpreter's last collection ends the task; what it says is plain Python's.
"""

import re
import subprocess
import sys
import textwrap

import pytest

from tests import implementations

_TLS = """
server = socket.create_server(("127.0.0.1", 0))
servers.append(server)
port = server.getsockname()[1]
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
await asyncio.open_connection("127.0.0.1", port, ssl=context)
"""
_CONDITION = """
condition = asyncio.Condition()
async with condition:
    await condition.wait()
"""
_GROUP = """
async with asyncio.TaskGroup() as group:
    group.create_task(asyncio.sleep(1000))
"""
_SOCKET = """
ours, theirs = socket.socketpair()
ours.setblocking(False)
kept.append(theirs)
await asyncio.get_running_loop().sock_recv(ours, 10)
"""
_LOCK = """
lock = asyncio.Lock()
await lock.acquire()
await lock.acquire()
"""
_WAITS = {
    "sleep": "await asyncio.sleep(1000)",
    "Event": "await asyncio.Event().wait()",
    "wait_for": "await asyncio.wait_for(asyncio.Event().wait(), 1000)",
    "wait": "await asyncio.wait([asyncio.ensure_future(asyncio.sleep(1000))])",
    "gather": "await asyncio.gather(asyncio.sleep(1000), asyncio.Event().wait())",
    "TaskGroup": _GROUP,
    "Condition": _CONDITION,
    "Barrier": "await asyncio.Barrier(2).wait()",
    "StreamReader": "await asyncio.StreamReader().read(10)",
    "sock_recv": _SOCKET,
    "TLS": _TLS,
    "Queue.get": "await asyncio.Queue().get()",
    "Lock.acquire": _LOCK,
    # One each: their order is a list's or the collector's, by what else a program
    # has imported, on plain Python as well.
    "nothing, sleep never awaited": "kept.append(asyncio.sleep(1))",
    "nothing, Event never awaited": "kept.append(asyncio.Event().wait())",
}
_PROGRAM = """
import asyncio, select, socket, ssl

kept, servers = [], []

async def main():
{wait}

loop = asyncio.new_event_loop()
task = loop.create_task(main())
def look(turns):
    # A peer has been told something, where there is one: then the task waits for it.
    if servers:
        if not kept and select.select(servers, [], [], 0)[0]:
            kept.append(servers[0].accept()[0])
        turns = 0 if not kept or not select.select(kept, [], [], 0)[0] else turns
    if turns >= 20:
        loop.stop()
    else:
        loop.call_later(0.001, look, turns + 1)
loop.call_soon(look, 0)
loop.run_forever()
"""


def _said(wait: str, *, ours: bool) -> tuple[int, str]:
    begin = "import ropewalk; ropewalk.install()\n" if ours else "\n"
    text = begin + _PROGRAM.format(wait=textwrap.indent(wait, "    "))
    done = subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, timeout=60
    )
    return done.returncode, _plain(done.stderr)


def _plain(text: str) -> str:
    """Without what may differ: addresses, lines, frames inside of the libraries.

    Which callbacks a future has is not told either: some of ours have other names.
    """
    text = re.sub(r"  File [^\n]*/(asyncio|ropewalk)/[^\n]*\n(    [^\n]*\n)*", "", text)
    text = re.sub(r"0x[0-9a-f]+|line \d+|\.py:\d+|Task-\d+", "", text)
    text = re.sub(r"running at /\S*/", "running at ", text)
    return re.sub(r" cb=\[.*\]>?", "", text)


@pytest.mark.parametrize("what", _WAITS)
def test_a_program_that_ends_with_a_pending_wait_says_what_plain_python_says(
    what: str,
) -> None:
    plain = _said(_WAITS[what], ours=False)
    ours = _said(_WAITS[what], ours=not implementations.STDLIB_ONLY)
    assert ours == plain
