"""Python's concurrency modules on one engine in Rust, under the names you know.

Three ways in, from the most explicit to the most convenient:

* ``import ropewalk.queue as queue``: one module, in this file only.
* ``ropewalk.install()``: from now on, whoever imports a replaced module of the
  standard library finds ropewalk's classes in it.
* ``python -m ropewalk program.py``: the same for a program left as it is.

Layout of this package::

    queue.py ...     one module per replaced module, same name, same ``__all__``
    _table.py        which modules are replaced, and by what
    _install.py      install(): puts our names into the standard library's modules
    _bound.py        who had already bound the old names
    _launch.py       ``python -m ropewalk``: its command line
    _program.py      running a program as ``__main__`` the way ``python`` does
    _children.py     what the .pth file runs in a child process
    _loops.py        run() and new_event_loop(): ropewalk's loop without install()
    _report.py       report(), and the signal and setting that ask for one
    _engine.py       loads the extension, or says why the stdlib is handed on
    _pieces.py       what is as we know it in the running standard library
    _stdlib.py       the list of it, for threads, queues and futures
    _status.py       status(): what is ours, and what is not
    _ropewalk        the extension itself

Promise of this file: importing it costs next to nothing (no import outside the
package), so a program may import it before it knows what it needs.
"""

import sys as _sys

# By number: what came with 3.11 is syntax and the C interface.
if _sys.version_info < (3, 11):  # noqa: UP036 (it may be on PYTHONPATH)
    # `name` makes `python -m ropewalk` report this in one line, no traceback.
    raise ImportError(
        "ropewalk needs Python 3.11 or newer, and this is Python "
        f"{_sys.version_info[0]}.{_sys.version_info[1]}: "
        "run it with a newer interpreter",
        name="ropewalk",
    )

from ropewalk._install import install, installed
from ropewalk._loops import new_event_loop, run
from ropewalk._report import report

__all__ = [
    "__version__",
    "install",
    "installed",
    "new_event_loop",
    "report",
    "run",
    "status",
]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ropewalk._asyncio.events import new_event_loop
    from ropewalk._asyncio.runners import run
    from ropewalk._status import status

    __version__: str
else:

    def __getattr__(name):
        """Find a name when it is asked for: what it needs is imported only then."""
        if name == "__version__":
            from ropewalk._engine import version

            found = version()
        elif name == "status":
            from ropewalk._status import status as found
        elif name in ("new_event_loop", "run"):
            import ropewalk.asyncio

            found = getattr(ropewalk.asyncio, name)
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = found
        return found
