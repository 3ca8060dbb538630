//! `threading.Lock`.
//!
//! Promise: what CPython's `_thread.lock` does, at its price; besides, it knows who took it, so
//! that a report about a hang can say so.

use super::odd_exit::odd_exit;
use crate::report::{MadeAt, Why};
use crate::timeout::{Flag, Given, Timeout};
use crate::wait::Interpreter;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use ropewalk_sync as engine;

/// A lock: one thread at a time gets past `acquire()`, until `release()` is called.
#[pyclass(frozen, weakref, name = "lock", module = "_thread")]
#[derive(Debug, Default)]
pub(crate) struct Lock {
    pub(super) engine: engine::Lock,
    made: MadeAt,
}

/// Return a new lock that nobody holds.
///
/// Its name is where pickle looks for it, and where any Python finds one: `threading.Lock`.
#[pyfunction]
#[pyo3(name = "Lock")]
pub(crate) fn allocate_lock(py: Python<'_>) -> Lock {
    Lock::made_here(py)
}

#[pymethods]
impl Lock {
    /// Only from 3.13 on, as in the standard library; before, a function makes locks. By number:
    /// what kind of object a name stands for is public, and only a minor release changes it.
    #[cfg(Py_3_13)]
    #[new]
    fn new(py: Python<'_>) -> Self {
        Self::made_here(py)
    }

    /// Take the lock and return True.
    ///
    /// While another thread holds it, wait: without an end, or at most `timeout` seconds. With
    /// `blocking` false do not wait. Return False if the lock was not taken.
    #[pyo3(
        signature = (blocking=Flag::Known(true), timeout=Given(None)),
        text_signature = "($self, blocking=True, timeout=-1)"
    )]
    fn acquire(
        &self,
        py: Python<'_>,
        blocking: Flag<'_, '_>,
        timeout: Given<'_, '_>,
    ) -> PyResult<bool> {
        let timeout = Timeout::of_lock(blocking, timeout)?;
        if self.engine.try_acquire() {
            return Ok(true);
        }
        self.acquire_contended(py, timeout)
    }

    /// Give the lock back. Any thread may do that; `RuntimeError` if nobody holds it.
    fn release(&self) -> PyResult<()> {
        self.engine
            .release()
            .map_err(|_| PyRuntimeError::new_err("release unlocked lock"))
    }

    /// Return True while somebody holds the lock.
    fn locked(&self) -> bool {
        self.engine.is_held()
    }

    fn __enter__(&self, py: Python<'_>) -> PyResult<bool> {
        if self.engine.try_acquire() {
            return Ok(true);
        }
        self.acquire_contended(py, Timeout::None)
    }

    #[pyo3(
        signature = (kind=Given(None), error=Given(None), traceback=Given(None), /),
        text_signature = "($self, exc_type, exc_value, exc_tb, /)"
    )]
    fn __exit__(
        &self,
        py: Python<'_>,
        kind: Given<'_, '_>,
        error: Given<'_, '_>,
        traceback: Given<'_, '_>,
    ) -> PyResult<()> {
        if traceback.0.is_none() {
            odd_exit(py, "allocate_lock", [kind, error])?;
        }
        self.release()
    }

    /// An old name of `acquire()`.
    #[pyo3(
        signature = (blocking=Flag::Known(true), timeout=Given(None)),
        text_signature = "($self, blocking=True, timeout=-1)"
    )]
    fn acquire_lock(
        &self,
        py: Python<'_>,
        blocking: Flag<'_, '_>,
        timeout: Given<'_, '_>,
    ) -> PyResult<bool> {
        self.acquire(py, blocking, timeout)
    }

    /// An old name of `release()`.
    fn release_lock(&self) -> PyResult<()> {
        self.release()
    }

    /// An old name of `locked()`.
    fn locked_lock(&self) -> bool {
        self.locked()
    }

    /// Make the lock free: for the one thread of a forked child.
    fn _at_fork_reinit(&self) {
        self.engine.reset_after_fork();
    }

    fn __repr__(slf: &Bound<'_, Self>) -> String {
        let held = if slf.get().engine.is_held() {
            "locked"
        } else {
            "unlocked"
        };
        format!("<{held} _thread.lock object at {:p}>", slf.as_ptr())
    }
}

impl Lock {
    fn made_here(py: Python<'_>) -> Self {
        Self {
            engine: engine::Lock::new(),
            made: MadeAt::here(py),
        }
    }

    /// What a thread waits for here.
    pub(super) fn why(&self) -> Why<'_> {
        Why::holder_of("Lock", self, self.engine.owner_cell(), &self.made)
    }

    #[cold]
    pub(super) fn acquire_contended(&self, py: Python<'_>, timeout: Timeout) -> PyResult<bool> {
        self.engine.acquire(
            timeout.patience(),
            &mut Interpreter::new(py, timeout, self.why()),
        )
    }
}
