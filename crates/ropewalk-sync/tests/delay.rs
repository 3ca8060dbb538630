//! The delay queue with real threads and a real clock. Promise: each test fails by an assertion
//! or by the watchdog; none measures how fast something is.

#![cfg(not(loom))]

#[path = "../../ropewalk-park/tests/watchdog/mod.rs"]
mod watchdog;

use ropewalk_park::Waiter;
use ropewalk_sync::{Deadline, DelayQueue, DelayServer, Sleeper, Uninterrupted};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};
use watchdog::Watchdog;

const LONG: Duration = Duration::from_secs(3600);

fn after(milliseconds: u64) -> Deadline {
    Deadline::after(Duration::from_millis(milliseconds))
}

/// Schedules the first item; the server comes with it.
fn begin<T>(queue: &Arc<DelayQueue<T>>, deadline: Deadline, item: T) -> DelayServer<T> {
    queue.schedule(deadline, item).1.expect("nobody serves yet")
}

fn all<T>(mut server: DelayServer<T>) -> Vec<T> {
    std::iter::from_fn(|| server.next(&mut Uninterrupted).unwrap()).collect()
}

#[test]
fn nothing_comes_out_before_its_moment() {
    let _watchdog = Watchdog::new();
    let queue = DelayQueue::new(Duration::ZERO);
    let moments: Vec<_> = [7, 1, 4, 4, 0]
        .map(|milliseconds| Instant::now() + Duration::from_millis(milliseconds))
        .into();
    let mut server = None;
    for &moment in &moments {
        server = server.or(queue.schedule(moment.into(), moment).1);
    }
    let mut server = server.unwrap();
    let mut came = Vec::new();
    while let Some(moment) = server.next(&mut Uninterrupted).unwrap() {
        assert!(Instant::now() >= moment);
        came.push(moment);
    }
    let mut sorted = moments;
    sorted.sort();
    assert_eq!(came, sorted);
}

#[test]
fn what_is_due_at_the_same_moment_comes_in_order() {
    let _watchdog = Watchdog::new();
    let queue = DelayQueue::new(Duration::ZERO);
    let moment = after(1);
    let server = begin(&queue, moment, 0);
    for number in 1..100 {
        assert!(queue.schedule(moment, number).1.is_none());
    }
    assert_eq!(all(server), (0..100).collect::<Vec<_>>());
}

#[test]
fn an_earlier_moment_wakes_the_server() {
    let _watchdog = Watchdog::new();
    let queue = DelayQueue::new(Duration::ZERO);
    let (key, server) = queue.schedule(Deadline::NEVER, "never");
    let (say, hear) = channel();
    let thread = thread::spawn(move || {
        let mut server = server.unwrap();
        while let Some(item) = server.next(&mut Uninterrupted).unwrap() {
            say.send(item).unwrap();
        }
    });
    assert!(queue.schedule(after(2), "soon").1.is_none());
    assert_eq!(hear.recv(), Ok("soon"));
    assert_eq!(queue.cancel(key), Some("never"));
    thread.join().unwrap();
    assert!(hear.recv().is_err());
}

#[test]
fn what_was_taken_back_or_handed_out_cannot_be_taken_back() {
    let _watchdog = Watchdog::new();
    let queue = DelayQueue::new(Duration::ZERO);
    let (first, server) = queue.schedule(Deadline::now(), 1);
    let (second, _) = queue.schedule(after(3_600_000), 2);
    let mut server = server.unwrap();
    assert_eq!(server.next(&mut Uninterrupted), Ok(Some(1)));
    assert_eq!(queue.peek(first, |&item| item), None);
    assert_eq!(queue.cancel(first), None);
    assert_eq!(queue.peek(second, |&item| item), Some(2));
    assert_eq!(queue.cancel(second), Some(2));
    assert_eq!(queue.peek(second, |&item| item), None);
    assert_eq!(queue.cancel(second), None);
    assert_eq!(server.next(&mut Uninterrupted), Ok(None));
    assert!(queue.is_empty());
}

