//! Every order of steps (up to the preemption bound) of those who finish, cancel, wait for and
//! watch a future. Promise: a model fails if a wake-up is lost (loom sees a deadlock), a life
//! ends twice, or a callback is called twice or never.

#![cfg(loom)]
#![expect(clippy::unwrap_used, reason = "a model fails by panicking")]

use loom::sync::Arc;
use loom::thread;
use ropewalk_future::{Cancel, Gate, Life, Patience, Phase, Start, Uninterrupted, Until};

type Number = Life<u8, u8, u8>;

fn with<S: 'static, R: 'static>(
    shared: &Arc<S>,
    work: impl FnOnce(&S) -> R + 'static,
) -> thread::JoinHandle<R> {
    let shared = Arc::clone(shared);
    thread::spawn(move || work(&shared))
}

#[test]
fn a_waiter_sees_the_outcome_that_ends_its_wait() {
    loom::model(|| {
        let life = Arc::new(Number::new());
        let waiter = with(&life, |life| {
            let phase = life.wait(Patience::Forever, &mut Uninterrupted).unwrap();
            (phase, life.read(|outcome| *outcome))
        });
        let _ = life.finish(Ok(7)).unwrap().wake();
        assert_eq!(waiter.join().unwrap(), (Phase::Finished, Some(Ok(7))));
    });
}

#[test]
fn a_cancel_and_a_start_do_not_both_succeed() {
    loom::model(|| {
        let life = Arc::new(Number::new());
        let worker = with(&life, |life| matches!(life.start(), Start::Run));
        let cancelled = matches!(life.cancel(), Cancel::Now(_));
        assert_ne!(worker.join().unwrap(), cancelled);
    });
}

#[test]
fn of_two_outcomes_one_is_taken() {
    loom::model(|| {
        let life = Arc::new(Number::new());
        let other = with(&life, |life| life.finish(Ok(1)).is_ok());
        let _ = life.start();
        let mine = life.finish(Ok(2)).is_ok();
        assert_ne!(other.join().unwrap(), mine);
        let expected = if mine { 2 } else { 1 };
        assert_eq!(life.read(|outcome| *outcome), Some(Ok(expected)));
    });
}

#[test]
fn a_callback_is_handed_out_once() {
    loom::model(|| {
        let life = Arc::new(Number::new());
        let adder = with(&life, |life| usize::from(life.add_callback(9).is_err()));
        let called = life.finish(Ok(7)).unwrap().wake().len();
        assert_eq!(called + adder.join().unwrap(), 1);
    });
}

#[test]
fn a_cancelled_future_wakes_its_waiter() {
    loom::model(|| {
        let life = Arc::new(Number::new());
        let waiter = with(&life, |life| {
            life.wait(Patience::Forever, &mut Uninterrupted).unwrap()
        });
        if let Cancel::Now(owed) = life.cancel() {
            let _ = owed.wake();
        }
        assert_eq!(waiter.join().unwrap(), Phase::Cancelled);
    });
}

#[test]
fn a_gate_opens_when_both_futures_are_complete() {
    loom::model(|| {
        let lives = Arc::new([Number::new(), Number::new()]);
        let finisher = with(&lives, |lives| {
            lives
                .each_ref()
                .map(|life| life.finish(Ok(1)).unwrap().wake())
        });
        let gate = std::sync::Arc::new(Gate::new(Until::All, 2));
        for (key, life) in lives.iter().enumerate() {
            assert!(life.watch(&gate, key));
        }
        assert_eq!(gate.wait(Patience::Forever, &mut Uninterrupted), Ok(true));
        assert_eq!(gate.take().len(), 2);
        let _ = finisher.join().unwrap();
    });
}

#[test]
fn a_waiter_looks_again_when_its_future_is_handed_over() {
    loom::model(|| {
        let life = Arc::new(Number::new());
        let waiter = with(&life, |life| {
            life.wait(Patience::Forever, &mut Uninterrupted).unwrap()
        });
        let contents = life.hand_over().unwrap();
        contents.wakes.now();
        assert_eq!(waiter.join().unwrap(), Phase::HandedOver);
    });
}
