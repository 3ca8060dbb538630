//! Every order of steps (up to the preemption bound) in which threads take, give back, set, wait
//! and give up: lock, re-entrant lock, semaphore, event.
//! Promise: a model fails if a wake-up is lost (loom sees a deadlock), two threads are inside at
//! once, a permit is lost or given twice, or an event tells of a setting that was cleared.

#![cfg(loom)]
#![expect(clippy::unwrap_used, reason = "a model fails by panicking")]

use explore::explore;
use loom::sync::Arc;
use models::{GivesUp, SOME_TIME, with};
use ropewalk_facade::cell::UnsafeCell;
use ropewalk_park::Waiter;
use ropewalk_sync::{Deadline, Event, Lock, Patience, RLock, Semaphore, Sleeper, Uninterrupted};
use std::convert::Infallible;

#[path = "models/explore.rs"]
mod explore;
mod models;

const MOST: usize = Semaphore::MOST;

/// A counter that only one thread at a time may touch: loom reports a second one.
struct Counter<L> {
    lock: L,
    value: UnsafeCell<u8>,
}

impl<L> Counter<L> {
    fn new(lock: L) -> Arc<Self> {
        let value = UnsafeCell::new(0);
        Arc::new(Self { lock, value })
    }

    fn add(&self) {
        #[expect(unsafe_code, reason = "what the lock is for")]
        // SAFETY: the caller holds the lock; if that were not enough, loom would report it.
        self.value.with_mut(|value| unsafe { *value += 1 });
    }
}

/// Says when it is about to sleep; the thread stands in its list by then.
struct Announcing(Arc<Event>);

impl Sleeper for Announcing {
    type Abort = Infallible;

    fn sleep(&mut self, waiter: &Waiter, deadline: Deadline) -> Result<bool, Infallible> {
        self.0.set();
        Uninterrupted.sleep(waiter, deadline)
    }
}

/// Lets the others run before time is over: their steps meanwhile count as no preemption.
struct Lingers;

impl Sleeper for Lingers {
    type Abort = Infallible;

    fn sleep(&mut self, waiter: &Waiter, _: Deadline) -> Result<bool, Infallible> {
        loom::thread::yield_now();
        Uninterrupted.sleep(waiter, Deadline::now())
    }
}

fn acquire(lock: &Lock) {
    let Ok(taken) = lock.acquire(Patience::Forever, &mut Uninterrupted);
    assert!(taken);
}

fn add_once(counter: &Counter<Lock>) {
    acquire(&counter.lock);
    counter.add();
    counter.lock.release().unwrap();
}

#[test]
fn one_thread_at_a_time_and_each_release_wakes_the_next() {
    explore(|| {
        let counter = Counter::new(Lock::new());
        let others = [0; 2].map(|_| with(&counter, add_once));
        add_once(&counter);
        let _ = others.map(|other| other.join().unwrap());
        acquire(&counter.lock);
        counter.value.with(|value| {
            #[expect(unsafe_code, reason = "what the lock is for")]
            // SAFETY: the lock is held.
            let value = unsafe { *value };
            assert_eq!(value, 3);
        });
    });
}

#[test]
fn a_thread_that_barges_in_leaves_the_told_one_its_place() {
    explore(|| {
        let counter = Counter::new(Lock::new());
        acquire(&counter.lock);
        let waiting = with(&counter, add_once);
        counter.lock.release().unwrap();
        // The other thread may have been told and not have run: this one takes the lock twice.
        add_once(&counter);
        add_once(&counter);
        waiting.join().unwrap();
        assert!(!counter.lock.is_held());
    });
}

#[test]
fn a_lock_is_taken_before_time_is_over_or_left_to_others() {
    explore(|| {
        let counter = Counter::new(Lock::new());
        let hasty = with(&counter, |counter| {
            let Ok(taken) = counter.lock.acquire(SOME_TIME, &mut Uninterrupted);
            if taken {
                counter.add();
                counter.lock.release().unwrap();
            }
        });
        let patient = with(&counter, add_once);
        add_once(&counter);
        hasty.join().unwrap();
        patient.join().unwrap();
        assert!(counter.lock.try_acquire());
    });
}

#[test]
fn a_thread_that_gives_up_passes_the_wakeup_on() {
    explore(|| {
        let lock = Arc::new(Lock::new());
        acquire(&lock);
        let fickle = with(&lock, |lock| {
            if lock.acquire(Patience::Forever, &mut GivesUp) == Ok(true) {
                lock.release().unwrap();
            }
        });
        let patient = with(&lock, |lock| {
            acquire(lock);
            lock.release().unwrap();
        });
        lock.release().unwrap();
        fickle.join().unwrap();
        patient.join().unwrap();
        assert!(!lock.is_held());
    });
}

#[test]
fn the_owner_takes_an_rlock_again_and_frees_it_with_the_last_release() {
    explore(|| {
        let counter = Counter::new(RLock::new());
        let twice = |counter: &Counter<RLock>| {
            for _ in 0..2 {
                let Ok(taken) = counter.lock.acquire(Patience::Forever, &mut Uninterrupted);
                assert!(taken && counter.lock.is_mine());
            }
            counter.lock.release().unwrap();
            counter.add();
            counter.lock.release().unwrap();
            assert!(!counter.lock.is_mine());
        };
        let other = with(&counter, twice);
        twice(&counter);
        other.join().unwrap();
        assert!(!counter.lock.is_held());
    });
}

