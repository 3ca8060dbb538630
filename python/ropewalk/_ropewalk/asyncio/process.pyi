"""The engine of child processes of a loop."""

__all__: list[str] = []
