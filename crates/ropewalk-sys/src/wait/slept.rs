//! How a sleep on a word ended. Promise: the same answers, whichever word it was.

/// Why a sleep on a [`Futex`](crate::Futex) ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Slept {
    /// Woken, or the word had changed before the sleep began. May be spurious: look at the word.
    Roused,
    /// The deadline passed.
    TimedOut,
    /// A signal handler ran in this thread.
    Interrupted,
}
