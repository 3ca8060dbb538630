//! The one table from the engine's errors to Python's exceptions.
//!
//! Promise: no other file decides which exception an engine's error becomes. The exceptions of
//! `queue` are classes of the standard library (so that `except queue.Empty` catches them), told
//! to this module by `ropewalk.queue` when it is imported.

use pyo3::exceptions::{PyRuntimeError, PyStopIteration, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use ropewalk_queue::{GetError, PutError, TooManyTasksDone, Trouble};

/// The exception classes of `queue`.
struct QueueExceptions {
    empty: Py<PyType>,
    full: Py<PyType>,
    shut_down: Py<PyType>,
}

static QUEUE: PyOnceLock<QueueExceptions> = PyOnceLock::new();

/// Remembers the exception classes; the first call counts.
pub(crate) fn learn_queue_exceptions(
    py: Python<'_>,
    empty: Py<PyType>,
    full: Py<PyType>,
    shut_down: Py<PyType>,
) {
    QUEUE.get_or_init(py, || QueueExceptions {
        empty,
        full,
        shut_down,
    });
}

fn raise(py: Python<'_>, choose: fn(&QueueExceptions) -> &Py<PyType>) -> PyErr {
    match QUEUE.get(py) {
        Some(classes) => PyErr::from_type(choose(classes).bind(py).clone(), ()),
        None => PyRuntimeError::new_err("import ropewalk.queue before using its engine"),
    }
}

/// What an operation on a queue came to when it did not happen.
pub(crate) enum Refusal<T> {
    /// An exception for the caller, and what was not put.
    Raise(PyErr, Option<T>),
    /// The inside of the queue was handed over to Python: do it there, with what was not put.
    GoInside(T),
}

impl<T> Refusal<T> {
    pub(crate) fn of_put<C: Into<PyErr>>(py: Python<'_>, error: PutError<T, PyErr, C>) -> Self {
        match error {
            PutError::Full(item) => Self::Raise(raise(py, |known| &known.full), Some(item)),
            PutError::ShutDown(item) => {
                Self::Raise(raise(py, |known| &known.shut_down), Some(item))
            }
            PutError::HandedOver(item) => Self::GoInside(item),
            PutError::Aborted(item, why) => Self::Raise(why, Some(item)),
            PutError::Trouble(why) => Self::Raise(of_trouble(why), None),
        }
    }
}

impl Refusal<()> {
    pub(crate) fn of_get<C: Into<PyErr>>(py: Python<'_>, error: GetError<PyErr, C>) -> Self {
        match error {
            GetError::Empty => Self::Raise(raise(py, |known| &known.empty), None),
            GetError::ShutDown => Self::Raise(raise(py, |known| &known.shut_down), None),
            GetError::HandedOver => Self::GoInside(()),
            GetError::Aborted(why) => Self::Raise(why, None),
            GetError::Trouble(why) => Self::Raise(of_trouble(why), None),
        }
    }
}

fn of_trouble<C: Into<PyErr>>(trouble: Trouble<C>) -> PyErr {
    match trouble {
        Trouble::Comparison(why) => why.into(),
        Trouble::WaitsForItself => PyRuntimeError::new_err(
            "a comparison of two items called an operation of their own PriorityQueue that \
             would wait for itself: compare without using the queue",
        ),
    }
}

/// The exception for one `task_done` too many.
pub(crate) fn of_task_done(_: TooManyTasksDone) -> PyErr {
    PyValueError::new_err("task_done() called too many times")
}

/// The classes of `concurrent.futures` that the engine raises, and what it leaves to Python.
pub(crate) struct FuturesNames {
    pub(crate) cancelled: Py<PyAny>,
    pub(crate) invalid_state: Py<PyAny>,
    /// The standard library's Future, whose methods serve a future that was looked into.
    pub(crate) model: Py<PyAny>,
    /// Our Future, as programs see it.
    pub(crate) future: Py<PyAny>,
    /// Our functions for what is rare: see `ropewalk.concurrent.futures._rare`.
    pub(crate) rare: Py<PyAny>,
}

static FUTURES: PyOnceLock<FuturesNames> = PyOnceLock::new();

/// Remembers the names; the first call counts.
pub(crate) fn learn_futures_names(py: Python<'_>, names: FuturesNames) {
    FUTURES.get_or_init(py, || names);
}

/// What was learnt.
#[inline]
pub(crate) fn futures_names(py: Python<'_>) -> PyResult<&FuturesNames> {
    FUTURES.get(py).ok_or_else(|| {
        PyRuntimeError::new_err("import ropewalk.concurrent.futures before using its engine")
    })
}

/// `CancelledError`.
pub(crate) fn cancelled(py: Python<'_>) -> PyErr {
    match futures_names(py).and_then(|names| names.cancelled.bind(py).call0()) {
        Ok(error) => PyErr::from_value(error),
        Err(why) => why,
    }
}

/// `InvalidStateError`, in these words.
pub(crate) fn invalid_state(py: Python<'_>, words: String) -> PyErr {
    match futures_names(py).and_then(|names| names.invalid_state.bind(py).call1((words,))) {
        Ok(error) => PyErr::from_value(error),
        Err(why) => why,
    }
}

/// A `StopIteration` that leaves a generator would be taken for its end: what Python makes of it.
///
/// For iterators that stand for one of the standard library's generators.
pub(crate) fn in_generator(py: Python<'_>, error: PyErr) -> PyErr {
    if !error.is_instance_of::<PyStopIteration>(py) {
        return error;
    }
    let instead = PyRuntimeError::new_err("generator raised StopIteration");
    instead.set_cause(py, Some(error.clone_ref(py)));
    instead.set_context(py, Some(error));
    instead
}