#[test]
fn a_server_that_left_is_missed_by_the_next_to_schedule() {
    let _watchdog = Watchdog::new();
    let queue = DelayQueue::new(Duration::from_millis(1));
    let server = begin(&queue, Deadline::now(), 1);
    assert_eq!(all(server), [1]);
    let server = begin(&queue, Deadline::now(), 2);
    drop(server);
    assert_eq!(queue.len(), 1);
    assert_eq!(all(begin(&queue, Deadline::now(), 3)), [2, 3]);
}

#[test]
fn a_server_in_no_hurry_waits_for_more() {
    let _watchdog = Watchdog::new();
    let queue = DelayQueue::new(LONG);
    let mut server = begin(&queue, Deadline::now(), 1);
    let (say, hear) = channel();
    let thread = thread::spawn(move || {
        while let Some(item) = server.next(&mut Uninterrupted).unwrap() {
            say.send(item).unwrap();
        }
    });
    assert_eq!(hear.recv(), Ok(1));
    assert!(queue.schedule(Deadline::now(), 2).1.is_none());
    assert_eq!(hear.recv(), Ok(2));
    queue.hurry();
    thread.join().unwrap();
}

#[test]
fn to_hurry_does_not_drop_what_is_pending() {
    let _watchdog = Watchdog::new();
    let queue = DelayQueue::new(LONG);
    let server = begin(&queue, after(2), 1);
    queue.hurry();
    assert_eq!(all(server), [1]);
}

/// Counts the sleeps, and lets all of them end at once.
struct Counting(u32);

impl Sleeper for Counting {
    type Abort = ();

    fn sleep(&mut self, _: &Waiter, _: Deadline) -> Result<bool, ()> {
        self.0 += 1;
        if self.0 < 5 { Ok(false) } else { Err(()) }
    }
}

#[test]
fn a_sleep_that_ends_early_makes_nothing_due() {
    let queue = DelayQueue::new(LONG);
    let mut server = begin(&queue, Deadline::after(LONG), 1);
    let mut sleeper = Counting(0);
    assert_eq!(server.next(&mut sleeper), Err(()));
    assert_eq!((sleeper.0, queue.len()), (5, 1));
    // It gave up one wait, not its duty.
    assert!(queue.schedule(Deadline::now(), 2).1.is_none());
    assert_eq!(server.next(&mut Uninterrupted), Ok(Some(2)));
}

#[test]
fn what_is_abandoned_comes_back_and_is_not_served() {
    let queue = DelayQueue::new(Duration::ZERO);
    let server = begin(&queue, after(3_600_000), 1);
    let _ = queue.schedule(Deadline::NEVER, 2);
    assert_eq!(queue.abandon(), [1, 2]);
    std::mem::forget(server);
    assert_eq!(all(begin(&queue, Deadline::now(), 3)), [3]);
}

#[test]
fn threads_that_schedule_and_take_back_lose_nothing() {
    let _watchdog = Watchdog::new();
    let queue = DelayQueue::new(LONG);
    let (say, hear) = channel();
    let mut server = begin(&queue, Deadline::now(), u64::MAX);
    let service = thread::spawn(move || {
        while let Some(item) = server.next(&mut Uninterrupted).unwrap() {
            say.send(item).unwrap();
        }
    });
    let kept: Vec<_> = (0..4)
        .map(|thread| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || {
                let mut kept = Vec::new();
                for number in (0..500).map(|round| round * 4 + thread) {
                    let (key, server) = queue.schedule(after(number % 7), number);
                    assert!(server.is_none());
                    if number % 3 != 0 || queue.cancel(key).is_none() {
                        kept.push(number);
                    }
                }
                kept
            })
        })
        .flat_map(|thread| thread.join().unwrap())
        .collect();
    queue.hurry();
    service.join().unwrap();
    let mut came: Vec<_> = hear.into_iter().filter(|&item| item != u64::MAX).collect();
    came.sort_unstable();
    let mut kept = kept;
    kept.sort_unstable();
    assert_eq!(came, kept);
}
