"""install(): what it replaces, when, and what it says."""

from __future__ import annotations

import types
from pathlib import Path

import pytest
from ropewalk._table import REPLACED

from .running import IS_OURS, Outcome, ropewalk, run, write


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path


def install_then(source: str, place: Path) -> Outcome:
    program = write(place / "program.py", source)
    program.write_text(
        f"import ropewalk\nropewalk.install()\n{program.read_text()}", encoding="utf-8"
    )
    return run("program.py", cwd=place)


def test_importing_ropewalk_imports_nothing_else(place: Path) -> None:
    source = """
        import sys
        before = set(sys.modules)
        import ropewalk
        new = set(sys.modules) - before
        print(sorted(n for n in new if not n.startswith(("ropewalk", "__future__"))))
        print("ropewalk._ropewalk" in new, "ropewalk.queue" in new)
    """
    write(place / "program.py", source)
    assert run("program.py", cwd=place).out == "[]\nFalse False\n"


def test_install_imports_no_replaced_module(place: Path) -> None:
    outcome = install_then(
        "import sys; print({'queue', 'ropewalk.queue'} & set(sys.modules))", place
    )
    assert outcome.out == "set()\n"


def test_what_is_imported_afterwards_is_ours(place: Path) -> None:
    outcome = install_then(
        """
        from queue import Queue, Empty, Full
        import queue, ropewalk.queue as ours
        print(Queue is queue.Queue is ours.Queue)
        print(Empty is ours.Empty, Full is ours.Full)
        print(queue.LifoQueue is ours.LifoQueue)
        print(queue.PriorityQueue is ours.PriorityQueue)
        print(Queue.__module__, queue.__name__, queue.__file__.endswith("queue.py"))
        """,
        place,
    )
    assert outcome.words[:5] == ["True"] * 5
    assert outcome.words[5:] == ["queue", "queue", "True"]


def test_what_was_imported_before_is_ours_too(place: Path) -> None:
    write(
        place / "program.py",
        f"""
        import queue
        import ropewalk
        ropewalk.install()
        print({IS_OURS}, queue is __import__("queue"))
        """,
    )
    outcome = run("program.py", cwd=place)
    assert (outcome.out, outcome.err) == ("True True\n", "")


def test_our_module_may_come_first(place: Path) -> None:
    outcome = install_then(
        "import ropewalk.queue, queue; print(ropewalk.queue.Queue is queue.Queue)",
        place,
    )
    assert outcome.out == "True\n"


@pytest.mark.skipif(
    not hasattr(types, "LazyImportType"), reason="this Python imports nothing lazily"
)
def test_what_is_imported_lazily_is_ours(place: Path) -> None:
    """And nothing is imported before somebody looks at it."""
    outcome = install_then(
        """
        import sys
        lazy import queue
        lazy from threading import Condition
        lazy from concurrent.futures import ThreadPoolExecutor
        lazy from asyncio import TaskGroup
        import concurrent.futures as futures
        print("queue" in sys.modules, "ropewalk._futures_thread" in sys.modules)
        print(queue.Queue.put_many.__name__, Condition.__mro__[1].__name__)
        print(ThreadPoolExecutor.__mro__[1].__name__, TaskGroup.__mro__[1].__module__)
        print(ThreadPoolExecutor is futures.ThreadPoolExecutor)
        print(ThreadPoolExecutor.__module__)
        """,
        place,
    )
    assert outcome.err == ""
    assert outcome.words == [
        *("False", "False", "put_many", "ConditionEngine", "ThreadPool"),
        *("asyncio.taskgroups", "True", "concurrent.futures.thread"),
    ]


def test_a_queue_that_is_first_imported_without_its_compiled_part(place: Path) -> None:
    """As CPython's own tests do; the compiled SimpleQueue is there for all others."""
    outcome = install_then(
        """
        import sys
        def empty(module, queue):
            try:
                queue.get_nowait()
            except module.Empty:
                return "Empty"
        sys.modules["_queue"] = None
        import queue as plain
        del sys.modules["_queue"], sys.modules["queue"]
        import queue
        for one in (plain, queue):
            print(one.SimpleQueue.__module__, one.SimpleQueue is one._PySimpleQueue)
            print(empty(one, one.SimpleQueue()), empty(one, one.Queue()))
        print(plain.Queue is queue.Queue, plain.Empty is queue.Empty)
        """,
        place,
    )
    assert outcome.err == ""
    assert outcome.words == [
        *("queue", "True", "Empty", "Empty"),
        *("_queue", "False", "Empty", "Empty"),
        *("True", "True"),
    ]


def test_a_module_shows_its_real_loader(place: Path) -> None:
    outcome = install_then(
        """
        import importlib.machinery, importlib.util, inspect, queue
        real = importlib.machinery.SourceFileLoader
        print(type(queue.__loader__) is real, type(queue.__spec__.loader) is real)
        print(importlib.util.find_spec("queue") is queue.__spec__)
        del __import__("sys").modules["queue"]
        spec = importlib.util.find_spec("queue")
        print("class Queue" in spec.loader.get_source("queue"))
        print(inspect.getsource(queue).startswith("'''A multi-producer"))
        """,
        place,
    )
    assert outcome.words == ["True"] * 5


