//! `LoopCore`: what an event loop keeps natively.
//!
//! Promise: each part has its own short lock, and nothing of Python's is made, called or dropped
//! while one is held; in a forked child every use of the parent's loop is an error in words.

use super::entry::{Entry, Watcher};
use super::room::Room;
use super::state::{Brought, Queues, State};
use crate::names::{intern, once};
use pyo3::exceptions::{PyOSError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use ropewalk_facade::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use ropewalk_park::{Owned, ShortLock};
use ropewalk_reactor::{Direction, Poller, Pulse, Wake, nanos_from_seconds};
use ropewalk_sys::{EventFd, Found, fork_count, monotonic_nanos};
use std::sync::{Arc, OnceLock};

/// Python code has put its own `time` in place of the loop's.
pub(super) const OWN_TIME: u32 = 1;
/// Python code polls: another selector, or its own `_process_events` or `select`.
pub(super) const OWN_POLL: u32 = 2;

/// Python code has put its own `_write_to_self` in place of the loop's.
pub(super) const OWN_WAKE: u32 = 4;

/// Python code has put its own in place of what `add_reader` and its kin are made of.
pub(super) const OWN_WATCH: u32 = 8;
/// Python code has put its own in place of what `call_soon` and `call_later` are made of.
pub(super) const OWN_CALLS: u32 = 32;
/// The timers are in a list of Python's.
pub(super) const OWN_TIMERS: u32 = 64;
/// There is a task factory.
pub(super) const OWN_TASKS: u32 = 16;

/// What is waited for, and the bell that ends the wait.
pub(super) struct Waiting {
    pub(super) poller: Poller<Watcher>,
    pub(super) bell: EventFd,
}

/// The native part of an event loop. Python's class mixes it into the standard library's.
#[pyclass(module = "ropewalk._ropewalk.asyncio.loops", subclass, frozen, weakref)]
pub(crate) struct LoopCore {
    pub(super) state: State,
    /// None: closed.
    pub(super) waiting: ShortLock<Option<Waiting>>,
    /// How many descriptors are watched, so that a turn need not take the lock.
    pub(super) watched: AtomicUsize,
    pub(super) found: ShortLock<Option<Found>>,
    pub(super) wake: Wake,
    /// Where other threads wait that bring more than the loop gets done.
    pub(super) room: Room,
    pub(super) debug: AtomicBool,
    pub(super) closed: AtomicBool,
    pub(super) stopping: AtomicBool,
    /// The next `_run_once` goes on until the loop stops.
    pub(super) keeps_running: AtomicBool,
    /// Signals write to the self-pipe, so that it has to be looked at.
    pub(super) signals: AtomicBool,
    pub(super) thread: AtomicU64,
    /// What a watcher sees of the callbacks; none is made until somebody watches.
    pulse: OnceLock<Arc<Pulse>>,
    pub(super) own: AtomicU32,
    /// In nanoseconds, the bits of a float's seconds beside it.
    pub(super) resolution: AtomicU64,
    /// What a future of this loop is made with.
    pub(super) options: OnceLock<Py<PyDict>>,
    forks: u32,
}

impl LoopCore {
    /// An open loop.
    pub(super) fn make() -> PyResult<Self> {
        let waiting = (|| {
            let bell = EventFd::new()?;
            let mut poller = Poller::new()?;
            let put = poller.put(bell.descriptor(), Direction::Read, Watcher::Bell)?;
            drop(put);
            std::io::Result::Ok(Waiting { poller, bell })
        })();
        Ok(Self {
            state: Owned::new(Queues::default(), Vec::new()),
            waiting: ShortLock::new(Some(waiting.map_err(os_error)?)),
            watched: AtomicUsize::new(1),
            found: ShortLock::new(None),
            wake: Wake::new(),
            room: Room::default(),
            debug: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            keeps_running: AtomicBool::new(false),
            signals: AtomicBool::new(false),
            thread: AtomicU64::new(0),
            pulse: OnceLock::new(),
            own: AtomicU32::new(0),
            resolution: AtomicU64::new(1e-9_f64.to_bits()),
            options: OnceLock::new(),
            forks: fork_count(),
        })
    }

    /// The native part of a loop, if it has one.
    #[inline]
    pub(crate) fn of<'a, 'py>(event_loop: &'a Bound<'py, PyAny>) -> Option<&'a Bound<'py, Self>> {
        event_loop.cast::<Self>().ok()
    }

    /// What shows a watcher which callback runs; from now on each one is shown.
    pub(crate) fn pulse(&self) -> &Arc<Pulse> {
        let made: Result<_, std::convert::Infallible> =
            once(&self.pulse, || Ok(Arc::new(Pulse::new())));
        match made {
            Ok(pulse) => pulse,
            Err(never) => match never {},
        }
    }

    /// The same, if somebody has begun to watch.
    #[inline]
    pub(super) fn shown_pulse(&self) -> Option<&Pulse> {
        self.pulse.get().map(Arc::as_ref)
    }

    /// Whether the loop is in debug mode.
    #[inline]
    pub(crate) fn debug(&self) -> bool {
        self.debug.load(Ordering::Relaxed)
    }

    /// Whether the loop is closed.
    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// Whether Python code has put its own in place of a part of the loop.
    #[inline]
    pub(super) fn has_own(&self, part: u32) -> bool {
        self.own.load(Ordering::Relaxed) & part != 0
    }

    /// Whether the loop belongs to a parent of this process.
    #[inline]
    pub(super) fn is_of_parent(&self) -> bool {
        fork_count() != self.forks
    }

    /// An error when the loop is closed or the parent's.
    #[inline]
    pub(super) fn check_usable(&self) -> PyResult<()> {
        if self.is_closed() {
            return Err(PyRuntimeError::new_err("Event loop is closed"));
        }
        if self.is_of_parent() {
            return Err(of_parent());
        }
        Ok(())
    }

    /// A handle of ours among the timers was cancelled.
    #[inline]
    pub(super) fn timer_cancelled(&self, timer: &Bound<'_, PyAny>) -> Option<Entry> {
        self.state.with(
            |queues| queues.timers.cancel(|entry| entry.object().is(timer)),
            |tray| {
                tray.push(Brought::Cancelled);
                None
            },
        )
    }

    /// How many entries are ready, or were brought by others.
    pub(super) fn ready_length(&self) -> usize {
        self.state
            .with(|queues| queues.ready.len(), |tray| tray.len())
    }

    /// Ends the loop's sleep, if it sleeps. From any thread.
    pub(crate) fn rouse(&self) {
        self.wake.wake(|| {
            if let Some(waiting) = &*self.waiting.lock() {
                waiting.bell.ring();
            }
        });
    }

    /// What the loop's clock shows, in nanoseconds.
    #[inline]
    pub(super) fn now(slf: &Bound<'_, Self>) -> PyResult<i64> {
        let core = slf.get();
        if core.has_own(OWN_TIME) {
            let shown = slf.as_any().call_method0(intern!(slf.py(), "time"))?;
            return Ok(nanos_from_seconds(shown.extract()?));
        }
        Ok(i64::try_from(monotonic_nanos()).unwrap_or(i64::MAX))
    }

    /// What the loop's clock shows, in seconds, unless Python code has its own.
    #[inline]
    pub(crate) fn seconds() -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "as Python's own clock does it")]
        let nanos = monotonic_nanos() as f64;
        nanos / 1e9
    }

    /// What the loop's clock shows, in seconds.
    pub(super) fn shown_seconds(slf: &Bound<'_, Self>) -> PyResult<f64> {
        if slf.get().has_own(OWN_TIME) {
            let shown = slf.as_any().call_method0(intern!(slf.py(), "time"))?;
            return shown.extract();
        }
        Ok(Self::seconds())
    }

    /// How far ahead of the clock a timer counts as due, in seconds.
    pub(super) fn resolution(&self) -> f64 {
        f64::from_bits(self.resolution.load(Ordering::Relaxed))
    }
}

/// The exception for a system call that failed.
pub(super) fn os_error(error: std::io::Error) -> PyErr {
    match error.raw_os_error() {
        None => error.into(),
        Some(number) => {
            let words = error.to_string();
            let words = words
                .split(" (os error")
                .next()
                .unwrap_or_default()
                .to_owned();
            PyOSError::new_err((number, words))
        }
    }
}

/// What a forked child is told.
#[cold]
pub(super) fn of_parent() -> PyErr {
    PyRuntimeError::new_err(
        "this event loop belongs to the parent process: a forked child has to make its own, \
         for example with asyncio.run()",
    )
}
