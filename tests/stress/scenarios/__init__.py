"""One scenario per file.

Each has `run(module, rng)`, which raises when something was lost or doubled and hangs
when a wake-up was; `STDLIB_SURVIVES` says whether the standard library
is up to it; `MODULE` names the module, if it is not queue.
"""
