//! Native work shown to Python code that runs the loop by hand.
//!
//! Promise: what Python finds in `_ready` or behind a descriptor is a handle that can be run, put
//! back and cancelled as any other; run, it does what the loop itself would have done.

use super::core::{LoopCore, Waiting};
use super::entry::{Entry, NativeCall, NativeEntry, Watcher, copy_context};
use super::handle;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use pyo3::{PyTraverseError, PyVisit};
use ropewalk_facade::atomic::Ordering;
use ropewalk_reactor::Direction;
use std::os::fd::RawFd;

/// The callback of such a handle.
#[pyclass(module = "ropewalk._ropewalk.asyncio.loops", frozen)]
struct Shown {
    event_loop: Py<LoopCore>,
    work: Work,
}

enum Work {
    /// It is to run.
    Entry(NativeEntry),
    /// It waits for one event of a descriptor; the number says since when.
    Waiting(NativeCall, RawFd, Direction, u64),
}

#[pymethods]
impl Shown {
    fn __call__(&self, py: Python<'_>) -> PyResult<()> {
        let event_loop = self.event_loop.bind(py);
        match &self.work {
            Work::Entry(entry) => entry.run(event_loop),
            Work::Waiting(call, descriptor, direction, number) => {
                let core = event_loop.get();
                match core.take_watcher_if(*descriptor, *direction, *number) {
                    Some(_watcher) => call.run(event_loop),
                    // Its event has come already, or nobody waits for it any more.
                    None => Ok(()),
                }
            }
        }
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let call = match &self.work {
            Work::Entry(entry) => entry.call(),
            Work::Waiting(call, ..) => call,
        };
        Ok(call.object().bind(py).repr()?.to_string())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.event_loop)?;
        match &self.work {
            Work::Entry(entry) => entry.call().traverse(&visit),
            Work::Waiting(call, ..) => call.traverse(&visit),
        }
    }
}

impl Entry {
    /// The same as a handle.
    pub(super) fn into_handle<'py>(
        self,
        event_loop: &Bound<'py, LoopCore>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match self {
            Self::Handle(handle) => {
                let handle = handle.into_bound(event_loop.py());
                handle::track_if_ours(&handle);
                Ok(handle)
            }
            Self::Native(entry) => show(event_loop, Work::Entry(*entry)),
        }
    }
}

impl LoopCore {
    /// Who watches a descriptor, as a handle.
    pub(super) fn shown_watcher<'py>(
        slf: &Bound<'py, Self>,
        descriptor: RawFd,
        direction: Direction,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = slf.py();
        let found = slf.get().waiting.lock().as_ref().and_then(|waiting| {
            let watch = waiting.poller.get(descriptor, direction)?;
            match &watch.watcher {
                Watcher::Handle(handle) => Some(Ok(handle.clone_ref(py))),
                Watcher::Native(call) => Some(Err((call.clone_ref(py), watch.generation))),
                Watcher::Bell => None,
            }
        });
        match found {
            None => Ok(None),
            Some(Ok(handle)) => Ok(Some(handle.into_bound(py))),
            Some(Err((call, number))) => {
                show(slf, Work::Waiting(call, descriptor, direction, number)).map(Some)
            }
        }
    }

    /// Takes a watcher out if it is the one that is meant, and tells it nothing.
    pub(super) fn take_watcher_if(
        &self,
        descriptor: RawFd,
        direction: Direction,
        number: u64,
    ) -> Option<Watcher> {
        if self.is_of_parent() {
            return None;
        }
        let mut waiting = self.waiting.lock();
        let Waiting { poller, .. } = waiting.as_mut()?;
        let removed = poller.remove_if(descriptor, direction, number);
        self.watched.store(poller.watched(), Ordering::Relaxed);
        removed
    }
}

fn show<'py>(event_loop: &Bound<'py, LoopCore>, work: Work) -> PyResult<Bound<'py, PyAny>> {
    let py = event_loop.py();
    let shown = Shown {
        event_loop: event_loop.clone().unbind(),
        work,
    };
    let callback = Bound::new(py, shown)?.into_any();
    let shown = handle::make(event_loop, callback, PyTuple::empty(py), copy_context(py)?)?;
    handle::track_if_ours(&shown);
    Ok(shown)
}
