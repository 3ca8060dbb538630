//! A lock that remembers who took it.
//!
//! Promise: one compare-and-swap to take, one to give back, while nobody waits. It may be given
//! back by another thread than the one that took it. A running thread may take it before one that
//! was just woken, because making it wait for a wake-up costs a hundred times what the lock is held
//! for. But nobody starves: the woken one then stands in its old place again, and the first in line
//! that was overtaken is handed the lock by the next release, once every half millisecond at most.

use crate::waiting::{Claim, QUEUED, Waitable};
use ropewalk_facade::atomic::{AtomicU64, AtomicUsize, Ordering};
use ropewalk_park::{Patience, Sleeper, thread_key};
use std::fmt;

/// Set while a thread holds the lock.
const HELD: u64 = 2;

/// The lock was to be given back and nobody held it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotHeld;

impl fmt::Display for NotHeld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the lock is not held")
    }
}

impl std::error::Error for NotHeld {}

/// A lock without data and without a guard.
///
/// ```
/// use ropewalk_sync::Lock;
///
/// let lock = Lock::new();
/// assert!(lock.try_acquire());
/// assert!(!lock.try_acquire());
/// lock.release().unwrap();
/// assert!(lock.release().is_err());
/// ```
///
/// Fork: in a forked child a held lock is held, as it was; threads that waited are the parent's.
#[derive(Debug)]
pub struct Lock {
    /// HELD QUEUED | meaning                | who may change it
    ///   0     0    | free                   | any thread: to HELD
    ///   1     0    | held                   | any thread: to free
    ///   1     1    | held, somebody waits   | with the list locked: to free, telling one; or it
    ///              |                        | stays as it is and is the first waiter's from now on
    ///   0     1    | free, somebody was told| any thread: to HELD, the bit stays
    shared: Waitable,
    /// [`thread_key`] of the thread that took the lock; zero when it is free. For reports and for
    /// [`RLock`](crate::RLock).
    owner: AtomicUsize,
}

impl Lock {
    /// A free lock.
    #[must_use]
    pub fn new() -> Self {
        Self {
            shared: Waitable::new(0),
            owner: AtomicUsize::new(0),
        }
    }

    /// Takes the lock if it is free now.
    #[inline]
    pub fn try_acquire(&self) -> bool {
        let taken = take(&self.shared.word);
        if taken {
            self.owner.store(thread_key(), Ordering::Relaxed);
        }
        taken
    }

    /// Takes the lock, waiting for it as long as `patience` lasts; true when it was taken.
    #[inline]
    pub fn acquire<S: Sleeper>(
        &self,
        patience: Patience,
        sleeper: &mut S,
    ) -> Result<bool, S::Abort> {
        if self.try_acquire() {
            return Ok(true);
        }
        self.shared.wait(patience, sleeper, self)
    }

    /// Gives the lock back.
    #[inline]
    pub fn release(&self) -> Result<(), NotHeld> {
        self.owner.store(0, Ordering::Relaxed);
        // sync: lock, Release pairs with the Acquire in `take`.
        let freed =
            self.shared
                .word
                .compare_exchange(HELD, 0, Ordering::Release, Ordering::Relaxed);
        if freed.is_ok() {
            Ok(())
        } else {
            self.release_contended()
        }
    }

    #[cold]
    fn release_contended(&self) -> Result<(), NotHeld> {
        let freed = self.shared.bring_back(1, |word, free| {
            let before = if free == 0 {
                word.load(Ordering::Relaxed)
            } else {
                // sync: lock, Release pairs with the Acquire in `take`.
                word.fetch_and(!HELD, Ordering::Release)
            };
            before & HELD != 0
        });
        if freed { Ok(()) } else { Err(NotHeld) }
    }

    /// True while a thread holds the lock.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.shared.word.load(Ordering::Relaxed) & HELD != 0
    }

    /// [`thread_key`] of the thread that took the lock, or zero.
    #[must_use]
    #[inline]
    pub fn owner(&self) -> usize {
        self.owner.load(Ordering::Relaxed)
    }

    /// Where the owner is kept, for reports that read it without taking part.
    #[must_use]
    pub fn owner_cell(&self) -> &AtomicUsize {
        &self.owner
    }

    /// Makes the lock free: for the one thread of a forked child.
    pub fn reset_after_fork(&self) {
        self.owner.store(0, Ordering::Relaxed);
        self.shared.reset(0);
    }
}

impl Claim for Lock {
    fn attempt(&self) -> bool {
        self.try_acquire()
    }

    fn given(&self) {
        self.owner.store(thread_key(), Ordering::Relaxed);
    }

    fn give_back(&self) {
        // It is held, unless a stranger has released it already.
        let _ = self.release();
    }
}

impl Default for Lock {
    fn default() -> Self {
        Self::new()
    }
}

#[inline]
fn take(word: &AtomicU64) -> bool {
    // sync: lock, Acquire pairs with the Release in `release` and `release_contended`.
    if word
        .compare_exchange(0, HELD, Ordering::Acquire, Ordering::Relaxed)
        .is_ok()
    {
        return true;
    }
    // Free, but somebody was told: a running thread may still be faster.
    // sync: lock, as above.
    word.compare_exchange(QUEUED, QUEUED | HELD, Ordering::Acquire, Ordering::Relaxed)
        .is_ok()
}
