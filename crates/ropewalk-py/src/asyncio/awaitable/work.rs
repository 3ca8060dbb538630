//! What a native coroutine does, step by step.
//!
//! Promise: steps of one work never overlap: whoever steps it has claimed the coroutine first.

#![expect(unsafe_code, reason = "the collector's visitor is a C function")]

use super::origin::Origin;
use pyo3::ffi;
use pyo3::prelude::*;
use std::ffi::{c_int, c_void};

/// How many words a work may have.
pub(crate) const ROOM: usize = 8;

/// What comes after a step.
pub(crate) enum Step {
    /// The coroutine ends with this value.
    Return(Py<PyAny>),
    /// The coroutine goes on when this awaitable is done.
    Wait(Py<PyAny>),
    /// The coroutine hands this out and goes on with its next turn: with what was begun (see
    /// [`begin`](super::begin)), or, after None, by itself.
    Yield(Py<PyAny>, Option<Py<PyAny>>),
}

/// What a native coroutine does. An error ends it.
pub(crate) trait Work: Send + 'static {
    /// Which method of which Python class hands it out.
    const ORIGIN: &'static Origin;

    /// The first step, if it can be made to the end without running any Python code; if not,
    /// nothing has changed. Whatever does not implement it is asked by `start` only.
    fn at_once(&self, _py: Python<'_>) -> Option<Py<PyAny>> {
        None
    }

    /// Whether `passes` and `over` are worth asking.
    const TAKES_TURNS: bool = false;

    /// Whether the first step does nothing but hand out None until the next turn; runs no Python
    /// code.
    fn passes(&self) -> bool {
        false
    }

    /// The end after such a step, if it needs no Python code; if not, nothing has changed.
    fn over(&self, _py: Python<'_>) -> Option<Py<PyAny>> {
        None
    }

    /// The first step: nothing may have happened before.
    fn start(&mut self, py: Python<'_>) -> PyResult<Step>;

    /// The next step, with the outcome of what the last one waited for.
    fn resume(&mut self, py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> PyResult<Step>;

    /// Shows the collector of cycles each object that the work owns.
    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop>;
}

/// The collector wants to see no more.
pub(crate) struct Stop(pub(super) c_int);

/// The collector's visitor.
pub(crate) struct Visit {
    call: ffi::visitproc,
    argument: *mut c_void,
}

impl Visit {
    /// # Safety
    ///
    /// `call` and `argument` are what the collector gave to a `tp_traverse` that is running.
    pub(super) unsafe fn new(call: ffi::visitproc, argument: *mut c_void) -> Self {
        Self { call, argument }
    }

    /// Shows one object.
    pub(crate) fn call<'a, T: 'a>(
        &mut self,
        object: impl Into<Option<&'a Py<T>>>,
    ) -> Result<(), Stop> {
        let Some(object) = object.into() else {
            return Ok(());
        };
        // SAFETY: `new` was promised that the collector waits for these calls, and the object
        // is owned by what is traversed.
        match unsafe { (self.call)(object.as_ptr(), self.argument) } {
            0 => Ok(()),
            stop => Err(Stop(stop)),
        }
    }
}
