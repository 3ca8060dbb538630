//! A flag that threads wait for.
//! Promise: a thread that waited when the flag was set has seen it, even if it is cleared at once.

use crate::waiting::{QUEUED, Waitable};
use ropewalk_facade::atomic::Ordering;
use ropewalk_park::{Patience, Sleeper};

/// Set while the flag is.
const SET: u64 = 2;

/// A flag, not set at first.
///
/// ```
/// use ropewalk_sync::{Event, Patience, Uninterrupted};
///
/// let event = Event::new();
/// event.set();
/// assert_eq!(event.wait(Patience::Forever, &mut Uninterrupted), Ok(true));
/// ```
#[derive(Debug)]
pub struct Event {
    /// Bit 1: the flag. See [`Waitable`] for bit 0.
    shared: Waitable,
}

impl Event {
    /// A flag that is not set.
    #[must_use]
    pub fn new() -> Self {
        Self {
            shared: Waitable::new(0),
        }
    }

    /// Sets the flag and tells everybody who waits.
    #[inline]
    pub fn set(&self) {
        let mut seen = self.shared.word.load(Ordering::Relaxed);
        while seen & QUEUED == 0 {
            // sync: event, Release pairs with the Acquire in `is_set`.
            match self.shared.word.compare_exchange_weak(
                seen,
                seen | SET,
                Ordering::Release,
                Ordering::Relaxed,
            ) {
                Ok(_) => return,
                Err(now) => seen = now,
            }
        }
        // Setting and telling are one step for whoever enlists: a thread that clears the flag in
        // between and waits again is not told of the setting that it has cleared.
        // sync: event, Release pairs with the Acquire in `is_set`.
        self.shared
            .change_and_tell_all(|word| word.fetch_or(SET, Ordering::Release));
    }

    /// Takes the flag back.
    #[inline]
    pub fn clear(&self) {
        self.shared.word.fetch_and(!SET, Ordering::Relaxed);
    }

    /// True while the flag is set.
    #[must_use]
    #[inline]
    pub fn is_set(&self) -> bool {
        // sync: event, Acquire pairs with the Release in `set`.
        self.shared.word.load(Ordering::Acquire) & SET != 0
    }

    /// Waits until the flag is set, as long as `patience` lasts; true when it was.
    #[inline]
    pub fn wait<S: Sleeper>(&self, patience: Patience, sleeper: &mut S) -> Result<bool, S::Abort> {
        if self.is_set() {
            Ok(true)
        } else {
            self.shared.wait_once(patience, sleeper, SET)
        }
    }

    /// Forgets who waited: for the one thread of a forked child. The flag stays.
    pub fn reset_after_fork(&self) {
        self.shared
            .reset(self.shared.word.load(Ordering::Relaxed) & SET);
    }
}

impl Default for Event {
    fn default() -> Self {
        Self::new()
    }
}
