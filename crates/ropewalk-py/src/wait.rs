//! How a Python thread waits.
//!
//! Promise: the interpreter is free for other threads during every sleep; a signal that arrives
//! meanwhile has its Python handler called, and the sleep goes on with the same deadline unless
//! the handler raises. What a thread was told of it takes before it comes back to the interpreter,
//! which the next thread that wants the same may hold. While it sleeps, the hang report can say what it waits for.

use crate::finalizing;
use crate::report::{self, Why};
use crate::timeout::{Timeout, refusal};
use pyo3::prelude::*;
use ropewalk_park::{Deadline, Outcome, Sleeper, Waiter, fork_count};

/// The way in which a thread of the interpreter sleeps.
pub(crate) struct Interpreter<'py> {
    py: Python<'py>,
    timeout: Timeout,
    why: Why<'py>,
    /// The end of the wait, once there was one.
    deadline: Option<Deadline>,
}

impl<'py> Interpreter<'py> {
    pub(crate) fn new(py: Python<'py>, timeout: Timeout, why: Why<'py>) -> Self {
        Self {
            py,
            timeout,
            why,
            deadline: None,
        }
    }

    /// What a second attempt, made in another way, is to be given as its time-out: the seconds
    /// that are left, or what the caller gave if nothing was waited for yet.
    pub(crate) fn remaining<'a>(
        &self,
        given: Option<&Bound<'a, PyAny>>,
    ) -> PyResult<Option<Bound<'a, PyAny>>> {
        // A wait that ends by itself is one for which a time-out was given.
        let Some(given) = given else {
            return Ok(None);
        };
        match self.deadline {
            None => Ok(Some(given.clone())),
            Some(deadline) => deadline
                .remaining()
                .map(|left| Ok(left.as_secs_f64().into_pyobject(given.py())?.into_any()))
                .transpose(),
        }
    }
}

impl Sleeper for Interpreter<'_> {
    type Abort = PyErr;

    fn sleep(&mut self, waiter: &Waiter, deadline: Deadline) -> PyResult<bool> {
        let told = self.sleep_until(waiter, deadline, &mut || true)?;
        if told {
            // Before the caller takes what it was told of: with an exception of a handler that
            // runs later, on the way back to Python, it would be lost.
            self.py.check_signals()?;
        }
        Ok(told)
    }

    fn sleep_until(
        &mut self,
        waiter: &Waiter,
        deadline: Deadline,
        look: &mut (dyn FnMut() -> bool + Send),
    ) -> PyResult<bool> {
        if let Timeout::Refused(seconds) = self.timeout {
            return Err(refusal(self.py, seconds));
        }
        finalizing::refuse_to_wait(self.py)?;
        self.deadline = Some(deadline);
        let timed = deadline != Deadline::NEVER;
        let _noted = report::note(self.py, &self.why, timed);
        let mut forks = fork_count();
        loop {
            // Also before the first sleep: a signal that came until now does not interrupt it.
            self.py.check_signals()?;
            if forks != fork_count() {
                // The handler forked and this is the child: nobody here knows of this waiter.
                if look() {
                    return Ok(true);
                }
                forks = fork_count();
            }
            match self.py.detach(|| sleep_and_look(waiter, deadline, look)) {
                Outcome::Told => return Ok(true),
                Outcome::TimedOut => return Ok(false),
                Outcome::Interrupted => {}
            }
        }
    }
}

/// Sleeps until told something of use, interrupted, or out of time. Nothing here is Python's.
fn sleep_and_look(
    waiter: &Waiter,
    deadline: Deadline,
    look: &mut (dyn FnMut() -> bool + Send),
) -> Outcome {
    loop {
        let outcome = waiter.sleep(deadline);
        if outcome != Outcome::Told || look() {
            return outcome;
        }
    }
}

/// Calls `attempt` until it succeeds, whatever signal handlers raise meanwhile; then raises what
/// the last of them raised. For taking back a lock that the caller is bound to give back.
pub(crate) fn without_giving_up<'py>(
    py: Python<'py>,
    why: Why<'py>,
    mut attempt: impl FnMut(&mut Interpreter<'py>) -> PyResult<bool>,
) -> PyResult<()> {
    let mut raised = Ok(());
    loop {
        match attempt(&mut Interpreter::new(py, Timeout::None, why)) {
            Ok(true) => return raised,
            Ok(false) => {}
            // Nobody gives it back any more.
            Err(error) if finalizing::is_finalizing() => return Err(error),
            Err(error) => raised = Err(error),
        }
    }
}
