"""The command line: choose cases, hold the lock, measure, report."""

from __future__ import annotations

import argparse
import os
import sys
from importlib.util import find_spec
from pathlib import Path

from . import machine, report
from .case import AnyCase, Group
from .groups import chosen
from .measure import Work, measure
from .sample import ROOT
from .subjects import ROPEWALK, Unbuilt, load, missing

DEFAULT_ROUNDS = 9
"""Odd: the median is a round that happened. A run of queue stays near a minute."""

QUICK_ROUNDS = 3


def main() -> int:
    """Run the benchmarks; 2 means that nothing could be measured."""
    options = parse()
    try:
        selection = chosen(options.names)
    except ValueError as error:
        return refuse(str(error))
    if options.list:
        for group, cases in selection:
            for case in cases:
                print(f"{group.name}: {case.name}")
        return 0
    if find_spec("ropewalk") is None:
        return refuse("ropewalk is not built for this Python: make build")
    if os.environ.get("ROPEWALK"):
        return refuse("unset ROPEWALK first: the standard library must be itself here")
    try:
        work = prepare(selection)
    except Unbuilt as error:
        return refuse(str(error))
    if not work:
        return refuse("nothing to compare: none of these modules is replaced yet")
    rounds = options.rounds or (QUICK_ROUNDS if options.quick else DEFAULT_ROUNDS)
    with machine.alone(say):
        doubts = machine.warnings()
        for doubt in doubts:
            say(f"warning: {doubt}")
        facts = machine.facts()
        before = machine.load()
        results = measure(work, rounds, options.quick, say)
        facts["load"] = {"before": before, "after": machine.load()}
    facts["rounds"] = rounds
    facts["peers_not_installed"] = sorted(
        {name for part in work for name in missing(part.group, part.modules)}
    )
    facts["quick"] = options.quick
    facts["warnings"] = doubts
    print(report.table(results))
    if options.quick:
        print("* --quick: counts are smaller than the names say; a smoke test only")
    report.write(options.json, results, facts)
    say(f"written: {shown(options.json)} and the same as .md")
    return 0


def prepare(selection: list[tuple[Group, list[AnyCase]]]) -> list[Work]:
    """Load the modules; say which groups have nothing of ropewalk to measure."""
    work = []
    for group, cases in selection:
        modules = load(group)
        if ROPEWALK in modules:
            work.append(Work(group, modules, cases))
            for name in missing(group, modules):
                say(f"{group.name}: the peer {name} is not installed: no column for it")
        else:
            say(f"{group.name}: not replaced yet")
    return work


def parse() -> argparse.Namespace:
    """The options; `names` may be empty, which means everything."""
    parser = argparse.ArgumentParser(
        prog="python -m benches.python",
        description="Compare ropewalk with the standard library, alternately in one"
        " run. Ratios are the standard library's time divided by ropewalk's.",
    )
    parser.add_argument(
        "names", nargs="*", help="groups, or parts of cases' names; default: all"
    )
    parser.add_argument("--rounds", type=positive, help="default: 9; with --quick: 3")
    parser.add_argument(
        "--json",
        type=Path,
        metavar="FILE",
        default=ROOT / "benches" / "results" / "last.json",
        help="where to write the results (a .md file goes beside it);"
        " default: benches/results/last.json",
    )
    parser.add_argument("--list", action="store_true", help="show the cases and stop")
    parser.add_argument(
        "--quick", action="store_true", help="small counts, few rounds: a smoke test"
    )
    return parser.parse_args()


def positive(text: str) -> int:
    """A whole number from 1 up."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least one round")
    return number


def shown(path: Path) -> str:
    """The path as seen from the project's root, where possible."""
    path = path.resolve()
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def say(line: str) -> None:
    """Progress and warnings, apart from the table."""
    print(line, file=sys.stderr, flush=True)


def refuse(reason: str) -> int:
    """One line, and the exit code for it."""
    say(f"benches: {reason}")
    return 2


if __name__ == "__main__":
    sys.exit(main())
