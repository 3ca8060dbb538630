//! Random sequences of operations, on a future and on the table of its life.
//! Promise: each answer is the table's; nothing is told twice.

#![cfg(not(loom))]

use proptest::prelude::*;
use ropewalk_future::{Cancel, Gate, Life, Patience, Phase, Start, Uninterrupted, Until};
use std::sync::Arc;

#[derive(Clone, Copy, Debug)]
enum Step {
    Start,
    Cancel,
    Finish(bool),
    AddCallback,
    HandOver,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Start),
        2 => Just(Step::Cancel),
        2 => any::<bool>().prop_map(Step::Finish),
        3 => Just(Step::AddCallback),
        1 => Just(Step::HandOver),
    ]
}

/// What the table says about one step: the phase after it, and whether it succeeds.
fn table(phase: Phase, step: Step) -> (Phase, bool) {
    use Phase::{CancelNoticed, Cancelled, Finished, HandedOver, Pending, Running};
    match (step, phase) {
        (Step::Start, Pending) => (Running, true),
        (Step::Start, Cancelled) => (CancelNoticed, false),
        (Step::Cancel, Pending) => (Cancelled, true),
        (Step::Finish(_), Pending | Running) => (Finished, true),
        (Step::AddCallback, Pending | Running) => (phase, true),
        (Step::HandOver, HandedOver) => (HandedOver, false),
        (Step::HandOver, _) => (HandedOver, true),
        (_, phase) => (phase, false),
    }
}

proptest! {
    #[test]
    fn every_step_follows_the_table(steps in prop::collection::vec(step(), 0..12)) {
        let life: Life<u8, u8, usize> = Life::new();
        let gate = Arc::new(Gate::new(Until::Any, 1));
        prop_assert!(life.watch(&gate, 5));
        let (mut expected, mut added, mut out) = (Phase::Pending, Vec::new(), Vec::new());
        for step in steps {
            let (next, succeeds) = table(expected, step);
            let succeeded = match step {
                Step::Start => matches!(life.start(), Start::Run),
                Step::Cancel => match life.cancel() {
                    Cancel::Now(owed) => { out.extend(owed.wake()); true }
                    _ => false,
                },
                Step::Finish(well) => {
                    match life.finish(if well { Ok(1) } else { Err(1) }) {
                        Ok(owed) => { out.extend(owed.wake()); true }
                        Err(refused) => { prop_assert_eq!(refused.phase, expected); false }
                    }
                }
                Step::AddCallback => {
                    let taken = life.add_callback(added.len()).is_ok();
                    if taken { added.push(added.len()); }
                    taken
                }
                Step::HandOver => match life.hand_over() {
                    Some(contents) => {
                        prop_assert_eq!(contents.phase, expected);
                        out.extend(contents.callbacks);
                        true
                    }
                    None => false,
                },
            };
            prop_assert_eq!(succeeded, succeeds, "{:?} in {:?}", step, expected);
            expected = next;
            prop_assert_eq!(life.phase(), expected);
        }
        let complete = expected.is_complete();
        if complete {
            prop_assert_eq!(gate.take(), vec![5]);
        }
        if expected.is_settled() {
            prop_assert_eq!(&out, &added);
        } else {
            prop_assert!(out.is_empty());
        }
    }

    #[test]
    fn a_gate_opens_as_it_was_told(failures in prop::collection::vec(any::<bool>(), 1..6)) {
        for until in [Until::Any, Until::Failure, Until::All] {
            let gate = Gate::new(until, failures.len());
            for (key, &failed) in failures.iter().enumerate() {
                let _ = gate.report(key, failed);
                let open = match until {
                    Until::Any => true,
                    Until::Failure => failures[..=key].contains(&true) || key + 1 == failures.len(),
                    Until::All => key + 1 == failures.len(),
                };
                prop_assert_eq!(gate.wait(Patience::None, &mut Uninterrupted), Ok(open));
            }
        }
    }
}

#[test]
fn a_life_that_was_unwatched_does_not_report() {
    let life: Life<u8, u8, ()> = Life::new();
    let gate = Arc::new(Gate::new(Until::Any, 1));
    assert!(life.watch(&gate, 0));
    assert!(life.unwatch(&gate));
    life.finish(Ok(1)).unwrap().wake();
    assert!(gate.take().is_empty());
}
