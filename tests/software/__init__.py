"""Software that people use, on ropewalk's event loop.

requirements.txt  what is installed, into target/software-PYTHON
run.py            python tests/software/run.py [--program NAME ...]
driver.py         runs one program in one way, in a process of its own
servers.py        a Redis and a PostgreSQL of our own, where the machine has them
programs/         one file each: `main()`, or `run(factory)` if it starts loops itself
"""
