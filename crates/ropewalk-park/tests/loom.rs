//! Every order of steps (up to the preemption bound) in which threads lock, sleep, tell and time
//! out. Promise: a model fails if a wake-up is lost (loom sees a deadlock), if two threads are in
//! at once, or if what one thread wrote before telling is not seen by the thread that was told.
//!
//! In a model there is no clock: a sleep with a deadline may time out at any step.

#![cfg(loom)]
#![expect(unsafe_code, reason = "cells whose access loom checks")]

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;
use ropewalk_park::{Deadline, Left, Outcome, ShortLock, WaitList, Waiter, WaiterHandle, Wakes};
use std::time::Duration;

/// All models put a thread into a list through this function.
fn enlist(list: &mut WaitList, waiter: &WaiterHandle) {
    list.enlist(waiter);
}

/// A deadline that is not over when asked, so that the sleep itself decides.
fn some_deadline() -> Deadline {
    Deadline::after(Duration::from_secs(3600))
}

/// A number that loom watches: two threads at it at once are an error, unlocked or not.
#[derive(Default)]
struct Watched(UnsafeCell<u32>);

// SAFETY: the models below access it under a protocol, and loom reports a breach.
unsafe impl Sync for Watched {}

impl Watched {
    fn add_one(&self) {
        // SAFETY: loom fails the model if another thread is at the cell.
        self.0.with_mut(|number| unsafe { *number += 1 });
    }

    fn read(&self) -> u32 {
        // SAFETY: loom fails the model if another thread is writing.
        self.0.with(|number| unsafe { *number })
    }
}

/// Permits with a list of threads that wait for one: the protocol of this crate in use.
struct Permits {
    state: ShortLock<(usize, WaitList)>,
}

impl Permits {
    fn new(count: usize) -> Self {
        Self {
            state: ShortLock::new((count, WaitList::new())),
        }
    }

    fn take_until(&self, deadline: Deadline) -> bool {
        let mut out_of_time = false;
        let mut state = self.state.lock();
        loop {
            if state.0 > 0 {
                state.0 -= 1;
                return true;
            }
            if out_of_time {
                return false;
            }
            let waiter = Waiter::current();
            enlist(&mut state.1, &waiter);
            drop(state);
            let outcome = waiter.sleep(deadline);
            state = self.state.lock();
            let left = state.1.leave(&waiter);
            assert!(outcome != Outcome::Told || left == Left::Told);
            out_of_time = outcome == Outcome::TimedOut && left == Left::Waiting;
        }
    }

    /// Waits with an end and gives up without looking again, as a signal handler makes one do.
    fn wait_and_give_up(&self) {
        let waiter = Waiter::current();
        enlist(&mut self.state.lock().1, &waiter);
        let _ = waiter.sleep(some_deadline());
        let mut state = self.state.lock();
        let wakes = match state.1.leave(&waiter) {
            Left::Told | Left::Given => state.1.tell_first(),
            Left::Waiting => Wakes::NONE,
        };
        drop(state);
        wakes.now();
    }

    fn give(&self) {
        let mut state = self.state.lock();
        state.0 += 1;
        let wakes = state.1.tell_first();
        drop(state);
        wakes.now();
    }
}

#[test]
fn the_short_lock_lets_one_thread_in_and_loses_no_wakeup() {
    loom::model(|| {
        let shared = Arc::new((ShortLock::new(()), Watched::default()));
        let others: Vec<_> = (0..2)
            .map(|_| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    let _guard = shared.0.lock();
                    shared.1.add_one();
                })
            })
            .collect();
        {
            let _guard = shared.0.lock();
            shared.1.add_one();
        }
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(shared.1.read(), 3);
    });
}

