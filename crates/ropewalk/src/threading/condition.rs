//! Waiting until a value behind a lock changes. Promise: a wait ends by a notification or by its
//! time, never for no reason; a notification while the lock is held is never missed.

use super::LockGuard;
use ropewalk_sync::{Deadline, Patience, Uninterrupted};

/// Threads that wait to be notified of a change.
///
/// Take it where threads wait for a value behind a [`Lock`](super::Lock) to become something; for
/// a flag that is set once an [`Event`](super::Event) is simpler, for items a
/// [`Queue`](crate::queue::Queue).
///
/// ```
/// use ropewalk::threading::{Condition, Lock, Thread};
/// use std::sync::Arc;
///
/// let shared = Arc::new((Lock::new(0), Condition::new()));
/// let counting = Arc::clone(&shared);
/// let thread = Thread::new(move || {
///     for _ in 0..3 {
///         *counting.0.acquire() += 1;
///         counting.1.notify(1);
///     }
/// })
/// .start()?;
/// let (count, changed) = &*shared;
/// let count = changed.wait_for(count.acquire(), |count| *count == 3);
/// assert_eq!(*count, 3);
/// # drop(count);
/// # thread.join().unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Between a notification and the waiter's return another thread may take the lock and change the
/// value again: so wait with [`Condition::wait_for`], or look at the value in a loop.
///
/// It works with [`Lock`](super::Lock) and not with [`RLock`](super::RLock): a wait has to give the
/// lock back, and the same thread's other guards of an `RLock` would then guard nothing.
#[derive(Debug, Default)]
pub struct Condition(ropewalk_sync::Condition);

impl Condition {
    /// A condition nobody waits for.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives the lock back, waits until notified, and takes the lock again.
    ///
    /// Blocking: until notified, and until the lock is free.
    pub fn wait<'a, T: ?Sized>(&self, guard: LockGuard<'a, T>) -> LockGuard<'a, T> {
        self.wait_until(guard, Patience::Forever).0
    }

    /// The same, waiting until a `Deadline` or for a `Duration`; true when notified.
    ///
    /// ```
    /// use ropewalk::threading::{Condition, Lock};
    /// use std::time::Duration;
    ///
    /// let (lock, never) = (Lock::new(()), Condition::new());
    /// let (_guard, notified) = never.wait_until(lock.acquire(), Duration::from_millis(5));
    /// assert!(!notified);
    /// ```
    ///
    /// Blocking: at most so long, and until the lock is free.
    pub fn wait_until<'a, T: ?Sized>(
        &self,
        mut guard: LockGuard<'a, T>,
        end: impl Into<Patience>,
    ) -> (LockGuard<'a, T>, bool) {
        let deadline = end.into().deadline().unwrap_or_else(Deadline::now);
        let place = self.0.take_place();
        let Ok(notified) =
            LockGuard::unlocked(&mut guard, || place.sleep(deadline, &mut Uninterrupted));
        (guard, notified)
    }

    /// Waits until `predicate` holds: it is asked at once, and after each notification, with the
    /// lock held.
    ///
    /// Blocking: as long as that takes.
    pub fn wait_for<'a, T: ?Sized>(
        &self,
        guard: LockGuard<'a, T>,
        predicate: impl FnMut(&mut T) -> bool,
    ) -> LockGuard<'a, T> {
        self.wait_for_until(guard, Patience::Forever, predicate).0
    }

    /// The same, waiting until a `Deadline` or for a `Duration`; the predicate's last answer.
    ///
    /// Blocking: at most so long, and until the lock is free.
    pub fn wait_for_until<'a, T: ?Sized>(
        &self,
        mut guard: LockGuard<'a, T>,
        end: impl Into<Patience>,
        mut predicate: impl FnMut(&mut T) -> bool,
    ) -> (LockGuard<'a, T>, bool) {
        let deadline = end.into().deadline().unwrap_or_else(Deadline::now);
        let mut in_time = true;
        loop {
            let holds = predicate(&mut guard);
            if holds || !in_time {
                return (guard, holds);
            }
            (guard, in_time) = self.wait_until(guard, deadline);
        }
    }

    /// Notifies up to `count` waiters, those that have waited longest first.
    ///
    /// Call it with the lock held, or after it was given back.
    pub fn notify(&self, count: usize) {
        self.0.notify(count);
    }

    /// Notifies everybody who waits.
    pub fn notify_all(&self) {
        self.0.notify_all();
    }
}
