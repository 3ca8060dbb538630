//! Every order of steps (up to the preemption bound) in which threads notify each other and meet:
//! condition and barrier.
//! Promise: a model fails if a notification is lost (loom sees a deadlock), or if some threads of
//! a barrier's round pass while others learn that it broke.

#![cfg(loom)]
#![expect(clippy::unwrap_used, reason = "a model fails by panicking")]

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU8, Ordering};
use loom::thread::{JoinHandle, spawn};
use models::{GivesUp, SOME_TIME, with};
use ropewalk_sync::{
    Barrier, BarrierError, Condition, Deadline, Lock, Patience, Place, Uninterrupted,
};

mod models;

/// Two places in a condition, the first one notified first. Taken before the threads that sleep in
/// them start: that a notification may come in between is shown by a model of its own.
fn two_places() -> (&'static Condition, Place<'static>, Place<'static>) {
    // Leaked, so that places can be given to threads; a few words for each execution.
    let condition: &Condition = Box::leak(Box::default());
    (condition, condition.take_place(), condition.take_place())
}

/// A thread that waits in its place as long as it takes.
fn patient(place: Place<'static>) -> JoinHandle<()> {
    spawn(move || assert_eq!(place.sleep(Deadline::NEVER, &mut Uninterrupted), Ok(true)))
}

#[test]
fn a_notification_between_taking_a_place_and_sleeping_is_not_lost() {
    fn acquire(lock: &Lock) {
        let Ok(taken) = lock.acquire(Patience::Forever, &mut Uninterrupted);
        assert!(taken);
    }
    loom::model(|| {
        let room = Arc::new((Lock::new(), Condition::new(), AtomicU8::new(0)));
        let waiting = with(&room, |(lock, condition, ready)| {
            acquire(lock);
            while ready.load(Ordering::Relaxed) == 0 {
                let place = condition.take_place();
                lock.release().unwrap();
                let Ok(_) = place.sleep(Deadline::NEVER, &mut Uninterrupted);
                acquire(lock);
            }
            lock.release().unwrap();
        });
        let (lock, condition, ready) = &*room;
        acquire(lock);
        ready.store(1, Ordering::Relaxed);
        condition.notify(1);
        lock.release().unwrap();
        waiting.join().unwrap();
    });
}

#[test]
fn notify_all_reaches_everybody() {
    loom::model(|| {
        let (condition, first, second) = two_places();
        let waiting = [patient(first), patient(second)];
        condition.notify_all();
        let _ = waiting.map(|thread| thread.join().unwrap());
        assert_eq!(condition.waiters(), 0);
    });
}

#[test]
fn a_waiter_that_runs_out_of_time_says_whether_it_took_the_notification() {
    loom::model(|| {
        let (condition, first, second) = two_places();
        let hasty = spawn(move || {
            let deadline = SOME_TIME.deadline().unwrap();
            if first.sleep(deadline, &mut Uninterrupted) == Ok(true) {
                condition.notify(1);
            }
        });
        let patient = patient(second);
        condition.notify(1);
        hasty.join().unwrap();
        patient.join().unwrap();
    });
}

#[test]
fn a_place_that_is_dropped_passes_its_notification_on() {
    loom::model(|| {
        let (condition, first, second) = two_places();
        let fickle = spawn(move || drop(first));
        let patient = patient(second);
        condition.notify(1);
        fickle.join().unwrap();
        patient.join().unwrap();
    });
}

#[test]
fn a_sleep_that_is_given_up_passes_its_notification_on() {
    loom::model(|| {
        let (condition, first, second) = two_places();
        let fickle = spawn(move || {
            assert!(first.sleep(Deadline::NEVER, &mut GivesUp).is_err());
        });
        let patient = patient(second);
        condition.notify(1);
        fickle.join().unwrap();
        patient.join().unwrap();
    });
}

type Met = Result<usize, BarrierError<std::convert::Infallible>>;

fn meet(barrier: &Barrier) -> Met {
    barrier.wait(Patience::Forever, &mut Uninterrupted, || Ok(()))
}

/// An action that loom may interrupt.
fn meet_and_act(barrier: &Barrier, patience: Patience, acted: &AtomicU8) -> Met {
    barrier.wait(patience, &mut Uninterrupted, || {
        acted.fetch_add(1, Ordering::Relaxed);
        loom::thread::yield_now();
        Ok(())
    })
}