#[test]
fn a_short_lock_taken_again_and_again_stays_exclusive() {
    loom::model(|| {
        let shared = Arc::new((ShortLock::new(()), Watched::default()));
        let twice = |shared: &(ShortLock<()>, Watched)| {
            for _ in 0..2 {
                let _guard = shared.0.lock();
                shared.1.add_one();
            }
        };
        let other = thread::spawn({
            let shared = Arc::clone(&shared);
            move || twice(&shared)
        });
        twice(&shared);
        other.join().unwrap();
        assert_eq!(shared.1.read(), 4);
    });
}

#[test]
fn try_lock_never_gets_a_lock_that_is_held() {
    loom::model(|| {
        let shared = Arc::new((ShortLock::new(()), Watched::default()));
        let other = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                let got = shared.0.try_lock().inspect(|_| shared.1.add_one());
                u32::from(got.is_some())
            }
        });
        {
            let _guard = shared.0.lock();
            shared.1.add_one();
        }
        let got = other.join().unwrap();
        assert_eq!(shared.1.read(), 1 + got);
    });
}

#[test]
fn unlocked_lets_others_in_and_comes_back_with_the_lock() {
    loom::model(|| {
        let shared = Arc::new((ShortLock::new(0), Watched::default()));
        let other = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                *shared.0.lock() += 1;
                shared.1.add_one();
                *shared.0.lock() += 1;
            }
        });
        let mut guard = shared.0.lock();
        // This ends only because the other thread can have the lock meanwhile.
        guard.unlocked(|| other.join().unwrap());
        assert_eq!(*guard, 2);
        assert_eq!(shared.1.read(), 1);
        *guard += 1;
    });
}

#[test]
fn after_unlocked_the_lock_is_held_again() {
    loom::model(|| {
        let shared = Arc::new((ShortLock::new(()), Watched::default()));
        let other = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                let _guard = shared.0.lock();
                shared.1.add_one();
            }
        });
        let mut guard = shared.0.lock();
        guard.unlocked(|| ());
        shared.1.add_one();
        drop(guard);
        other.join().unwrap();
        assert_eq!(shared.1.read(), 2);
    });
}

#[test]
fn a_thread_told_before_or_while_it_falls_asleep_wakes_and_sees_what_was_written() {
    loom::model(|| {
        let list = Arc::new(ShortLock::new(WaitList::new()));
        let written = Arc::new(Watched::default());
        let waiter = Waiter::current();
        enlist(&mut list.lock(), &waiter);
        let teller = thread::spawn({
            let (list, written) = (Arc::clone(&list), Arc::clone(&written));
            move || {
                written.add_one();
                let wakes = list.lock().tell_first();
                wakes.now();
            }
        });
        assert_eq!(waiter.sleep(Deadline::NEVER), Outcome::Told);
        // Told stays told.
        assert_eq!(waiter.sleep(Deadline::NEVER), Outcome::Told);
        // Read without any lock: only being told orders this after the write.
        assert_eq!(written.read(), 1);
        teller.join().unwrap();
    });
}

#[test]
fn a_waiter_that_times_out_learns_from_leaving_whether_it_was_told() {
    loom::model(|| {
        let shared = Arc::new(ShortLock::new((false, WaitList::new())));
        let waiter = Waiter::current();
        enlist(&mut shared.lock().1, &waiter);
        let teller = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                let mut state = shared.lock();
                state.0 = true;
                let wakes = state.1.tell_first();
                drop(state);
                wakes.now();
            }
        });
        let outcome = waiter.sleep(some_deadline());
        let mut state = shared.lock();
        let left = state.1.leave(&waiter);
        // The teller's mark and the place in the list change under one lock, so they agree.
        assert_eq!(left == Left::Told, state.0);
        if outcome == Outcome::Told {
            assert_eq!(left, Left::Told);
        }
        assert!(state.1.is_empty());
        drop(state);
        teller.join().unwrap();
    });
}

