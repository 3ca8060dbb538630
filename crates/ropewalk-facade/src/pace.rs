//! What is done now and then. Promise: no more often than once in the given time; in a model,
//! which has no clock, whenever the model says so.

use crate::Deadline;
use std::time::Duration;

/// When something was last done, for what must not be done too often.
#[derive(Debug, Default)]
pub struct Pace {
    /// Before this moment it is too early; `None` before the first time.
    next: Option<Deadline>,
}

impl Pace {
    /// True when it has not been done for as long as it was said to rest, or never.
    #[must_use]
    pub fn is_due(&self) -> bool {
        #[cfg(loom)]
        return models::DUE.get();
        #[cfg(not(loom))]
        self.next.is_none_or(Deadline::has_passed)
    }

    /// It is done now, and shall rest for so long.
    pub fn rest(&mut self, duration: Duration) {
        self.next = Some(Deadline::after(duration));
    }
}

/// What a model says in place of the clock.
#[cfg(loom)]
pub mod models {
    use std::cell::Cell;

    std::thread_local! {
        /// For all threads of a model: they are threads of loom's on one of the test's.
        pub(super) static DUE: Cell<bool> = const { Cell::new(false) };
    }

    /// Makes everything due in the models that this thread explores from now on, or nothing.
    pub fn set_due(due: bool) {
        DUE.set(due);
    }
}
