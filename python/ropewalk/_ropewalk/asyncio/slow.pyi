"""The watch over blocked loops."""

from typing import final

__all__ = ["Watch"]

@final
class Watch:
    """Says on stderr where a loop is blocked when a callback runs for so long."""

    def __new__(cls, event_loop: object, seconds: float, thread: str) -> Watch: ...
    def enter(self) -> None:
        """Take note that the current thread begins to run the loop."""

    def end(self) -> None:
        """Let the watching thread end."""
