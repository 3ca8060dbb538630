//! `threading.Event`. Promise: asking whether it is set is one load.

use crate::report::{MadeAt, Why};
use crate::timeout::Timeout;
use crate::wait::Interpreter;
use pyo3::exceptions::PyAttributeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use ropewalk_facade::atomic::{AtomicBool, Ordering};
use ropewalk_sync as engine;

/// A flag that threads wait for; the base of `ropewalk.threading.Event`.
#[pyclass(frozen, subclass, module = "ropewalk._ropewalk.threading")]
#[derive(Debug, Default)]
pub(crate) struct EventEngine {
    engine: engine::Event,
    /// Whether `__init__` was called. Relaxed: by the thread that made it.
    begun: AtomicBool,
    made: MadeAt,
}

#[pymethods]
impl EventEngine {
    #[new]
    #[pyo3(signature = (*args, **_kwargs))]
    fn new(args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self {
            engine: engine::Event::new(),
            begun: AtomicBool::new(false),
            made: MadeAt::here(args.py()),
        }
    }

    /// Makes the event as new.
    fn _begin(&self) {
        self.engine.clear();
        self.engine.reset_after_fork();
        self.begun.store(true, Ordering::Relaxed);
    }

    /// Return True while the flag is set.
    pub(super) fn is_set(&self) -> bool {
        self.engine.is_set()
    }

    /// Set the flag. All threads that wait for it go on.
    pub(super) fn set(&self) {
        self.engine.set();
    }

    /// Take the flag back. From now on `wait()` waits again.
    pub(super) fn clear(&self) {
        self.engine.clear();
    }

    /// Wait until the flag is set: without an end, or at most `timeout` seconds.
    ///
    /// Return True, or False if the time was over first.
    #[pyo3(signature = (timeout=None))]
    pub(super) fn wait(
        &self,
        py: Python<'_>,
        timeout: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<bool> {
        if self.engine.is_set() {
            return Ok(true);
        }
        if !self.begun.load(Ordering::Relaxed) {
            let why = "'Event' object has no attribute '_cond'";
            return Err(PyAttributeError::new_err(why));
        }
        let timeout = Timeout::of_one_wait(timeout)?;
        let why = Why::anyone("Event", self, &self.made);
        self.engine
            .wait(timeout.patience(), &mut Interpreter::new(py, timeout, why))
    }

    /// Forget who waited: for the one thread of a forked child.
    fn _forget_waiters(&self) {
        self.engine.reset_after_fork();
    }
}
