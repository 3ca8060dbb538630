//! A worker that waits for futures of its own executor.
//!
//! Promise: a spare worker is started only when it is proven that without one the executor stands
//! still for ever: every worker waits, without a time-out, for what is in the executor's own queue
//! or in the hands of another such worker. The first time a warning names the line that waits.
//! Waiting in a forked child for a future that the parent's threads would finish is an error, not
//! a hang.

use super::future::FutureEngine;
use super::task::TaskPool;
use crate::error::futures_names;
use crate::names::intern;
use crate::report::place_in_program;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use ropewalk_facade::atomic::{AtomicU32, AtomicU64, Ordering};
use ropewalk_future::{Phase, Until};
use ropewalk_park::fork_count;
use ropewalk_pool::thread::{Hope, Place as Whereabouts, Waits};
use std::cell::RefCell;
use std::sync::Arc;

/// Which executor is to run a future, and in which process: its number and the fork count, or
/// zero: then nobody knows who will finish it. Written before the future is shared, and set to zero
/// when a program takes the task out of the queue.
#[derive(Debug, Default)]
pub(crate) struct Stamp(AtomicU64);

impl Stamp {
    #[inline]
    pub(super) fn set(&self, pool: &NumberedPool) {
        let stamp = u64::from(pool.number) << 32 | u64::from(fork_count());
        self.0.store(stamp, Ordering::Relaxed);
    }

    /// From now on no executor is known that would run the future.
    pub(super) fn forget(&self) {
        self.0.store(0, Ordering::Relaxed);
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

/// What a worker waits for.
#[derive(Debug)]
struct OwnFutures {
    until: Until,
    /// The worker's own executor.
    number: u32,
    /// Its futures.
    own: Vec<Py<FutureEngine>>,
    /// Whether there are others.
    others: bool,
}

impl Waits for OwnFutures {
    fn hope(&self) -> Hope {
        let own = self.own.iter().map(|future| {
            let future = future.get();
            match future.life.phase() {
                _ if future.stamp.get().0 != self.number => Whereabouts::Elsewhere,
                Phase::Pending => Whereabouts::Queued,
                Phase::Running => Whereabouts::Running,
                _ => Whereabouts::Elsewhere,
            }
        });
        let places = own.chain(self.others.then_some(Whereabouts::Elsewhere));
        match self.until {
            Until::All => Hope::of_all(places),
            Until::Any | Until::Failure => Hope::of_any(places),
        }
    }
}

/// While this lives, its thread counts as a worker that waits for its own pool.
pub(super) struct WaitingWorker(Option<(Arc<NumberedPool>, Arc<dyn Waits>)>);

impl Drop for WaitingWorker {
    fn drop(&mut self) {
        if let Some((pool, wait)) = &self.0 {
            pool.pool.unblock(wait);
        }
    }
}

/// A wait that is about to begin.
pub(super) struct Wait<Futures> {
    /// The engine's futures among those that are waited for.
    pub(super) futures: Futures,
    /// Whether there are others.
    pub(super) others: bool,
    pub(super) until: Until,
    /// Whether it lasts as long as it takes.
    pub(super) endless: bool,
}

/// Call this before waiting.
pub(super) fn waiting_for<'f>(
    py: Python<'_>,
    wait: Wait<impl Iterator<Item = &'f Py<FutureEngine>> + Clone>,
) -> PyResult<WaitingWorker> {
    let forks = fork_count();
    let is_lost = |future: &Py<FutureEngine>| {
        let (number, when) = future.get().stamp.get();
        number != 0 && when != forks
    };
    if wait.futures.clone().any(is_lost) {
        return Err(PyRuntimeError::new_err(
            "this future belongs to an executor of the parent process, whose threads do not \
             exist in a forked child: it would never be done here",
        ));
    }
    let place = PLACE.with(|own| {
        let own = own.borrow();
        let place = own.as_ref().filter(|_| wait.endless)?;
        Some((Arc::clone(&place.pool), place.crew.clone_ref(py)))
    });
    let Some((pool, crew)) = place else {
        return Ok(WaitingWorker(None));
    };
    let number = pool.number;
    let (own, foreign): (Vec<_>, Vec<_>) = wait
        .futures
        .partition(|future| future.get().stamp.get().0 == number);
    if own.is_empty() {
        return Ok(WaitingWorker(None));
    }
    let wait: Arc<dyn Waits> = Arc::new(OwnFutures {
        until: wait.until,
        number,
        own: own.into_iter().map(|future| future.clone_ref(py)).collect(),
        others: wait.others || !foreign.is_empty(),
    });
    let starving = pool.pool.block(&wait);
    let waiting = WaitingWorker(Some((pool, wait)));
    if starving {
        start_spare(py, &waiting, crew.bind(py))?;
    }
    Ok(waiting)
}

#[cold]
fn start_spare(py: Python<'_>, waiting: &WaitingWorker, crew: &Bound<'_, PyAny>) -> PyResult<()> {
    if let Err(why) = crew.call_method0(intern!(py, "start_worker")) {
        if let Some((pool, _)) = &waiting.0 {
            pool.pool.one_less();
        }
        return Err(why);
    }
    let rare = futures_names(py)?.rare.bind(py);
    let place = place_in_program(py);
    rare.call_method1(intern!(py, "warn_starving"), (crew, place))
        .map(drop)
}
