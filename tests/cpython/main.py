"""What the command does, in order: ask, plan, run the baseline, run ropewalk, compare.

Promise: whatever ends the run (Ctrl-C and SIGTERM too), no process and no folder of
it stays behind.
"""

import argparse
import json
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from tests.cpython import baseline, ledger, leftovers, report, sandbox, target
from tests.cpython.supervisor import (
    EXIT_ID,
    Limits,
    ModuleResult,
    ModuleRun,
    Order,
    Outcome,
)
from tests.cpython.tables import (
    DEFAULT_GROUPS,
    GROUPS,
    LONG_FIRST,
    MORE_RESOURCES,
    RESOURCES,
)

_STORE = Path(__file__).resolve().parents[2] / "target" / "cpython-baseline"


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tests/cpython/run.py",
        description="CPython's own tests on the standard library and on ropewalk.",
    )
    add = parser.add_argument
    add("--group", nargs="+", choices=list(GROUPS), default=list(DEFAULT_GROUPS))
    add("--module", nargs="+", help="of these groups, only these test modules")
    add("--quick", action="store_true", help="leave out what takes long")
    add("-j", "--jobs", type=int, default=1, help="test modules at a time")
    add(
        "--python",
        type=lambda name: str(Path(name).absolute()) if "/" in name else name,
        default=sys.executable,
        help="the interpreter to measure",
    )
    add("--json", type=Path, help="write every outcome there")
    add("--hang", type=float, default=Limits.test, help="seconds without progress")
    add("--fresh", action="store_true", help="measure the standard library anew")
    add("--stdlib", action="store_true", help="only measure the standard library")
    add(
        "--doubts",
        action="store_true",
        help="ask the standard library only about what does not pass on ropewalk",
    )
    add("--keep", type=Path, help="keep consoles and journals in this folder")
    add(
        "--allow-missing",
        action="store_true",
        help="exit with 0 when the interpreter has no test package",
    )
    return parser.parse_args(words)


def _orders(options: argparse.Namespace, found: target.Target) -> list[Order]:
    orders, index = [], 0
    for name in options.group:
        group = GROUPS[name]
        for choice in group.modules:
            modules, index = found.modules[index], index + 1
            if not modules:
                print(f"not in this Python: {choice}")
            for module in modules:
                if module in group.without:
                    continue
                if options.quick and module in group.slow_modules:
                    continue
                if options.module and module not in options.module:
                    continue
                orders.append(
                    Order(
                        group=name,
                        module=module,
                        must=group.must_on(found.minor),
                        held=tuple(e for _, e in group.held.get(module, ())),
                        drop=group.apart + (group.slow_tests if options.quick else ()),
                        resources=RESOURCES + MORE_RESOURCES.get(module, ()),
                    )
                )
    long = {module: place for place, module in enumerate(LONG_FIRST)}
    return sorted(orders, key=lambda order: long.get(order.module, len(long)))


class _Runner:
    """Runs orders in one sandbox, some at a time, with a line for each."""

    def __init__(self, options: argparse.Namespace, stop: threading.Event) -> None:
        self._jobs: int = max(1, options.jobs)
        self._limits = Limits(test=options.hang)
        self._stop = stop

    def run(
        self,
        place: sandbox.Sandbox,
        orders: list[Order],
        done: Callable[[ModuleResult], None] = lambda result: None,
        known: dict[str, dict[str, Outcome]] | None = None,
    ) -> dict[str, ModuleResult]:
        """`known`: per module the tests that need not be run."""
        kind = "ropewalk" if place.ropewalk else "stdlib"
        known = known or {}
        results: dict[str, ModuleResult] = {}
        with ThreadPoolExecutor(self._jobs) as pool:
            runs = [
                ModuleRun(place, o, self._limits, self._stop, known.get(o.module))
                for o in orders
            ]
            waiting = [pool.submit(run.run) for run in runs]
            try:
                for future in as_completed(waiting):
                    result = future.result()
                    results[result.order.module] = result
                    done(result)
                    print(
                        f"[{len(results)}/{len(orders)}] {kind:8} "
                        f"{result.order.module} {result.seconds:.1f} s "
                        f"{report.brief(result)}",
                        flush=True,
                    )
            except BaseException:
                self._stop.set()
                pool.shutdown(cancel_futures=True)
                raise
        return {o.module: results[o.module] for o in orders}


def _label_alone(
    runner: _Runner,
    place: sandbox.Sandbox,
    orders: list[Order],
    said: report.Report,
    ours: dict[str, ModuleResult],
) -> None:
    """Says which regressions pass when run alone. They stay regressions."""
    for order in orders:
        names = [n for n in said.regressions if n in ours[order.module].outcomes]
        again = tuple(n for n in names if "::" not in n)
        if not 0 < len(again) <= 20:
            continue
        alone = Order(**{**vars(order), "only": again})
        outcomes = runner.run(place, [alone])[order.module].outcomes
        for name in again:
            if name in outcomes and outcomes[name].kind == "pass":
                said.regressions[name].note += " (passes when run alone)"


