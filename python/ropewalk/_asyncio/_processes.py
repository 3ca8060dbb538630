"""Child processes of a loop, watched by descriptors.

Promise: no thread and no signal handler is needed to learn that a child has ended, in
whatever thread the loop runs. Starting the child, its pipes and the order of callbacks
are the running Python's own. A child watcher that the program has set (before Python
3.14) is asked instead, and where the system does not allow such descriptors everything
is done as the standard library does it. A child that outlives its loop lives on where
the running Python has a thread wait for it, and a thread does so then.
"""

from __future__ import annotations

import asyncio.events as asyncio_events
import asyncio.protocols as protocols
import asyncio.unix_events as unix_events
import contextlib
import os
import threading
from asyncio.log import logger

from ropewalk import _engine

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio.base_events as asyncio_base
    from typing import Any

    from ropewalk._ropewalk.asyncio.process import Child

    class _Loop(asyncio_base.BaseEventLoop):
        """What the mixin is mixed into."""

        async def _make_subprocess_transport(self, *args: Any, **kwargs: Any) -> Any:
            """Do it as the standard library does."""

        def __getattr__(self, name: str) -> Any:
            """Whatever else a UNIX loop has."""

else:
    _Loop = object

_native: Any = _engine.load()
_can_watch: bool | None = None
# What a child counts as whose status somebody else took.
_UNKNOWN = 255
# Before Python 3.12 a thread waits for each child, whatever becomes of the loop.
_THREADS_WAIT = not any(
    hasattr(unix_events, name) for name in ("can_use_pidfd", "_PidfdChildWatcher")
)


def _watching_is_possible() -> bool:
    global _can_watch
    if _can_watch is None:
        _can_watch = _native.asyncio.process.can_watch()
    return _can_watch


def _program_has_a_watcher(loop: Any) -> bool:
    """Tell whether the program has set a child watcher, or a policy with its own."""
    if hasattr(loop, "_watcher"):  # Where the loop has it, there are no others.
        return type(loop._watcher) is not _default_watcher()
    # By its private name where the public one warns.
    public = getattr(asyncio_events, "get_event_loop_policy", None)
    get_policy = getattr(asyncio_events, "_get_event_loop_policy", public)
    policy: Any = None if get_policy is None else get_policy()
    of_policy = getattr(type(policy), "get_child_watcher", None)
    if of_policy is None:
        return False
    default: Any = getattr(unix_events, "_UnixDefaultEventLoopPolicy", None)
    if of_policy is getattr(default, "get_child_watcher", None):
        return type(policy._watcher) not in (type(None), _default_watcher())
    # A policy without watchers has the base class's method, which only raises.
    base: Any = asyncio_events.AbstractEventLoopPolicy
    return of_policy is not base.get_child_watcher


def _default_watcher() -> Any:
    """Return the class of the watcher that the standard library makes unasked.

    Whether the program has set such a one cannot be told, and makes no difference.
    """
    if hasattr(unix_events, "_PidfdChildWatcher"):
        return unix_events._PidfdChildWatcher
    if hasattr(unix_events, "can_use_pidfd"):  # The default is chosen by it.
        return getattr(unix_events, "PidfdChildWatcher", None)
    return getattr(unix_events, "ThreadedChildWatcher", None)


class SubprocessTransport(unix_events._UnixSubprocessTransport):  # type: ignore[name-defined, misc, unused-ignore]
    """The standard library's transport; its loop tells it of the child's end."""

    _child: Child | None = None
    if TYPE_CHECKING:
        _pending_calls: Any

    def _look(self) -> None:
        """Let Popen know how the child ended, so that it does not wait for it itself.

        It would take the status away from under the loop, which then could not tell.
        """
        process = self._proc
        if self._child is None or process is None or process.returncode is not None:
            return
        with contextlib.suppress(ChildProcessError):  # the loop says so in its turn
            process.returncode = self._child.look()

    async def _connect_pipes(self, waiter: Any) -> None:
        """Connect the pipes; see to the end when it came in the middle of that.

        A pipe that was lost before it stood in the table, or was connected after
        close(), would otherwise keep the transport from ever being done.
        """
        await super()._connect_pipes(waiter)
        if self._pending_calls is not None:
            # It failed. The protocol was told nothing and is told nothing any more.
            self._protocol = protocols.SubprocessProtocol()
            self._pending_calls = None
            self.close()
        if self._closed and not self._finished:
            self._close_pipes()
        if not self._finished:
            self._try_finish()

    def _close_pipes(self) -> None:
        files = (self._proc.stdin, self._proc.stdout, self._proc.stderr)
        for number, pipe in list(self._pipes.items()):
            if pipe is not None:
                pipe.pipe.close()
            else:
                files[number].close()
                del self._pipes[number]

    def close(self) -> None:
        """Close the pipes, and kill the child if it still runs."""
        self._look()
        super().close()
        if (
            self._child is not None
            and self._loop is not None
            and self._loop.is_closed()
        ):
            # Nobody is told of its end any more, and somebody may keep this object.
            self._child.close()

    def send_signal(self, signal: int) -> None:
        """Send the child a signal, unless it has ended."""
        self._look()
        super().send_signal(signal)

    def terminate(self) -> None:
        """Send the child SIGTERM, unless it has ended."""
        self._look()
        super().terminate()

    def kill(self) -> None:
        """Send the child SIGKILL, unless it has ended."""
        self._look()
        super().kill()


