//! Every order of steps in which threads schedule, take back and serve.
//! Promise: a model fails if something due is lost or handed out twice, if the server sleeps
//! through what it has to look at (loom sees a deadlock), or if nobody or two serve.
//!
//! In a model there is no clock: what is due is due at once or never, and the server's patience is
//! none at all, so that it leaves as soon as nothing is pending.

#![cfg(loom)]
#![expect(clippy::unwrap_used, reason = "a model fails by panicking")]

use loom::thread;
use ropewalk_sync::{Deadline, DelayQueue, DelayServer, Uninterrupted};
use std::sync::Arc;
use std::time::Duration;

fn queue() -> Arc<DelayQueue<u32>> {
    DelayQueue::new(Duration::ZERO)
}

fn all(mut server: DelayServer<u32>) -> Vec<u32> {
    std::iter::from_fn(|| server.next(&mut Uninterrupted).unwrap()).collect()
}

/// Schedules something that is due, and serves if somebody has to.
fn schedule_due(queue: &Arc<DelayQueue<u32>>, item: u32) -> Vec<u32> {
    let (_, server) = queue.schedule(Deadline::now(), item);
    server.map_or_else(Vec::new, all)
}

#[test]
fn something_due_wakes_a_server_that_sleeps() {
    loom::model(|| {
        let queue = queue();
        let (key, server) = queue.schedule(Deadline::NEVER, 1);
        let service = thread::spawn(move || all(server.unwrap()));
        let mut came = schedule_due(&queue, 2);
        assert_eq!(queue.cancel(key), Some(1));
        came.extend(service.join().unwrap());
        assert_eq!(came, [2]);
    });
}

#[test]
fn a_server_whose_last_item_was_taken_back_leaves() {
    loom::model(|| {
        let queue = queue();
        let (key, server) = queue.schedule(Deadline::NEVER, 1);
        let service = thread::spawn(move || all(server.unwrap()));
        assert_eq!(queue.cancel(key), Some(1));
        assert_eq!(service.join().unwrap(), []);
    });
}

#[test]
fn two_threads_find_one_server_and_lose_nothing() {
    loom::model(|| {
        let queue = queue();
        let other = Arc::clone(&queue);
        let thread = thread::spawn(move || schedule_due(&other, 1));
        let mut came = schedule_due(&queue, 2);
        came.extend(thread.join().unwrap());
        came.sort_unstable();
        assert_eq!(came, [1, 2]);
        assert!(queue.is_empty());
    });
}

#[test]
fn what_is_due_is_either_handed_out_or_taken_back() {
    loom::model(|| {
        let queue = queue();
        let (key, server) = queue.schedule(Deadline::now(), 1);
        let service = thread::spawn(move || all(server.unwrap()).len());
        let taken_back = queue.cancel(key).is_some();
        assert_eq!(service.join().unwrap() + usize::from(taken_back), 1);
    });
}

#[test]
fn a_hurried_server_leaves_once_nothing_is_pending() {
    loom::model(|| {
        let queue = DelayQueue::new(Duration::from_secs(3600));
        let (key, server) = queue.schedule(Deadline::NEVER, 1);
        let service = thread::spawn(move || all(server.unwrap()));
        queue.hurry();
        assert_eq!(queue.cancel(key), Some(1));
        assert_eq!(service.join().unwrap(), []);
    });
}
