//! `LoopCore` as Python sees it. What is not hot of a loop is Python code of the standard library's
//! and ours; this is what that code reaches for.
//!
//! Promise: translation, nothing more.

use super::core::{
    LoopCore, OWN_CALLS, OWN_POLL, OWN_TASKS, OWN_TIME, OWN_WAKE, OWN_WATCH, Waiting, of_parent,
};
use super::entry::{Entry, Watcher};
use super::futures::forget_options;
use super::io::direction_of;
use super::module::set_attribute;
use super::state::{self, Brought};
use super::{calls, handle, run};
use crate::names::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFloat, PyString, PyTuple};
use pyo3::{PyTraverseError, PyVisit};
use ropewalk_facade::atomic::Ordering;
use std::cell::Cell;
use std::collections::VecDeque;
use std::os::fd::RawFd;

#[pymethods]
impl LoopCore {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        Self::make()
    }

    #[getter(_debug)]
    fn get_debug_flag(&self) -> bool {
        self.debug()
    }

    #[setter(_debug)]
    fn set_debug_flag(&self, flag: &Bound<'_, PyAny>) -> PyResult<()> {
        self.debug.store(flag.is_truthy()?, Ordering::Relaxed);
        Ok(())
    }

    #[getter(_closed)]
    fn get_closed(&self) -> bool {
        self.is_closed()
    }

    #[setter(_closed)]
    fn set_closed(slf: &Bound<'_, Self>, flag: &Bound<'_, PyAny>) -> PyResult<()> {
        let flag = flag.is_truthy()?;
        slf.get().closed.store(flag, Ordering::Relaxed);
        forget_options(slf)
    }

    #[getter(_stopping)]
    fn get_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    #[setter(_stopping)]
    fn set_stopping(&self, flag: &Bound<'_, PyAny>) -> PyResult<()> {
        self.stopping.store(flag.is_truthy()?, Ordering::Relaxed);
        Ok(())
    }

    #[getter(_thread_id)]
    fn get_thread(&self) -> Option<u64> {
        Some(self.thread.load(Ordering::Relaxed)).filter(|thread| *thread != 0)
    }

    #[setter(_thread_id)]
    fn set_thread(&self, thread: Option<u64>) {
        self.thread.store(thread.unwrap_or(0), Ordering::Relaxed);
    }

    #[getter(_clock_resolution)]
    fn get_resolution(&self) -> f64 {
        f64::from_bits(self.resolution.load(Ordering::Relaxed))
    }

    #[setter(_clock_resolution)]
    fn set_resolution(&self, seconds: f64) {
        self.resolution.store(seconds.to_bits(), Ordering::Relaxed);
    }

    #[getter(_timer_cancelled_count)]
    fn get_cancelled(&self) -> usize {
        self.state.with(|queues| queues.timers.cancelled(), |_| 0)
    }

    #[setter(_timer_cancelled_count)]
    fn set_cancelled(&self, count: usize) {
        self.state
            .with(|queues| queues.timers.set_cancelled(count), |_| ());
    }

    /// Whether the self-pipe has to be looked at for signals.
    #[getter(_signals)]
    fn get_signals(&self) -> bool {
        self.signals.load(Ordering::Relaxed)
    }

    #[setter(_signals)]
    fn set_signals(&self, flag: bool) {
        self.signals.store(flag, Ordering::Relaxed);
    }

    /// Which parts are Python's own: 1 the clock, 2 polling, 4 waking, 8 watching,
    /// 16 making tasks, 32 what callbacks are scheduled by, 64 keeping the timers.
    #[getter(_own)]
    fn get_own(&self) -> u32 {
        self.own.load(Ordering::Relaxed)
    }

    #[setter(_own)]
    fn set_own(&self, parts: u32) {
        self.own.store(parts, Ordering::Relaxed);
    }

    /// Raise `RuntimeError` when the loop belongs to the parent of this process.
    fn _check_process(&self) -> PyResult<()> {
        if self.is_of_parent() {
            return Err(of_parent());
        }
        Ok(())
    }

    /// Let the next `_run_once()` go on until the loop is told to stop.
    fn _keep_running(&self) {
        self.keeps_running.store(true, Ordering::Relaxed);
    }

    /// The callbacks that are to run next, in their order.
    fn _ready_list<'py>(slf: &Bound<'py, Self>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let py = slf.py();
        let entries: Vec<Entry> = slf.get().state.with(
            |queues| {
                let ready = queues.ready.iter();
                ready.map(|entry| entry.clone_ref(py)).collect()
            },
            |tray| {
                let ready = tray.iter().filter_map(|brought| match brought {
                    Brought::Ready(entry) => Some(entry.clone_ref(py)),
                    _ => None,
                });
                ready.collect()
            },
        );
        let entries = entries.into_iter();
        entries.map(|entry| entry.into_handle(slf)).collect()
    }

    /// Put these handles in place of the callbacks that are to run next.
    fn _set_ready(&self, py: Python<'_>, handles: Vec<Py<PyAny>>) {
        let entries: Vec<Entry> = handles.into_iter().map(Entry::Handle).collect();
        let entries = Cell::new(entries);
        let mut before = VecDeque::new();
        let mut tray_before = Vec::new();
        self.state.with(
            |queues| before = queues.ready.replace(entries.take().into()),
            |tray| {
                let brought = entries.take().into_iter().map(Brought::Ready).collect();
                tray_before = std::mem::replace(tray, brought);
            },
        );
        for entry in &before {
            handle::track_if_ours(entry.object().bind(py));
        }
        drop((before, tray_before));
    }

    /// Put a handle behind the callbacks that are to run next.
    fn _put_ready(&self, py: Python<'_>, handle: Py<PyAny>) {
        state::put(py, &self.state, Entry::Handle(handle));
    }

    /// Take the first of the callbacks that are to run next; None if there is none.
    fn _take_ready<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let taken = slf.get().state.with(|queues| queues.ready.take(), |_| None);
        taken.map(|entry| entry.into_handle(slf)).transpose()
    }

    /// How many callbacks are to run next.
    fn _ready_length(&self) -> usize {
        self.ready_length()
    }

    /// Take all timers out, in the order of the heap; those that are cancelled still count. Of one
    /// that was cancelled and has gone already there is only its time.
    fn _take_timers<'py>(&self, py: Python<'py>) -> Vec<Bound<'py, PyAny>> {
        let taken = self.state.with(
            |queues| {
                let cancelled = queues.timers.cancelled();
                let taken = queues.timers.take_all();
                queues.timers.set_cancelled(cancelled);
                taken
            },
            |_| Vec::new(),
        );
        let objects = taken.into_iter().map(|(when, entry)| match entry {
            None => PyFloat::new(py, when).into_any(),
            Some(entry) => {
                let timer = entry.object().bind(py);
                handle::track_if_ours(timer);
                timer.clone()
            }
        });
        objects.collect()
    }

    /// Take note of a cancelled timer handle that is not one of ours.
    fn _timer_handle_cancelled(&self, handle: &Bound<'_, PyAny>) -> PyResult<()> {
        if handle
            .getattr(intern!(handle.py(), "_scheduled"))?
            .is_truthy()?
        {
            state::note_cancelled(&self.state);
        }
        Ok(())
    }

    fn __setattr__(
        slf: &Bound<'_, Self>,
        name: &Bound<'_, PyString>,
        value: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let part = match name.to_str()? {
            "time" => OWN_TIME,
            "_process_events" => OWN_POLL,
            "_write_to_self" => OWN_WAKE,
            "_add_reader"
            | "_add_writer"
            | "_remove_reader"
            | "_remove_writer"
            | "_ensure_fd_no_transport" => OWN_WATCH,
            "call_at" | "_call_soon" => OWN_CALLS,
            "_task_factory" => OWN_TASKS,
            _ => 0,
        };
        if part == OWN_TASKS && value.is_none() {
            slf.get().own.fetch_and(!part, Ordering::Relaxed);
        } else if part != 0 {
            slf.get().own.fetch_or(part, Ordering::Relaxed);
        }
        set_attribute(slf.as_any(), name, Some(value))
    }

    fn __delattr__(slf: &Bound<'_, Self>, name: &Bound<'_, PyString>) -> PyResult<()> {
        set_attribute(slf.as_any(), name, None)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // What is in use, or belongs to another thread that runs the loop, counts as reachable.
        let seen = self.state.look(|queues, tray| {
            let brought = tray.iter().filter_map(|brought| match brought {
                Brought::Ready(entry) | Brought::Timer(_, entry) => Some(entry),
                Brought::Cancelled => None,
            });
            let mut entries = queues
                .ready
                .iter()
                .chain(queues.timers.iter())
                .chain(brought);
            entries.try_for_each(|entry| entry.traverse(&visit))
        });
        seen.unwrap_or(Ok(()))?;
        if let Some(options) = self.options.get() {
            visit.call(options)?;
        }
        if let Some(waiting) = self.waiting.try_lock()
            && let Some(waiting) = &*waiting
        {
            for watcher in waiting.poller.iter() {
                watcher.traverse(&visit)?;
            }
        }
        Ok(())
    }

    fn __clear__(&self) {
        let queues = self.state.look(|queues, tray| {
            let ready = queues.ready.take_all();
            (ready, queues.timers.take_all(), std::mem::take(tray))
        });
        let waiting = self.take_watchers();
        drop((queues, waiting));
    }

    /// Watch a descriptor with a handle that is made here.
    #[pyo3(signature = (fd, write, callback, args, context=None))]
    fn _watch<'py>(
        slf: &Bound<'py, Self>,
        fd: RawFd,
        write: bool,
        callback: Bound<'py, PyAny>,
        args: Bound<'py, PyTuple>,
        context: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        slf.get().check_usable()?;
        let handle = calls::new_handle(slf, callback, args, context)?;
        Self::watch(
            slf,
            fd,
            direction_of(write),
            Watcher::Handle(handle.clone().unbind()),
        )?;
        Ok(handle)
    }

    /// Watch a descriptor with a handle that exists.
    fn _watch_with(
        slf: &Bound<'_, Self>,
        fd: RawFd,
        write: bool,
        handle: Py<PyAny>,
    ) -> PyResult<()> {
        Self::watch(slf, fd, direction_of(write), Watcher::Handle(handle))
    }

    /// Watch a descriptor no longer; whether it was watched.
    fn _unwatch(&self, py: Python<'_>, fd: RawFd, write: bool) -> PyResult<bool> {
        self.unwatch_here(py, fd, direction_of(write))
    }

    /// As `_unwatch`, but the handle is not cancelled.
    fn _unwatch_only(&self, fd: RawFd, write: bool) {
        let watcher = self.take_watcher(fd, direction_of(write));
        drop(watcher);
    }

    /// What watches a descriptor for reading or writing; None if nothing does.
    fn _watcher_of<'py>(
        slf: &Bound<'py, Self>,
        fd: RawFd,
        write: bool,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        Self::shown_watcher(slf, fd, direction_of(write))
    }

    /// All descriptors that are watched, the loop's own bell left out.
    fn _watched(&self) -> Vec<RawFd> {
        let waiting = self.waiting.lock();
        let Some(Waiting { poller, bell }) = &*waiting else {
            return Vec::new();
        };
        let all = poller.descriptors().map(|(descriptor, _)| descriptor);
        all.filter(|descriptor| *descriptor != bell.descriptor())
            .collect()
    }

    /// Give back the kernel's part of the loop.
    fn _close_poller(&self) {
        let waiting = self.waiting.lock().take();
        drop(waiting);
    }

    /// Wait for descriptors; their number, whether they can be read, whether they can be written.
    #[pyo3(signature = (timeout))]
    fn _poll(slf: &Bound<'_, Self>, timeout: Option<f64>) -> PyResult<Vec<(RawFd, bool, bool)>> {
        run::poll_for_python(slf, timeout)
    }

    /// End the loop's sleep.
    fn _rouse(&self) {
        self.rouse();
    }

    /// Run one turn of the loop.
    fn _run_once(slf: &Bound<'_, Self>) -> PyResult<()> {
        run::run(slf)
    }
}
