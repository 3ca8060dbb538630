//! Forks. Promise: in a child, what was held, set or counted is as it was, nobody waits, and the
//! child's thread can use all of it.

#![cfg(unix)]
#![expect(unsafe_code, reason = "a test of fork forks")]

use ropewalk_park::Waiter;
use ropewalk_sync::{
    Condition, Deadline, Event, Lock, Patience, RLock, Semaphore, Sleeper, Uninterrupted,
};

/// Forks, and says whether `in_child` was true there. The child ends without cleaning up.
fn in_a_child(in_child: impl FnOnce() -> bool) -> bool {
    // SAFETY: the C library makes its allocator usable in the child, and `in_child` takes no
    // lock that another thread of the parent could hold; then the child calls `_exit`.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "fork failed");
    if child == 0 {
        let status = i32::from(!in_child());
        // SAFETY: ends the child at once; nothing of the parent's is run or flushed.
        unsafe { libc::_exit(status) };
    }
    let mut status = 0;
    // SAFETY: `child` is our child and `status` is ours to write.
    let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(waited, child);
    libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0
}

/// Does something while its thread stands in a list, and gives the wait up.
struct Meanwhile<F>(F);

impl<F: FnMut() -> bool> Sleeper for Meanwhile<F> {
    type Abort = bool;

    fn sleep(&mut self, _: &Waiter, _: Deadline) -> Result<bool, bool> {
        Err((self.0)())
    }
}

#[test]
fn a_held_lock_is_held_in_a_child_and_can_be_given_back_and_taken() {
    let lock = Lock::new();
    assert!(lock.try_acquire());
    // The fork happens while a waiter stands in the list: in the child it is not there.
    let mut forking = Meanwhile(|| {
        in_a_child(|| {
            let was_held = lock.is_held() && !lock.try_acquire();
            was_held && lock.release().is_ok() && lock.try_acquire() && lock.release().is_ok()
        })
    });
    assert_eq!(lock.acquire(Patience::Forever, &mut forking), Err(true));
    assert!(lock.is_held());
}

#[test]
fn an_rlock_stays_its_owners_in_a_child() {
    let lock = RLock::new();
    for _ in 0..2 {
        assert_eq!(lock.acquire(Patience::None, &mut Uninterrupted), Ok(true));
    }
    assert!(in_a_child(|| {
        lock.count() == 2 && lock.release_all() == Ok(2) && !lock.is_held()
    }));
    assert_eq!(lock.count(), 2);
}

#[test]
fn permits_and_flags_are_in_a_child_what_they_were_and_nobody_waits() {
    let (semaphore, event) = (Semaphore::new(0), Event::new());
    let mut forking = Meanwhile(|| {
        in_a_child(|| {
            semaphore.release(2, Semaphore::MOST).is_ok()
                && semaphore.permits() == 2
                && semaphore.try_acquire()
        })
    });
    assert_eq!(
        semaphore.acquire(Patience::Forever, &mut forking),
        Err(true)
    );
    assert_eq!(semaphore.permits(), 0);
    let mut forking = Meanwhile(|| {
        in_a_child(|| {
            event.set();
            event.wait(Patience::None, &mut Uninterrupted) == Ok(true)
        })
    });
    assert_eq!(event.wait(Patience::Forever, &mut forking), Err(true));
    assert!(!event.is_set());
}

#[test]
fn a_notification_in_a_child_reaches_only_its_own_waiters() {
    let condition = Condition::new();
    let parents = condition.take_place();
    assert!(in_a_child(|| {
        let nobody = condition.waiters() == 0;
        let place = condition.take_place();
        condition.notify(1);
        nobody && place.sleep(Deadline::now(), &mut Uninterrupted) == Ok(true)
    }));
    assert_eq!(condition.waiters(), 1);
    drop(parents);
}
