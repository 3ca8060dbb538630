//! How a thread sleeps and for how long. Promise: the engine decides *when* a thread sleeps, its
//! caller decides *how*: Python's binding lets go of the interpreter and looks at signals there,
//! a Rust program just sleeps.

use crate::waiter::{Outcome, Waiter};
use ropewalk_facade::Deadline;
use std::convert::Infallible;
use std::time::Duration;

/// A way of sleeping on a [`Waiter`].
pub trait Sleeper {
    /// Why a wait is given up although nobody told the waiter and its time has not passed.
    type Abort;

    /// Sleeps until the waiter is told (true) or the deadline passes (false).
    fn sleep(&mut self, waiter: &Waiter, deadline: Deadline) -> Result<bool, Self::Abort>;

    /// Sleeps until the waiter is told and `look` then says that the wait is over (true), or the
    /// deadline passes (false). A `look` that says no has put the waiter back into its list.
    ///
    /// After a yes the result is true, whatever else happens. A caller for whom coming back costs
    /// something (the interpreter, which another thread may have) calls `look` before that, so
    /// that what the thread was told of is its own before anybody else can run.
    fn sleep_until(
        &mut self,
        waiter: &Waiter,
        deadline: Deadline,
        look: &mut (dyn FnMut() -> bool + Send),
    ) -> Result<bool, Self::Abort> {
        while self.sleep(waiter, deadline)? {
            if look() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The way of a Rust program: signal handlers run, the wait goes on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Uninterrupted;

impl Sleeper for Uninterrupted {
    type Abort = Infallible;

    fn sleep(&mut self, waiter: &Waiter, deadline: Deadline) -> Result<bool, Infallible> {
        loop {
            match waiter.sleep(deadline) {
                Outcome::Told => return Ok(true),
                Outcome::TimedOut => return Ok(false),
                Outcome::Interrupted => {}
            }
        }
    }
}

/// How long a caller is willing to wait. The clock is read only when it does have to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Not at all: the answer "not now" is wanted.
    None,
    /// So long from the moment at which waiting begins.
    For(Duration),
    /// Until this moment.
    Until(Deadline),
    /// As long as it takes.
    Forever,
}

impl Patience {
    /// The moment at which patience ends; `None` when there is none.
    #[must_use]
    pub fn deadline(self) -> Option<Deadline> {
        match self {
            Self::None => None,
            Self::For(duration) => Some(Deadline::after(duration)),
            Self::Until(deadline) => Some(deadline),
            Self::Forever => Some(Deadline::NEVER),
        }
    }
}

impl From<Duration> for Patience {
    fn from(duration: Duration) -> Self {
        Self::For(duration)
    }
}

impl From<Deadline> for Patience {
    fn from(deadline: Deadline) -> Self {
        Self::Until(deadline)
    }
}
