"""The engine of ropewalk: one submodule for each module of the standard library."""

from . import asyncio as asyncio
from . import futures as futures
from . import queue as queue
from . import report as report
from . import threading as threading

__all__ = [
    "__version__",
    "asyncio",
    "futures",
    "queue",
    "report",
    "threading",
]

__version__: str
