//! Points in time until which a thread waits. Promise: arithmetic saturates, and "for ever" is a
//! value of its own, so that no time-out, however large or odd, wraps round into a short one.

use std::time::{Duration, Instant};

/// The moment at which a wait gives up.
///
/// A deadline and not a duration: a wait that is interrupted and goes on keeps its end.
///
/// ```
/// use ropewalk_facade::Deadline;
/// use std::time::Duration;
///
/// assert!(Deadline::now().has_passed());
/// assert!(!Deadline::NEVER.has_passed());
/// assert_eq!(Deadline::after(Duration::MAX), Deadline::NEVER);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// A wait without an end.
    pub const NEVER: Self = Self(None);

    /// A wait that ends at once: the answer "not now" is wanted.
    #[must_use]
    pub fn now() -> Self {
        Self(Some(Instant::now()))
    }

    /// A wait that ends `duration` from now; beyond what the clock can express, never.
    #[must_use]
    pub fn after(duration: Duration) -> Self {
        Self(Instant::now().checked_add(duration))
    }

    /// True once the moment has come.
    #[must_use]
    pub fn has_passed(self) -> bool {
        self.0.is_some_and(|end| Instant::now() >= end)
    }

    /// What is left: `None` for ever, zero when the moment has passed.
    #[must_use]
    pub fn remaining(self) -> Option<Duration> {
        self.0
            .map(|end| end.saturating_duration_since(Instant::now()))
    }

    /// The moment itself, `None` for ever.
    #[must_use]
    pub fn instant(self) -> Option<Instant> {
        self.0
    }
}

impl From<Instant> for Deadline {
    fn from(end: Instant) -> Self {
        Self(Some(end))
    }
}

impl From<Duration> for Deadline {
    fn from(duration: Duration) -> Self {
        Self::after(duration)
    }
}
