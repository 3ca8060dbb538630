"""gevent, not patched: greenlets in one thread, our threads and its pool beside it."""

import queue
import threading
from concurrent.futures import ThreadPoolExecutor

import gevent
import gevent.event
import gevent.queue
import gevent.threadpool

channel: gevent.queue.Queue[int] = gevent.queue.Queue()


def produce() -> None:
    for number in range(5):
        channel.put(number)
        gevent.sleep(0)


greenlet = gevent.spawn(produce)
print([channel.get() for _ in range(5)])
greenlet.join()
results: queue.Queue[list[int]] = queue.Queue()


def another_hub() -> None:
    jobs = [gevent.spawn(abs, -number) for number in range(3)]
    gevent.joinall(jobs)
    results.put([job.value for job in jobs])


thread = threading.Thread(target=another_hub)
thread.start()
thread.join()
print(results.get())
pool = gevent.threadpool.ThreadPool(2)
print(pool.map(abs, [-1, -2, -3]))
lock = threading.Lock()
with lock:
    print(pool.apply(lock.acquire, (False,)))
event = gevent.event.AsyncResult()
watcher = gevent.get_hub().loop.async_()
watcher.start(lambda: event.set("from a thread"))
with ThreadPoolExecutor(1) as executor:
    executor.submit(watcher.send).result()
print(event.get(timeout=20))
pool.kill()
