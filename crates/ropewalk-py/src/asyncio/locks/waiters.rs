//! The futures of those who wait, in the container that Python code sees.
//!
//! Promise: it is an object of Python's that anybody may look into or replace; here one only asks
//! whether it is empty, and adds and takes futures in its own way.

use super::flag::Flag;
use crate::asyncio::deque;
use crate::names::intern;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};
use ropewalk_park::ShortLock;

/// An attribute that holds a `collections.deque` of futures, or None before the first.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    container: ShortLock<Option<Py<PyAny>>>,
    /// There may be a container: whoever sees this set looks under the lock.
    present: Flag,
}

impl Waiters {
    /// The container, if there is one.
    pub(crate) fn get<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        let held = self.container.lock();
        held.as_ref().map(|object| object.bind(py).clone())
    }

    /// Puts a container in the place of the one that was there; None takes it away.
    pub(crate) fn set(&self, container: &Bound<'_, PyAny>) {
        let container = (!container.is_none()).then(|| container.clone().unbind());
        self.present.put(container.is_some());
        let old = std::mem::replace(&mut *self.container.lock(), container);
        drop(old);
    }

    /// Whether nobody has waited yet; runs no Python code.
    #[inline]
    pub(crate) fn has_no_container(&self) -> bool {
        !self.present.is_set()
    }

    /// Whether nobody waits, as far as that can be known without running Python code.
    #[inline]
    pub(crate) fn are_surely_none(&self) -> bool {
        if self.has_no_container() {
            return true;
        }
        self.container
            .lock()
            .as_ref()
            .is_some_and(|container| deque::is_empty(container) == Some(true))
    }

    /// Whether nobody waits.
    #[inline]
    pub(crate) fn is_empty(&self, py: Python<'_>) -> PyResult<bool> {
        match self.get(py) {
            None => Ok(true),
            Some(container) => container.len().map(|count| count == 0),
        }
    }

    /// The container, made if there is none yet.
    pub(crate) fn get_or_make<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        if let Some(container) = self.get(py) {
            return Ok(container);
        }
        let container = deque::class(py)?.call0()?;
        self.set(&container);
        Ok(container)
    }

    /// Adds a future behind all others.
    pub(crate) fn append(&self, waiter: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = waiter.py();
        self.get_or_make(py)?
            .call_method1(intern!(py, "append"), (waiter,))
            .map(drop)
    }

    /// Takes a future out, if it is still there.
    pub(crate) fn remove(&self, waiter: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = waiter.py();
        let Some(container) = self.get(py) else {
            return Ok(());
        };
        match container.call_method1(intern!(py, "remove"), (waiter,)) {
            Err(error) if !error.is_instance_of::<PyValueError>(py) => Err(error),
            _ => Ok(()),
        }
    }

    /// Takes all out, and gives each that is not done its result.
    pub(crate) fn wake_all(&self, py: Python<'_>) -> PyResult<()> {
        while !self.is_empty(py)? {
            self.wake_next(py)?;
        }
        Ok(())
    }

    /// Gives the first one that is not done its result, and takes it and those before it out.
    pub(crate) fn wake_next(&self, py: Python<'_>) -> PyResult<()> {
        let Some(container) = self.get(py) else {
            return Ok(());
        };
        while container.len()? > 0 {
            let waiter = container.call_method0(intern!(py, "popleft"))?;
            if !waiter.call_method0(intern!(py, "done"))?.is_truthy()? {
                waiter.call_method1(intern!(py, "set_result"), (py.None(),))?;
                break;
            }
        }
        Ok(())
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self.container.try_lock() {
            Some(held) => visit.call(&*held),
            None => Ok(()),
        }
    }

    pub(crate) fn clear(&self) {
        let old = self.container.lock().take();
        drop(old);
    }
}
