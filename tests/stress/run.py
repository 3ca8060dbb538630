"""The command: every scenario many times over.

    python tests/stress/run.py --rounds 50 [--scenario NAME ...] [--seed N] [-j N]

Promise: exit status 0 only when every round of every scenario was clean.
"""

import argparse
import random
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.stress.rounds import NAMES, Round, play
from tests.stress.scenario import load


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/stress/run.py")
    add = parser.add_argument
    add("--rounds", type=int, default=50)
    add("--scenario", nargs="+", choices=NAMES, default=list(NAMES))
    add("--impl", choices=["ropewalk", "stdlib"], default="ropewalk")
    add("--seed", type=int, help="first seed; by chance when not given")
    add("-j", "--jobs", type=int, default=1)
    return parser.parse_args()


def main() -> int:
    """Returns the exit status."""
    options = _arguments()
    first = options.seed
    if first is None:
        first = random.SystemRandom().randrange(10**6)
    print(f"{options.impl}, seeds {first} to {first + options.rounds - 1}", flush=True)
    failures: list[Round] = []
    with ThreadPoolExecutor(options.jobs) as pool:
        for name in options.scenario:
            if options.impl == "stdlib" and not load(name).STDLIB_SURVIVES:
                print(f"{name:24} left out: the standard library hangs in it")
                continue
            seeds = range(first, first + options.rounds)
            ended = list(pool.map(lambda s, n=name: play(n, s, options.impl), seeds))
            bad = [one for one in ended if not one.clean]
            failures += bad
            clean = options.rounds - len(bad)
            print(f"{name:24} {clean} of {options.rounds} clean", flush=True)
    for one in failures:
        print(one.told())
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
