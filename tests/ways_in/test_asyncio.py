"""The ways to ropewalk's event loop, and what each leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from .running import Outcome, ropewalk, run, write

# What the programs print: whether a loop is ropewalk's.
_SHOW = """
def ours(loop):
    from ropewalk._ropewalk.asyncio.loops import LoopCore
    return isinstance(loop, LoopCore)

async def running():
    return ours(asyncio.get_running_loop())
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path


# Policies are deprecated; as long as they are there, they are asked.
_QUIET = """import warnings
warnings.filterwarnings("ignore", "'asyncio.*[pP]olicy' is dep", DeprecationWarning)
"""


def program(source: str, place: Path) -> Outcome:
    file = write(place / "program.py", source)
    text = _QUIET + file.read_text("utf-8") + _SHOW + "main()\n"
    file.write_text(text, "utf-8")
    return run("program.py", cwd=place)


def silent(outcome: Outcome) -> str:
    assert outcome.err == ""
    return outcome.out.strip()


@pytest.mark.parametrize("first", ["asyncio", "ropewalk"])
def test_install_before_or_after_the_import(first: str, place: Path) -> None:
    lines = ["import asyncio", "import ropewalk; ropewalk.install()"]
    head = "\n".join(lines if first == "asyncio" else reversed(lines))
    outcome = program(
        f"{head}\n"
        """def main():
            import asyncio.unix_events
            print(asyncio.run(running()))
            with asyncio.Runner() as runner:
                print(runner.run(running()))
            for make in (
                asyncio.new_event_loop,
                asyncio.SelectorEventLoop,
                asyncio.unix_events.SelectorEventLoop,
                getattr(asyncio, "EventLoop", asyncio.new_event_loop),
                asyncio.get_event_loop_policy().new_event_loop,
            ):
                loop = make()
                print(ours(loop))
                loop.close()\n""".replace("\n        ", "\n"),
        place,
    )
    assert silent(outcome).split() == ["True"] * 7


def test_a_policy_that_was_reset_makes_our_loops(place: Path) -> None:
    outcome = program(
        """
        import asyncio, ropewalk
        ropewalk.install()
        def main():
            asyncio.set_event_loop_policy(None)
            print(asyncio.run(running()))
            asyncio.set_event_loop_policy(asyncio.DefaultEventLoopPolicy())
            print(asyncio.run(running()))
        """,
        place,
    )
    assert silent(outcome).split() == ["True"] * 2


def test_a_policy_of_the_users_is_asked(place: Path) -> None:
    outcome = program(
        """
        import asyncio, ropewalk
        ropewalk.install()
        mro = asyncio.SelectorEventLoop.__mro__[1:]
        Theirs = next(c for c in mro if c.__module__ == "asyncio.unix_events")
        class Policy(asyncio.DefaultEventLoopPolicy):
            def new_event_loop(self):
                print("asked")
                return Theirs()
        def main():
            asyncio.set_event_loop_policy(Policy())
            print(asyncio.run(running()))
        """,
        place,
    )
    assert silent(outcome).split() == ["asked", "False"]


@pytest.mark.parametrize("use", ["import ropewalk.asyncio", "ropewalk.run(running())"])
def test_explicit_use_leaves_the_standard_librarys_alone(use: str, place: Path) -> None:
    outcome = program(
        f"""
        import asyncio, asyncio.events, asyncio.runners, asyncio.unix_events, ropewalk
        def everything():
            return {{
                (module.__name__, name): value
                for module in (asyncio, *vars(asyncio).values())
                if getattr(module, "__name__", "").startswith("asyncio")
                and hasattr(module, "__file__")
                for name, value in vars(module).items()
                if not name.startswith("__")
            }}
        def main():
            before = everything()
            {use}
            after = everything()
            print([key for key in before if after[key] is not before[key]])
            print(asyncio.run(running()))
        """,
        place,
    )
    assert silent(outcome) == "[]\nFalse"


