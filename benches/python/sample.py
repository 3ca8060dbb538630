"""One timed sample of one case on one subject.

Promise: every subject gets its own copy of the code. The interpreter adapts a
code object to the types that it meets, so subjects that shared one would undo
each other's adaptation, and the order of the runs would decide the result.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import repeat
from pathlib import Path
from textwrap import indent
from time import perf_counter
from types import CodeType, FunctionType

from .case import AnyCase, Gauge, Group, Module, Scenario, Statement
from .subjects import ROPEWALK

ROOT = Path(__file__).resolve().parents[2]

UNROLL = 20
"""At about 10 ns a turn, the loop adds half a nanosecond to each operation."""

STRETCHES = 40
"""A statement's sample is the fastest of so many stretches: one thread alone can only
be slowed by others, never helped, so the fastest is nearest to the truth."""

STRETCH_SECONDS = 0.001
"""Long against the clock (0.1 us), and shorter than the few milliseconds for which the
kernel runs a thread on a busy machine, so that many stretches are not interrupted."""

QUICK_STRETCH_SECONDS = 0.0001

CHILD_SECONDS = 170
"""Below the watchdog of the parent, which would end the whole run."""


class Sampler:
    """Takes samples of a case; keeps the compiled code and the number of turns."""

    def __init__(
        self, group: Group, case: AnyCase, modules: dict[str, Module], quick: bool
    ) -> None:
        self._group = group
        self._case = case
        self._modules = modules
        self._quick = quick
        self._ready: dict[str, Callable[[], float]] = {}

    def sample(self, subject: str) -> float:
        """The case's figure; the first call for a subject also warms it up."""
        if subject not in self._ready:
            self._ready[subject] = self._prepare(subject)
        return self._ready[subject]()

    def _prepare(self, subject: str) -> Callable[[], float]:
        case = self._case
        if isinstance(case, Statement):
            return self._prepare_statement(case, subject)
        count = case.quick if self._quick else case.count
        if isinstance(case, Gauge) or case.isolated:
            return lambda: in_child(self._group, case, subject, count)
        return _prepare_scenario(case, self._modules[subject], count)

    def _prepare_statement(self, case: Statement, subject: str) -> Callable[[], float]:
        run = compile_statement(case, self._modules[subject], subject)
        goal = QUICK_STRETCH_SECONDS if self._quick else STRETCH_SECONDS
        turns, seconds = 1, run(1)
        while seconds < goal / 4:
            turns *= 4
            seconds = run(turns)
        turns = max(1, math.ceil(turns * goal / seconds))
        operations = turns * UNROLL * case.per

        def fastest() -> float:
            return min(run(turns) for _ in range(STRETCHES)) * 1e9 / operations

        return fastest


def compile_statement(
    case: Statement, module: Module, subject: str
) -> Callable[[int], float]:
    """A function of the number of turns that returns the seconds they took."""
    operation = case.operation
    if subject == ROPEWALK and case.ropewalk_operation is not None:
        operation = case.ropewalk_operation
    source = "\n".join(
        (
            "def run(turns):",
            indent(case.setup, "    "),
            "    started = clock()",
            "    for _ in repeat(None, turns):",
            *(indent(operation, "        ") for _ in range(UNROLL)),
            "    elapsed = clock() - started",
            indent(case.teardown, "    "),
            "    return elapsed",
        )
    )
    names = {"m": module, "clock": perf_counter, "repeat": repeat}
    exec(compile(source, f"<{case.name} on {subject}>", "exec"), names)
    run: Callable[[int], float] = names["run"]
    return run


def _prepare_scenario(
    case: Scenario, module: Module, count: int
) -> Callable[[], float]:
    run = own_copy(case.run)
    run(module, case.quick)
    return lambda: run(module, count) * 1e9 / count


def own_copy(
    function: Callable[[Module, int], float],
) -> Callable[[Module, int], float]:
    """The function on fresh code objects, with fresh copies of its module's others."""
    names = dict(function.__globals__)
    for name, value in function.__globals__.items():
        if isinstance(value, FunctionType) and value.__module__ == function.__module__:
            names[name] = FunctionType(
                _own_code(value.__code__), names, name, value.__defaults__
            )
            names[name].__kwdefaults__ = value.__kwdefaults__
    copy: Callable[[Module, int], float] = names[function.__name__]
    return copy


def _own_code(code: CodeType) -> CodeType:
    constants = tuple(
        _own_code(constant) if isinstance(constant, CodeType) else constant
        for constant in code.co_consts
    )
    return code.replace(co_consts=constants)


def in_child(group: Group, case: AnyCase, subject: str, count: int) -> float:
    """Take the sample in a fresh interpreter (see `child.py`)."""
    command = [sys.executable, "-m", f"{__package__}.child"]
    done = subprocess.run(
        [*command, group.name, case.name, subject, str(count)],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "ROPEWALK"},
        capture_output=True,
        text=True,
        timeout=CHILD_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise RuntimeError(f"child ended with {done.returncode}: {lines[-1]}")
    return float(done.stdout.split()[-1])
