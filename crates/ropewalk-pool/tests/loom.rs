//! Every order of steps (up to the preemption bound) of submitters and workers.
//! Promise: a model fails if a wake-up is lost (loom sees a deadlock), or a task is lost or taken
//! twice.

#![cfg(loom)]
#![expect(clippy::unwrap_used, reason = "a model fails by panicking")]

use loom::sync::Arc;
use loom::thread;
use ropewalk_pool::thread::{Hire, Hope, How, Order, Pool, Refused, Waits};
use ropewalk_pool::{Patience, Uninterrupted};

const MAY_HIRE: How = How {
    priority: 0,
    hire: Hire::IfNeeded,
    bounded: true,
};

#[derive(Debug)]
struct ForTheQueue;

impl Waits for ForTheQueue {
    fn hope(&self) -> Hope {
        Hope::Queue
    }
}

type Numbers = Pool<u8>;

fn with<R: 'static>(
    pool: &Arc<Numbers>,
    work: impl FnOnce(&Numbers) -> R + 'static,
) -> thread::JoinHandle<R> {
    let pool = Arc::clone(pool);
    thread::spawn(move || work(&pool))
}

/// What a worker does; returns the tasks that it took.
fn work(pool: &Numbers) -> Vec<u8> {
    let (mut taken, mut finished) = (Vec::new(), None);
    while let Ok((task, timing)) = pool.next(finished, &mut Uninterrupted).unwrap() {
        taken.push(task);
        finished = Some(timing);
    }
    taken
}

#[test]
fn a_task_reaches_a_worker_that_is_about_to_sleep() {
    loom::model(|| {
        let pool = Arc::new(Numbers::new(Order::Fifo, 1));
        assert_eq!(pool.submit(1, MAY_HIRE), Ok(Hire::IfNeeded));
        let worker = with(&pool, work);
        let _ = pool.submit(2, MAY_HIRE).unwrap();
        pool.shut_down();
        assert_eq!(worker.join().unwrap(), [1, 2]);
    });
}

#[test]
fn two_workers_take_each_task_once() {
    loom::model(|| {
        let pool = Arc::new(Numbers::new(Order::Fifo, 2));
        for task in [1, 2] {
            assert_eq!(pool.submit(task, MAY_HIRE), Ok(Hire::IfNeeded));
        }
        let workers = [(); 2].map(|()| with(&pool, work));
        pool.shut_down();
        let mut taken: Vec<u8> = workers.map(|w| w.join().unwrap()).concat();
        taken.sort_unstable();
        assert_eq!(taken, [1, 2]);
        assert_eq!(pool.count().workers, 0);
    });
}

#[test]
fn two_submitters_hire_one_worker_when_there_is_room_for_one() {
    loom::model(|| {
        let pool = Arc::new(Numbers::new(Order::Fifo, 1));
        let other = with(&pool, |pool| pool.submit(1, MAY_HIRE).unwrap());
        let mine = pool.submit(2, MAY_HIRE).unwrap();
        assert_ne!(other.join().unwrap(), mine);
        assert_eq!(pool.count().queued, 2);
    });
}

#[test]
fn a_submitter_that_waits_for_room_gets_it() {
    loom::model(|| {
        let pool = Arc::new(Numbers::new(Order::Fifo, 1));
        pool.set_bound(1);
        let _ = pool.submit(1, MAY_HIRE).unwrap();
        let submitter = with(&pool, |pool| {
            let mut task = 2;
            while let Err(Refused::Full(back)) = pool.submit(task, MAY_HIRE) {
                task = back;
                let Ok(_) = pool.wait_for_room(Patience::Forever, &mut Uninterrupted);
            }
        });
        assert_eq!(pool.pop(), Some(1));
        submitter.join().unwrap();
        assert_eq!(pool.pop(), Some(2));
    });
}

#[test]
fn a_spare_worker_that_is_kept_leaves_in_the_end() {
    loom::model(|| {
        let pool = Arc::new(Numbers::new(Order::Fifo, 1));
        let _ = pool.submit(1, MAY_HIRE).unwrap();
        assert_eq!(pool.pop(), Some(1));
        pool.push(2);
        // This thread is the worker that waits for task 2.
        let wait: std::sync::Arc<dyn Waits> = std::sync::Arc::new(ForTheQueue);
        assert!(pool.block(&wait));
        let spare = with(&pool, work);
        pool.unblock(&wait);
        pool.shut_down();
        // It takes the task, unless the other one goes on first; then it is not needed.
        let taken = spare.join().unwrap();
        assert!(taken == [2] || taken.is_empty() && pool.pop() == Some(2));
        assert_eq!(pool.count().workers, 1);
    });
}
