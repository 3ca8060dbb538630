"""Software that people use, on ropewalk.

requirements.txt  what is installed, into target/software-PYTHON
run.py            python tests/software/run.py [--program NAME ...]
venv.py           the venv with what requirements.txt and uses.toml want
driver.py         runs one program in one way, in a process of its own
servers.py        a Redis and a PostgreSQL of our own, where the machine has them
uvloop_tests.py   uvloop's tests of any event loop, on ours
compare.py        the smallest use of each library, on plain Python and on ropewalk
uses.toml         which libraries, and what of them stands on ours
uses/             one file each: a program that prints what it saw
suites.py         other projects' own tests, on plain Python and on ropewalk
suites.toml       which projects, where their tests are, what they want
suite_places.py   a venv and the tests of one project
suite_runs.py     one run of them, in a process that may die
suite_record.py   the plug-in for pytest that says what became of each test
programs/         one file each: `main()`, or `run(factory)` if it starts loops itself
"""
