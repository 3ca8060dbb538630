"""The engine of gather, wait, time-outs and task groups."""

__all__: list[str] = []