#[test]
fn a_timed_out_waiter_does_not_swallow_the_wakeup() {
    loom::model(|| {
        let permits = Arc::new(Permits::new(0));
        let hasty = thread::spawn({
            let permits = Arc::clone(&permits);
            move || permits.wait_and_give_up()
        });
        let patient = thread::spawn({
            let permits = Arc::clone(&permits);
            move || assert!(permits.take_until(Deadline::NEVER))
        });
        permits.give();
        hasty.join().unwrap();
        patient.join().unwrap();
    });
}

#[test]
fn a_late_wake_of_an_earlier_wait_is_not_taken_for_a_new_one() {
    loom::model(|| {
        let permits = Arc::new(Permits::new(0));
        let givers: Vec<_> = (0..2)
            .map(|_| {
                let permits = Arc::clone(&permits);
                thread::spawn(move || permits.give())
            })
            .collect();
        // One thread, one cached waiter, two waits: the first giver's wake may come in the second.
        assert!(permits.take_until(Deadline::NEVER));
        assert!(permits.take_until(Deadline::NEVER));
        for giver in givers {
            giver.join().unwrap();
        }
        assert_eq!(permits.state.lock().0, 0);
    });
}

#[test]
fn whoever_came_first_is_told_first() {
    loom::model(|| {
        // How many came, and the list.
        let shared = Arc::new(ShortLock::new((0, WaitList::new())));
        let waiting = |shared: &ShortLock<(usize, WaitList)>| {
            let waiter = Waiter::current();
            let mut state = shared.lock();
            let ticket = state.0;
            state.0 += 1;
            enlist(&mut state.1, &waiter);
            drop(state);
            let _ = waiter.sleep(some_deadline());
            (ticket, shared.lock().1.leave(&waiter))
        };
        let other = thread::spawn({
            let shared = Arc::clone(&shared);
            move || waiting(&shared)
        });
        let teller = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                let mut state = shared.lock();
                let (both, wakes) = (state.1.len() == 2, state.1.tell_first());
                drop(state);
                wakes.now();
                both
            }
        });
        let mine = waiting(&shared);
        let theirs = other.join().unwrap();
        if teller.join().unwrap() {
            for (ticket, left) in [mine, theirs] {
                assert_eq!(left == Left::Told, ticket == 0);
            }
        }
    });
}

#[test]
fn telling_everybody_wakes_everybody() {
    loom::model(|| {
        let shared = Arc::new(ShortLock::new((false, WaitList::new())));
        let wait = |shared: &ShortLock<(bool, WaitList)>| {
            let mut state = shared.lock();
            while !state.0 {
                let waiter = Waiter::current();
                enlist(&mut state.1, &waiter);
                drop(state);
                assert_eq!(waiter.sleep(Deadline::NEVER), Outcome::Told);
                state = shared.lock();
                assert_eq!(state.1.leave(&waiter), Left::Told);
            }
        };
        let other = thread::spawn({
            let shared = Arc::clone(&shared);
            move || wait(&shared)
        });
        let teller = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                let mut state = shared.lock();
                state.0 = true;
                let wakes = state.1.tell_all();
                drop(state);
                wakes.now();
            }
        });
        wait(&shared);
        other.join().unwrap();
        teller.join().unwrap();
    });
}

#[test]
fn permits_are_neither_lost_nor_given_twice_when_some_threads_time_out() {
    loom::model(|| {
        let permits = Arc::new(Permits::new(1));
        let other = thread::spawn({
            let permits = Arc::clone(&permits);
            move || {
                assert!(permits.take_until(Deadline::NEVER));
                permits.give();
            }
        });
        let hasty = thread::spawn({
            let permits = Arc::clone(&permits);
            move || {
                if permits.take_until(some_deadline()) {
                    permits.give();
                }
            }
        });
        assert!(permits.take_until(Deadline::NEVER));
        permits.give();
        other.join().unwrap();
        hasty.join().unwrap();
        let state = permits.state.lock();
        assert_eq!(state.0, 1);
        assert!(state.1.is_empty());
    });
}
