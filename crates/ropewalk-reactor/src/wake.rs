//! Waking a loop that sleeps, and only one that sleeps.
//!
//! Promise: whoever puts something where the loop looks for it and then calls `wake` is seen: either
//! by the look that the loop takes after `begin`, or by the bell that ends its sleep. A loop that is
//! awake costs its wakers one read of a word. A bell that is rung late ends one sleep and no more, if
//! the loop silences it whenever a sleep finds it rung.

use ropewalk_facade::atomic::{AtomicU32, Ordering, fence};

/// The loop runs: it will look before it sleeps.
const AWAKE: u32 = 0;
/// The loop sleeps or is about to.
const ASLEEP: u32 = 1;
/// It was asleep, and somebody has rung.
const RUNG: u32 = 2;

/// The word between a loop and its wakers.
///
/// word | meaning                     | who may write
/// -----|-----------------------------|--------------------------------------
///  0   | awake                       | the loop
///  1   | asleep, or about to be      | the loop
///  2   | asleep, and rung            | the one waker that saw 1
#[derive(Debug)]
pub struct Wake(AtomicU32);

impl Default for Wake {
    fn default() -> Self {
        Self::new()
    }
}

impl Wake {
    /// Of a loop that is awake.
    #[must_use]
    pub fn new() -> Self {
        Self(AtomicU32::new(AWAKE))
    }

    /// The loop is about to sleep: from here on it is woken by the bell. It has to look once more
    /// before it sleeps.
    pub fn begin(&self) {
        self.0.store(ASLEEP, Ordering::Relaxed);
        // sync: wake-look, pairs with the fence in `wake`: of a put followed by a `wake`, and a
        // `begin` followed by a look, at least one sees the other.
        fence(Ordering::SeqCst);
    }

    /// The loop sleeps no longer.
    ///
    /// Who rings may come to it only now or later. So the bell is silenced when a sleep finds it
    /// rung, and never on the strength of this word: else it would be silenced before it rings, and
    /// every sleep after that would end at once.
    pub fn end(&self) {
        self.0.store(AWAKE, Ordering::Relaxed);
    }

    /// Rings the bell if the loop sleeps and nobody has rung yet.
    #[inline]
    pub fn wake(&self, ring: impl FnOnce()) {
        // sync: wake-look, see `begin`.
        fence(Ordering::SeqCst);
        if self.0.load(Ordering::Relaxed) != ASLEEP {
            return;
        }
        // Only who rings is chosen here: what was put is ordered by the fences.
        let seen = self
            .0
            .compare_exchange(ASLEEP, RUNG, Ordering::Relaxed, Ordering::Relaxed);
        if seen.is_ok() {
            ring();
        }
    }
}
