"""Other projects' own tests, on plain Python and on ropewalk, compared test by test.

    python tests/software/suites.py [--suite NAME ...] [--quick] [--strict]

Promise: the status is 1 when a test passes on plain Python and fails on ropewalk, also
alone and twice; one that passes alone is named, as flaky or as failing only beside
others, and counts as none. What cannot be had is "skipped: ..." with the reason, and
`--strict` makes that a failure too.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.software import suite_runs
from tests.software.suite_places import Missing, Suite, prepare, table
from tests.software.suite_runs import BAD, Run, play

ALONE = 20
"""So many failures are tried again, each alone; of more, the first so many."""


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
    """The outcomes on plain Python, kept from the last time if that was the same."""
    kept = suite.place / "plain.json"
    how = (suite.arguments, suite.deselected, suite.environment, suite.prelude)
    digest = suite.digest(str(how), Path(suite_runs.__file__).read_text("utf-8"))
    if kept.exists() and not anew:
        before = json.loads(kept.read_text("utf-8"))
        if before["digest"] == digest:
            return Run(before["outcomes"], {}, before["seconds"])
    run = play(suite, "plain")
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
    for number, name in enumerate(new):
        word = _again(suite, way, name) if number < ALONE else "not tried alone"
        if word.startswith("flaky"):
            print(f"   {word}: {name}", flush=True)
            continue
        found.append(name)
        print(f"   REGRESSION ({run.outcomes[name]}; {word}): {name}")
        print("\n".join(f"      {line}" for line in _tail(run.said.get(name, ""))))
    return found


def _tail(text: str) -> list[str]:
    return text.splitlines()[-25:]


def _again(suite: Suite, way: str, name: str) -> str:
    """Alone, twice; then alone on plain Python."""
    for number in ("first", "second"):
        if play(suite, way, [name]).outcomes.get(name) not in BAD:
            return f"flaky, or only beside others: passed alone the {number} time"
    if play(suite, "plain", [name]).outcomes.get(name) in BAD:
        return "flaky, fails alone on plain Python too"
    return "alone too"


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
