//! A value behind a lock that its owner may take again. Promise: all guards that exist at one
//! moment belong to one thread.

#![expect(unsafe_code, reason = "the guarded value is reached through a cell")]

use ropewalk_facade::cell::UnsafeCell;
use ropewalk_park::{Patience, Uninterrupted};
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

/// A value behind a re-entrant lock.
///
/// Take it where a method that locks calls another one that locks. Since a thread may hold several
/// guards at once they give shared access, `&T` and not `&mut T`: two mutable references to one
/// value must never exist. Put a [`Cell`](std::cell::Cell) or [`RefCell`](std::cell::RefCell)
/// inside to change the value.
///
/// ```
/// use ropewalk_sync::guarded::RLock;
/// use std::cell::Cell;
///
/// let balance = RLock::new(Cell::new(0));
/// let outer = balance.acquire();
/// outer.set(outer.get() + 1);
/// let inner = balance.acquire(); // the same thread: no waiting
/// inner.set(inner.get() + 1);
/// assert_eq!(outer.get(), 2);
/// ```
///
/// Panics: a panic does not poison the lock; see the [module](crate::guarded). A guard stays with its
/// thread:
///
/// ```compile_fail,E0277
/// let lock = ropewalk_sync::guarded::RLock::new(0);
/// let guard = lock.acquire();
/// std::thread::scope(|scope| {
///     scope.spawn(move || drop(guard));
/// });
/// ```
///
/// Fork: in a forked child a held lock is held; threads that waited are the parent's.
pub struct RLock<T: ?Sized> {
    raw: crate::RLock,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached through guards only, which cannot leave their thread, and `raw`
// lets one thread at a time have some; so threads pass the value among them but never share it.
unsafe impl<T: ?Sized + Send> Sync for RLock<T> {}
// SAFETY: moving the lock moves the value, which may be sent.
unsafe impl<T: ?Sized + Send> Send for RLock<T> {}

impl<T> RLock<T> {
    /// A free lock around `value`.
    pub fn new(value: T) -> Self {
        Self {
            raw: crate::RLock::new(),
            value: UnsafeCell::new(value),
        }
    }

    /// The value, without locking: having the lock itself proves that no guard exists.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> RLock<T> {
    /// Takes the lock, or takes it once more.
    ///
    /// Blocking: until no other thread holds it.
    #[inline]
    pub fn acquire(&self) -> RLockGuard<'_, T> {
        self.take();
        self.guard()
    }

    /// Takes the lock if it is free now or this thread's already.
    pub fn try_acquire(&self) -> Option<RLockGuard<'_, T>> {
        self.acquire_until(Patience::None)
    }

    /// Takes the lock, waiting for it until a `Deadline` or for a `Duration`.
    ///
    /// Blocking: at most so long.
    pub fn acquire_until(&self, end: impl Into<Patience>) -> Option<RLockGuard<'_, T>> {
        let Ok(taken) = self.raw.acquire(end.into(), &mut Uninterrupted);
        taken.then(|| self.guard())
    }

    /// True while any thread has a guard.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.raw.is_held()
    }

    /// True while the current thread has a guard.
    #[must_use]
    pub fn is_mine(&self) -> bool {
        self.raw.is_mine()
    }

    #[inline]
    fn take(&self) {
        let Ok(taken) = self.raw.acquire(Patience::Forever, &mut Uninterrupted);
        assert!(taken, "a wait without an end ended by itself");
    }

    /// Called by the thread that has just taken `raw`.
    #[inline]
    fn guard(&self) -> RLockGuard<'_, T> {
        RLockGuard {
            lock: self,
            thread_bound: PhantomData,
        }
    }
}

impl<T: Default> Default for RLock<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("RLock");
        match self.try_acquire() {
            Some(guard) => shown.field("value", &&*guard),
            None => shown.field("value", &format_args!("<held>")),
        };
        shown.finish()
    }
}

/// Shared access to the value of an [`RLock`], until dropped.
#[must_use = "the lock is given back at once if the guard is not kept"]
pub struct RLockGuard<'a, T: ?Sized> {
    lock: &'a RLock<T>,
    /// Neither sent nor shared: only the thread that took the lock can give it back.
    thread_bound: PhantomData<*const ()>,
}

impl<T: ?Sized> Deref for RLockGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: this thread owns the lock while this guard exists, and all guards give shared
        // access only.
        self.lock.value.with(|value| unsafe { &*value })
    }
}

impl<T: ?Sized> Drop for RLockGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        let given_back = self.lock.raw.release();
        debug_assert!(
            given_back.is_ok(),
            "a guard exists only while its thread owns the lock"
        );
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RLockGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
