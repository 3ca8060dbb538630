"""Where greenlets are made of threads, ropewalk steps aside, or says that it cannot.

The packages here are as much of gevent and eventlet as ropewalk looks at; the real ones
run in tests/software.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from .running import IS_OURS, ropewalk, run, same, write

EVENTS = """
    subscribers = []

    class GeventWillPatchModuleEvent:
        def __init__(self, module_name):
            self.module_name = module_name
"""

MONKEY = """
    import gevent.events

    saved = {}

    def is_module_patched(name):
        return name in saved

    def patch_all():
        for name in ("_thread", "threading"):
            for told in gevent.events.subscribers:
                told(gevent.events.GeventWillPatchModuleEvent(name))
            saved[name] = True
"""

PATCHER = """
    import sys

    patched = {}

    def is_monkey_patched(name):
        return name in patched

    def original(name):
        saved = sys.modules.pop(name)
        copy = __import__(name)
        sys.modules[name] = saved
        return copy

    inject = original

    def monkey_patch(**on):
        patched["thread"] = on.get("thread", True)

    def _green_existing_locks(kind):
        print(kind.__name__)
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    write(tmp_path / "gevent" / "__init__.py", "")
    write(tmp_path / "gevent" / "events.py", EVENTS)
    write(tmp_path / "gevent" / "monkey.py", MONKEY)
    write(tmp_path / "eventlet" / "__init__.py", "")
    write(tmp_path / "eventlet" / "patcher.py", PATCHER)
    return tmp_path


ASIDE = """
    import queue, sys, threading
    from concurrent.futures import ThreadPoolExecutor
    def names():
        found = threading.Condition, threading.Lock, queue.Queue
        return [str(one) for one in found] + [str(type(threading.RLock()))]
    {patch}
    print(*names(), threading.Thread.start.__code__.co_filename)
    import concurrent.futures.thread as pools
    print(pools.ThreadPoolExecutor.submit.__code__.co_filename)
    thread = threading.Timer(0.001, print, ["timer"])
    thread.start()
    thread.join()
    print(hasattr(queue, "ShutDown"), "ShutDown" in queue.__all__)
"""
GEVENT = "import gevent.monkey; gevent.monkey.patch_all()"
EVENTLET = "import eventlet.patcher; eventlet.patcher.monkey_patch()"


@pytest.mark.parametrize("patch", [GEVENT, EVENTLET], ids=["gevent", "eventlet"])
def test_the_standard_librarys_names_are_back(place: Path, patch: str) -> None:
    write(place / "program.py", ASIDE.format(patch=patch))
    plain = run("program.py", cwd=place)
    assert plain.status == 0
    under = ropewalk("program.py", cwd=place)
    assert under.status == 0, under.err
    told = under.out.removeprefix("RLock\n")  # what eventlet is asked to look for
    assert told == plain.out
    assert "these modules had bound them: __main__ (ThreadPoolExecutor)" in under.err


def test_asyncio_stays_ours(place: Path) -> None:
    source = f"""
        {GEVENT}
        import asyncio
        async def main():
            return type(asyncio.get_running_loop()).__mro__[1].__module__
        print(asyncio.run(main()))
    """
    write(place / "program.py", source)
    assert "ropewalk" in ropewalk("program.py", cwd=place).out


@pytest.mark.parametrize("patch", [GEVENT, EVENTLET], ids=["gevent", "eventlet"])
def test_install_afterwards_is_refused_with_the_cure(place: Path, patch: str) -> None:
    source = f"""
        import ropewalk
        {patch}
        for names in (None, "queue"):
            try:
                ropewalk.install(names)
            except RuntimeError as error:
                print(error)
        ropewalk.install("asyncio")
        import queue
        print({IS_OURS})
    """
    write(place / "program.py", source)
    outcome = run("program.py", cwd=place)
    first, second, last = outcome.out.splitlines()[-3:]
    assert first == second
    assert "call ropewalk.install('asyncio')" in first
    assert "has patched threading" in first
    assert last == "False"


def test_eventlets_copies_of_modules_are_plain(place: Path) -> None:
    source = f"""
        import queue
        import eventlet.patcher
        copy = eventlet.patcher.original("queue")
        print({IS_OURS}, copy.Queue is queue.Queue, copy.Queue.put.__code__.co_filename)
    """
    write(place / "program.py", source)
    plain, under = run("program.py", cwd=place), ropewalk("program.py", cwd=place)
    assert plain.words[0] == "False" and under.words[0] == "True"
    assert under.words[1:] == plain.words[1:]


AFRESH = """
    import importlib, sys, threading
    if sys.argv[1] == "reload":
        importlib.reload(threading)
    else:
        del sys.modules["threading"]
        import threading
    said = []
    timer = threading.Timer(0.001, said.append, ["timer"])
    timer.start()
    timer.join()
    print(said, isinstance(timer, threading.Thread), threading.Timer.__module__)
    with threading.Condition() as condition:
        thread = threading.Thread(target=said.append, args=("thread",))
        thread.start()
    thread.join()
    print(said, threading.Barrier(1).wait(), threading.active_count())
"""


@pytest.mark.parametrize("how", ["reload", "import"])
def test_threading_is_executed_afresh(tmp_path: Path, how: str) -> None:
    write(tmp_path / "program.py", AFRESH)
    outcome = same("program.py", how, cwd=tmp_path)
    assert outcome.status == 0, outcome.err
