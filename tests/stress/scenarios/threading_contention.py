"""Many threads over one lock, one semaphore, one condition: every count is right."""

import random
from typing import Any

MODULE = "threading"
STDLIB_SURVIVES = True


def run(threading: Any, rng: random.Random) -> None:
    """Counters without any protection but the primitive's."""
    workers, rounds = rng.choice([2, 4, 8]), 400
    locks = [threading.Lock(), threading.RLock(), threading.Condition()]
    counts = [0] * len(locks)
    semaphore = threading.Semaphore(3)
    turnstile, tickets = threading.Condition(threading.Lock()), [0]
    inside: list[int] = []

    def work(seed: float) -> None:
        own = random.Random(seed)
        for _ in range(rounds):
            index = own.randrange(len(locks))
            for which in (index, (index + 1) % len(locks)):
                with locks[which]:
                    seen = counts[which]
                    counts[which] = seen + 1
            if semaphore.acquire(timeout=own.choice([None, 0.0001, 60])):
                inside.append(1)
                assert len(inside) <= 3
                inside.pop()
                semaphore.release()
            with turnstile:
                if own.random() < 0.5:
                    tickets[0] += 1
                    turnstile.notify()
                elif turnstile.wait_for(lambda: tickets[0] > 0, 0.001):
                    tickets[0] -= 1

    threads = [
        threading.Thread(target=work, args=(rng.random(),)) for _ in range(workers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == workers * rounds * 2, counts
    assert semaphore._value == 3
    assert tickets[0] >= 0
    assert repr(turnstile).endswith(", 0)>")
