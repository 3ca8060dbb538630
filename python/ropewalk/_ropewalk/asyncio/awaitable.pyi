"""The engine of the awaitables that every other part hands out."""

__all__: list[str] = []
