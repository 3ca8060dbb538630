//! One operation on a socket, as a coroutine: tried at once, and then when the loop says so.
//! Promise: whatever ends the wait, the loop watches the socket for it no longer.

use super::pending::Pending;
use super::plain;
use crate::asyncio::awaitable::{Origin, Step, Stop, Visit, Work};
use crate::asyncio::loops::{Direction, LoopCore};
use pyo3::prelude::*;

/// What is tried.
pub(super) trait Attempt: Send + Sync + 'static {
    /// Tries it; None when it would have to wait. An error ends it.
    fn attempt(&self, socket: &Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>>;

    /// Tries it again, after the socket was found ready.
    fn attempt_again(&self, socket: &Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>> {
        self.attempt(socket)
    }

    /// The objects that it owns, for the collector.
    fn owned(&self) -> [Option<&Py<PyAny>>; 2] {
        [None, None]
    }
}

/// An attempt that a method of the loop hands out.
pub(super) trait Operation: Attempt + Sized {
    const ORIGIN: &'static Origin;
    const DIRECTION: Direction;

    /// What is kept while it waits.
    fn to_keep(self, _py: Python<'_>) -> PyResult<Self> {
        Ok(self)
    }
}

/// An operation that somebody awaits.
pub(super) enum Asked<O> {
    /// Not begun.
    New {
        event_loop: Py<LoopCore>,
        socket: Py<PyAny>,
        operation: O,
    },
    /// It waits for the loop.
    Waiting(Py<Pending>),
    /// Done.
    Over,
}

impl<O: Operation> Work for Asked<O> {
    const ORIGIN: &'static Origin = O::ORIGIN;

    fn start(&mut self, py: Python<'_>) -> PyResult<Step> {
        let Self::New {
            event_loop,
            socket,
            operation,
        } = std::mem::replace(self, Self::Over)
        else {
            return Ok(Step::Return(py.None()));
        };
        let socket = socket.bind(py);
        if let Some(value) = operation.attempt(socket)? {
            return Ok(Step::Return(value));
        }
        let operation = Box::new(operation.to_keep(py)?);
        let descriptor = plain::descriptor(socket)?;
        let event_loop = event_loop.bind(py);
        let pending = Pending::arm(event_loop, socket, descriptor, O::DIRECTION, operation)?;
        let future = pending.get().future(py);
        *self = Self::Waiting(pending.unbind());
        Ok(Step::Wait(future))
    }

    fn resume(&mut self, py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> PyResult<Step> {
        if let Self::Waiting(pending) = std::mem::replace(self, Self::Over)
            && (outcome.is_err() || pending.get().watches_on())
        {
            pending.get().disarm(py)?;
        }
        outcome.map(Step::Return)
    }

    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        match self {
            Self::New {
                event_loop,
                socket,
                operation,
            } => {
                visit.call(event_loop)?;
                visit.call(socket)?;
                let [one, two] = operation.owned();
                visit.call(one)?;
                visit.call(two)
            }
            Self::Waiting(pending) => visit.call(pending),
            Self::Over => Ok(()),
        }
    }
}