#[test]
fn a_round_lets_all_through_each_with_its_own_number() {
    loom::model(|| {
        let barrier = Arc::new(Barrier::new(3));
        let others = [0; 2].map(|_| with(&barrier, |barrier| meet(barrier).unwrap()));
        let mut numbers = vec![meet(&barrier).unwrap()];
        numbers.extend(others.map(|other| other.join().unwrap()));
        numbers.sort_unstable();
        assert_eq!(numbers, [0, 1, 2]);
        assert_eq!(barrier.waiting(), 0);
    });
}

#[test]
fn a_thread_that_comes_back_at_once_stands_in_the_next_round() {
    loom::model(|| {
        let barrier = Arc::new(Barrier::new(2));
        let acted = Arc::new(AtomicU8::new(0));
        let other = with(&barrier, {
            let acted = Arc::clone(&acted);
            move |barrier| {
                for round in 1..=2 {
                    meet_and_act(barrier, Patience::Forever, &acted).unwrap();
                    assert!(acted.load(Ordering::Relaxed) >= round);
                }
            }
        });
        for round in 1..=2 {
            meet_and_act(&barrier, Patience::Forever, &acted).unwrap();
            assert!(acted.load(Ordering::Relaxed) >= round);
        }
        other.join().unwrap();
        assert_eq!(acted.load(Ordering::Relaxed), 2);
    });
}

#[test]
fn whoever_comes_during_the_action_stands_in_the_next_round() {
    loom::model(|| {
        let barrier = Arc::new(Barrier::new(1));
        let acted = Arc::new(AtomicU8::new(0));
        let other = with(&barrier, {
            let acted = Arc::clone(&acted);
            move |barrier| assert_eq!(meet_and_act(barrier, Patience::Forever, &acted), Ok(0))
        });
        assert_eq!(meet_and_act(&barrier, Patience::Forever, &acted), Ok(0));
        other.join().unwrap();
        assert_eq!(acted.load(Ordering::Relaxed), 2);
    });
}

#[test]
fn the_last_to_come_and_the_one_that_runs_out_of_time_agree() {
    loom::model(|| {
        let barrier = Arc::new(Barrier::new(2));
        let acted = Arc::new(AtomicU8::new(0));
        let hasty = with(&barrier, {
            let acted = Arc::clone(&acted);
            move |barrier| meet_and_act(barrier, SOME_TIME, &acted).is_ok()
        });
        let passed = meet_and_act(&barrier, Patience::Forever, &acted).is_ok();
        assert_eq!(hasty.join().unwrap(), passed);
        assert_eq!(barrier.is_broken(), !passed);
        // All had come if there was an action; then it decides, and not the time.
        assert_eq!(acted.load(Ordering::Relaxed) == 1, passed);
    });
}

#[test]
fn the_whole_round_learns_of_an_abort_or_nobody_does() {
    loom::model(|| {
        let barrier = Arc::new(Barrier::new(2));
        let acted = AtomicU8::new(0);
        let other = with(&barrier, |barrier| meet(barrier).is_ok());
        let aborting = with(&barrier, Barrier::abort);
        let passed = meet_and_act(&barrier, Patience::Forever, &acted).is_ok();
        assert_eq!(other.join().unwrap(), passed);
        aborting.join().unwrap();
        assert!(barrier.is_broken());
    });
}

#[test]
fn whoever_waits_at_a_reset_learns_that_the_round_broke() {
    loom::model(|| {
        let barrier = Arc::new(Barrier::new(2));
        let waiting = with(&barrier, |barrier| meet(barrier));
        barrier.reset();
        // If the other thread comes only now, this is what it learns of.
        barrier.abort();
        assert_eq!(waiting.join().unwrap(), Err(BarrierError::Broken));
        barrier.reset();
        assert!(!barrier.is_broken());
        assert_eq!(barrier.waiting(), 0);
    });
}

#[test]
fn a_failing_action_whose_round_was_reset_does_not_break_the_next_one() {
    loom::model(|| {
        let barrier = Arc::new(Barrier::new(1));
        let met = barrier.wait(Patience::Forever, &mut GivesUp, || {
            let resetting = with(&barrier, Barrier::reset);
            resetting.join().unwrap();
            Err(())
        });
        assert_eq!(met, Err(BarrierError::Aborted(())));
        assert!(!barrier.is_broken());
    });
}

#[test]
fn an_abort_reaches_everybody_who_waits() {
    loom::model(|| {
        let barrier = Arc::new(Barrier::new(3));
        let waiting = [0; 2].map(|_| with(&barrier, |barrier| meet(barrier)));
        barrier.abort();
        let broken = waiting.map(|thread| thread.join().unwrap());
        assert!(broken.iter().all(|met| *met == Err(BarrierError::Broken)));
    });
}
