//! Random crowds of threads. Promise: nothing is lost, nothing comes twice, and each producer's
//! items stay in order where the queue keeps an order.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, TestCaseResult};
use ropewalk_queue::{LifoQueue, PriorityQueue, Queue};
use std::thread;
use watchdog::Watchdog;

#[path = "../../ropewalk-park/tests/watchdog/mod.rs"]
mod watchdog;

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 48,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

/// A producer's number and its item's number.
type Item = (usize, usize);

/// The faces under test, by the operations that the property below uses.
trait Face: Default + Sync {
    fn bounded(bound: usize) -> Self;
    fn put_all(&self, items: Vec<Item>);
    fn get_some(&self, count: usize) -> Option<Vec<Item>>;
    fn done(&self);
    fn finish(&self);
}

macro_rules! face {
    ($queue:ty) => {
        impl Face for $queue {
            fn bounded(bound: usize) -> Self {
                <$queue>::bounded(bound)
            }
            fn put_all(&self, items: Vec<Item>) {
                if items.len() == 1 {
                    self.put(items[0]).expect("the queue is open");
                } else {
                    self.put_many(items).expect("the queue is open");
                }
            }
            fn get_some(&self, count: usize) -> Option<Vec<Item>> {
                if count == 1 {
                    self.get().ok().map(|item| vec![item])
                } else {
                    self.get_many(count).ok()
                }
            }
            fn done(&self) {
                self.task_done().expect("one call for each item");
            }
            fn finish(&self) {
                self.join();
                self.shutdown();
            }
        }
    };
}

face!(Queue<Item>);
face!(LifoQueue<Item>);
face!(PriorityQueue<Item>);

#[derive(Clone, Debug)]
struct Crowd {
    bound: usize,
    /// For each producer: how many items, and how many it puts at once.
    producers: Vec<(usize, usize)>,
    /// For each consumer: how many it gets at once.
    consumers: Vec<usize>,
}

fn crowd() -> impl Strategy<Value = Crowd> {
    let producers = vec((0..80_usize, 1..5_usize), 1..4);
    (0..4_usize, producers, vec(1..5_usize, 1..4)).prop_map(|(bound, producers, consumers)| Crowd {
        bound,
        producers,
        consumers,
    })
}

/// Runs the crowd; what each consumer got, in its order.
fn run<Q: Face>(crowd: &Crowd) -> Vec<Vec<Item>> {
    let _watchdog = Watchdog::new();
    let queue = &Q::bounded(crowd.bound);
    let consume = |at_once: usize| {
        let mut got = Vec::new();
        while let Some(items) = queue.get_some(at_once) {
            assert!((1..=at_once).contains(&items.len()));
            for _ in &items {
                queue.done();
            }
            got.extend(items);
        }
        got
    };
    let consume = &consume;
    thread::scope(|scope| {
        let consumers: Vec<_> = crowd
            .consumers
            .iter()
            .map(|at_once| scope.spawn(move || consume(*at_once)))
            .collect();
        let producers: Vec<_> = crowd
            .producers
            .iter()
            .enumerate()
            .map(|(producer, &(count, at_once))| {
                scope.spawn(move || {
                    let items: Vec<Item> = (0..count).map(|number| (producer, number)).collect();
                    for some in items.chunks(at_once) {
                        queue.put_all(some.to_vec());
                    }
                })
            })
            .collect();
        for producer in producers {
            producer.join().expect("a producer does not panic");
        }
        queue.finish();
        let join = |consumer: thread::ScopedJoinHandle<'_, Vec<Item>>| {
            consumer.join().expect("a consumer does not panic")
        };
        consumers.into_iter().map(join).collect()
    })
}

fn nothing_lost_and_nothing_twice(crowd: &Crowd, got: &[Vec<Item>]) -> TestCaseResult {
    let mut all = got.concat();
    all.sort_unstable();
    let producers = crowd.producers.iter().enumerate();
    let expected: Vec<Item> = producers
        .flat_map(|(producer, &(count, _))| (0..count).map(move |number| (producer, number)))
        .collect();
    prop_assert_eq!(all, expected);
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn threads_lose_nothing_and_keep_each_producers_order(crowd in crowd()) {
        let got = run::<Queue<Item>>(&crowd);
        nothing_lost_and_nothing_twice(&crowd, &got)?;
        for one in got {
            for producer in 0..crowd.producers.len() {
                let of_one = one.iter().filter(|item| item.0 == producer);
                prop_assert!(of_one.is_sorted());
            }
        }
    }

    #[test]
    fn threads_lose_nothing_in_a_lifo_queue(crowd in crowd()) {
        nothing_lost_and_nothing_twice(&crowd, &run::<LifoQueue<Item>>(&crowd))?;
    }

    #[test]
    fn threads_lose_nothing_in_a_priority_queue(crowd in crowd()) {
        nothing_lost_and_nothing_twice(&crowd, &run::<PriorityQueue<Item>>(&crowd))?;
    }
}
