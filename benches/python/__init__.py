"""The same operation on the standard library and on ropewalk, alternately.

Run it from the project's root: ``python -m benches.python --help``.

* `case.py`     what a case is: a statement, a scenario of threads, or a gauge
* `measure.py`  how a case is timed, and how rounds become one figure
* `subjects.py` what is compared: the standard library, ropewalk, and peers
* `group_*.py`  the cases themselves, a file per standard library module
* `machine.py`  what the figures depend on, and the lock for timing runs
* `report.py`   the table, the JSON file, the Markdown file

A new group is a new file `group_NAME.py` with a `GROUP`; nothing else changes.
"""
