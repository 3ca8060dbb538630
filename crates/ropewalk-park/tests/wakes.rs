//! Wakes that are gathered. Promise: each is made, in the order in which it was owed; those that are
//! dropped are a mistake that a debug build tells, and still made.

use ropewalk_park::{
    Deadline, Outcome, ShortLock, Sleeper, Uninterrupted, WaitList, Waiter, WaiterHandle, Wakes,
};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread::{self, JoinHandle};
use watchdog::Watchdog;

mod watchdog;

type List = Arc<ShortLock<WaitList>>;

/// Threads that sleep in the list until they are told, all of them enlisted.
fn sleepers(list: &List, count: usize) -> Vec<JoinHandle<bool>> {
    let (tell, enlisted) = channel();
    let start = |_| {
        let (list, tell) = (Arc::clone(list), tell.clone());
        thread::spawn(move || {
            let waiter = Waiter::current();
            list.lock().enlist(&waiter);
            let _ = tell.send(());
            Uninterrupted.sleep(&waiter, Deadline::NEVER) == Ok(true)
        })
    };
    let threads: Vec<_> = (0..count).map(start).collect();
    for _ in &threads {
        enlisted.recv().expect("it enlists");
    }
    threads
}

/// A waiter that was asleep when it last looked: to tell it is to owe a wake.
fn dozing(list: &mut WaitList) -> WaiterHandle {
    let waiter = Waiter::current();
    list.enlist(&waiter);
    assert_eq!(waiter.sleep(Deadline::now()), Outcome::TimedOut);
    waiter
}

#[test]
fn gathered_wakes_reach_every_thread() {
    let _watchdog = Watchdog::new();
    let list = List::default();
    let threads = sleepers(&list, 4);
    let mut locked = list.lock();
    let mut wakes = locked.tell_first();
    wakes.append(Wakes::NONE);
    wakes.append(locked.tell(2));
    wakes.append(locked.tell_first());
    drop(locked);
    wakes.now();
    for thread in threads {
        assert!(thread.join().expect("no panic"));
    }
}

#[test]
fn those_that_are_appended_are_counted() {
    let mut list = WaitList::new();
    let _all: Vec<_> = (0..4).map(|_| dozing(&mut list)).collect();
    let mut wakes = Wakes::NONE;
    assert!(wakes.is_empty());
    wakes.append(list.tell(2));
    assert_eq!(wakes.len(), 2);
    wakes.append(list.tell_all());
    assert_eq!(wakes.len(), 4);
    wakes.now();
}

#[test]
#[cfg(debug_assertions)]
fn wakes_that_are_dropped_are_a_mistake() {
    let mut list = WaitList::new();
    let _waiter = dozing(&mut list);
    let wakes = list.tell_first();
    assert!(catch_unwind(AssertUnwindSafe(|| drop(wakes))).is_err());
    drop(Wakes::NONE);
}

#[test]
fn a_panic_between_telling_and_waking_loses_no_wake() {
    let _watchdog = Watchdog::new();
    let list = List::default();
    let threads = sleepers(&list, 2);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _wakes = list.lock().tell_all();
        resume_unwind(Box::new("a panic"));
    }));
    assert!(panicked.is_err());
    for thread in threads {
        assert!(thread.join().expect("no panic"));
    }
}
