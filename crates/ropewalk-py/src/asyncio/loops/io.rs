//! Descriptors that the loop watches: the part behind `add_reader` and its kin.
//!
//! Promise: as with the standard library's selector loop, the newest watcher of a direction replaces
//! the one before, whose handle is cancelled; a loop that polls through Python (a selector of the
//! user's) watches through that.

use super::core::{LoopCore, OWN_POLL, Waiting, os_error};
use super::entry::{NativeCall, Watcher};
use super::handle;
use crate::names::intern;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use ropewalk_facade::atomic::Ordering;
use ropewalk_reactor::Direction;
use std::os::fd::RawFd;

/// Native work as Python may call it, for a selector that is not ours.
#[pyclass(module = "ropewalk._ropewalk.asyncio.loops", frozen)]
struct NativeCallback(NativeCall);

#[pymethods]
impl NativeCallback {
    fn __call__(&self, py: Python<'_>) -> PyResult<()> {
        self.0.call(py)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(self.0.object().bind(py).repr()?.to_string())
    }

    fn __traverse__(&self, visit: pyo3::PyVisit<'_>) -> Result<(), pyo3::PyTraverseError> {
        self.0.traverse(&visit)
    }
}

impl LoopCore {
    /// Lets `watcher` wait for a descriptor, in place of who waits for the same now.
    pub(crate) fn watch(
        slf: &Bound<'_, Self>,
        descriptor: RawFd,
        direction: Direction,
        watcher: Watcher,
    ) -> PyResult<()> {
        let (py, core) = (slf.py(), slf.get());
        core.check_usable()?;
        if core.has_own(OWN_POLL)
            && let Watcher::Native(call) = watcher
        {
            let name = match direction {
                Direction::Read => intern!(py, "_add_reader"),
                Direction::Write => intern!(py, "_add_writer"),
            };
            slf.as_any()
                .call_method1(name, (descriptor, Bound::new(py, NativeCallback(call))?))?;
            return Ok(());
        }
        if let Watcher::Handle(handle) = &watcher {
            // It may stay for long, and be told of many times.
            handle::track_if_ours(handle.bind(py));
        }
        let put = match &mut *core.waiting.lock() {
            None => return Err(PyRuntimeError::new_err("Event loop is closed")),
            Some(Waiting { poller, .. }) => {
                let put = poller.put(descriptor, direction, watcher);
                core.watched.store(poller.watched(), Ordering::Relaxed);
                put
            }
        };
        let put = put.map_err(os_error)?;
        for gone in [put.replaced, put.stale].into_iter().flatten() {
            gone.dismiss(py)?;
        }
        Ok(())
    }

    /// Lets native work wait for one event of a descriptor, in place of who waits for the same
    /// now; it runs as soon as the event is found. The number is for `unwatch_once`.
    pub(crate) fn watch_once(
        slf: &Bound<'_, Self>,
        descriptor: RawFd,
        direction: Direction,
        call: NativeCall,
    ) -> PyResult<u64> {
        let (py, core) = (slf.py(), slf.get());
        core.check_usable()?;
        let watcher = Watcher::Native(call);
        if core.has_own(OWN_POLL) {
            Self::watch(slf, descriptor, direction, watcher)?;
            return Ok(0);
        }
        let put = match &mut *core.waiting.lock() {
            None => return Err(PyRuntimeError::new_err("Event loop is closed")),
            Some(Waiting { poller, .. }) => {
                let put = poller.put_once(descriptor, direction, watcher);
                core.watched.store(poller.watched(), Ordering::Relaxed);
                put
            }
        };
        let (put, number) = put.map_err(os_error)?;
        for gone in [put.replaced, put.stale].into_iter().flatten() {
            gone.dismiss(py)?;
        }
        Ok(number)
    }

    /// Lets it wait no longer, unless the event has come or another waits in its place.
    pub(crate) fn unwatch_once(
        slf: &Bound<'_, Self>,
        descriptor: RawFd,
        direction: Direction,
        number: u64,
    ) -> PyResult<()> {
        let core = slf.get();
        if core.has_own(OWN_POLL) {
            return Self::unwatch(slf, descriptor, direction).map(drop);
        }
        drop(core.take_watcher_if(descriptor, direction, number));
        Ok(())
    }

    /// Whether the engine may watch for its own work: Python code does not poll, and looks at no
    /// call of this loop in debug mode.
    #[inline]
    pub(crate) fn serves_itself(&self) -> bool {
        !self.debug() && !self.has_own(OWN_POLL)
    }

    /// Takes the watcher away; whether there was one.
    pub(crate) fn unwatch(
        slf: &Bound<'_, Self>,
        descriptor: RawFd,
        direction: Direction,
    ) -> PyResult<bool> {
        let (py, core) = (slf.py(), slf.get());
        if core.has_own(OWN_POLL) {
            let name = match direction {
                Direction::Read => intern!(py, "_remove_reader"),
                Direction::Write => intern!(py, "_remove_writer"),
            };
            return slf.as_any().call_method1(name, (descriptor,))?.is_truthy();
        }
        core.unwatch_here(py, descriptor, direction)
    }

    pub(super) fn unwatch_here(
        &self,
        py: Python<'_>,
        descriptor: RawFd,
        direction: Direction,
    ) -> PyResult<bool> {
        if self.is_closed() {
            return Ok(false);
        }
        let removed = self.take_watcher(descriptor, direction);
        let Some(watcher) = removed else {
            return Ok(false);
        };
        watcher.dismiss(py)?;
        Ok(true)
    }

    /// Takes out all watchers and tells them nothing.
    pub(super) fn take_watchers(&self) -> Vec<Watcher> {
        let mut waiting = self.waiting.lock();
        waiting
            .as_mut()
            .map_or_else(Vec::new, |waiting| waiting.poller.take_all())
    }

    /// Takes a watcher out and tells it nothing. The parent's set is left alone by a child.
    pub(super) fn take_watcher(&self, descriptor: RawFd, direction: Direction) -> Option<Watcher> {
        let of_parent = self.is_of_parent();
        let mut waiting = self.waiting.lock();
        let Waiting { poller, .. } = waiting.as_mut()?;
        let removed = if of_parent {
            poller.forget(descriptor, direction)
        } else {
            poller.remove(descriptor, direction)
        };
        self.watched.store(poller.watched(), Ordering::Relaxed);
        removed
    }

    /// Whether a descriptor is watched as it was when an event of it was found.
    pub(super) fn still_watched(
        &self,
        descriptor: RawFd,
        direction: Direction,
        generation: u64,
    ) -> bool {
        self.waiting.lock().as_ref().is_some_and(|waiting| {
            let watch = waiting.poller.get(descriptor, direction);
            watch.is_some_and(|watch| watch.generation == generation)
        })
    }
}

pub(super) fn direction_of(write: bool) -> Direction {
    if write {
        Direction::Write
    } else {
        Direction::Read
    }
}
