//! Waiting until another thread says that something changed.
//!
//! Promise: it knows nothing of the lock that guards the something, so it works with any; waiters
//! are notified first come first served; a waiter that is notified and gives up at that instant
//! passes the notification on. Taking the lock again is the caller's, and as fair as that lock is.

use ropewalk_park::{Deadline, Left, ShortLock, Sleeper, WaitList, Waiter, WaiterHandle, Wakes};

/// Threads that wait for a notification.
///
/// A wait has three steps, because the lock around it is the caller's: take a [`Place`] while the
/// lock is held, give the lock back and sleep in that place, take the lock again.
#[derive(Debug, Default)]
pub struct Condition {
    list: ShortLock<WaitList>,
}

impl Condition {
    /// A condition nobody waits for.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The first step of a wait: from now on a notification reaches the current thread.
    pub fn take_place(&self) -> Place<'_> {
        let waiter = Waiter::current();
        self.list.lock().enlist(&waiter);
        Place {
            condition: self,
            waiter,
            left: false,
        }
    }

    /// Notifies up to `count` waiters, those that have waited longest first.
    pub fn notify(&self, count: usize) {
        let mut list = self.list.lock();
        let wakes = list.tell(count);
        drop(list);
        wakes.now();
    }

    /// Notifies everybody who waits.
    pub fn notify_all(&self) {
        self.notify(usize::MAX);
    }

    /// How many threads wait.
    #[must_use]
    pub fn waiters(&self) -> usize {
        self.list.lock().len()
    }

    /// Forgets who waited: for the one thread of a forked child.
    pub fn reset_after_fork(&self) {
        self.list.lock().forget();
    }
}

/// The current thread's place among those that wait. Dropping it gives the wait up.
#[derive(Debug)]
pub struct Place<'a> {
    condition: &'a Condition,
    waiter: WaiterHandle,
    left: bool,
}

impl Place<'_> {
    /// Sleeps until notified (true) or the deadline (false).
    pub fn sleep<S: Sleeper>(
        mut self,
        deadline: Deadline,
        sleeper: &mut S,
    ) -> Result<bool, S::Abort> {
        sleeper.sleep(&self.waiter, deadline)?;
        self.left = true;
        Ok(self.condition.list.lock().leave(&self.waiter) == Left::Told)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if self.left {
            return;
        }
        let mut list = self.condition.list.lock();
        let wakes = match list.leave(&self.waiter) {
            Left::Told | Left::Given => list.tell_first(),
            Left::Waiting => Wakes::NONE,
        };
        drop(list);
        wakes.now();
    }
}
