"""Producers and consumers over one queue: where every threading tutorial ends.

Nothing here knows of ropewalk. Run it both ways and compare:

    python examples/producer_consumer.py
    python -m ropewalk examples/producer_consumer.py
"""

import queue
import sys
import threading

PRODUCERS = 2
CONSUMERS = 2
ITEMS = int(sys.argv[1]) if len(sys.argv) > 1 else 600_000


def produce(orders, first):
    """Put every other number, so that two producers make a whole run."""
    for number in range(first, ITEMS, PRODUCERS):
        orders.put(number)


def consume(orders, results):
    """Work until the sentinel, then hand in what was counted."""
    count = total = 0
    while True:
        number = orders.get()
        if number is None:
            orders.task_done()
            break
        count += 1
        total += number * number % 1009
        orders.task_done()
    results.put((count, total))


def main():
    orders = queue.Queue(maxsize=1000)
    results = queue.LifoQueue()
    producers = [
        threading.Thread(target=produce, args=(orders, first))
        for first in range(PRODUCERS)
    ]
    consumers = [
        threading.Thread(target=consume, args=(orders, results))
        for _ in range(CONSUMERS)
    ]
    for thread in producers + consumers:
        thread.start()
    for thread in producers:
        thread.join()
    for _ in consumers:
        orders.put(None)
    orders.join()
    for thread in consumers:
        thread.join()

    counts, totals = zip(*(results.get() for _ in consumers), strict=True)
    print(f"{PRODUCERS} producers, {CONSUMERS} consumers")
    print(f"orders handled: {sum(counts)}")
    print(f"checksum:       {sum(totals)}")
    print(f"left in queue:  {orders.qsize()}")


if __name__ == "__main__":
    main()
