"""The engine of child processes of a loop."""

from typing import final

__all__ = ["Child", "can_watch"]

def can_watch() -> bool:
    """Return whether children can be watched by descriptors here."""

@final
class Child:
    """A descriptor that is readable once the child with this number has ended."""

    def __new__(cls, pid: int) -> Child: ...
    def fileno(self) -> int:
        """Return the descriptor; it is open until close()."""

    def look(self) -> int | None:
        """Return the exit code as subprocess counts it, None while the child runs."""

    def close(self) -> None:
        """Close the descriptor, which nobody polls any more."""
