//! A value that one thread uses again and again, without an atomic exchange.
//!
//! Promise: while a thread owns the value nobody else reaches it; others leave what they have in the
//! tray, which is locked. While nobody owns it, whoever holds the tray's lock has both.

#![expect(unsafe_code, reason = "the owned value is reached through a cell")]

use crate::{ShortLock, thread_key};
use ropewalk_facade::atomic::{AtomicBool, AtomicUsize, Ordering};
use ropewalk_facade::cell::UnsafeCell;
use std::fmt;
use std::marker::PhantomData;

/// Nobody's key.
const NOBODY: usize = 0;

/// A value with an owner, and a tray for everybody else.
pub struct Owned<T, Tray> {
    /// The key of the thread that owns the value. Changed only under the tray's lock: from NOBODY to
    /// a thread by that thread, and back by the same.
    owner: AtomicUsize,
    /// The value is being used; written by whoever may use it. Guards against use within a use.
    busy: AtomicBool,
    /// Something may be in the tray. Written under its lock.
    filled: AtomicBool,
    value: UnsafeCell<T>,
    tray: ShortLock<Tray>,
}

// SAFETY: the value is reached only by its owner, or under the tray's lock while nobody owns it, and
// the lock passes it on; so threads hand it to each other but never share it.
unsafe impl<T: Send, Tray: Send> Sync for Owned<T, Tray> {}
// SAFETY: moving it moves value and tray, which may be sent.
unsafe impl<T: Send, Tray: Send> Send for Owned<T, Tray> {}

impl<T, Tray> Owned<T, Tray> {
    /// A value that nobody owns.
    pub fn new(value: T, tray: Tray) -> Self {
        Self {
            owner: AtomicUsize::new(NOBODY),
            busy: AtomicBool::new(false),
            filled: AtomicBool::new(false),
            value: UnsafeCell::new(value),
            tray: ShortLock::new(tray),
        }
    }

    /// Makes this thread the owner until the result is dropped; None if a thread owns it already.
    pub fn own(&self) -> Option<Owning<'_, T, Tray>> {
        let _tray = self.tray.lock();
        if self.owner.load(Ordering::Relaxed) != NOBODY {
            return None;
        }
        self.owner.store(thread_key(), Ordering::Relaxed);
        Some(Owning {
            owned: self,
            _here: PhantomData,
        })
    }

    /// Whether this thread is the owner.
    #[inline]
    pub fn is_mine(&self) -> bool {
        // Relaxed: only this thread writes its own key, so it is seen if and only if it holds.
        self.owner.load(Ordering::Relaxed) == thread_key()
    }

    /// Uses the value if this thread owns it and does not use it at the moment.
    #[inline]
    pub fn mine<R>(&self, action: impl FnOnce(&mut T) -> R) -> Option<R> {
        if !self.is_mine() {
            return None;
        }
        // SAFETY: this thread owns the value.
        unsafe { self.use_value(action) }
    }

    /// Uses the value together with an argument, as `mine` does; gives the argument back where the
    /// value cannot be used.
    ///
    /// # Errors
    /// The argument, untouched.
    #[inline]
    pub fn mine_with<A, R>(
        &self,
        argument: A,
        action: impl FnOnce(&mut T, A) -> R,
    ) -> Result<R, A> {
        let Some(_using) = self.is_mine().then(|| self.begin()).flatten() else {
            return Err(argument);
        };
        // SAFETY: this thread owns the value, and nothing else uses it.
        let act = |value: *mut T| action(unsafe { &mut *value }, argument);
        Ok(self.value.with_mut(act))
    }

    /// Uses the value, if this thread owns it or nobody does; else the tray.
    ///
    /// # Panics
    /// From within a use of the value.
    #[inline]
    pub fn with<R>(
        &self,
        action: impl FnOnce(&mut T) -> R,
        otherwise: impl FnOnce(&mut Tray) -> R,
    ) -> R {
        if self.is_mine() {
            // SAFETY: this thread owns the value.
            let used = unsafe { self.use_value(action) };
            return used.expect("the value is used from within a use of it");
        }
        self.with_lock(action, otherwise)
    }

    #[inline(never)]
    fn with_lock<R>(
        &self,
        action: impl FnOnce(&mut T) -> R,
        otherwise: impl FnOnce(&mut Tray) -> R,
    ) -> R {
        let mut tray = self.tray.lock();
        if self.owner.load(Ordering::Relaxed) == NOBODY {
            // SAFETY: nobody owns the value, and nobody can begin to while the tray is locked.
            let used = unsafe { self.use_value(action) };
            return used.expect("the value is used from within a use of it");
        }
        self.filled.store(true, Ordering::Relaxed);
        otherwise(&mut tray)
    }

    /// Whether something may be in the tray. Of a fill that happened before, true.
    #[inline]
    pub fn is_filled(&self) -> bool {
        self.filled.load(Ordering::Relaxed)
    }

    /// Empties the tray.
    pub fn take_tray(&self) -> Tray
    where
        Tray: Default,
    {
        let mut tray = self.tray.lock();
        self.filled.store(false, Ordering::Relaxed);
        std::mem::take(&mut *tray)
    }

    /// Looks at both, if that is possible without waiting.
    pub fn look<R>(&self, action: impl FnOnce(&mut T, &mut Tray) -> R) -> Option<R> {
        let mut tray = self.tray.try_lock()?;
        let owner = self.owner.load(Ordering::Relaxed);
        if owner != NOBODY && owner != thread_key() {
            return None;
        }
        // SAFETY: this thread owns the value, or nobody does and the tray is locked.
        unsafe { self.use_value(|value| action(value, &mut tray)) }
    }

    /// Notes that the value is in use until the result is dropped; None if it is already. For the
    /// thread that may use it.
    #[inline]
    fn begin(&self) -> Option<Using<'_>> {
        if self.busy.load(Ordering::Relaxed) {
            return None;
        }
        self.busy.store(true, Ordering::Relaxed);
        Some(Using(&self.busy))
    }

    /// Uses the value unless it is in use.
    ///
    /// # Safety
    /// This thread owns the value, or nobody does and the tray is locked by this thread.
    #[inline]
    unsafe fn use_value<R>(&self, action: impl FnOnce(&mut T) -> R) -> Option<R> {
        let _using = self.begin()?;
        // SAFETY: no other thread reaches the value (see above), and `busy` keeps this one from
        // reaching it a second time.
        Some(self.value.with_mut(|value| action(unsafe { &mut *value })))
    }
}

/// The value is in use, until dropped.
struct Using<'a>(&'a AtomicBool);

impl Drop for Using<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl<T, Tray> fmt::Debug for Owned<T, Tray> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Owned")
            .field("owner", &self.owner.load(Ordering::Relaxed))
            .finish_non_exhaustive()
    }
}

/// Owning the value, until dropped.
#[derive(Debug)]
pub struct Owning<'a, T, Tray> {
    owned: &'a Owned<T, Tray>,
    /// It is this thread that owns: the guard stays in it.
    _here: PhantomData<*const ()>,
}

impl<T, Tray> Drop for Owning<'_, T, Tray> {
    fn drop(&mut self) {
        // The lock carries what was done to the value to whoever uses it next.
        let _tray = self.owned.tray.lock();
        self.owned.owner.store(NOBODY, Ordering::Relaxed);
    }
}
