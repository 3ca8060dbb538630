"""What hang reports need of the engine."""

from typing import final

__all__ = [
    "name_thread",
    "quit_is_undecided",
    "report_on_quit",
    "text",
    "waiting",
    "watch_main_thread",
]

def text() -> tuple[str, list[int]]:
    """Return who waits for what, as a text, and the idents of the threads that wait."""

def quit_is_undecided() -> bool:
    """Return whether nobody has chosen what the signal SIGQUIT does."""

def report_on_quit() -> bool:
    """From now on write a report when SIGQUIT comes, then do what it does now."""

def watch_main_thread(seconds: float) -> None:
    """Start the thread that reports when the main thread waits for so long."""

def name_thread(name: str) -> None:
    """Show the current thread under this name in reports."""

@final
class waiting:
    """Notes a wait for the length of a `with` block, for hang reports."""

    def __new__(
        cls,
        kind: str,
        what: str,
        object: object,
        holder: int = 0,
        timed: bool = False,
    ) -> waiting: ...
    def __enter__(self) -> None: ...
    def __exit__(self, *_exception: object) -> None: ...
