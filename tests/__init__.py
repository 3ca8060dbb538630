"""The proof that ropewalk behaves as the standard library does.

cpython/  the interpreter's own tests, run on both
surface/  names, signatures and docstrings against the running standard library
parity/   the same test on both
stress/   forks, signals, deaths and exits, many times over
"""
