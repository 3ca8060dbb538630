"""frontrun finds a lost update, proves that a lock cures it, and sees a deadlock."""

import os
import sys
import threading
from typing import Any

import frontrun

if "FRONTRUN_ACTIVE" not in os.environ:
    # It wants to be told to programs by its own command.
    os.execvp("frontrun", ["frontrun", *sys.orig_argv])


class Counter:
    """Not safe."""

    def __init__(self) -> None:
        self.value = 0

    def increment(self) -> None:
        now = self.value
        self.value = now + 1


class Locked(Counter):
    """Safe."""

    def __init__(self) -> None:
        super().__init__()
        self.lock: Any = threading.Lock()

    def increment(self) -> None:
        with self.lock:
            super().increment()


class Reentrant(Locked):
    """Safe, too."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.RLock()


class Conditioned(Locked):
    """Safe, too."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Condition()


class Bounded(Locked):
    """Safe, too."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.BoundedSemaphore(1)


class Crossed(Counter):
    """Two locks, taken in either order."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.other = threading.Lock(), threading.Lock()

    def forth(self) -> None:
        with self.one, self.other:
            self.value += 1

    def back(self) -> None:
        with self.other, self.one:
            self.value += 1


for kind in (Counter, Locked, Reentrant, Conditioned, Bounded):
    result = frontrun.explore(
        setup=kind,
        workers=kind.increment,
        count=2,
        invariant=lambda counter: counter.value == 2,
        timeout_per_run=20,
    )
    print(kind.__name__, "holds" if result.property_holds else "has a race")

result = frontrun.explore(
    setup=Crossed,
    workers=[Crossed.forth, Crossed.back],
    invariant=lambda counter: counter.value == 2,
    timeout_per_run=20,
)
print("Crossed", "holds" if result.property_holds else str(result.explanation)[:300])
