"""The engine under `ropewalk.asyncio`: one submodule for each part."""

from . import awaitable as awaitable
from . import locks as locks
from . import loops as loops
from . import process as process
from . import queues as queues
from . import slow as slow
from . import sock as sock
from . import streams as streams
from . import tls as tls
from . import transports as transports
from . import waiting as waiting

__all__ = [
    "awaitable",
    "locks",
    "loops",
    "process",
    "queues",
    "slow",
    "sock",
    "streams",
    "tls",
    "transports",
    "waiting",
]
