"""Two threads take two locks in opposite order: the classic deadlock.

Nothing here knows of ropewalk. Plain Python hangs without a word; under ropewalk the
program says which two lines wait for each other:

    ROPEWALK_HANG=1 python -m ropewalk examples/crossed_locks.py
"""

import threading

savings = threading.Lock()
checking = threading.Lock()
both_have_one = threading.Barrier(2)


def transfer(source, target):
    with source:
        both_have_one.wait()
        with target:
            print("transferred")


def main():
    there = threading.Thread(target=transfer, args=(savings, checking), name="there")
    back = threading.Thread(target=transfer, args=(checking, savings), name="back")
    there.start()
    back.start()
    there.join()
    back.join()


if __name__ == "__main__":
    main()