@pytest.mark.parametrize("blocked", [[], ["_queue"]], ids=["whole", "without _queue"])
def test_a_fresh_import_is_ours(blocked: list[str], place: Path) -> None:
    outcome = install_then(
        f"""
        import importlib, sys
        import queue as first
        for _ in range(3):
            del sys.modules["queue"]
            for name in {blocked}:
                sys.modules[name] = None
            fresh = importlib.import_module("queue")
            print(fresh is not first, fresh.Queue is first.Queue, {IS_OURS})
        """,
        place,
    )
    assert outcome.words == ["True"] * 9


@pytest.mark.parametrize("blocked", [[], ["_queue"]], ids=["whole", "without _queue"])
def test_a_first_import_with_names_blocked_is_ours(
    blocked: list[str], place: Path
) -> None:
    outcome = install_then(
        f"""
        import sys
        for name in {blocked}:
            sys.modules[name] = None
        print({IS_OURS})
        """,
        place,
    )
    assert (outcome.out, outcome.err) == ("True\n", "")


def test_a_reload_is_ours(place: Path) -> None:
    outcome = install_then(
        f"""
        import importlib, queue
        held = queue.Queue
        importlib.reload(queue)
        print({IS_OURS}, queue.Queue is held)
        """,
        place,
    )
    assert outcome.out == "True True\n"


def test_a_lazy_import_is_ours(place: Path) -> None:
    outcome = install_then(
        f"""
        import importlib.util, sys
        spec = importlib.util.find_spec("queue")
        spec.loader = importlib.util.LazyLoader(spec.loader)
        queue = sys.modules["queue"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(queue)
        print("ropewalk.queue" in sys.modules, queue.Queue.__name__, {IS_OURS})
        """,
        place,
    )
    assert outcome.out == "False Queue True\n"


def test_a_module_of_the_program_with_the_same_name_is_left_alone(place: Path) -> None:
    write(place / "queue.py", "Queue = 'my own'")
    write(place / "program.py", "import queue; print(queue.Queue)")
    assert ropewalk("program.py", cwd=place).out == "my own\n"
    source = "import queue, ropewalk; ropewalk.install(); print(queue.Queue)"
    write(place / "program.py", source)
    assert run("program.py", cwd=place).out == "my own\n"


def test_a_second_install_changes_nothing(place: Path) -> None:
    outcome = install_then(
        """
        import os, queue, sys
        first = dict(vars(queue)), list(sys.meta_path), dict(os.environ)
        ropewalk.install()
        ropewalk.install(only=["queue"]) if len(ropewalk.installed()) == 1 else None
        os.environ.pop("ROPEWALK_ONLY", None)
        print(first == (dict(vars(queue)), list(sys.meta_path), dict(os.environ)))
        print("queue" in ropewalk.installed())
        """,
        place,
    )
    assert outcome.words == ["True", "True"]


def test_installed_is_empty_before(place: Path) -> None:
    write(place / "program.py", "import ropewalk; print(set(ropewalk.installed()))")
    assert run("program.py", cwd=place).out == "set()\n"


EARLY = """
    import one, two
    import logging.handlers
    from queue import Empty, Queue
    import ropewalk
    ropewalk.install()
    ropewalk.install()
    import queue
    print(one.Queue is queue.Queue, Queue is queue.Queue)
    print(logging.handlers.queue.Queue is queue.Queue)
"""


def test_who_held_the_old_classes_is_named_once(place: Path) -> None:
    write(place / "one.py", "from queue import Queue, LifoQueue")
    write(place / "two.py", "import queue\nkept = queue.PriorityQueue")
    program = write(place / "program.py", EARLY)
    outcome = run("program.py", cwd=place)
    assert outcome.words == ["False", "False", "True"]
    line = program.read_text().splitlines().index("ropewalk.install()") + 1
    assert f"program.py:{line}: RuntimeWarning: " in outcome.err
    assert "__main__ (Queue), one (LifoQueue, Queue), two (kept);" in outcome.err
    assert "call install() earlier" in outcome.err
    assert outcome.err.count("Warning") == 1


def test_a_warning_made_an_error_leaves_ropewalk_installed(place: Path) -> None:
    source = f"""
        from queue import Queue
        import ropewalk
        try:
            ropewalk.install()
        except RuntimeWarning:
            print({IS_OURS}, "queue" in ropewalk.installed())
    """
    write(place / "program.py", source)
    outcome = run("program.py", cwd=place, flags=["-W", "error"])
    assert outcome.out == "True True\n"