SubprocessTransport.__name__ = "_UnixSubprocessTransport"
SubprocessTransport.__qualname__ = "_UnixSubprocessTransport"


class ChildProcesses(_Loop):
    """The part of a loop that runs child processes."""

    _watched_children: dict[Child, SubprocessTransport]

    async def _make_subprocess_transport(
        self,
        protocol: Any,
        args: Any,
        shell: bool,
        stdin: Any,
        stdout: Any,
        stderr: Any,
        bufsize: int,
        extra: Any = None,
        **kwargs: Any,
    ) -> Any:
        if not _watching_is_possible() or _program_has_a_watcher(self):
            return await super()._make_subprocess_transport(
                protocol, args, shell, stdin, stdout, stderr, bufsize, extra, **kwargs
            )
        waiter = self.create_future()
        transport = SubprocessTransport(
            self,
            protocol,
            args,
            shell,
            stdin,
            stdout,
            stderr,
            bufsize,
            waiter=waiter,
            extra=extra,
            **kwargs,
        )
        try:
            self._watch_child(transport)
            await waiter
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException:
            transport.close()
            await transport._wait()
            raise
        return transport

    def _watch_child(self, transport: SubprocessTransport) -> None:
        pid: int = transport.get_pid()
        try:
            child: Child = _native.asyncio.process.Child(pid)
        except ProcessLookupError:
            # SIGCHLD is ignored, so nothing was kept of a child that ended at once.
            self._child_is_unknown(transport)
            return
        except OSError:
            # No descriptor to be had. The child runs, so somebody has to wait for it.
            self._wait_in_a_thread(transport)
            return
        transport._child = child
        self._watched_children[child] = transport
        # The handle owns the descriptor, so that a loop that is closed while the child
        # runs closes it too.
        self._add_reader(child.fileno(), self._child_is_ready, child, transport)

    def _child_is_ready(self, child: Child, transport: SubprocessTransport) -> None:
        try:
            code = child.look()
        except ChildProcessError:
            code = transport._proc.returncode
            if code == 0:  # also what Popen makes of a missing status
                code = None
        else:
            if code is None:
                return
        self._remove_reader(child.fileno())
        self._watched_children.pop(child, None)
        child.close()
        if code is None:
            self._child_is_unknown(transport)
        else:
            self._child_has_ended(transport, code)

    def _part_from_children(self) -> None:
        """Leave the children that still run to threads, if that is where they belong.

        Called once the loop is closed. Where no thread would wait for them, their
        transports go with the loop, and with a transport its child.
        """
        children = list(self._watched_children.items())
        self._watched_children.clear()
        if not _THREADS_WAIT:
            return
        for child, transport in children:
            transport._look()
            transport._child = None
            child.close()
            if transport._proc is not None and transport._proc.returncode is None:
                # Without a thread the child goes with its transport.
                with contextlib.suppress(RuntimeError):
                    self._start_to_wait(transport)

    def _child_is_unknown(self, transport: SubprocessTransport) -> None:
        logger.warning(
            "child process pid %d exit status already read: "
            " will report returncode 255",
            transport.get_pid(),
        )
        self._child_has_ended(transport, _UNKNOWN)

    def _child_has_ended(self, transport: SubprocessTransport, code: int) -> None:
        self._child_watcher_callback(transport.get_pid(), code, transport)

    def _wait_in_a_thread(self, transport: SubprocessTransport) -> None:
        process = transport._proc
        try:
            self._start_to_wait(transport)
        except RuntimeError:
            # Not even a thread: then there is no way to run this child.
            process.kill()
            self._child_has_ended(transport, process.wait())
            raise

    def _start_to_wait(self, transport: SubprocessTransport) -> None:
        process = transport._proc
        threading.Thread(
            target=self._wait_for_child,
            args=(transport, process),
            name=f"asyncio-waitpid-{process.pid}",
            daemon=True,
        ).start()

    def _wait_for_child(self, transport: SubprocessTransport, process: Any) -> None:
        try:
            _, status = os.waitpid(process.pid, 0)
        except ChildProcessError:
            code = process.returncode or _UNKNOWN
        else:
            code = unix_events.waitstatus_to_exitcode(status)  # type: ignore[attr-defined, unused-ignore]
        try:
            # Not every Python's own callback hands it over to the loop's thread.
            self.call_soon_threadsafe(self._child_has_ended, transport, code)
        except RuntimeError:
            if not self.is_closed():
                raise
            logger.warning("Loop %r that handles pid %r is closed", self, process.pid)
