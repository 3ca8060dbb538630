//! An operation that waits for the loop to find its socket ready.
//! Promise: the loop watches the socket for it only while its future is not done, and the future
//! ends once.

use super::failure::ends_the_loop;
use super::operation::Attempt;
use crate::asyncio::loops::{Direction, LoopCore, NativeCall};
use crate::names::intern;
use crate::raised::Raised;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use ropewalk_facade::atomic::{AtomicU64, Ordering};
use std::os::fd::RawFd;

/// What the loop runs when the socket is ready.
#[pyclass(frozen, module = "ropewalk._ropewalk.asyncio.sock")]
pub(super) struct Pending {
    event_loop: Py<LoopCore>,
    socket: Py<PyAny>,
    future: Py<PyAny>,
    descriptor: RawFd,
    direction: Direction,
    operation: Box<dyn Attempt>,
    /// By which the loop knows it; written by the loop's thread when it begins to watch.
    number: AtomicU64,
}

impl Pending {
    /// Lets the loop watch the socket; what to wait for is `future`.
    pub(super) fn arm<'py>(
        event_loop: &Bound<'py, LoopCore>,
        socket: &Bound<'py, PyAny>,
        descriptor: RawFd,
        direction: Direction,
        operation: Box<dyn Attempt>,
    ) -> PyResult<Bound<'py, Self>> {
        let py = event_loop.py();
        let future = event_loop.call_method0(intern!(py, "create_future"))?;
        refuse_transports(event_loop.as_any(), descriptor)?;
        let pending = Self {
            event_loop: event_loop.clone().unbind(),
            socket: socket.clone().unbind(),
            future: future.unbind(),
            descriptor,
            direction,
            operation,
            number: AtomicU64::new(0),
        };
        let pending = Bound::new(py, pending)?;
        watch(&pending)?;
        Ok(pending)
    }

    pub(super) fn future(&self, py: Python<'_>) -> Py<PyAny> {
        self.future.clone_ref(py)
    }

    /// Whether the loop watches on after an event: one that has come to be polled by Python code.
    pub(super) fn watches_on(&self) -> bool {
        self.number.load(Ordering::Relaxed) == 0
    }

    /// Ends the watch, unless it has ended or somebody else has taken its place.
    pub(super) fn disarm(&self, py: Python<'_>) -> PyResult<()> {
        let number = self.number.load(Ordering::Relaxed);
        let event_loop = self.event_loop.bind(py);
        LoopCore::unwatch_once(event_loop, self.descriptor, self.direction, number)
    }
}

#[pymethods]
impl Pending {
    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let socket = self.socket.bind(py).repr()?;
        Ok(format!("<socket operation waiting for {socket}>"))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.event_loop)?;
        visit.call(&self.socket)?;
        visit.call(&self.future)?;
        for object in self.operation.owned().into_iter().flatten() {
            visit.call(object)?;
        }
        Ok(())
    }
}

/// An error if a transport uses the descriptor.
fn refuse_transports(event_loop: &Bound<'_, PyAny>, descriptor: RawFd) -> PyResult<()> {
    let py = event_loop.py();
    // A look that runs no Python code, for the usual case that there is none.
    let transports = event_loop.getattr(intern!(py, "_transports"))?;
    if let Some(inside) = transports.getattr_opt(intern!(py, "data"))?
        && let Ok(inside) = inside.cast_exact::<PyDict>()
        && !inside.contains(descriptor)?
    {
        return Ok(());
    }
    event_loop.call_method1(intern!(py, "_ensure_fd_no_transport"), (descriptor,))?;
    Ok(())
}

/// Lets the loop watch for one event.
fn watch(pending: &Bound<'_, Pending>) -> PyResult<()> {
    let this = pending.get();
    let call = NativeCall::new(pending.clone().into_any(), ready);
    let event_loop = this.event_loop.bind(pending.py());
    let number = LoopCore::watch_once(event_loop, this.descriptor, this.direction, call)?;
    this.number.store(number, Ordering::Relaxed);
    Ok(())
}

/// The socket is ready: the operation is tried again.
fn ready(pending: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = pending.py();
    let pending = pending.cast::<Pending>()?;
    let this = pending.get();
    let future = this.future.bind(py);
    // Cancelled in the same turn of the loop.
    if future.call_method0(intern!(py, "done"))?.is_truthy()? {
        return Ok(());
    }
    let error = match this.operation.attempt_again(this.socket.bind(py)) {
        Ok(Some(value)) => {
            future.call_method1(intern!(py, "set_result"), (value,))?;
            return Ok(());
        }
        Ok(None) => match watch(pending) {
            Ok(()) => return Ok(()),
            Err(error) => error,
        },
        Err(error) => error,
    };
    let error = error.made(py);
    if ends_the_loop(py, &error) {
        return Err(error);
    }
    let error = error.into_value(py);
    future.call_method1(intern!(py, "set_exception"), (error,))?;
    Ok(())
}