#[test]
fn a_strangers_release_of_an_rlock_is_refused_at_any_moment() {
    explore(|| {
        let counter = Counter::new(RLock::new());
        let stranger = with(&counter, |counter| {
            assert!(counter.lock.release().is_err());
            assert!(counter.lock.release_all().is_err());
        });
        let Ok(_) = counter.lock.acquire(Patience::Forever, &mut Uninterrupted);
        counter.add();
        assert_eq!(counter.lock.release_all(), Ok(1));
        stranger.join().unwrap();
    });
}

fn take_permit(semaphore: &Semaphore) {
    let Ok(taken) = semaphore.acquire(Patience::Forever, &mut Uninterrupted);
    assert!(taken);
}

#[test]
fn permits_given_one_by_one_reach_all_that_wait() {
    explore(|| {
        let semaphore = Arc::new(Semaphore::new(0));
        let takers = [0; 2].map(|_| with(&semaphore, take_permit));
        semaphore.release(1, MOST).unwrap();
        semaphore.release(1, MOST).unwrap();
        let _ = takers.map(|taker| taker.join().unwrap());
        assert_eq!(semaphore.permits(), 0);
    });
}

#[test]
fn permits_given_together_reach_all_that_wait() {
    explore(|| {
        let semaphore = Arc::new(Semaphore::new(0));
        let takers = [0; 2].map(|_| with(&semaphore, take_permit));
        semaphore.release(2, MOST).unwrap();
        let _ = takers.map(|taker| taker.join().unwrap());
        assert_eq!(semaphore.permits(), 0);
    });
}

#[test]
fn a_permit_comes_before_time_is_over_or_stays() {
    explore(|| {
        let semaphore = Arc::new(Semaphore::new(0));
        let hasty = with(&semaphore, |semaphore| {
            semaphore.acquire(SOME_TIME, &mut Uninterrupted).unwrap()
        });
        let patient = with(&semaphore, |semaphore| {
            take_permit(semaphore);
            semaphore.release(1, MOST).unwrap();
        });
        semaphore.release(1, MOST).unwrap();
        let taken = hasty.join().unwrap();
        if taken {
            semaphore.release(1, MOST).unwrap();
        }
        patient.join().unwrap();
        assert_eq!(semaphore.permits(), 1);
    });
}

#[test]
fn a_taker_that_gives_up_passes_the_permit_on() {
    explore(|| {
        let semaphore = Arc::new(Semaphore::new(0));
        let fickle = with(&semaphore, |semaphore| {
            if semaphore.acquire(Patience::Forever, &mut GivesUp) == Ok(true) {
                semaphore.release(1, MOST).unwrap();
            }
        });
        let patient = with(&semaphore, take_permit);
        semaphore.release(1, MOST).unwrap();
        fickle.join().unwrap();
        patient.join().unwrap();
        assert_eq!(semaphore.permits(), 0);
    });
}

#[test]
fn the_bound_holds_whoever_releases_first() {
    explore(|| {
        let semaphore = Arc::new(Semaphore::new(0));
        let other = with(&semaphore, |semaphore| semaphore.release(1, 1).is_ok());
        let here = semaphore.release(1, 1).is_ok();
        assert!(here != other.join().unwrap());
        assert_eq!(semaphore.permits(), 1);
    });
}

#[test]
fn an_event_set_while_threads_enlist_reaches_them_and_shows_what_came_before() {
    explore(|| {
        let event = Counter::new(Event::new());
        let waiting = with(&event, |event| {
            let Ok(set) = event.lock.wait(Patience::Forever, &mut Uninterrupted);
            assert!(set);
            event.add();
        });
        event.add();
        event.lock.set();
        waiting.join().unwrap();
    });
}

#[test]
fn a_setting_reaches_everybody_who_waits() {
    explore(|| {
        let event = Arc::new(Event::new());
        let waiting = [0; 2].map(|_| {
            with(&event, |event| {
                assert_eq!(event.wait(Patience::Forever, &mut Uninterrupted), Ok(true));
            })
        });
        event.set();
        let _ = waiting.map(|thread| thread.join().unwrap());
    });
}

#[test]
fn who_waited_when_it_was_set_has_seen_it_although_it_is_cleared() {
    explore(|| {
        let event = Arc::new(Event::new());
        let enlisted = Arc::new(Event::new());
        let mut announcing = Announcing(Arc::clone(&enlisted));
        let waiting = with(&event, move |event| {
            assert_eq!(event.wait(Patience::Forever, &mut announcing), Ok(true));
        });
        let Ok(_) = enlisted.wait(Patience::Forever, &mut Uninterrupted);
        event.set();
        event.clear();
        waiting.join().unwrap();
        assert!(!event.is_set());
    });
}

#[test]
fn a_setting_that_was_cleared_tells_nobody_who_comes_later() {
    explore(|| {
        let event = Arc::new(Event::new());
        let waiting = with(&event, |event| {
            let Ok(first) = event.wait(Patience::Forever, &mut Uninterrupted);
            event.clear();
            // It was set once only, and that has been cleared.
            let second = event.wait(Patience::Forever, &mut Lingers).unwrap();
            (first, second)
        });
        event.set();
        assert_eq!(waiting.join().unwrap(), (true, false));
    });
}

#[test]
fn a_wait_that_runs_out_of_time_or_is_given_up_leaves_the_others_theirs() {
    explore(|| {
        let event = Arc::new(Event::new());
        let fickle = with(&event, |event| {
            let _ = event.wait(Patience::Forever, &mut GivesUp);
        });
        let patient = with(&event, |event| {
            assert_eq!(event.wait(Patience::Forever, &mut Uninterrupted), Ok(true));
        });
        event.set();
        fickle.join().unwrap();
        patient.join().unwrap();
    });
}
