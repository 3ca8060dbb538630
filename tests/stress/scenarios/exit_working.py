"""The interpreter ends while daemon threads are in the middle of puts and gets."""

import random
import threading
from typing import Any

STDLIB_SURVIVES = True


def run(queue: Any, rng: random.Random) -> None:
    """Returns while eight threads hand items round in circles."""
    rings = [queue.Queue(rng.choice([0, 1, 2])) for _ in range(4)]
    turns = threading.Semaphore(0)

    def hand_on(taken_from: Any, given_to: Any) -> None:
        while True:
            given_to.put(taken_from.get())
            turns.release()

    for start in range(8):
        args = (rings[start % 4], rings[(start + 1) % 4])
        threading.Thread(target=hand_on, args=args, daemon=True).start()
    for ring in rings[:2]:
        ring.put(object())
    for _ in range(rng.randrange(200)):
        turns.acquire()
