//! Every order of steps (up to the preemption bound) in which a thread that was overtaken is handed
//! a lock or a permit: while it waits, as its time runs out, as it gives up, with another behind it.
//! Promise: a model fails if the lock or a permit is lost with the thread that it was handed to
//! (loom sees a deadlock), or if two threads have it.

#![cfg(loom)]
#![expect(clippy::unwrap_used, reason = "a model fails by panicking")]

use explore::explore;
use loom::sync::Arc;
use models::{GivesUp, SOME_TIME, with};
use ropewalk_park::{Outcome, Waiter};
use ropewalk_sync::{Deadline, Lock, Patience, RLock, Semaphore, Sleeper, Uninterrupted};

#[path = "models/explore.rs"]
mod explore;
mod models;

const MOST: usize = Semaphore::MOST;

/// Goes on after the first sleep, and gives up after the second one, told or not.
#[derive(Default)]
struct GivesUpLater {
    slept: bool,
}

impl Sleeper for GivesUpLater {
    type Abort = ();

    fn sleep(&mut self, waiter: &Waiter, deadline: Deadline) -> Result<bool, ()> {
        if std::mem::replace(&mut self.slept, true) {
            GivesUp.sleep(waiter, deadline)
        } else {
            Ok(waiter.sleep(deadline) == Outcome::Told)
        }
    }
}

fn acquire(lock: &Lock) {
    let Ok(taken) = lock.acquire(Patience::Forever, &mut Uninterrupted);
    assert!(taken && lock.owner() == ropewalk_sync::thread_key());
}

fn turn(lock: &Lock) {
    acquire(lock);
    lock.release().unwrap();
}

/// A thread that may give up, and gives the lock back if it got it.
fn perhaps<S: Sleeper>(lock: &Lock, patience: Patience, sleeper: &mut S) {
    if let Ok(true) = lock.acquire(patience, sleeper) {
        lock.release().unwrap();
    }
}

/// What the one does that overtakes the others: releases, is faster again, releases.
fn overtake(lock: &Lock) {
    lock.release().unwrap();
    if lock.try_acquire() {
        lock.release().unwrap();
    }
}

#[test]
fn who_was_overtaken_gets_the_lock_and_so_does_the_next() {
    explore(|| {
        let lock = Arc::new(Lock::new());
        acquire(&lock);
        let waiting = [0; 2].map(|_| with(&lock, turn));
        overtake(&lock);
        let _ = waiting.map(|thread| thread.join().unwrap());
        assert!(!lock.is_held());
    });
}

#[test]
fn a_lock_handed_over_as_time_runs_out_is_taken() {
    explore(|| {
        let lock = Arc::new(Lock::new());
        acquire(&lock);
        let hasty = with(&lock, |lock| perhaps(lock, SOME_TIME, &mut Uninterrupted));
        let patient = with(&lock, turn);
        overtake(&lock);
        hasty.join().unwrap();
        patient.join().unwrap();
        assert!(!lock.is_held());
    });
}

#[test]
fn a_lock_handed_to_a_thread_that_gives_up_goes_on_to_the_next() {
    explore(|| {
        let lock = Arc::new(Lock::new());
        acquire(&lock);
        let fickle = with(&lock, |lock| {
            perhaps(lock, Patience::Forever, &mut GivesUpLater::default());
        });
        let patient = with(&lock, turn);
        overtake(&lock);
        fickle.join().unwrap();
        patient.join().unwrap();
        assert!(!lock.is_held());
    });
}

#[test]
fn two_that_give_up_leave_a_free_lock() {
    explore(|| {
        let lock = Arc::new(Lock::new());
        acquire(&lock);
        let first = with(&lock, |lock| {
            perhaps(lock, Patience::Forever, &mut GivesUpLater::default());
        });
        let second = with(&lock, |lock| {
            perhaps(lock, Patience::Forever, &mut GivesUp);
        });
        overtake(&lock);
        first.join().unwrap();
        second.join().unwrap();
        assert!(lock.try_acquire());
    });
}

#[test]
fn a_lock_that_a_stranger_gives_back_is_handed_over_too() {
    explore(|| {
        let lock = Arc::new(Lock::new());
        acquire(&lock);
        let waiting = with(&lock, turn);
        let stranger = with(&lock, |lock| lock.release().unwrap());
        stranger.join().unwrap();
        if lock.try_acquire() {
            lock.release().unwrap();
        }
        waiting.join().unwrap();
        assert!(!lock.is_held());
    });
}

#[test]
fn an_rlock_that_was_handed_over_is_its_new_owners() {
    explore(|| {
        let lock = Arc::new(RLock::new());
        let take = |lock: &RLock| {
            let Ok(taken) = lock.acquire(Patience::Forever, &mut Uninterrupted);
            assert!(taken && lock.is_mine() && lock.count() == 1);
        };
        take(&lock);
        let waiting = with(&lock, move |lock| {
            take(lock);
            lock.release().unwrap();
        });
        lock.release().unwrap();
        assert!(!lock.is_mine());
        take(&lock);
        lock.release().unwrap();
        waiting.join().unwrap();
        assert!(!lock.is_held());
    });
}

#[test]
fn a_permit_set_aside_is_nobody_elses_and_never_lost() {
    explore(|| {
        let semaphore = Arc::new(Semaphore::new(0));
        let patient = with(&semaphore, |semaphore| {
            let Ok(taken) = semaphore.acquire(Patience::Forever, &mut Uninterrupted);
            assert!(taken);
            semaphore.release(1, MOST).unwrap();
        });
        let fickle = with(&semaphore, |semaphore| {
            let mut sleeper = GivesUpLater::default();
            if semaphore.acquire(Patience::Forever, &mut sleeper) == Ok(true) {
                semaphore.release(1, MOST).unwrap();
            }
        });
        semaphore.release(1, MOST).unwrap();
        if semaphore.try_acquire() {
            semaphore.release(1, MOST).unwrap();
        }
        patient.join().unwrap();
        fickle.join().unwrap();
        assert_eq!(semaphore.permits(), 1);
    });
}

#[test]
fn two_permits_at_once_reach_the_overtaken_one_and_the_one_behind_it() {
    explore(|| {
        let semaphore = Arc::new(Semaphore::new(0));
        let takers = [SOME_TIME, Patience::Forever].map(|patience| {
            with(&semaphore, move |semaphore| {
                let Ok(taken) = semaphore.acquire(patience, &mut Uninterrupted);
                usize::from(taken)
            })
        });
        semaphore.release(1, MOST).unwrap();
        let overtaken = semaphore.try_acquire();
        semaphore.release(1 + usize::from(overtaken), MOST).unwrap();
        let taken: usize = takers.map(|taker| taker.join().unwrap()).iter().sum();
        assert_eq!(semaphore.permits(), 2 - taken);
    });
}
