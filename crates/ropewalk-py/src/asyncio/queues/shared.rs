//! A queue that threads use as well, through `queue.threadsafe`.
//!
//! Promise: from the first use of `threadsafe` on, every operation holds the lock of the threads'
//! end, so that each sees all of the others or nothing; tasks are woken in their loop only.

use super::engine::QueueEngine;
use crate::asyncio::awaitable::running_loop;
use crate::names::intern;
use pyo3::prelude::*;
use pyo3::types::PyString;
use ropewalk_facade::atomic::Ordering;

/// The lock of the threads' end, while an operation goes on; nothing while there is no such end.
pub(super) struct Hold<'py>(Option<Bound<'py, PyAny>>);

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        if let Some(end) = &self.0
            && let Err(error) = end.call_method0(intern!(end.py(), "_release"))
        {
            error.write_unraisable(end.py(), Some(end));
        }
    }
}

impl QueueEngine {
    /// Whether threads have an end of this queue.
    #[inline]
    pub(super) fn is_shared(&self) -> bool {
        // sync: threads' end, Acquire pairs with the Release in `share_with`.
        self.shared.load(Ordering::Acquire)
    }

    pub(super) fn share_with(&self, end: &Bound<'_, PyAny>) {
        *self.end.lock() = Some(end.clone().unbind());
        // sync: threads' end, Release pairs with the Acquire in `is_shared`.
        self.shared.store(true, Ordering::Release);
    }

    /// The threads' end, if there is one.
    pub(super) fn end<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        if !self.is_shared() {
            return None;
        }
        self.end.lock().as_ref().map(|end| end.bind(py).clone())
    }

    /// Keeps threads out until the result is dropped.
    pub(super) fn hold<'py>(&self, py: Python<'py>) -> PyResult<Hold<'py>> {
        let end = self.end(py);
        if let Some(end) = &end {
            end.call_method0(intern!(py, "_acquire"))?;
        }
        Ok(Hold(end))
    }

    /// Tells waiting threads what has happened.
    pub(super) fn tell_threads(&self, py: Python<'_>, what: &Bound<'_, PyString>) -> PyResult<()> {
        match self.end(py) {
            Some(end) => end.call_method0(what).map(drop),
            None => Ok(()),
        }
    }

    /// Has the queue's loop wake a task, if this thread does not run it. False: wake it here.
    pub(super) fn wake_from_outside(slf: &Bound<'_, Self>, putters: bool) -> PyResult<bool> {
        let py = slf.py();
        if putters {
            Self::in_loop(slf, intern!(py, "_wake_putter"))
        } else {
            Self::in_loop(slf, intern!(py, "_wake_getter"))
        }
    }

    /// As `wake_from_outside`, for all tasks.
    pub(super) fn wake_all_from_outside(slf: &Bound<'_, Self>) -> PyResult<bool> {
        Self::in_loop(slf, intern!(slf.py(), "_wake_all"))
    }

    /// As `wake_from_outside`, for those who wait in `join()`.
    pub(super) fn finish_from_outside(slf: &Bound<'_, Self>) -> PyResult<bool> {
        Self::in_loop(slf, intern!(slf.py(), "_finish"))
    }

    fn in_loop(slf: &Bound<'_, Self>, method: &Bound<'_, PyString>) -> PyResult<bool> {
        let py = slf.py();
        if !slf.get().is_shared() {
            return Ok(false);
        }
        let bound = slf.getattr(intern!(py, "_loop"))?;
        let here = running_loop(py)?.is_some_and(|running| running.is(&bound));
        if bound.is_none() || here {
            return Ok(false);
        }
        let callback = slf.getattr(method)?;
        match bound.call_method1(intern!(py, "call_soon_threadsafe"), (callback,)) {
            Ok(_) => Ok(true),
            // Nobody waits in a loop that is closed.
            Err(_) if bound.call_method0(intern!(py, "is_closed"))?.is_truthy()? => Ok(true),
            Err(error) => Err(error),
        }
    }
}
