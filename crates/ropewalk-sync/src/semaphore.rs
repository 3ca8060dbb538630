//! A number of permits.
//! Promise: a permit is never lost or given twice; taking one that is there is one
//! compare-and-swap; nobody starves, because a waiter that was overtaken is handed a permit that
//! nobody else can take, as [`Lock`](crate::Lock) does it.

use crate::waiting::{Claim, QUEUED, Waitable};
use ropewalk_facade::atomic::{AtomicU64, Ordering};
use ropewalk_park::{Patience, Sleeper};
use std::fmt;

/// One permit, in the word.
const PERMIT: u64 = 2;

/// More permits were to be given back than the bound allows (or than can be counted).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyReleases;

impl fmt::Display for TooManyReleases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("more permits were given back than the semaphore can hold")
    }
}

impl std::error::Error for TooManyReleases {}

/// Permits that threads take and give back.
///
/// ```
/// use ropewalk_sync::Semaphore;
///
/// let semaphore = Semaphore::new(1);
/// assert!(semaphore.try_acquire());
/// assert!(!semaphore.try_acquire());
/// semaphore.release(1, u32::MAX as usize).unwrap();
/// assert_eq!(semaphore.permits(), 1);
/// ```
#[derive(Debug)]
pub struct Semaphore {
    /// Bits 1 and up: the permits. See [`Waitable`] for bit 0.
    shared: Waitable,
}

impl Semaphore {
    /// The most permits that can be counted.
    pub const MOST: usize = usize::MAX >> 2;

    /// A semaphore with so many permits, at most [`Semaphore::MOST`].
    #[must_use]
    pub fn new(permits: usize) -> Self {
        Self {
            shared: Waitable::new(permits.min(Self::MOST) as u64 * PERMIT),
        }
    }

    /// Takes a permit if there is one now.
    #[inline]
    pub fn try_acquire(&self) -> bool {
        take(&self.shared.word)
    }

    /// Takes a permit, waiting for one as long as `patience` lasts; true when it was taken.
    #[inline]
    pub fn acquire<S: Sleeper>(
        &self,
        patience: Patience,
        sleeper: &mut S,
    ) -> Result<bool, S::Abort> {
        if self.try_acquire() {
            Ok(true)
        } else {
            self.shared.wait(patience, sleeper, self)
        }
    }

    /// Gives `count` permits back unless there would be more than `most`.
    #[inline]
    pub fn release(&self, count: usize, most: usize) -> Result<(), TooManyReleases> {
        let seen = self.shared.word.load(Ordering::Relaxed);
        let word = with_more(seen, count, count, most)?;
        // sync: semaphore, Release pairs with the Acquire in `take`.
        let given = seen & QUEUED == 0
            && self
                .shared
                .word
                .compare_exchange(seen, word, Ordering::Release, Ordering::Relaxed)
                .is_ok();
        if given || count == 0 {
            Ok(())
        } else {
            self.release_contended(count, most)
        }
    }

    #[cold]
    fn release_contended(&self, count: usize, most: usize) -> Result<(), TooManyReleases> {
        let given = self.shared.bring_back(count, |word, free| {
            // sync: semaphore, Release pairs with the Acquire in `take`.
            word.fetch_update(Ordering::Release, Ordering::Relaxed, |seen| {
                with_more(seen, count, free, most).ok()
            })
            .is_ok()
        });
        if given { Ok(()) } else { Err(TooManyReleases) }
    }

    /// Sets the number of permits. Whoever waits waits on, for the next that is given back.
    pub fn change_permits(&self, permits: usize) {
        let permits = permits.min(Self::MOST) as u64 * PERMIT;
        // sync: semaphore, Release pairs with the Acquire in `take`.
        let _ = self
            .shared
            .word
            .fetch_update(Ordering::Release, Ordering::Relaxed, |seen| {
                Some(seen & QUEUED | permits)
            });
    }

    /// Sets the number of permits, for a semaphore that nobody uses yet.
    pub fn set_permits(&self, permits: usize) {
        self.shared.reset(permits.min(Self::MOST) as u64 * PERMIT);
    }

    /// How many permits there are at this moment.
    #[must_use]
    pub fn permits(&self) -> usize {
        usize::try_from(self.shared.word.load(Ordering::Relaxed) / PERMIT).unwrap_or(Self::MOST)
    }

    /// Forgets who waited: for the one thread of a forked child. The permits stay.
    pub fn reset_after_fork(&self) {
        self.shared
            .reset(self.shared.word.load(Ordering::Relaxed) & !QUEUED);
    }
}

impl Claim for Semaphore {
    fn attempt(&self) -> bool {
        self.try_acquire()
    }

    fn given(&self) {}

    fn give_back(&self) {
        let fits = self.release(1, Self::MOST);
        debug_assert!(fits.is_ok(), "it was there before");
    }
}

/// The word with `free` more permits in it, unless `count` more would be above `most`.
#[inline]
fn with_more(word: u64, count: usize, free: usize, most: usize) -> Result<u64, TooManyReleases> {
    let most = most.min(Semaphore::MOST) as u64;
    if count as u64 > most || word / PERMIT > most - count as u64 {
        return Err(TooManyReleases);
    }
    Ok(word + free as u64 * PERMIT)
}

#[inline]
fn take(word: &AtomicU64) -> bool {
    let mut seen = word.load(Ordering::Relaxed);
    while seen >= PERMIT {
        // sync: semaphore, Acquire pairs with the Release in `release`.
        match word.compare_exchange_weak(seen, seen - PERMIT, Ordering::Acquire, Ordering::Relaxed)
        {
            Ok(_) => return true,
            Err(now) => seen = now,
        }
    }
    false
}
