"""blanket says who gets the lock and who leaves the barrier, in an order we chose."""

import random
import threading

import blanket

scenario = blanket.Scenario()
lock = scenario.Lock()
barrier = scenario.Barrier(3)
said: list[str] = []


def worker(name: str) -> None:
    with lock:
        said.append(f"{name} got the lock")
    barrier.wait()
    said.append(f"{name} is past the barrier")


threads = [threading.Thread(target=worker, args=(name,)) for name in "ABC"]
a, b, c = threads
random.shuffle(threads)
of_lock, of_barrier = scenario.api(lock), scenario.api(barrier)
with scenario:
    for thread in threads:
        thread.start()
    list(of_lock.relay(b, a, c))
    of_lock.unblock(lock.release, c)
    with of_barrier.cycle(c, a, b):
        pass
for thread in threads:
    thread.join()
print(*said, sep="\n")