def test_the_standard_library_itself_is_set_right_silently(place: Path) -> None:
    source = """
        import queue, sched
        sched.Held = queue.Queue
        import ropewalk
        ropewalk.install()
        print(sched.Held is queue.Queue)
    """
    write(place / "program.py", source)
    outcome = run("program.py", cwd=place)
    assert (outcome.out, outcome.err) == ("True\n", "")


def test_a_module_loaded_lazily_is_not_loaded_by_install(place: Path) -> None:
    write(place / "lazy.py", "print('loaded')")
    source = """
        import importlib.util, queue, sys
        spec = importlib.util.find_spec("lazy")
        spec.loader = importlib.util.LazyLoader(spec.loader)
        lazy = sys.modules["lazy"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(lazy)
        sys.modules["odd"] = None
        import ropewalk
        ropewalk.install()
        print("installed")
    """
    write(place / "program.py", source)
    assert run("program.py", cwd=place).out == "installed\n"


def test_many_threads_install_and_import_at_once(place: Path) -> None:
    source = f"""
        import _thread, sys, threading, ropewalk
        gate = threading.Barrier(8)
        ours = []
        def work(n):
            gate.wait()
            if n % 2:
                ropewalk.install()
            __import__("ropewalk.queue" if n % 4 == 0 else "queue")
        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print({IS_OURS}, sum("ropewalk" in type(f).__module__ for f in sys.meta_path))
    """
    write(place / "program.py", source)
    for _ in range(10):
        assert run("program.py", cwd=place).out == "True 1\n"


OTHERS = """
    import sys, types
    from ropewalk import _table
    other = sys.modules["other_sched"] = types.ModuleType("other_sched")
    other.__spec__ = types.SimpleNamespace(_initializing=False)
    other._put_into = lambda module: setattr(module, "scheduler", "ours")
    _table.REPLACED["sched"] = "other_sched"
    import ropewalk
"""


def test_only_the_chosen_modules_are_replaced(place: Path) -> None:
    source = f"""{OTHERS}
    ropewalk.install(only=["sched"])
    import queue, sched
    print(sched.scheduler, {IS_OURS}, *ropewalk.installed())
    """
    write(place / "program.py", source)
    assert run("program.py", cwd=place).out == "ours False sched\n"


def test_a_second_install_with_another_choice_is_refused(place: Path) -> None:
    source = f"""{OTHERS}
    ropewalk.install(only="queue")
    for only in (["sched"], None, "queue,sched"):
        try:
            ropewalk.install(only)
        except RuntimeError as error:
            print(error)
    """
    write(place / "program.py", source)
    outcome = run("program.py", cwd=place)
    assert outcome.out == (
        "ropewalk is already installed for queue: "
        "install it once, for all the modules you want\n" * 3
    )


def test_the_command_line_overrules_the_environment_in_time(place: Path) -> None:
    source = f"""{OTHERS}
    from ropewalk import _install
    _install.begin(frozenset(["queue"]))
    _install.begin(frozenset(["sched"]), choose_again=True)
    import queue, sched
    print({IS_OURS}, sched.scheduler, *ropewalk.installed())
    try:
        _install.begin(frozenset(["queue"]), choose_again=True)
    except RuntimeError as error:
        print(error)
    """
    write(place / "program.py", source)
    first, second = run("program.py", cwd=place).out.splitlines()
    assert first == "False ours sched"
    assert second.startswith("ropewalk is already installed for sched: ")


@pytest.mark.parametrize(
    ("only", "named"),
    [
        ("'qeue'", "'qeue'"),
        ("['queue', 'threadin']", "'threadin'"),
        ("'queue,'", "''"),
        ("[]", "no module"),
    ],
)
def test_a_wrong_choice_is_refused(only: str, named: str, place: Path) -> None:
    source = f"""
        import ropewalk
        try:
            ropewalk.install(only={only})
        except ValueError as error:
            print(error, set(ropewalk.installed()))
    """
    write(place / "program.py", source)
    outcome = run("program.py", cwd=place)
    assert named in outcome.out
    assert "choose from: " in outcome.out
    assert outcome.out.endswith(f"{', '.join(sorted(REPLACED))} set()\n")


def test_a_package_stands_for_all_below_it(place: Path) -> None:
    source = """
        from ropewalk import _table
        _table.REPLACED.update({"a.b": "x", "a.b.c": "y", "ab": "z"})
        print(sorted(_table.chosen("a")), sorted(_table.chosen(["a.b.c"])))
    """
    write(place / "program.py", source)
    assert run("program.py", cwd=place).out == "['a.b', 'a.b.c'] ['a.b.c']\n"


def test_a_fork_while_another_thread_installs_leaves_no_lock(place: Path) -> None:
    source = f"""
        import os, ropewalk
        from ropewalk import _install
        _install._lock.acquire()
        held = _install._lock
        pid = os.fork()
        if not pid:
            assert _install._lock is not held
            ropewalk.install()
            os._exit({IS_OURS})
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    """
    write(place / "program.py", source)
    assert run("program.py", cwd=place).out == "1\n"
