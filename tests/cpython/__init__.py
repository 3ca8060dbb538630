"""A runner for the interpreter's own test package, with ropewalk installed.

Promise: every test id of a selected module ends with exactly one outcome, on the
standard library and on ropewalk, whatever a test does to its process.

run.py         the command
main.py        what the command does, in order
tables.py      which test modules form a group, and what proves a group
target.py      facts about the interpreter that is measured
sandbox.py     a throw-away venv; start_up.py is the code that it runs first
child.py       one test module in one process; recorder.py, proof.py are its parts
supervisor.py  starts children, watches them, goes on after a hang or a crash
leftovers.py   ends what a test left running
baseline.py    remembers what the standard library does
ledger.py      the listed skips (ledger.toml)
report.py      compares, counts, decides the exit status
"""