def test_explicit_use_gives_our_loop(place: Path) -> None:
    outcome = program(
        """
        import asyncio
        import ropewalk, ropewalk.asyncio
        def main():
            print(ropewalk.run(running()))
            print(ropewalk.asyncio.run(running()))
            with asyncio.Runner(loop_factory=ropewalk.new_event_loop) as runner:
                print(runner.run(running()))
            loop = ropewalk.asyncio.new_event_loop()
            print(ours(loop), isinstance(loop, asyncio.SelectorEventLoop))
            print(loop.run_until_complete(running()))
            loop.close()
        """,
        place,
    )
    assert silent(outcome).split() == ["True"] * 6


def test_run_refuses_to_run_inside_a_loop(place: Path) -> None:
    outcome = program(
        """
        import asyncio, ropewalk
        def main():
            async def inside():
                try:
                    ropewalk.run(running())
                except RuntimeError as error:
                    print(error)
            ropewalk.run(inside())
        """,
        place,
    )
    assert (
        silent(outcome) == "ropewalk.run() cannot be called from a running event loop"
    )


_RUN = """
import asyncio
async def main():
    from ropewalk._ropewalk.asyncio.loops import LoopCore
    print(isinstance(asyncio.get_running_loop(), LoopCore))
asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], "True"),
        (["--only", "asyncio"], "True"),
        (["--only", "queue,asyncio"], "True"),
        (["--only", "queue"], "False"),
    ],
)
def test_as_a_command(words: list[str], expected: str, place: Path) -> None:
    write(place / "program.py", _RUN)
    assert silent(ropewalk(*words, "program.py", cwd=place)) == expected


def test_only_asyncio_leaves_the_others_alone(place: Path) -> None:
    source = """
        import asyncio, queue, threading
        print(asyncio.SelectorEventLoop.__mro__[1].__name__)
        print(queue.Queue.put.__class__.__name__, threading.Event.__init__.__class__)
    """
    write(place / "program.py", source)
    plain = run("program.py", cwd=place).out.splitlines()
    only = ropewalk("--only", "asyncio", "program.py", cwd=place).out.splitlines()
    assert only[0] != plain[0]
    assert only[1:] == plain[1:]


def test_the_repl_and_unittest_get_our_loop(place: Path) -> None:
    """Both make their loops in ways of their own."""
    source = """
        import asyncio, unittest
        class Test(unittest.IsolatedAsyncioTestCase):
            async def test(self):
                from ropewalk._ropewalk.asyncio.loops import LoopCore
                self.assertIsInstance(asyncio.get_running_loop(), LoopCore)
        unittest.main()
    """
    write(place / "program.py", source)
    assert ropewalk("program.py", cwd=place).status == 0
    repl = ropewalk(
        "-m",
        "asyncio",
        cwd=place,
        stdin="from ropewalk._ropewalk.asyncio.loops import LoopCore\n"
        "isinstance(asyncio.get_running_loop(), LoopCore)\n",
    )
    assert "True" in repl.out + repl.err


def test_spawned_children_have_our_loop(place: Path) -> None:
    source = """
        import asyncio, multiprocessing
        async def main():
            from ropewalk._ropewalk.asyncio.loops import LoopCore
            return isinstance(asyncio.get_running_loop(), LoopCore)
        def child(queue):
            queue.put(asyncio.run(main()))
        if __name__ == "__main__":
            context = multiprocessing.get_context("spawn")
            queue = context.SimpleQueue()
            process = context.Process(target=child, args=(queue,))
            process.start()
            print(queue.get())
            process.join()
    """
    write(place / "program.py", source)
    assert silent(ropewalk("program.py", cwd=place)) == "True"


def test_the_example_says_the_same_both_ways(place: Path) -> None:
    example = str(Path(__file__).parents[2] / "examples" / "chat_server.py")
    plain, under = run(example, "5", cwd=place), ropewalk(example, "5", cwd=place)
    assert plain.out == under.out == "5 guests heard 800 lines\n"
