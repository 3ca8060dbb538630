//! Timers against a plain list.
#![cfg(not(loom))]

use proptest::prelude::*;
use ropewalk_reactor::{Timers, nanos_from_seconds};

#[derive(Clone, Debug)]
enum Step {
    Put(i64),
    Cancel(usize),
    Pass(i64),
    Forget,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..50_i64).prop_map(Step::Put),
        2 => (0..200_usize).prop_map(Step::Cancel),
        2 => (0..20_i64).prop_map(Step::Pass),
        1 => Just(Step::Forget),
    ]
}

proptest! {
    #[test]
    fn nothing_is_early_and_all_come_in_order(steps in prop::collection::vec(step(), 0..400)) {
        let mut timers = Timers::default();
        // (deadline, number) of what waits and was not cancelled.
        let mut expected: Vec<(i64, u64)> = Vec::new();
        let mut cancelled: Vec<u64> = Vec::new();
        let (mut now, mut number) = (0_i64, 0);
        for step in steps {
            match step {
                Step::Put(delay) => {
                    number += 1;
                    timers.put(now + delay, number);
                    expected.push((now + delay, number));
                }
                Step::Cancel(which) => {
                    if !expected.is_empty() {
                        let (_, number) = expected.remove(which % expected.len());
                        match timers.cancel(|item| *item == number) {
                            Some(gone) => prop_assert_eq!(gone, number),
                            None => cancelled.push(number),
                        }
                    }
                }
                Step::Pass(time) => {
                    now += time;
                    while let Some(number) = timers.take_due(|when| when <= now) {
                        if !cancelled.contains(&number) {
                            let earliest = expected.iter().map(|entry| entry.0).min();
                            let index = expected.iter().position(|entry| entry.1 == number);
                            let (deadline, _) = expected.remove(index.expect("it is known"));
                            prop_assert_eq!(Some(deadline), earliest);
                            prop_assert!(deadline <= now);
                        }
                    }
                    prop_assert!(expected.iter().all(|entry| entry.0 > now));
                }
                Step::Forget => {
                    let gone = timers.forget_cancelled(|number| cancelled.contains(number));
                    prop_assert!(gone.iter().all(|number| cancelled.contains(number)));
                    prop_assert!(timers.len() <= expected.len() + timers.cancelled());
                    let next = expected.iter().map(|entry| entry.0).min();
                    prop_assert_eq!(timers.next(), next);
                }
            }
            prop_assert!(expected.iter().all(|entry| timers.iter().any(|item| *item == entry.1)));
        }
    }

    #[test]
    fn a_time_in_nanoseconds_is_never_before_the_time_in_seconds(seconds in -9e9_f64..9e9) {
        let nanos = nanos_from_seconds(seconds);
        #[expect(clippy::cast_precision_loss, reason = "this is how a clock is read")]
        let shown = nanos as f64 / 1e9;
        prop_assert!(shown >= seconds);
        // And not later than a float can tell apart, or two nanoseconds.
        prop_assert!(shown - seconds <= 2e-9_f64.max(seconds.abs() * 1e-14));
    }
}

#[test]
fn times_beyond_all_clocks() {
    assert_eq!(nanos_from_seconds(f64::INFINITY), i64::MAX);
    assert_eq!(nanos_from_seconds(1e300), i64::MAX);
    assert_eq!(nanos_from_seconds(f64::NAN), i64::MIN);
    assert!(nanos_from_seconds(f64::NEG_INFINITY) < 0);
}
