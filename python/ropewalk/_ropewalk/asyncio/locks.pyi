"""The engine of asyncio's locks, events, conditions, semaphores and barriers."""

__all__: list[str] = []
