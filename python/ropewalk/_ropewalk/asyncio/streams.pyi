"""The engine of stream readers and writers."""

__all__: list[str] = []
