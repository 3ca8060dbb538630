"""What `ThreadPoolExecutor.stats()` returns."""

from __future__ import annotations

from typing import NamedTuple


class Times(NamedTuple):
    """Seconds that half, 90 % and 99 % of the calls did not exceed."""

    median: float
    nine_of_ten: float
    ninety_nine: float


class ExecutorStats(NamedTuple):
    """A look at an executor."""

    queued: int
    running: int
    done: int
    workers: int
    idle: int
    wait: Times | None
    run: Times | None
