//! How a Python thread waits.
//!
//! Promise: the interpreter is free for other threads during every sleep; a signal that arrives
//! meanwhile has its Python handler called, and the sleep goes on with the same deadline unless
//! the handler raises.

use crate::timeout::Timeout;
use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use ropewalk_park::{Deadline, Outcome, Sleeper, Waiter, fork_count};

/// The way in which a thread of the interpreter sleeps.
pub(crate) struct Interpreter<'py> {
    py: Python<'py>,
    timeout: Timeout,
    /// The end of the wait, once there was one.
    deadline: Option<Deadline>,
}

impl<'py> Interpreter<'py> {
    pub(crate) fn new(py: Python<'py>, timeout: Timeout) -> Self {
        Self {
            py,
            timeout,
            deadline: None,
        }
    }

    /// Seconds that are left of the time-out: what a second attempt, made in another way, is to
    /// be given.
    pub(crate) fn remaining(&self) -> Option<f64> {
        match self.deadline {
            Some(deadline) => deadline.remaining().map(|left| left.as_secs_f64()),
            None => self.timeout.seconds(),
        }
    }
}

impl Sleeper for Interpreter<'_> {
    type Abort = PyErr;

    fn sleep(&mut self, waiter: &Waiter, deadline: Deadline) -> PyResult<bool> {
        if self.timeout == Timeout::TooLong {
            return Err(PyOverflowError::new_err(
                "timestamp out of range for platform time_t",
            ));
        }
        self.deadline = Some(deadline);
        let forks = fork_count();
        loop {
            match self.py.detach(|| waiter.sleep(deadline)) {
                Outcome::Told => return Ok(true),
                Outcome::TimedOut => return Ok(false),
                Outcome::Interrupted => self.py.check_signals()?,
            }
            if forks != fork_count() {
                // The handler forked and this is the child: nobody here knows of this waiter.
                return Ok(true);
            }
        }
    }
}
