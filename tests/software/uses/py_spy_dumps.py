"""py-spy, from outside, sees in which of our functions each thread waits."""

import os
import queue
import subprocess
import sys
import threading

ready = threading.Barrier(4)
never: queue.Queue[None] = queue.Queue()
lock = threading.Lock()


def gets() -> None:
    ready.wait()
    never.get()


def locks() -> None:
    ready.wait()
    with lock:
        pass


def spins() -> None:
    ready.wait()
    while not over:
        pass


over = False
lock.acquire()
threads = [
    threading.Thread(target=one, name=one.__name__) for one in (gets, locks, spins)
]
for thread in threads:
    thread.start()
ready.wait()
words = ["py-spy", "dump", "--nonblocking", "--pid", str(os.getpid())]
done = subprocess.run(words, capture_output=True, text=True)
if done.returncode:
    sys.exit(f"py-spy: {done.stderr}")
for thread in threads:
    print(
        thread.name,
        f"    {thread.name} (" in done.stdout,
        f'"{thread.name}"' in done.stdout,
    )
over = True
lock.release()
never.put(None)