def not_in_doubt(ours: ModuleResult) -> dict[str, Outcome]:
    """The tests of a module of which the standard library need not be asked.

    What passes on ropewalk is no regression, whatever the standard library does. A
    skip is asked about alone; after any other outcome the whole module is run, because
    a test that fails on its own may pass after its neighbours.
    """
    report.mark_stock(ours)
    if any(one.kind not in ("pass", "skip") for one in ours.outcomes.values()):
        return {}
    passed = Outcome("pass", note="not asked: passes on ropewalk")
    return {
        name: passed
        for name, one in ours.outcomes.items()
        if one.kind == "pass" and not name.endswith(EXIT_ID)
    }


def _measure(
    options: argparse.Namespace, found: target.Target, work: Path, stop: threading.Event
) -> int:
    entries = ledger.read()
    orders = _orders(options, found)
    if not orders:
        print("nothing to run: no such test module in these groups")
        return 2
    runner = _Runner(options, stop)
    store = baseline.Store(_STORE, found)
    base: dict[str, ModuleResult] = {}
    if not options.fresh:
        known = {o.module: store.load(o) for o in orders}
        base = {name: result for name, result in known.items() if result}
    print(
        f"Python {found.version}: {len(orders)} test modules; "
        f"the standard library's outcome is known for {len(base)}",
        flush=True,
    )
    unknown = [o for o in orders if o.module not in base]
    plain = sandbox.make(found, work / "stdlib", ropewalk=False)
    if options.stdlib or not options.doubts:
        base |= runner.run(plain, unknown, store.save)
    if options.stdlib:
        for order in orders:
            print(f"stdlib {order.module}: {report.brief(base[order.module])}")
        return 0
    place = sandbox.make(found, work / "ropewalk", ropewalk=True)
    ours = runner.run(place, orders)
    if options.doubts:
        settled = {o.module: not_in_doubt(ours[o.module]) for o in unknown}
        base |= runner.run(plain, unknown, known=settled)
    whole = set() if options.quick else {o.module for o in orders}
    said = report.compare(base, ours, entries, found.minor, whole)
    _label_alone(runner, place, orders, said, ours)
    print("\n".join(report.tell(said, *place.starts())))
    if options.json:
        _write(options.json, found, said, base, ours)
    print(said.total())
    return 0 if said.good else 1


def _write(
    file: Path,
    found: target.Target,
    said: report.Report,
    base: dict[str, ModuleResult],
    ours: dict[str, ModuleResult],
) -> None:
    tests = {
        name: {"stdlib": vars(base[module].outcomes[name]), "ropewalk": None}
        for module in ours
        for name in base[module].outcomes
    }
    for result in ours.values():
        for name, outcome in result.outcomes.items():
            tests.setdefault(name, {"stdlib": None, "ropewalk": None})
            tests[name]["ropewalk"] = vars(outcome)
    facts = {
        "python": found.version,
        "good": said.good,
        "groups": [vars(group) for group in said.groups],
        "regressions": sorted(said.regressions),
        "stale": [entry.test for entry, _ in said.stale],
        "tests": tests,
    }
    file.write_text(json.dumps(facts, indent=1, sort_keys=True), "utf-8")


def _keep(work: Path, into: Path) -> None:
    """Consoles and journals, without the venvs."""
    for runs in work.glob("*/runs"):
        shutil.copytree(runs, into / runs.parent.name, dirs_exist_ok=True)


def _stop_on_signals() -> None:
    """Ctrl-C works even when SIGINT came in ignored, as from a background shell."""

    def leave(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)


def main(words: list[str] | None = None) -> int:
    """The command; returns its exit status."""
    options = _arguments(words)
    _stop_on_signals()
    choices = [c for name in options.group for c in GROUPS[name].modules]
    try:
        found = target.ask(options.python, choices)
    except RuntimeError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if not found.has_tests:
        print(
            f"{found.python} (Python {found.version}) has no test package, so nothing "
            f"was run.\nDebian and Ubuntu: apt-get install "
            f"libpython{found.minor}-testsuite",
            file=sys.stderr,
        )
        return 0 if options.allow_missing else 2
    if not options.stdlib and found.ropewalk is None:
        print(
            f"error: ropewalk is not installed in {found.python}; `make build`, or "
            f"name another with --python",
            file=sys.stderr,
        )
        return 2
    since = time.monotonic()
    work = Path(tempfile.mkdtemp(prefix="ropewalk-cpython-")).resolve()
    stop = threading.Event()
    try:
        return _measure(options, found, work, stop)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except (RuntimeError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    finally:
        stop.set()
        leftovers.end_all(work)
        try:
            if options.keep:
                _keep(work, options.keep)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        print(f"{time.monotonic() - since:.0f} s", file=sys.stderr)
