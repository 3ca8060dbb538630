"""How a case is timed, and how rounds become one figure.

Promise: within a round the subjects follow each other at once, in an order that
turns round every time, with garbage collection off in the timed part; so what
the machine does meanwhile meets all of them alike. The ratio is the median of
the rounds' own ratios, not the ratio of two medians: a slow moment slows both
sides of its round and cancels, and a burst that hits one side spoils one round,
which the median ignores.
"""

from __future__ import annotations

import faulthandler
import gc
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from statistics import median

from .case import AnyCase, Gauge, Group, Module
from .sample import Sampler
from .subjects import ROPEWALK, STDLIB, takes_part

WATCHDOG_SECONDS = 180
"""The slowest sample (10,000 operating-system threads) takes about a tenth."""

GAUGE_ROUNDS = 3
"""Memory and thread counts hardly vary, and a sample of them is expensive."""


@dataclass
class Result:
    """The samples of one case, in the case's unit per operation."""

    group: Group
    case: AnyCase
    samples: dict[str, list[float]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def figure(self, subject: str) -> float | None:
        """The median over the rounds; None if the subject did not take part."""
        samples = self.samples.get(subject)
        return median(samples) if samples else None

    def ratios(self, against: str = STDLIB) -> list[float]:
        """For each round, the other subject's figure divided by ropewalk's."""
        pairs = zip(
            self.samples.get(against, []), self.samples.get(ROPEWALK, []), strict=False
        )
        return [other / ropewalk for other, ropewalk in pairs if ropewalk > 0]

    def ratio(self, against: str = STDLIB) -> float | None:
        """The median of the ratios."""
        ratios = self.ratios(against)
        return median(ratios) if ratios else None


@dataclass(frozen=True)
class Work:
    """A group's chosen cases with the modules to run them on."""

    group: Group
    modules: dict[str, Module]
    cases: list[AnyCase]


def measure(
    work: list[Work], rounds: int, quick: bool, say: Callable[[str], None]
) -> list[Result]:
    """Run every case once per round; all cases take part in each round."""
    tasks = []
    for part in work:
        for case in part.cases:
            subjects = [name for name in part.modules if takes_part(name, case)]
            sampler = Sampler(part.group, case, part.modules, quick)
            result = Result(part.group, case, {name: [] for name in subjects})
            tasks.append((result, sampler))
    for number in range(rounds):
        for part in work:
            say(
                f"round {number + 1} of {rounds}: {part.group.name},"
                f" {len(part.cases)} cases"
            )
            for result, sampler in tasks:
                if result.group is part.group and number < most_rounds(result.case):
                    _one_round(result, sampler, backwards=number % 2 == 1)
    return [result for result, _ in tasks]


def most_rounds(case: AnyCase) -> float:
    """How often it is worth while to take a sample."""
    return GAUGE_ROUNDS if isinstance(case, Gauge) else inf


def _one_round(result: Result, sampler: Sampler, backwards: bool) -> None:
    subjects = [name for name in result.samples if name not in result.failures]
    for subject in reversed(subjects) if backwards else subjects:
        gc.collect()
        gc.disable()
        faulthandler.dump_traceback_later(WATCHDOG_SECONDS, exit=True)
        try:
            result.samples[subject].append(sampler.sample(subject))
        except Exception as error:
            result.failures[subject] = f"{type(error).__name__}: {error}"
            result.samples[subject].clear()
        finally:
            faulthandler.cancel_dump_traceback_later()
            gc.enable()
