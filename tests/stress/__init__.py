"""Queues under conditions that programs rarely meet and never forget.

scenarios/   one file each: `run(queue, rng)`, a few tenths of a second, ends by itself
scenario.py  runs one of them in this process:
             python -m tests.stress.scenario fork_storm --seed 7
rounds.py    runs them in processes of their own, with a watchdog each
run.py       python tests/stress/run.py --rounds 50
"""
