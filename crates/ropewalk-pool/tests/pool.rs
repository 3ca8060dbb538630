//! The pool's book-keeping, step by step and with threads.
//! Promise: a worker is hired only when none is idle; every task is taken once; a starving pool
//! is noticed; surplus workers are kept for the next time.

#![cfg(not(loom))]

use ropewalk_pool::Uninterrupted;
use ropewalk_pool::thread::{Hire, Hope, How, Leave, Order, Place, Pool, Refused, Waits};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

const MAY_HIRE: How = How {
    priority: 0,
    hire: Hire::IfNeeded,
    bounded: true,
};

#[derive(Debug)]
struct Hoping(Hope);

impl Waits for Hoping {
    fn hope(&self) -> Hope {
        self.0
    }
}

fn hoping(hope: Hope) -> Arc<dyn Waits> {
    Arc::new(Hoping(hope))
}

fn next<T>(pool: &Pool<T>) -> Result<T, Leave> {
    let taken = pool.next(None, &mut Uninterrupted).unwrap();
    taken.map(|(task, _)| task)
}

#[test]
fn a_worker_is_hired_up_to_the_limit() {
    let pool = Pool::new(Order::Fifo, 2);
    let answers: Vec<_> = (0..3).map(|n| pool.submit(n, MAY_HIRE).unwrap()).collect();
    assert_eq!(answers, [Hire::IfNeeded, Hire::IfNeeded, Hire::Nobody]);
    assert_eq!(pool.count().workers, 2);
}

#[test]
fn who_may_not_hire_gets_the_task_back() {
    let pool = Pool::new(Order::Fifo, 1);
    let how = How {
        hire: Hire::Nobody,
        ..MAY_HIRE
    };
    assert_eq!(pool.submit(7, how), Err(Refused::NeedsWorker(7)));
    assert_eq!(pool.count().queued, 0);
}

#[test]
fn the_bound_counts_what_waits() {
    let pool = Pool::new(Order::Fifo, 1);
    pool.set_bound(1);
    let _ = pool.submit(1, MAY_HIRE).unwrap();
    assert_eq!(pool.submit(2, MAY_HIRE), Err(Refused::Full(2)));
    assert_eq!(next(&pool), Ok(1));
    assert_eq!(pool.submit(2, MAY_HIRE), Ok(Hire::Nobody));
}

#[test]
fn lower_priorities_go_first_and_equals_in_order() {
    let pool = Pool::new(Order::Priority, 1);
    for (task, priority) in [("c", 3), ("a", 1), ("d", 3), ("b", 1)] {
        let _ = pool
            .submit(
                task,
                How {
                    priority,
                    ..MAY_HIRE
                },
            )
            .unwrap();
    }
    let order: Vec<_> = (0..4).map(|_| next(&pool).unwrap()).collect();
    assert_eq!(order, ["a", "b", "c", "d"]);
}

#[test]
fn what_is_queued_is_run_after_the_shut_down() {
    let pool = Pool::new(Order::Fifo, 1);
    let _ = pool.submit(1, MAY_HIRE).unwrap();
    pool.shut_down();
    assert_eq!(pool.submit(2, MAY_HIRE), Err(Refused::ShutDown(2)));
    assert_eq!(next(&pool), Ok(1));
    assert_eq!(next(&pool), Err(Leave::Over));
}

#[test]
fn a_starving_pool_is_noticed_and_its_surplus_is_kept_as_a_spare() {
    let pool = Arc::new(Pool::new(Order::Fifo, 1));
    let _ = pool.submit("outer", MAY_HIRE).unwrap();
    assert_eq!(next(&pool), Ok("outer"));
    assert_eq!(pool.submit("inner", MAY_HIRE), Ok(Hire::Nobody));
    let wait = hoping(Hope::Queue);
    assert!(pool.block(&wait), "nobody is left to run the inner task");
    assert_eq!(pool.count().workers, 2);
    assert_eq!(next(&pool), Ok("inner"));
    pool.unblock(&wait);
    let spare = thread::spawn({
        let pool = Arc::clone(&pool);
        move || [next(&pool), next(&pool)]
    });
    while pool.count().workers != 1 {
        thread::yield_now();
    }
    assert_eq!(pool.submit("next", MAY_HIRE), Ok(Hire::Nobody));
    assert!(!pool.block(&wait), "there is a spare");
    while pool.count().queued != 0 {
        thread::yield_now();
    }
    pool.unblock(&wait);
    pool.shut_down();
    let [second, end] = spare.join().unwrap();
    assert_eq!(second, Ok("next"));
    assert!(end.is_err());
    assert_eq!(pool.count().workers, 1);
}

