//! The delay queue against a sorted list. Promise: for any sequence of operations both hold the
//! same items and hand them out in the same order, and nothing before its moment.

#![cfg(not(loom))]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use ropewalk_park::Waiter;
use ropewalk_sync::{Deadline, DelayKey, DelayQueue, Sleeper};
use std::time::{Duration, Instant};

#[derive(Clone, Debug)]
enum Step {
    /// Due so many seconds from the beginning; those below zero are due already.
    Schedule(i8),
    /// Take back the one that was scheduled at this place in the order.
    Cancel(prop::sample::Index),
    Next,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (-5_i8..5).prop_map(Step::Schedule),
        1 => any::<prop::sample::Index>().prop_map(Step::Cancel),
        2 => Just(Step::Next),
    ]
}

/// There is only one thread: what would wait is given up.
struct Alone;

impl Sleeper for Alone {
    type Abort = ();

    fn sleep(&mut self, _: &Waiter, _: Deadline) -> Result<bool, ()> {
        Err(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn answers_as_a_sorted_list_does(steps in vec(step(), 0..60)) {
        let hour = Duration::from_secs(3600);
        // Seconds become hours, so that no time of the test's own matters.
        let beginning = Instant::now() + 5 * hour;
        let queue = DelayQueue::new(hour);
        let mut server = None;
        let mut keys: Vec<DelayKey> = Vec::new();
        let mut reference: Vec<(i8, usize)> = Vec::new();
        for step in steps {
            match step {
                Step::Schedule(due) => {
                    let moment = if due < 0 {
                        // Long past, or as long past as the clock can say.
                        beginning.checked_sub(hour * (5 + u32::from(due.unsigned_abs())))
                            .unwrap_or(beginning)
                    } else {
                        beginning + hour * u32::from(due.unsigned_abs())
                    };
                    let number = keys.len();
                    let (key, new) = queue.schedule(moment.into(), number);
                    prop_assert_eq!(new.is_some(), server.is_none());
                    server = server.or(new);
                    keys.push(key);
                    reference.push((due, number));
                }
                Step::Cancel(which) if !keys.is_empty() => {
                    let number = which.index(keys.len());
                    let place = reference.iter().position(|&(_, other)| other == number);
                    prop_assert_eq!(queue.cancel(keys[number]), place.map(|_| number));
                    if let Some(place) = place {
                        reference.remove(place);
                    }
                }
                Step::Cancel(_) => {}
                Step::Next => {
                    let first = reference.iter().copied().filter(|&(due, _)| due < 0).min();
                    let expected = first.map(|(_, number)| number).ok_or(());
                    if let Some(server) = &mut server {
                        prop_assert_eq!(server.next(&mut Alone), expected.map(Some));
                    }
                    reference.retain(|&entry| Some(entry) != first);
                }
            }
            prop_assert_eq!(queue.len(), reference.len());
        }
    }
}
