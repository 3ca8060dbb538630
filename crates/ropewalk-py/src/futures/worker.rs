//! What a worker thread does all day.
//!
//! Promise: it holds no reference to the executor; between two tasks it holds none to either; the
//! thread that waits for a result is woken when the worker lets go of the interpreter, or before
//! the next task begins.

use super::starving::{NumberedPool, Place, set_place};
use crate::error::futures_names;
use crate::names::intern;
use crate::raised::Raised;
use pyo3::prelude::*;
use ropewalk_park::{Deadline, Outcome, Sleeper, Waiter};
use ropewalk_pool::Wakes;
use ropewalk_pool::thread::Leave;
use std::convert::Infallible;
use std::sync::Arc;

/// How a worker sleeps: outside the interpreter, and not before it has woken whom it owes that.
struct Idle<'py> {
    py: Python<'py>,
    owed: Wakes,
}

impl Idle<'_> {
    fn wake(&mut self) {
        std::mem::take(&mut self.owed).now();
    }
}

impl Sleeper for Idle<'_> {
    type Abort = Infallible;

    fn sleep(&mut self, waiter: &Waiter, deadline: Deadline) -> Result<bool, Infallible> {
        let owed = std::mem::take(&mut self.owed);
        Ok(self.py.detach(|| {
            owed.now();
            loop {
                match waiter.sleep(deadline) {
                    Outcome::Told => return true,
                    Outcome::TimedOut => return false,
                    // Signals are the main thread's.
                    Outcome::Interrupted => {}
                }
            }
        }))
    }
}

/// Runs tasks until there is nothing more to do. True when this worker is a surplus one.
pub(super) fn work(py: Python<'_>, pool: &Arc<NumberedPool>, crew: &Bound<'_, PyAny>) -> bool {
    set_place(Some(Place {
        pool: Arc::clone(pool),
        crew: crew.clone().unbind(),
    }));
    let mut idle = Idle {
        py,
        owed: Wakes::NONE,
    };
    let mut finished = None;
    let leave = loop {
        let Ok(taken) = pool.pool.next(finished.take(), &mut idle);
        if !idle.owed.is_empty() {
            idle.wake();
        }
        match taken {
            Err(leave) => break leave,
            Ok((task, timing)) => {
                let (owed, ended) = task.run(py);
                idle.owed = owed;
                finished = Some(timing);
                if let Err(why) = ended {
                    log(py, why);
                }
            }
        }
    };
    set_place(None);
    leave == Leave::Surplus
}

/// Logs what went wrong beside the tasks.
#[cold]
fn log(py: Python<'_>, why: PyErr) {
    let why = why.made(py);
    let logged = futures_names(py).and_then(|names| {
        let rare = names.rare.bind(py);
        rare.call_method1(intern!(py, "log_worker"), (why.value(py),))
    });
    if logged.is_err() {
        why.write_unraisable(py, None);
    }
}
