"""debugpy stops threads, tasks and pool workers at a breakpoint and lets them go."""

import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

PROGRAM = """\
import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

def stops(number):
    twice = number * 2
    return twice

async def main():
    return await asyncio.to_thread(stops, 3), stops(4)

thread = threading.Thread(target=stops, args=(1,), name="stopped")
thread.start()
thread.join()
with ThreadPoolExecutor(1) as pool:
    pool.submit(stops, 2).result()
print(asyncio.run(main()))
"""
LINE = 6


class Client:
    """Speaks the debug adapter's protocol."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.file = self.socket.makefile("rb")
        self.number = 0

    def send(self, command: str, **arguments: Any) -> None:
        self.number += 1
        message: dict[str, Any] = {"seq": self.number, "type": "request"}
        message |= {"command": command, "arguments": arguments}
        body = json.dumps(message).encode()
        self.socket.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def receive(self) -> dict[str, Any]:
        length = 0
        while line := self.file.readline().strip():
            length = int(line.split(b":")[1])
        if not length:
            raise EOFError
        message: dict[str, Any] = json.loads(self.file.read(length))
        return message

    def until(self, name: str) -> dict[str, Any]:
        while True:
            message = self.receive()
            if name in (message.get("event"), message.get("command")):
                if message.get("success") is False:
                    sys.exit(str(message))
                return message


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "program.py")
        file.write_text(PROGRAM, "utf-8")
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        words = ["-m", "debugpy", "--listen", f"127.0.0.1:{port}", "--wait-for-client"]
        front = ["-m", "ropewalk"] if "ropewalk" in sys.modules else []
        command = [sys.executable, "-Xfrozen_modules=off", *front, *words, str(file)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as debugged:
            session(connected(port, debugged), file)
            print(debugged.communicate(timeout=60)[0].strip(), debugged.returncode)


def connected(port: int, debugged: subprocess.Popen[str]) -> Client:
    while True:
        try:
            return Client(port)
        except ConnectionRefusedError:
            if debugged.poll() is not None:
                sys.exit("debugpy did not start")


def session(client: Client, file: Path) -> None:
    client.send("initialize", clientID="x", adapterID="debugpy", pathFormat="path")
    client.until("initialize")
    client.send("attach", justMyCode=True)
    client.until("initialized")
    lines = [{"line": LINE}]
    client.send("setBreakpoints", source={"path": str(file)}, breakpoints=lines)
    verified = client.until("setBreakpoints")["body"]["breakpoints"][0]["verified"]
    print("breakpoint", verified)
    client.send("configurationDone")
    for _ in range(4):
        thread = client.until("stopped")["body"]["threadId"]
        client.send("stackTrace", threadId=thread, levels=3)
        frame = client.until("stackTrace")["body"]["stackFrames"][0]
        client.send("evaluate", expression="number", frameId=frame["id"])
        value = client.until("evaluate")["body"]["result"]
        client.send("threads")
        names = {t["name"] for t in client.until("threads")["body"]["threads"]}
        print(frame["name"], frame["line"], value, "stopped" in names)
        client.send("continue", threadId=thread)
    client.until("terminated")


os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
main()
