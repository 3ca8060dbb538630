//! What a loop's thread lets others see of its work. Promise: two plain stores per callback.

use ropewalk_facade::atomic::{AtomicU64, AtomicUsize, Ordering};

/// How many callbacks a loop has begun, and whether one runs now.
///
/// Written by the loop's thread alone, read by whoever [watches](crate::Watch) it.
#[derive(Debug, Default)]
pub struct Pulse {
    /// Odd while a callback runs; grows with each one.
    beats: AtomicU64,
    /// Where the callback lies in memory. For a reader that takes any answer.
    address: AtomicUsize,
}

/// A moment in a loop's life; two equal busy ones are in the same callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beat(u64);

impl Beat {
    /// True when a callback runs.
    #[must_use]
    pub fn is_busy(self) -> bool {
        self.0 & 1 == 1
    }
}

impl Pulse {
    /// A loop that does nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            beats: AtomicU64::new(0),
            address: AtomicUsize::new(0),
        }
    }

    /// A callback begins, maybe right after another one. Called by the loop's thread only.
    #[inline]
    pub fn begin(&self) {
        // Relaxed, and no read-modify-write: one thread writes, and a watcher that sees it late is
        // late by nanoseconds.
        let now = self.beats.load(Ordering::Relaxed);
        self.beats.store((now + 1) | 1, Ordering::Relaxed);
    }

    /// Tells where the callback lies that begins next; zero says nothing. Called by the loop's
    /// thread only.
    #[inline]
    pub fn show(&self, address: usize) {
        // Relaxed: it is only read when the callback has run for a long time.
        self.address.store(address, Ordering::Relaxed);
    }

    /// What was told last of where a callback lies; it need not be there any more.
    #[must_use]
    pub fn address(&self) -> usize {
        self.address.load(Ordering::Relaxed)
    }

    /// No callback runs: the loop waits, or stops. Called by the loop's thread only.
    #[inline]
    pub fn rest(&self) {
        let now = self.beats.load(Ordering::Relaxed);
        self.beats.store((now + 1) & !1, Ordering::Relaxed);
    }

    /// Where the loop is now.
    #[must_use]
    #[inline]
    pub fn read(&self) -> Beat {
        Beat(self.beats.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::Pulse;

    #[test]
    fn each_callback_has_a_beat_of_its_own() {
        let pulse = Pulse::new();
        assert!(!pulse.read().is_busy());
        pulse.begin();
        let first = pulse.read();
        assert!(first.is_busy());
        pulse.begin();
        let second = pulse.read();
        assert!(second.is_busy());
        assert_ne!(first, second);
        pulse.rest();
        assert!(!pulse.read().is_busy());
        pulse.rest();
        assert!(!pulse.read().is_busy());
        pulse.begin();
        assert!(pulse.read().is_busy());
        assert_ne!(pulse.read(), second);
    }
}
