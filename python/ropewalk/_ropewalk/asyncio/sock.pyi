"""The engine of a loop's operations on plain sockets and datagrams."""

__all__: list[str] = []
