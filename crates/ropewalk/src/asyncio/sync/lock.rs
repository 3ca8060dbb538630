//! Locks that are held across an await. Promise: one holder at a time, first come first served.

use super::permits::Permits;
use std::cell::{RefCell, RefMut};
use std::ops::{Deref, DerefMut};

/// A value that one task at a time has for itself, also while it awaits something.
///
/// It belongs to the tasks of one thread; where nothing is awaited meanwhile, a `RefCell` will do.
///
/// ```
/// use ropewalk::asyncio::{Lock, run};
///
/// run(async {
///     let lock = Lock::new(1);
///     *lock.acquire().await += 1;
///     assert_eq!(*lock.acquire().await, 2);
/// });
/// ```
#[derive(Debug)]
pub struct Lock<T> {
    turn: Permits,
    value: RefCell<T>,
}

/// The value, as long as this lives.
#[derive(Debug)]
pub struct LockGuard<'a, T> {
    // Fields are dropped in this order: the value is let go of before the turn.
    value: RefMut<'a, T>,
    _turn: Turn<'a>,
}

#[derive(Debug)]
struct Turn<'a>(&'a Permits);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.release();
    }
}

impl<T> Lock<T> {
    /// Around a value.
    #[must_use]
    pub fn new(value: T) -> Self {
        Self {
            turn: Permits::new(1),
            value: RefCell::new(value),
        }
    }

    /// Waits for its turn.
    pub async fn acquire(&self) -> LockGuard<'_, T> {
        // Nobody closes it.
        let _ = self.turn.acquire().await;
        self.guard()
    }

    /// The value, if nobody has it.
    #[must_use]
    pub fn try_acquire(&self) -> Option<LockGuard<'_, T>> {
        matches!(self.turn.try_acquire(), Ok(true)).then(|| self.guard())
    }

    /// Whether somebody has it.
    #[must_use]
    pub fn locked(&self) -> bool {
        self.turn.free() == 0
    }

    fn guard(&self) -> LockGuard<'_, T> {
        LockGuard {
            value: self.value.borrow_mut(),
            _turn: Turn(&self.turn),
        }
    }

    /// The value, and no lock any more.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T> Deref for LockGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for LockGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}
