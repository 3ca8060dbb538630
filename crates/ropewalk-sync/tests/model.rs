//! Primitives against simple references. Promise: for any sequence of operations of one thread a
//! semaphore counts, an event is set and a re-entrant lock is owned as the reference says, whoever
//! gives up waiting meanwhile; and with several threads no permit is lost or made.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use ropewalk_park::Waiter;
use ropewalk_sync::{Deadline, Event, Patience, RLock, Semaphore, Sleeper, Uninterrupted};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use watchdog::Watchdog;

#[path = "../../ropewalk-park/tests/watchdog/mod.rs"]
mod watchdog;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

/// There is only one thread, so a wait that would not end by itself is given up.
struct Alone;

impl Sleeper for Alone {
    type Abort = ();

    fn sleep(&mut self, _: &Waiter, deadline: Deadline) -> Result<bool, ()> {
        if deadline.has_passed() {
            Ok(false)
        } else {
            Err(())
        }
    }
}

fn patience() -> impl Strategy<Value = Patience> {
    prop_oneof![
        Just(Patience::None),
        Just(Patience::Until(Deadline::now())),
        Just(Patience::Forever),
    ]
}

/// What a wait that cannot succeed returns.
fn in_vain(patience: Patience) -> Result<bool, ()> {
    if patience == Patience::Forever {
        Err(())
    } else {
        Ok(false)
    }
}

#[derive(Clone, Debug)]
enum Permits {
    Acquire(Patience),
    Release(usize),
}

fn permit_steps() -> impl Strategy<Value = Vec<Permits>> {
    let acquire = patience().prop_map(Permits::Acquire);
    let release = prop_oneof![0..4_usize, Just(usize::MAX)].prop_map(Permits::Release);
    vec(prop_oneof![acquire, release], 0..60)
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn a_semaphore_counts(start in 0..4_usize, spare in 0..4_usize, steps in permit_steps()) {
        let most = start + spare;
        let semaphore = Semaphore::new(start);
        let mut permits = start;
        for step in steps {
            match step {
                Permits::Acquire(patience) => {
                    let expected = if permits > 0 { Ok(true) } else { in_vain(patience) };
                    permits -= usize::from(expected == Ok(true));
                    prop_assert_eq!(semaphore.acquire(patience, &mut Alone), expected);
                }
                Permits::Release(count) => {
                    let fits = count <= most - permits;
                    prop_assert_eq!(semaphore.release(count, most).is_ok(), fits);
                    permits += if fits { count } else { 0 };
                }
            }
            prop_assert_eq!(semaphore.permits(), permits);
        }
    }

    #[test]
    fn an_event_is_set_from_set_to_clear(
        steps in vec(prop_oneof![
            Just(None),
            prop_oneof![Just(true), Just(false)].prop_map(|set| Some(Ok(set))),
            patience().prop_map(|patience| Some(Err(patience))),
        ], 0..60)
    ) {
        let event = Event::new();
        let mut set = false;
        for step in steps {
            match step {
                None => event.reset_after_fork(), // the flag stays
                Some(Ok(true)) => { event.set(); set = true; }
                Some(Ok(false)) => { event.clear(); set = false; }
                Some(Err(patience)) => {
                    let expected = if set { Ok(true) } else { in_vain(patience) };
                    prop_assert_eq!(event.wait(patience, &mut Alone), expected);
                }
            }
            prop_assert_eq!(event.is_set(), set);
        }
    }

    #[test]
    fn an_rlock_is_owned_until_as_many_releases(steps in vec(0..4_u8, 0..60)) {
        let lock = RLock::new();
        let mut count = 0_usize;
        for step in steps {
            match step {
                0 | 1 => {
                    prop_assert_eq!(lock.acquire(Patience::Forever, &mut Alone), Ok(true));
                    count += 1;
                }
                2 => {
                    prop_assert_eq!(lock.release().is_ok(), count > 0);
                    count = count.saturating_sub(1);
                }
                _ => {
                    let all = lock.release_all();
                    prop_assert_eq!(all.ok(), (count > 0).then_some(count));
                    if count > 0 {
                        prop_assert!(!lock.is_held());
                        prop_assert_eq!(lock.acquire(Patience::None, &mut Alone), Ok(true));
                        lock.restore_count(count);
                    }
                }
            }
            prop_assert_eq!((lock.count(), lock.is_mine()), (count, count > 0));
            prop_assert_eq!(lock.is_held(), count > 0);
            let other = thread::scope(|scope| {
                scope.spawn(|| (lock.is_mine(), lock.release().is_ok())).join()
            });
            prop_assert_eq!(other.expect("no panic"), (false, false));
        }
    }
}

proptest! {
    #![proptest_config(config(12))]

    #[test]
    fn no_permit_is_lost_or_made_by_a_crowd(
        permits in 1..3_usize,
        crowd in vec(vec(0..3_u8, 1..40), 2..5),
    ) {
        let _watchdog = Watchdog::new();
        let semaphore = Semaphore::new(permits);
        let inside = AtomicUsize::new(0);
        thread::scope(|scope| {
            let (semaphore, inside) = (&semaphore, &inside);
            for steps in &crowd {
                scope.spawn(move || {
                    for step in steps {
                        let patience = match step {
                            0 => Patience::None,
                            1 => Patience::Until(Deadline::now()),
                            _ => Patience::Forever,
                        };
                        let Ok(taken) = semaphore.acquire(patience, &mut Uninterrupted);
                        if taken {
                            assert!(inside.fetch_add(1, Ordering::Relaxed) < permits);
                            thread::yield_now();
                            inside.fetch_sub(1, Ordering::Relaxed);
                            semaphore.release(1, permits).expect("it was taken");
                        }
                    }
                });
            }
        });
        prop_assert_eq!(semaphore.permits(), permits);
    }
}
