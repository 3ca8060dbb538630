"""The engine of asyncio's queues."""

__all__: list[str] = []
