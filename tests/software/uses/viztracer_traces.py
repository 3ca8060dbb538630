"""viztracer's log has the functions that threads, executors and tasks ran."""

import asyncio
import json
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from viztracer import VizTracer


def in_a_thread() -> None:
    abs(-1)


def in_an_executor(number: int) -> int:
    return number


def in_a_timer() -> None:
    abs(-1)


async def in_a_task() -> None:
    await asyncio.sleep(0)


async def main() -> None:
    await asyncio.gather(in_a_task(), in_a_task())


WANTED = {"in_a_thread", "in_an_executor", "in_a_timer", "in_a_task", "main"}

with tempfile.TemporaryDirectory() as folder:
    file = Path(folder, "trace.json")
    with VizTracer(output_file=str(file), verbose=0, log_async=True):
        thread = threading.Thread(target=in_a_thread, name="traced")
        thread.start()
        thread.join()
        with ThreadPoolExecutor(2) as pool:
            print(list(pool.map(in_an_executor, range(5))))
        timer = threading.Timer(0, in_a_timer)
        timer.start()
        timer.join()
        asyncio.run(main())
    events = json.loads(file.read_text("utf-8"))["traceEvents"]
seen = [str(event["name"]).split()[0] for event in events]
for name in sorted(WANTED):
    print(name, seen.count(name))
threads = {e["args"]["name"] for e in events if e["name"] == "thread_name"}
print(sorted(name for name in threads if name in ("MainThread", "traced")))
