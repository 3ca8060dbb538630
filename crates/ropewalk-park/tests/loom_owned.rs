//! Every order of steps in which threads own a value, use it and fill its tray.
//! Promise: a model fails if two threads are at the value at once (loom watches the cell), or if
//! what somebody brought is neither in the value nor in the tray.

#![cfg(loom)]

use loom::sync::Arc;
use loom::thread;
use ropewalk_park::Owned;

type Counted = Owned<u32, Vec<u32>>;

fn bring(owned: &Counted) {
    owned.with(|value| *value += 1, |tray| tray.push(1));
}

/// What is in the value and in the tray, when all others are done.
fn all_of(owned: &Counted) -> u32 {
    let found = owned.look(|value, tray| *value + tray.iter().sum::<u32>());
    found.expect("nobody else is there")
}

/// Owns the value for a while, if nobody else does, and brings what the others left into it.
fn own_for_a_while(owned: &Counted) -> bool {
    let Some(owning) = owned.own() else {
        return false;
    };
    bring(owned);
    if owned.is_filled() {
        let brought: u32 = owned.take_tray().iter().sum();
        let used = owned.mine(|value| *value += brought);
        assert!(used.is_some());
    }
    drop(owning);
    true
}

#[test]
fn what_others_bring_is_in_the_value_or_in_the_tray() {
    loom::model(|| {
        let owned = Arc::new(Counted::new(0, Vec::new()));
        let other = {
            let owned = owned.clone();
            thread::spawn(move || {
                bring(&owned);
                bring(&owned);
            })
        };
        assert!(own_for_a_while(&owned));
        other.join().unwrap();
        assert_eq!(all_of(&owned), 3);
    });
}

#[test]
fn one_thread_owns_it_at_a_time() {
    loom::model(|| {
        let owned = Arc::new(Counted::new(0, Vec::new()));
        let other = {
            let owned = owned.clone();
            thread::spawn(move || own_for_a_while(&owned))
        };
        let here = own_for_a_while(&owned);
        let there = other.join().unwrap();
        assert!(here || there);
        assert_eq!(all_of(&owned), u32::from(here) + u32::from(there));
    });
}

#[test]
fn looking_never_meets_the_owner() {
    loom::model(|| {
        let owned = Arc::new(Counted::new(0, Vec::new()));
        let other = {
            let owned = owned.clone();
            thread::spawn(move || owned.look(|value, tray| (*value, tray.len())))
        };
        assert!(own_for_a_while(&owned));
        // Of a value in use nothing is told; else all of it.
        let seen = other.join().unwrap();
        assert!(matches!(seen, None | Some((0 | 1, 0))));
    });
}