#[test]
fn a_wait_with_nothing_queued_is_no_starvation() {
    let pool = Pool::new(Order::Fifo, 1);
    let _ = pool.submit("outer", MAY_HIRE).unwrap();
    assert_eq!(next(&pool), Ok("outer"));
    let wait = hoping(Hope::Queue);
    assert!(!pool.block(&wait));
    pool.unblock(&wait);
}

/// A pool of so many workers that all have work, and one more task.
fn busy(workers: usize) -> Pool<usize> {
    let pool = Pool::new(Order::Fifo, workers);
    for task in 0..=workers {
        assert!(pool.submit(task, MAY_HIRE).is_ok());
    }
    for task in 0..workers {
        assert_eq!(next(&pool), Ok(task));
    }
    pool
}

#[test]
fn a_wait_that_somebody_else_can_end_is_no_starvation() {
    let pool = busy(2);
    assert!(!pool.block(&hoping(Hope::Queue)), "the other one works");
    assert!(!pool.block(&hoping(Hope::Other)));
}

#[test]
fn workers_that_wait_only_for_each_other_are_not_helped() {
    let pool = busy(2);
    assert!(!pool.block(&hoping(Hope::Workers)));
    assert!(!pool.block(&hoping(Hope::Workers)));
}

#[test]
fn one_that_waits_for_the_queue_is_enough() {
    let pool = busy(2);
    assert!(!pool.block(&hoping(Hope::Queue)));
    assert!(pool.block(&hoping(Hope::Workers)));
}

#[test]
fn a_wait_for_all_is_as_hopeless_as_its_worst_part_and_one_for_any_as_its_best() {
    use Place::{Elsewhere, Queued, Running};
    for (places, all, any) in [
        (&[Queued, Elsewhere][..], Hope::Queue, Hope::Other),
        (&[Queued, Running], Hope::Queue, Hope::Queue),
        (&[Running, Running], Hope::Workers, Hope::Workers),
        (&[Running, Elsewhere], Hope::Workers, Hope::Other),
        (&[Elsewhere], Hope::Other, Hope::Other),
        (&[], Hope::Other, Hope::Other),
    ] {
        assert_eq!(Hope::of_all(places.iter().copied()), all, "{places:?}");
        assert_eq!(Hope::of_any(places.iter().copied()), any, "{places:?}");
    }
}

#[test]
fn every_task_is_taken_once_by_many_workers() {
    const TASKS: usize = 20_000;
    let pool = Arc::new(Pool::new(Order::Fifo, 4));
    let sum = Arc::new(AtomicUsize::new(0));
    let mut workers = Vec::new();
    for task in 1..=TASKS {
        if pool.submit(task, MAY_HIRE).unwrap() == Hire::IfNeeded {
            let (pool, sum) = (Arc::clone(&pool), Arc::clone(&sum));
            workers.push(thread::spawn(move || {
                let mut finished = None;
                while let Ok((task, timing)) = pool.next(finished, &mut Uninterrupted).unwrap() {
                    sum.fetch_add(task, Ordering::Relaxed);
                    finished = Some(timing);
                }
            }));
        }
    }
    pool.shut_down();
    assert!(workers.len() <= 4);
    for worker in workers {
        worker.join().unwrap();
    }
    assert_eq!(sum.load(Ordering::Relaxed), TASKS * (TASKS + 1) / 2);
    let count = pool.count();
    assert_eq!(
        (count.done, count.queued, count.workers),
        (TASKS as u64, 0, 0)
    );
    assert!(count.run.is_some() && count.wait.is_some());
}
