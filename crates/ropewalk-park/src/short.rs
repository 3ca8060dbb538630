//! A lock for a few dozen instructions, never held across a wait.
//!
//! Promise: one word, one atomic exchange to take and one to give back while nobody contends.
//! Whoever holds it runs no foreign code: no callback, no destructor of a payload, no Python.

#![expect(unsafe_code, reason = "the guarded value is reached through a cell")]

use ropewalk_facade::Deadline;
use ropewalk_facade::atomic::Ordering;
use ropewalk_facade::cell::UnsafeCell;
use ropewalk_facade::hint::spin_loop;
use ropewalk_sys::Futex;
use std::fmt;
use std::ops::{Deref, DerefMut};

/// Nobody holds the lock.
const FREE: u32 = 0;
/// Held, and nobody sleeps.
const HELD: u32 = 1;
/// Held, and somebody may sleep: the holder owes a wake.
const CONTENDED: u32 = 2;

/// Looks at the word before sleeping. A critical section is shorter than this; if it has not
/// ended by then its holder was preempted, and spinning on would only burn the core it needs.
const LOOKS: u32 = if cfg!(loom) { 0 } else { 40 };

/// A value behind a lock that is held briefly.
pub struct ShortLock<T> {
    /// FREE, HELD or CONTENDED; only a thread that finds FREE takes it, only the holder frees it.
    word: Futex,
    value: UnsafeCell<T>,
}

// SAFETY: the value is only reached through a guard, and the word lets one guard exist at a time;
// so threads pass the value among them but never share it.
unsafe impl<T: Send> Sync for ShortLock<T> {}
// SAFETY: moving the lock moves the value, which may be sent.
unsafe impl<T: Send> Send for ShortLock<T> {}

impl<T> ShortLock<T> {
    /// A free lock around `value`.
    pub fn new(value: T) -> Self {
        Self {
            word: Futex::new(FREE),
            value: UnsafeCell::new(value),
        }
    }

    /// Takes the lock.
    ///
    /// Blocking: for the length of somebody's critical section, which never waits.
    pub fn lock(&self) -> ShortGuard<'_, T> {
        if !self.take_if_free() {
            self.lock_contended();
        }
        ShortGuard { lock: self }
    }

    /// Takes the lock if it is free now.
    pub fn try_lock(&self) -> Option<ShortGuard<'_, T>> {
        // Lazily: a guard that is made and dropped would give back a lock that another one holds.
        self.take_if_free().then(|| ShortGuard { lock: self })
    }

    /// The value, without locking: having the lock itself proves that no guard exists.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }

    #[inline]
    fn take_if_free(&self) -> bool {
        // sync: short-lock, Acquire pairs with the Release in `unlock`.
        self.word
            .compare_exchange(FREE, HELD, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }

    #[cold]
    fn lock_contended(&self) {
        for _ in 0..LOOKS {
            if self.word.load(Ordering::Relaxed) == FREE && self.take_if_free() {
                return;
            }
            spin_loop();
        }
        // Whoever comes here leaves CONTENDED behind even if it was the only one; that costs one
        // needless wake later and never loses one.
        // sync: short-lock, Acquire pairs with the Release in `unlock`.
        while self.word.swap(CONTENDED, Ordering::Acquire) != FREE {
            let _ = self.word.sleep(CONTENDED, Deadline::NEVER);
        }
    }

    #[inline]
    fn unlock(&self) {
        // sync: short-lock, Release pairs with the Acquire of the next holder.
        if self.word.swap(FREE, Ordering::Release) == CONTENDED {
            self.word.wake_one();
        }
    }
}

impl<T: Default> Default for ShortLock<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> fmt::Debug for ShortLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShortLock")
            .field("held", &(self.word.load(Ordering::Relaxed) != FREE))
            .finish_non_exhaustive()
    }
}

/// The right to the value, until dropped.
pub struct ShortGuard<'a, T> {
    lock: &'a ShortLock<T>,
}

impl<T> ShortGuard<'_, T> {
    /// Lets go of the lock, calls `action`, and takes the lock again, also if `action` panics.
    ///
    /// This is how foreign code (a comparison) is run in the middle of an operation.
    pub fn unlocked<R>(&mut self, action: impl FnOnce() -> R) -> R {
        struct Relock<'a, T>(&'a ShortLock<T>);
        impl<T> Drop for Relock<'_, T> {
            fn drop(&mut self) {
                std::mem::forget(self.0.lock());
            }
        }
        self.lock.unlock();
        let _relock = Relock(self.lock);
        action()
    }
}

impl<T> Deref for ShortGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: this guard is the only one, and `unlocked` borrows it mutably for as long as
        // the lock is not held.
        self.lock.value.with(|value| unsafe { &*value })
    }
}

impl<T> DerefMut for ShortGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`; and `self` is borrowed mutably, so no other reference exists.
        self.lock.value.with_mut(|value| unsafe { &mut *value })
    }
}

impl<T> Drop for ShortGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.lock.unlock();
    }
}

impl<T: fmt::Debug> fmt::Debug for ShortGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
