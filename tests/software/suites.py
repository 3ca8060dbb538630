"""Other projects' own tests, on plain Python and on ropewalk, compared test by test.

    python tests/software/suites.py [--suite NAME ...] [--quick] [--strict]

Promise: the status is 1 when a test passes on plain Python and fails on ropewalk, and
does so again, twice, when all tests of its file run on both; one that passes then is
named as flaky and counts as none. What cannot be had is "skipped: ..." with the reason,
and `--strict` makes that a failure too.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Collection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.software import suite_runs
from tests.software.suite_places import Missing, Suite, prepare, table
from tests.software.suite_runs import AFTER, BAD, Run, play

FILES = 10
"""So many files with failures are run again; of more, the first so many."""

AGAIN = 2
"""So many times, while what failed goes on failing."""


def _arguments(suites: dict[str, Suite]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/software/suites.py")
    add = parser.add_argument
    add("--suite", nargs="+", choices=list(suites), help="these only")
    add("--quick", action="store_true", help="those that `make software` runs")
    add("--way", nargs="+", choices=("environment", "module"))
    add("--anew", action="store_true", help="run plain Python again, too")
    add("--strict", action="store_true", help="what cannot be run is a failure")
    return parser.parse_args()


def plain(suite: Suite, anew: bool) -> Run:
    """The outcomes on plain Python, kept from the last time if that was the same.

    A run in which a test hung or killed its process is not kept: it may have been cut.
    """
    kept = suite.place / "plain.json"
    how = (suite.arguments, suite.deselected, suite.environment, suite.prelude)
    digest = suite.digest(str(how), Path(suite_runs.__file__).read_text("utf-8"))
    if kept.exists() and not anew:
        before = json.loads(kept.read_text("utf-8"))
        if before["digest"] == digest:
            return Run(before["outcomes"], {}, before["seconds"])
    run = play(suite, "plain")
    if run.count("hung", "died"):
        return run
    content = {"digest": digest, "outcomes": run.outcomes, "seconds": run.seconds}
    kept.write_text(json.dumps(content, indent=1), "utf-8")
    return run


def regressions(suite: Suite, way: str, base: Run, run: Run) -> list[str]:
    """Ids that pass on plain Python and fail here, alone too; says each."""
    missing = set(base.outcomes) - set(run.outcomes)
    passed = {name for name, outcome in base.outcomes.items() if outcome == "passed"}
    new = sorted(run.bad() & (passed | run.outcomes.keys() - base.outcomes.keys()))
    if missing:
        print(f"   {len(missing)} were not run, the first: {sorted(missing)[0]}")
    found = sorted(missing & passed)[:1]
    skips = {name for name, outcome in run.outcomes.items() if outcome == "skipped"}
    for name in sorted(skips & passed):
        print(f"   REGRESSION (skipped): {name}")
        found.append(name)
    by_file: dict[str, list[str]] = {}
    for name in new:
        by_file.setdefault(name.partition("::")[0], []).append(name)
    for number, (file, names) in enumerate(by_file.items()):
        words = dict.fromkeys(names, "not tried again")
        if number < FILES:
            words = _again(suite, way, file, names, base.outcomes.keys())
        for name in names:
            if words[name].startswith("flaky"):
                print(f"   {words[name]}: {name}", flush=True)
                continue
            found.append(name)
            print(f"   REGRESSION ({run.outcomes[name]}; {words[name]}): {name}")
            print("\n".join(f"      {line}" for line in _tail(run.said.get(name, ""))))
    return found


def _tail(text: str) -> list[str]:
    return text.splitlines()[-25:]


def _again(
    suite: Suite, way: str, file: str, names: list[str], known: Collection[str]
) -> dict[str, str]:
    """What becomes of these when their file is run again, here and on plain Python.

    All of the file, and not each alone: a test may fail only beside others.
    """
    beside = {name for name in known if name.partition("::")[0] == file} | set(names)
    # What came after the last test comes after all of them.
    only = () if AFTER in beside else beside
    words = dict.fromkeys(names, "again beside its file's others")
    for number in range(1, AGAIN + 1):
        bad = play(suite, way, only).bad()
        for name in set(names) - bad:
            words[name] = f"flaky, passed in its file when tried again ({number})"
        if all(word.startswith("flaky") for word in words.values()):
            return words
    for name in set(names) & play(suite, "plain", only).bad():
        words[name] = "flaky, failed on plain Python too when tried again"
    return words


def judge(suite: Suite, ways: tuple[str, ...], anew: bool) -> list[str]:
    """Run one suite in each way; the regressions."""
    prepare(suite)
    base = plain(suite, anew)
    ran = f"{suite.name} {suite.version}"
    print(f"{ran}: plain Python: {_figures(base)}", flush=True)
    for name in sorted(base.bad()):
        print(f"   fails on plain Python: {name}")
    found = []
    for way in ways:
        run = play(suite, way)
        print(f"{ran}: {way}: {_figures(run)}", flush=True)
        found += regressions(suite, way, base, run)
    return found


def _figures(run: Run) -> str:
    passed, failed = run.count("passed"), run.count(*BAD)
    skipped = run.count("skipped")
    text = f"{passed} passed, {failed} failed, {skipped} skipped"
    return f"{text}, {run.seconds:.0f} s"


def main() -> int:
    """The command."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A shell's background: tests that interrupt themselves would wait for ever.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    suites = table()
    options = _arguments(suites)
    found: dict[str, int] = {}
    skipped = []
    for name in options.suite or suites:
        suite = suites[name]
        if options.quick and not suite.quick:
            continue
        ways = tuple(options.way or (suite.ways[:1] if options.quick else suite.ways))
        try:
            found[name] = len(judge(suite, ways, options.anew))
        except Missing as reason:
            print(f"skipped: {name}: {reason}", flush=True)
            skipped.append(name)
    worse = [f"{name} ({count})" for name, count in found.items() if count]
    print(f"{len(found)} suites, regressions: {', '.join(worse) or 'none'}")
    return 1 if worse or (options.strict and skipped) else 0


if __name__ == "__main__":
    sys.exit(main())
