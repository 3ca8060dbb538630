//! The sleeping word where there is no futex: a mutex and a condition variable beside it.
//! Promise: the same as `wait/futex.rs`; it is also what loom explores in place of the kernel.

use crate::Slept;
use ropewalk_facade::Deadline;
use ropewalk_facade::atomic::{AtomicU32, Ordering};
use ropewalk_facade::sync::{Condvar, Mutex};
use std::ops::Deref;
use std::sync::PoisonError;

/// An atomic word with a place to sleep.
#[derive(Debug)]
pub struct Futex {
    word: AtomicU32,
    gate: Mutex<()>,
    changed: Condvar,
}

impl Futex {
    /// A word with this value and nobody asleep.
    #[must_use]
    pub fn new(value: u32) -> Self {
        Self {
            word: AtomicU32::new(value),
            gate: Mutex::new(()),
            changed: Condvar::new(),
        }
    }

    /// Sleeps while the word is `expected`, until woken or `deadline`.
    ///
    /// Blocking: yes. Returns at once when the word differs. A loom model has no time: there, a
    /// sleep with a deadline times out at once, which lets loom place the time-out anywhere among
    /// the steps of the other threads.
    pub fn sleep(&self, expected: u32, deadline: Deadline) -> Slept {
        let guard = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        // The gate is held here and while waking, so a change and its wake cannot both fall
        // between this look and the sleep.
        // sync: word, Acquire pairs with the Release of whoever changes the word before waking.
        if self.word.load(Ordering::Acquire) != expected {
            return Slept::Roused;
        }
        match deadline.remaining() {
            None => {
                drop(
                    self.changed
                        .wait(guard)
                        .unwrap_or_else(PoisonError::into_inner),
                );
                Slept::Roused
            }
            Some(left) if left.is_zero() || cfg!(loom) => Slept::TimedOut,
            Some(left) => {
                let (guard, result) = self
                    .changed
                    .wait_timeout(guard, left)
                    .unwrap_or_else(PoisonError::into_inner);
                drop(guard);
                if result.timed_out() {
                    Slept::TimedOut
                } else {
                    Slept::Roused
                }
            }
        }
    }

    /// Wakes at most one thread that sleeps on this word.
    pub fn wake_one(&self) {
        drop(self.gate.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_one();
    }
}

impl Deref for Futex {
    type Target = AtomicU32;

    fn deref(&self) -> &AtomicU32 {
        &self.word
    }
}
