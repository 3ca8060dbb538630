//! What keeps threads from bringing more than the loop gets done.
//!
//! Promise: who brings something while much waits already lets go of the interpreter until the
//! loop has taken that in, and in no case longer than `LONGEST_WAIT`: the loop may be waiting for
//! this very thread. A loop that stands still stops nobody again and again: after a wait that came
//! to nothing, twice as much may lie there before the next one.

use pyo3::prelude::*;
use ropewalk_facade::atomic::{AtomicUsize, Ordering};
use ropewalk_park::{Patience, Uninterrupted};
use ropewalk_sync::Event;
use std::time::Duration;

/// So much may wait before anybody has to: a few milliseconds of work for the loop, and a thread
/// that has the interpreter for its usual 5 ms does not stop in the middle for less.
const BOUND: usize = 10_000;

/// Longer than it takes a loop to take in what waits, once it has the interpreter.
const LONGEST_WAIT: Duration = Duration::from_millis(20);

/// The place where they wait.
#[derive(Debug)]
pub(super) struct Room {
    taken_in: Event,
    /// What may wait at present. Relaxed: a hint.
    bound: AtomicUsize,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            taken_in: Event::new(),
            bound: AtomicUsize::new(BOUND),
        }
    }
}

impl Room {
    /// The loop has taken in what was brought.
    #[inline]
    pub(super) fn tell(&self) {
        self.bound.store(BOUND, Ordering::Relaxed);
        self.taken_in.set();
    }

    /// Waits if this many things wait for the loop, the caller's last. `still`: whether any does.
    #[inline]
    pub(super) fn wait_if_crowded(
        &self,
        py: Python<'_>,
        waiting: usize,
        still: impl FnOnce() -> bool,
    ) {
        if waiting > self.bound.load(Ordering::Relaxed) {
            self.wait(py, waiting, still);
        }
    }

    #[cold]
    fn wait(&self, py: Python<'_>, waiting: usize, still: impl FnOnce() -> bool) {
        self.taken_in.clear();
        if !still() {
            return;
        }
        let told = py.detach(|| {
            let patience = Patience::For(LONGEST_WAIT);
            self.taken_in.wait(patience, &mut Uninterrupted)
        });
        if !matches!(told, Ok(true)) {
            self.bound
                .store(waiting.saturating_mul(2), Ordering::Relaxed);
        }
    }
}
