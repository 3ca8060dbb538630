//! A worker that waits for futures of its own executor.
//!
//! Promise: when the last worker that could run what is queued begins to wait, a spare one is
//! started first, and the first time a warning names the line that waits. Waiting in a forked
//! child for a future that the parent's threads would finish is an error, not a hang.

use super::task::TaskPool;
use crate::error::futures_names;
use crate::names::intern;
use crate::report::place_in_program;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use ropewalk_facade::atomic::{AtomicU32, AtomicU64, Ordering};
use ropewalk_park::fork_count;
use std::cell::RefCell;
use std::sync::Arc;

/// Which executor is to run a future, and in which process: its number and the fork count, or
/// zero. Only written before the future is shared.
#[derive(Debug, Default)]
pub(crate) struct Stamp(AtomicU64);

impl Stamp {
    #[inline]
    pub(super) fn set(&self, pool: &NumberedPool) {
        let stamp = u64::from(pool.number) << 32 | u64::from(fork_count());
        self.0.store(stamp, Ordering::Relaxed);
    }

    fn get(&self) -> (u32, u32) {
        let stamp = self.0.load(Ordering::Relaxed);
        #[expect(clippy::cast_possible_truncation, reason = "the two halves")]
        let halves = ((stamp >> 32) as u32, stamp as u32);
        halves
    }
}

static NUMBERS: AtomicU32 = AtomicU32::new(1);

/// A pool and the number by which its futures know it.
#[derive(Debug)]
pub(super) struct NumberedPool {
    pub(super) number: u32,
    pub(super) pool: TaskPool,
}

impl NumberedPool {
    pub(super) fn new(pool: TaskPool) -> Self {
        Self {
            number: NUMBERS.fetch_add(1, Ordering::Relaxed),
            pool,
        }
    }
}

/// What a worker's thread knows about itself.
pub(super) struct Place {
    pub(super) pool: Arc<NumberedPool>,
    /// Starts another worker: an object of the Python side.
    pub(super) crew: Py<PyAny>,
}

thread_local! {
    static PLACE: RefCell<Option<Place>> = const { RefCell::new(None) };
}

/// Makes this thread a worker of a pool, or none.
pub(super) fn set_place(place: Option<Place>) {
    let before = PLACE.with(|own| own.replace(place));
    drop(before);
}

/// Whether this thread is a worker of that pool.
pub(super) fn is_worker_of(pool: &NumberedPool) -> bool {
    PLACE.with(|own| {
        let own = own.borrow();
        own.as_ref()
            .is_some_and(|place| place.pool.number == pool.number)
    })
}

/// While this lives, its thread counts as a worker that waits for its own pool.
pub(super) struct WaitingWorker(Option<Arc<NumberedPool>>);

impl Drop for WaitingWorker {
    fn drop(&mut self) {
        if let Some(pool) = &self.0 {
            pool.pool.unblock();
        }
    }
}

/// Call this before waiting for futures with these stamps.
pub(super) fn waiting_for<'a>(
    py: Python<'_>,
    stamps: impl Iterator<Item = &'a Stamp> + Clone,
) -> PyResult<WaitingWorker> {
    let forks = fork_count();
    let foreign = |stamp: &Stamp| {
        let (number, when) = stamp.get();
        number != 0 && when != forks
    };
    if stamps.clone().any(foreign) {
        return Err(PyRuntimeError::new_err(
            "this future belongs to an executor of the parent process, whose threads do not \
             exist in a forked child: it would never be done here",
        ));
    }
    let place = PLACE.with(|own| {
        let own = own.borrow();
        let place = own.as_ref()?;
        let number = place.pool.number;
        let mine = |stamp: &Stamp| stamp.get().0 == number;
        let mut stamps = stamps;
        stamps
            .any(mine)
            .then(|| (Arc::clone(&place.pool), place.crew.clone_ref(py)))
    });
    let Some((pool, crew)) = place else {
        return Ok(WaitingWorker(None));
    };
    let starving = pool.pool.block();
    let waiting = WaitingWorker(Some(pool));
    if starving {
        start_spare(py, &waiting, crew.bind(py))?;
    }
    Ok(waiting)
}

#[cold]
fn start_spare(py: Python<'_>, waiting: &WaitingWorker, crew: &Bound<'_, PyAny>) -> PyResult<()> {
    if let Err(why) = crew.call_method0(intern!(py, "start_worker")) {
        if let Some(pool) = &waiting.0 {
            pool.pool.one_less();
        }
        return Err(why);
    }
    let rare = futures_names(py)?.rare.bind(py);
    let place = place_in_program(py);
    rare.call_method1(intern!(py, "warn_starving"), (crew, place))
        .map(drop)
}
