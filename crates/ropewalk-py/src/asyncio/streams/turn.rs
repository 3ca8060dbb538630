//! One look at a reader's bytes, with the reader locked.
//!
//! Promise: nothing is raised, called or dropped while it is locked: a look says what is to be
//! done afterwards.

use super::stdlib::{or_none, stdlib};
use super::store::Store;
use crate::raised::Raised;
use pyo3::exceptions::{PyRuntimeError, PyStopAsyncIteration, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

/// What a look came to.
pub(super) enum Attempt {
    /// The outcome.
    Value(Py<PyAny>),
    /// A part of it was taken out: look again.
    Again,
    /// There is not enough.
    Wait,
    Raise(Refusal),
}

/// Why a read cannot end well.
pub(super) enum Refusal {
    /// This exception was set.
    Set(Py<PyAny>),
    /// The stream ended after these bytes; so many were expected.
    Incomplete(Py<PyAny>, Option<usize>),
    /// `LimitOverrunError`: in these words, after so many bytes.
    Overrun(&'static str, usize),
    /// The same of a line, which is thrown away.
    Line(&'static str, usize),
    NoMoreLines,
    NegativeSize,
    /// Somebody else waits already; what is called is named.
    Busy(&'static str),
}

impl Refusal {
    pub(super) fn into_error(self, py: Python<'_>) -> PyErr {
        match self {
            Self::Set(error) => PyErr::from_value(error.into_bound(py)),
            Self::Incomplete(partial, expected) => match stdlib() {
                Ok(stdlib) => stdlib.incomplete(py, partial, expected),
                Err(why) => why,
            },
            Self::Overrun(message, consumed) => overrun(py, message, consumed),
            Self::Line(message, consumed) => {
                let error = PyValueError::new_err(message).made(py);
                error.set_context(py, Some(overrun(py, message, consumed).made(py)));
                error
            }
            Self::NoMoreLines => PyStopAsyncIteration::new_err(()),
            Self::NegativeSize => {
                PyValueError::new_err("readexactly size can not be less than zero")
            }
            Self::Busy(name) => PyRuntimeError::new_err(format!(
                "{name}() called while another coroutine is already waiting for incoming data"
            )),
        }
    }
}

fn overrun(py: Python<'_>, message: &str, consumed: usize) -> PyErr {
    match stdlib() {
        Ok(stdlib) => stdlib.overrun(py, message, consumed),
        Err(why) => why,
    }
}

/// A locked reader.
pub(super) struct Turn<'a, 'py> {
    pub(super) py: Python<'py>,
    pub(super) store: &'a mut Store,
    /// To be dropped afterwards.
    pub(super) spent: Option<PyBackedBytes>,
    /// To be resumed afterwards.
    pub(super) resumes: bool,
}

impl<'a, 'py> Turn<'a, 'py> {
    pub(super) fn new(py: Python<'py>, store: &'a mut Store) -> Self {
        Self {
            py,
            store,
            spent: None,
            resumes: false,
        }
    }

    /// What was set as an exception.
    pub(super) fn refusal(&self) -> Option<Attempt> {
        let error = self.store.exception.as_ref()?;
        Some(Attempt::Raise(Refusal::Set(error.clone_ref(self.py))))
    }

    /// Whether nothing is unread.
    pub(super) fn is_empty(&self) -> bool {
        self.store.incoming.is_empty()
    }

    /// Takes bytes out; the transport goes on if little is left.
    pub(super) fn take(&mut self, count: usize) -> Py<PyAny> {
        let (bytes, spent) = self.store.take(self.py, count);
        self.spent = spent;
        self.resume();
        bytes
    }

    /// Takes everything out at the end of the stream. The transport stays as it is.
    pub(super) fn take_rest(&mut self) -> Py<PyAny> {
        let (bytes, spent) = self.store.take(self.py, usize::MAX);
        self.spent = spent;
        bytes
    }

    /// Throws bytes away; the transport goes on if little is left.
    pub(super) fn discard(&mut self, count: usize) {
        self.spent = self.store.discard(count);
        self.resume();
    }

    /// Lets the transport go on if little is left.
    pub(super) fn resume(&mut self) {
        self.resumes |= self.store.may_resume();
    }

    /// Whom to resume, and what to drop.
    pub(super) fn afterwards(self) -> (Option<Bound<'py, PyAny>>, Option<PyBackedBytes>) {
        let transport = self
            .resumes
            .then(|| or_none(self.py, self.store.transport.as_ref()));
        (transport, self.spent)
    }
}
