"""The engine of the event loop and its handles."""

__all__: list[str] = []
