//! A value that one thread at a time may change. Promise: while a guard exists nobody else has one.

#![expect(unsafe_code, reason = "the guarded value is reached through a cell")]

use ropewalk_facade::cell::UnsafeCell;
use ropewalk_park::{Patience, Uninterrupted};
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

/// A value behind a lock.
///
/// Take it for anything that several threads change. Who comes first may be faster than who waited longest, as [`crate::Lock`] explains,
/// and not re-entrant: a thread that takes it twice waits for itself.
///
/// ```
/// use ropewalk_sync::guarded::Lock;
///
/// let total = Lock::new(0);
/// std::thread::scope(|scope| {
///     for number in 1..=4 {
///         scope.spawn({
///             let total = &total;
///             move || *total.acquire() += number
///         });
///     }
/// });
/// assert_eq!(total.into_inner(), 10);
/// ```
///
/// Panics: a panic does not poison the lock; see the [module](crate::guarded).
/// Fork: in a forked child a held lock is held; threads that waited are the parent's.
pub struct Lock<T: ?Sized> {
    raw: crate::Lock,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached through a guard only, and `raw` lets one guard exist at a time; so
// threads pass the value among them but never share it.
unsafe impl<T: ?Sized + Send> Sync for Lock<T> {}
// SAFETY: moving the lock moves the value, which may be sent.
unsafe impl<T: ?Sized + Send> Send for Lock<T> {}

impl<T> Lock<T> {
    /// A free lock around `value`.
    pub fn new(value: T) -> Self {
        Self {
            raw: crate::Lock::new(),
            value: UnsafeCell::new(value),
        }
    }

    /// The value, without locking: having the lock itself proves that no guard exists.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> Lock<T> {
    /// Takes the lock.
    ///
    /// Blocking: until no other thread holds it.
    #[inline]
    pub fn acquire(&self) -> LockGuard<'_, T> {
        self.take();
        self.guard()
    }

    /// Takes the lock if it is free now.
    #[inline]
    pub fn try_acquire(&self) -> Option<LockGuard<'_, T>> {
        self.raw.try_acquire().then(|| self.guard())
    }

    /// Takes the lock, waiting for it until a `Deadline` or for a `Duration`.
    ///
    /// ```
    /// use ropewalk_sync::guarded::Lock;
    /// use std::time::Duration;
    ///
    /// let lock = Lock::new('a');
    /// let guard = lock.acquire();
    /// assert!(lock.acquire_until(Duration::from_millis(5)).is_none());
    /// drop(guard);
    /// assert!(lock.acquire_until(Duration::from_millis(5)).is_some());
    /// ```
    ///
    /// Blocking: at most so long.
    pub fn acquire_until(&self, end: impl Into<Patience>) -> Option<LockGuard<'_, T>> {
        let Ok(taken) = self.raw.acquire(end.into(), &mut Uninterrupted);
        taken.then(|| self.guard())
    }

    /// True while a guard exists.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.raw.is_held()
    }

    /// The value, without locking: nobody else can reach the lock while it is borrowed mutably.
    pub fn get_mut(&mut self) -> &mut T {
        // SAFETY: `self` is borrowed mutably for as long as the result lives; so no guard exists,
        // and none can come into being.
        self.value.with_mut(|value| unsafe { &mut *value })
    }

    #[inline]
    fn take(&self) {
        let Ok(taken) = self.raw.acquire(Patience::Forever, &mut Uninterrupted);
        assert!(taken, "a wait without an end ended by itself");
    }

    /// Called by the thread that has just taken `raw`.
    #[inline]
    fn guard(&self) -> LockGuard<'_, T> {
        LockGuard {
            lock: self,
            value: PhantomData,
        }
    }
}

impl<T: Default> Default for Lock<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for Lock<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Lock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Lock");
        match self.try_acquire() {
            Some(guard) => shown.field("value", &&*guard),
            None => shown.field("value", &format_args!("<held>")),
        };
        shown.finish()
    }
}

/// The right to the value of a [`Lock`], until dropped. It may be sent to another thread, which
/// then gives the lock back.
#[must_use = "the lock is given back at once if the guard is not kept"]
pub struct LockGuard<'a, T: ?Sized> {
    lock: &'a Lock<T>,
    /// A guard is to other threads what a mutable reference is.
    value: PhantomData<&'a mut T>,
}

impl<T: ?Sized> LockGuard<'_, T> {
    /// Gives the lock back, calls `action`, and takes the lock again, also if `action` panics.
    ///
    /// ```
    /// use ropewalk_sync::guarded::{Lock, LockGuard};
    ///
    /// let lock = Lock::new(1);
    /// let mut guard = lock.acquire();
    /// LockGuard::unlocked(&mut guard, || *lock.acquire() += 1);
    /// assert_eq!(*guard, 2);
    /// ```
    ///
    /// Blocking: until the lock is free again.
    pub fn unlocked<R>(guard: &mut Self, action: impl FnOnce() -> R) -> R {
        struct Retake<'a, T: ?Sized>(&'a Lock<T>);
        impl<T: ?Sized> Drop for Retake<'_, T> {
            fn drop(&mut self) {
                self.0.take();
            }
        }
        guard.give_back();
        let _retake = Retake(guard.lock);
        action()
    }

    #[inline]
    fn give_back(&self) {
        let given_back = self.lock.raw.release();
        debug_assert!(
            given_back.is_ok(),
            "a guard exists only while the lock is held"
        );
    }
}

impl<T: ?Sized> Deref for LockGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: this guard is the only one, and `unlocked` borrows it mutably for as long as
        // the lock is not held.
        self.lock.value.with(|value| unsafe { &*value })
    }
}

impl<T: ?Sized> DerefMut for LockGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`; and `self` is borrowed mutably, so no other reference exists.
        self.lock.value.with_mut(|value| unsafe { &mut *value })
    }
}

impl<T: ?Sized> Drop for LockGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.give_back();
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for LockGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
