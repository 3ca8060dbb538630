//! The loop that a lock or a queue belongs to.
//! Promise: `_get_loop` is asked once per loop; it decides, and binds the object to the loop.

use crate::asyncio::awaitable::{future, running_loop};
use crate::names::intern;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};
use ropewalk_park::ShortLock;

/// The loop that `_get_loop` has last approved of.
#[derive(Debug, Default)]
pub(crate) struct Home(ShortLock<Option<Py<PyAny>>>);

impl Home {
    /// A new future of the loop that runs, if `owner` may be used in it.
    pub(crate) fn future<'py>(&self, owner: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = owner.py();
        if let Some(running) = running_loop(py)? {
            let approved = self.0.lock().as_ref().is_some_and(|home| home.is(&running));
            if approved {
                return future(&running);
            }
        }
        let checked = owner.call_method0(intern!(py, "_get_loop"))?;
        let made = future(&checked)?;
        let old = self.0.lock().replace(checked.unbind());
        drop(old);
        Ok(made)
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self.0.try_lock() {
            Some(home) => visit.call(&*home),
            None => Ok(()),
        }
    }

    pub(crate) fn clear(&self) {
        let old = self.0.lock().take();
        drop(old);
    }
}
