//! Who watches a future: threads that sleep for it, gates, callbacks.
//! Promise: a future that nobody watches carries one empty pointer for this.

use crate::gate::Gate;
use ropewalk_park::{WaitList, Wakes};
use std::sync::Arc;

/// A promise to tell a gate of one future.
#[derive(Clone, Debug)]
pub struct Report {
    /// The gate of whoever waits for this future among others.
    pub gate: Arc<Gate>,
    /// How the waiter knows this future.
    pub key: usize,
}

impl Report {
    /// Tells the gate; the result is who is to be woken.
    pub fn tell(&self, failed: bool) -> Wakes {
        self.gate.report(self.key, failed)
    }
}

/// Everything that watches one future.
#[derive(Debug)]
pub(crate) struct Watchers<C> {
    pub(crate) sleepers: WaitList,
    pub(crate) callbacks: Vec<C>,
    pub(crate) reports: Vec<Report>,
}

impl<C> Default for Watchers<C> {
    fn default() -> Self {
        Self {
            sleepers: WaitList::new(),
            callbacks: Vec::new(),
            reports: Vec::new(),
        }
    }
}

/// What the thread that ended a life still has to do, with no lock held: wake, then call.
#[derive(Debug)]
#[must_use = "threads sleep on and callbacks stay uncalled"]
pub struct Owed<C> {
    /// Threads to wake.
    pub wakes: Wakes,
    /// Callbacks to call, in the order in which they were added.
    pub callbacks: Vec<C>,
}

impl<C> Owed<C> {
    pub(crate) const NOTHING: Self = Self {
        wakes: Wakes::NONE,
        callbacks: Vec::new(),
    };

    /// Wakes the threads and hands out the callbacks.
    #[inline]
    #[expect(clippy::must_use_candidate, reason = "who left no callback just wakes")]
    pub fn wake(self) -> Vec<C> {
        self.wakes.now();
        self.callbacks
    }
}

impl<C> Watchers<C> {
    /// Tells the sleepers and the gates.
    pub(crate) fn settle(mut self, failed: bool) -> Owed<C> {
        let mut wakes = self.sleepers.tell_all();
        for report in &self.reports {
            wakes.append(report.tell(failed));
        }
        Owed {
            wakes,
            callbacks: self.callbacks,
        }
    }
}
