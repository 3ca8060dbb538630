"""The engine of byte streams between a loop and its protocols."""

__all__: list[str] = []
