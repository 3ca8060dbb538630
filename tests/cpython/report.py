"""Compares both runs and says what came of it.

Promise: a test that passes on the standard library and not on ropewalk is a
regression, whatever else happened to it, unless the ledger lists it; a group whose
key classes are not ours counts as failed as a whole.
"""

import fnmatch
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.cpython.ledger import Entry, stale
from tests.cpython.supervisor import ModuleResult, Outcome
from tests.cpython.tables import GROUPS


@dataclass
class GroupCount:
    """The numbers of one group."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    elsewhere: int = 0
    not_ours: dict[str, str] = field(default_factory=dict)


@dataclass
class Report:
    """Everything the last page says."""

    groups: list[GroupCount] = field(default_factory=list)
    regressions: dict[str, Outcome] = field(default_factory=dict)
    stale: list[tuple[Entry, str]] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """No regression, no refused group, no stale entry."""
        refused = any(group.not_ours for group in self.groups)
        return not (self.regressions or refused or self.stale)

    def total(self) -> str:
        """The last line."""
        passed = sum(g.passed for g in self.groups)
        failed = sum(g.failed for g in self.groups)
        skipped = sum(g.skipped for g in self.groups)
        return f"{passed} passed, {failed} failed, {skipped} skipped"


def _worst(proofs: list[dict[str, Any]], kind: str) -> dict[str, tuple[bool, str]]:
    """Over all proofs of a group: an expression that was not ours once is not."""
    worst: dict[str, tuple[bool, str]] = {}
    for proof in proofs:
        for expression, (ours, where) in proof[kind].items():
            if expression not in worst or not ours:
                worst[expression] = (ours, where)
    return worst


def mark_stock(result: ModuleResult) -> None:
    """Passes of tests that held CPython's own objects become "stock"."""
    order = result.order
    held = _worst(result.proofs, "held")
    for pattern, expression in GROUPS[order.group].held.get(order.module, ()):
        ours, where = held.get(expression, (False, "not looked at"))
        if ours:
            continue
        for name, outcome in result.outcomes.items():
            in_module = name.removeprefix(f"{order.module}.")
            if outcome.kind == "pass" and fnmatch.fnmatchcase(in_module, pattern):
                outcome.kind, outcome.note = "stock", f"{expression} is {where}"


def _refusal(name: str, results: list[ModuleResult], minor: str) -> dict[str, str]:
    worst = _worst([proof for r in results for proof in r.proofs], "must")
    silent = (False, "never looked at: no process reached its tests")
    found = {e: worst.get(e, silent) for e in GROUPS[name].must_on(minor)}
    return {e: where for e, (ours, where) in found.items() if not ours}


def compare(
    base: dict[str, ModuleResult],
    ours: dict[str, ModuleResult],
    entries: list[Entry],
    minor: str,
    whole: set[str],
) -> Report:
    """Both runs by module name -> the report."""
    report = Report()
    kinds: dict[str, str] = {}
    for name in dict.fromkeys(result.order.group for result in ours.values()):
        results = [r for r in ours.values() if r.order.group == name]
        count = GroupCount(name, not_ours=_refusal(name, results, minor))
        report.groups.append(count)
        for result in results:
            mark_stock(result)
            _count(count, report, base[result.order.module], result, entries, minor)
            kinds.update({i: o.kind for i, o in result.outcomes.items()})
        if count.not_ours:
            count.failed += count.passed
            count.passed = 0
    report.stale = stale(entries, minor, kinds, whole)
    return report


def _count(
    count: GroupCount,
    report: Report,
    base: ModuleResult,
    ours: ModuleResult,
    entries: list[Entry],
    minor: str,
) -> None:
    missing = Outcome("lost", 0.0, "not in the plan of ropewalk's run")
    for name, expected in base.outcomes.items():
        got = ours.outcomes.get(name, missing)
        if expected.kind == "skip" and got.kind == "skip":
            count.skipped += 1
        elif expected.kind != "pass":
            count.elsewhere += 1
        elif got.kind == "pass":
            count.passed += 1
        elif any(entry.covers(name, minor) for entry in entries):
            count.skipped += 1
        else:
            count.failed += 1
            report.regressions[name] = got


def tell(report: Report, starts: int, failed_starts: list[str]) -> list[str]:
    """The lines of the last page, but the total."""
    lines = [f"interpreters that installed ropewalk: {starts}"]
    lines += [f"  an installation that failed: {line}" for line in failed_starts[:5]]
    lines.append("group        passed  failed skipped  not on stdlib")
    for g in report.groups:
        row = f"{g.passed:8}{g.failed:8}{g.skipped:8}{g.elsewhere:15}"
        lines.append(f"{g.name:11}{row}")
    for g in report.groups:
        for expression, where in g.not_ours.items():
            lines.append(f"REFUSED {g.name}: {expression} is not ropewalk's: {where}")
    for name, outcome in report.regressions.items():
        lines.append(f"REGRESSION {outcome.kind}: {name}")
        lines += [f"    {line}" for line in outcome.note.splitlines()]
    for entry, why in report.stale:
        lines.append(f"STALE ledger entry ({why}): {entry.test}")
    return lines


def brief(result: ModuleResult) -> str:
    """One progress line's worth."""
    kinds = Counter(outcome.kind for outcome in result.outcomes.values())
    shown = " ".join(f"{kind}={count}" for kind, count in sorted(kinds.items()))
    return " ".join([shown, *result.notes])
