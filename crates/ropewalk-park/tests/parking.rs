//! Waiters and their list. Promise: telling is by turn and once; whoever times out learns whether
//! it was told; Rust's way of sleeping goes on after a signal.

use ropewalk_park::{
    Deadline, Left, Outcome, Patience, ShortLock, Sleeper, Uninterrupted, WaitList, Waiter,
    WaiterHandle,
};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};
use watchdog::Watchdog;

mod watchdog;

/// All tests put a thread into a list through this function.
fn enlist(list: &mut WaitList, waiter: &WaiterHandle) {
    list.enlist(waiter);
}

#[test]
fn a_waiter_told_before_it_sleeps_does_not_sleep() {
    let mut list = WaitList::new();
    let waiter = Waiter::current();
    enlist(&mut list, &waiter);
    // Nobody is asleep, so no wake is owed.
    assert!(list.tell_first().is_empty());
    assert_eq!(waiter.sleep(Deadline::NEVER), Outcome::Told);
    assert_eq!(list.leave(&waiter), Left::Told);
}

#[test]
fn a_waiter_that_times_out_is_still_in_its_list() {
    let mut list = WaitList::new();
    let waiter = Waiter::current();
    enlist(&mut list, &waiter);
    assert_eq!(waiter.sleep(Deadline::now()), Outcome::TimedOut);
    assert_eq!(list.len(), 1);
    assert_eq!(list.leave(&waiter), Left::Waiting);
    assert!(list.is_empty());
}

#[test]
fn a_timed_out_waiter_does_not_swallow_the_wakeup() {
    let mut list = WaitList::new();
    let (first, second) = (Waiter::current(), Waiter::current());
    enlist(&mut list, &first);
    enlist(&mut list, &second);
    assert_eq!(first.sleep(Deadline::now()), Outcome::TimedOut);
    // Told between the time-out and leaving; a wake is owed, for it was asleep.
    let wakes = list.tell_first();
    assert_eq!(wakes.len(), 1);
    wakes.now();
    assert_eq!(list.leave(&first), Left::Told);
    // So it tells the next one, who has not slept.
    assert!(list.tell_first().is_empty());
    assert_eq!(second.sleep(Deadline::NEVER), Outcome::Told);
}

#[test]
fn waiters_are_told_in_the_order_they_came() {
    let mut list = WaitList::new();
    let waiters: Vec<_> = (0..4).map(|_| Waiter::current()).collect();
    for waiter in &waiters {
        enlist(&mut list, waiter);
    }
    assert!(list.tell(2).is_empty());
    let told = |place: usize| waiters[place].sleep(Deadline::now()) == Outcome::Told;
    assert_eq!([0, 1, 2, 3].map(told), [true, true, false, false]);
    // Those two slept just now, so they are owed a wake.
    let wakes = list.tell_all();
    assert_eq!(wakes.len(), 2);
    wakes.now();
    assert_eq!([0, 1, 2, 3].map(told), [true; 4]);
}

#[test]
fn leaving_from_the_middle_keeps_the_order() {
    let mut list = WaitList::new();
    let waiters: Vec<_> = (0..3).map(|_| Waiter::current()).collect();
    for waiter in &waiters {
        enlist(&mut list, waiter);
    }
    assert_eq!(list.leave(&waiters[1]), Left::Waiting);
    assert!(list.tell(1).is_empty());
    assert_eq!(list.leave(&waiters[0]), Left::Told);
    assert_eq!(list.leave(&waiters[2]), Left::Waiting);
}

#[test]
fn a_waiter_can_be_enlisted_again_after_it_was_told() {
    let mut list = WaitList::new();
    let waiter = Waiter::current();
    for _ in 0..2 {
        enlist(&mut list, &waiter);
        assert!(list.tell_first().is_empty());
        assert_eq!(waiter.sleep(Deadline::NEVER), Outcome::Told);
    }
    enlist(&mut list, &waiter);
    assert_eq!(waiter.sleep(Deadline::now()), Outcome::TimedOut);
}

#[test]
fn a_sleeping_thread_is_woken() {
    let _watchdog = Watchdog::new();
    let list = Arc::new(ShortLock::new(WaitList::new()));
    let (tell, enlisted) = channel();
    let sleeper = thread::spawn({
        let list = Arc::clone(&list);
        move || {
            let waiter = Waiter::current();
            enlist(&mut list.lock(), &waiter);
            let _ = tell.send(());
            Uninterrupted.sleep(&waiter, Deadline::NEVER)
        }
    });
    enlisted.recv().expect("it enlists");
    list.lock().tell_first().now();
    assert_eq!(sleeper.join().expect("no panic"), Ok(true));
}

#[test]
fn the_lock_is_free_during_unlocked_and_held_after_it() {
    let lock = ShortLock::new(1);
    let mut guard = lock.lock();
    assert!(lock.try_lock().is_none());
    guard.unlocked(|| *lock.lock() += 1);
    assert!(lock.try_lock().is_none());
    assert_eq!(*guard, 2);
    drop(guard);
    assert_eq!(lock.into_inner(), 2);
}

#[test]
fn a_try_that_fails_leaves_the_lock_held() {
    let lock = ShortLock::new(());
    let guard = lock.lock();
    for _ in 0..3 {
        assert!(lock.try_lock().is_none());
    }
    drop(guard);
    assert!(lock.try_lock().is_some());
}

#[test]
fn a_panic_during_unlocked_comes_back_with_the_lock() {
    let lock = ShortLock::new(());
    let mut guard = lock.lock();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        guard.unlocked(|| resume_unwind(Box::new("a panic")));
    }));
    assert!(panicked.is_err());
    assert!(lock.try_lock().is_none());
    drop(guard);
    assert!(lock.try_lock().is_some());
}

#[test]
fn many_threads_at_one_short_lock_count_right() {
    const EACH: usize = 20_000;
    let _watchdog = Watchdog::new();
    let lock = ShortLock::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..EACH).for_each(|_| *lock.lock() += 1));
        }
    });
    assert_eq!(lock.into_inner(), 4 * EACH);
}

#[test]
fn patience_begins_when_it_is_asked_for() {
    assert_eq!(Patience::None.deadline(), None);
    assert_eq!(Patience::Forever.deadline(), Some(Deadline::NEVER));
    let end = Deadline::from(Instant::now());
    assert_eq!(Patience::from(end).deadline(), Some(end));
    let a_while = Patience::from(Duration::from_secs(3600)).deadline();
    assert!(a_while.is_some_and(|end| !end.has_passed()));
}
