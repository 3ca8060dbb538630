"""What can be measured.

Promise: every subject runs the same code. A case gets the module under test as
its parameter and says nothing about whose module that is; the one exception,
`Statement.ropewalk_operation`, is for additions that the standard library does
not have, and the table's note says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Module = Any
"""A module under test, or a stand-in with the same names."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A named figure; the smaller, the better."""

    name: str
    unit: str = "ns"
    note: str = ""
    target: float | None = None
    """How many times better than `against` this is meant to be."""
    against: str = "stdlib"
    """The subject that the target speaks of: the standard library, or a peer."""
    only: frozenset[str] | None = None
    """The subjects that can run it; None means all of them."""


@dataclass(frozen=True, kw_only=True)
class Statement(Case):
    """A statement that one thread repeats, written as in `timeit`.

    `setup` sees the module under test as `m`. The statement is unrolled, so the
    loop around it costs well under a nanosecond per operation and is not
    subtracted.
    """

    setup: str
    operation: str
    teardown: str = "pass"
    per: int = 1
    """How many operations the statement counts for."""
    ropewalk_operation: str | None = None


@dataclass(frozen=True, kw_only=True)
class Scenario(Case):
    """A piece of work that sets itself up and returns the seconds of its timed part.

    `run(module, count)`; the figure is the time divided by `count`.
    """

    run: Callable[[Module, int], float]
    count: int
    quick: int
    isolated: bool = False
    """Run each sample in a fresh interpreter (with ropewalk installed, not imported):
    for what acts on the whole process, such as `Thread`."""


@dataclass(frozen=True, kw_only=True)
class Gauge(Case):
    """A quantity other than time, taken in a fresh interpreter.

    `run(module, count)` returns it in the case's unit.
    """

    run: Callable[[Module, int], float]
    count: int
    quick: int


AnyCase = Statement | Scenario | Gauge


@dataclass(frozen=True, kw_only=True)
class Group:
    """The cases of one standard library module."""

    name: str
    stdlib: str
    ropewalk: str
    ours: str
    """A name that must be another object in ropewalk's module: the proof that the
    standard library is not compared with itself."""
    cases: tuple[AnyCase, ...]
    peers: Mapping[str, Callable[[], Module]] = field(default_factory=dict)
    """Other people's packages: loaders that raise ImportError when not installed."""
