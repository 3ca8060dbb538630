"""One scenario per file.

Each has `run(queue, rng)`, which raises when something was lost or doubled and hangs
when a wake-up was; `STDLIB_SURVIVES` says whether CPython's queue is up to it.
"""
