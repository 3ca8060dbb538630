//! A submitted call.
//! Promise: it holds what is needed to run it and nothing of the executor.

use super::callback::call_all;
use super::future::FutureEngine;
use super::outcome::{Outcome, PyOwed};
use crate::error::futures_names;
use crate::names::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};
use ropewalk_facade::atomic::Ordering;
use ropewalk_future::{Phase, Start, Wakes};
use ropewalk_park::thread_key;
use ropewalk_pool::thread::Pool;

/// What a pool of Python tasks is.
pub(super) type TaskPool = Pool<Task>;

/// A call, and the future for its result.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) future: Py<FutureEngine>,
    pub(super) function: Py<PyAny>,
    pub(super) arguments: Py<PyTuple>,
    pub(super) keywords: Option<Py<PyDict>>,
}

impl Task {
    /// Runs it. The result is threads to wake, which may be put off for as long as it takes to
    /// find the next task; and an error that is not the task's.
    pub(super) fn run(self, py: Python<'_>) -> (Wakes, PyResult<()>) {
        let future = self.future.bind(py);
        let start = if future.get().own.any() {
            Start::Refused(Phase::Pending)
        } else {
            future.get().life.start()
        };
        match start {
            Start::Run => {}
            Start::Cancelled(wakes) => return (wakes, Ok(())),
            Start::Refused(phase) => match start_elsewhere(future, phase) {
                Ok(true) => {}
                Ok(false) => return (Wakes::NONE, Ok(())),
                Err(why) => return (Wakes::NONE, Err(why)),
            },
        }
        let worker = &future.get().worker;
        worker.store(thread_key(), Ordering::Relaxed);
        let keywords = self.keywords.as_ref().map(|keywords| keywords.bind(py));
        let outcome = match self
            .function
            .bind(py)
            .call(self.arguments.bind(py), keywords)
        {
            Ok(value) => Ok(value.unbind()),
            Err(why) => Err(with_traceback(py, why)),
        };
        worker.store(0, Ordering::Relaxed);
        if future.get().own.any() {
            return (Wakes::NONE, finish_by_methods(future, outcome));
        }
        match future.get().life.finish(outcome) {
            Ok(PyOwed { wakes, callbacks }) if callbacks.is_empty() => (wakes, Ok(())),
            Ok(PyOwed { wakes, callbacks }) => {
                // Callbacks may take their time: nobody is to wait for them.
                wakes.now();
                (Wakes::NONE, call_all(future, callbacks))
            }
            Err(refused) => (Wakes::NONE, FutureEngine::finish_elsewhere(future, refused)),
        }
    }

    /// The task as an object for programs that look into the queue.
    pub(super) fn into_object(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        let keywords = match self.keywords {
            Some(keywords) => keywords.into_bound(py),
            None => PyDict::new(py),
        };
        let rare = futures_names(py)?.rare.bind(py);
        let parts = (self.future, self.function, self.arguments, keywords);
        rare.call_method1(intern!(py, "work_item"), parts)
    }
}

/// The exception; one that a built-in function raised gets a traceback as well.
fn with_traceback(py: Python<'_>, why: PyErr) -> Py<PyAny> {
    let lacks_one = why.traceback(py).is_none();
    let error = why.into_value(py).into_any();
    if lacks_one {
        let raising = futures_names(py).and_then(|names| {
            let errors = PyList::new(py, [&error])?;
            let rare = names.rare.bind(py);
            rare.call_method1(intern!(py, "run"), (errors,))
        });
        // Without one, then.
        drop(raising);
    }
    error
}

#[cold]
fn finish_by_methods(future: &Bound<'_, FutureEngine>, outcome: Outcome) -> PyResult<()> {
    let py = future.py();
    match outcome {
        Ok(value) => future.call_method1(intern!(py, "set_result"), (value,)),
        Err(error) => future.call_method1(intern!(py, "set_exception"), (error,)),
    }
    .map(drop)
}

#[cold]
fn start_elsewhere(future: &Bound<'_, FutureEngine>, _: Phase) -> PyResult<bool> {
    future
        .call_method0(intern!(future.py(), "set_running_or_notify_cancel"))?
        .is_truthy()
}
