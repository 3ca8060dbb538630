//! A lock that its owner may take again.
//! Promise: taking it again is a load, a compare and a store; only the owner can give it back;
//! nobody who waits starves, as with [`Lock`].

use crate::lock::Lock;
use ropewalk_facade::atomic::{AtomicUsize, Ordering};
use ropewalk_park::{Patience, Sleeper, thread_key};
use std::fmt;

/// The lock was to be given back by a thread that does not own it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotOwner;

impl fmt::Display for NotOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the current thread does not own the lock")
    }
}

impl std::error::Error for NotOwner {}

/// A re-entrant lock without data and without a guard.
///
/// ```
/// use ropewalk_sync::{Patience, RLock, Uninterrupted};
///
/// let lock = RLock::new();
/// lock.acquire(Patience::Forever, &mut Uninterrupted).unwrap();
/// lock.acquire(Patience::Forever, &mut Uninterrupted).unwrap();
/// assert_eq!(lock.count(), 2);
/// lock.release().unwrap();
/// lock.release().unwrap();
/// assert!(lock.release().is_err());
/// ```
#[derive(Debug, Default)]
pub struct RLock {
    lock: Lock,
    /// How often the owner has taken it. Only the owner writes, and only it needs the exact value.
    count: AtomicUsize,
}

impl RLock {
    /// A free lock.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the lock, or takes it once more, waiting as long as `patience` lasts.
    ///
    /// # Panics
    ///
    /// Panics if a thread takes it `usize::MAX` times without giving it back.
    #[inline]
    pub fn acquire<S: Sleeper>(
        &self,
        patience: Patience,
        sleeper: &mut S,
    ) -> Result<bool, S::Abort> {
        if self.is_mine() {
            let count = self.count.load(Ordering::Relaxed).checked_add(1);
            let count = count.expect("a lock was taken too often without being given back");
            self.count.store(count, Ordering::Relaxed);
            return Ok(true);
        }
        let taken = self.lock.acquire(patience, sleeper)?;
        if taken {
            self.count.store(1, Ordering::Relaxed);
        }
        Ok(taken)
    }

    /// Gives the lock back once; the last time frees it.
    #[inline]
    pub fn release(&self) -> Result<(), NotOwner> {
        if !self.is_mine() {
            return Err(NotOwner);
        }
        let left = self.count.load(Ordering::Relaxed) - 1;
        self.count.store(left, Ordering::Relaxed);
        if left == 0 {
            self.lock.release().map_err(|_| NotOwner)
        } else {
            Ok(())
        }
    }

    /// Gives the lock back however often it was taken, and returns how often.
    pub fn release_all(&self) -> Result<usize, NotOwner> {
        if !self.is_mine() {
            return Err(NotOwner);
        }
        let count = self.count.swap(0, Ordering::Relaxed);
        self.lock.release().map_err(|_| NotOwner)?;
        Ok(count)
    }

    /// Undoes [`RLock::release_all`] once the lock has been taken again.
    pub fn restore_count(&self, count: usize) {
        self.count.store(count, Ordering::Relaxed);
    }

    /// True when the current thread owns the lock.
    #[must_use]
    #[inline]
    pub fn is_mine(&self) -> bool {
        self.lock.owner() == thread_key()
    }

    /// True while a thread owns the lock.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.lock.is_held()
    }

    /// How often the owner has taken the lock; zero when it is free.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// [`thread_key`] of the owner, or zero.
    #[must_use]
    pub fn owner(&self) -> usize {
        self.lock.owner()
    }

    /// Where the owner is kept, for reports that read it without taking part.
    #[must_use]
    pub fn owner_cell(&self) -> &AtomicUsize {
        self.lock.owner_cell()
    }

    /// Makes the lock free: for the one thread of a forked child.
    pub fn reset_after_fork(&self) {
        self.count.store(0, Ordering::Relaxed);
        self.lock.reset_after_fork();
    }
}
