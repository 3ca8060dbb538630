//! Every order of steps (up to the preemption bound) in which threads put, get, wait and give up.
//! Promise: a model fails if a wake-up is lost (loom sees a deadlock), an item is lost or given
//! out twice, or two threads compare the items of one queue at once.
//!
//! In a model there is no clock: a wait with an end may run out of time at any step.

#![cfg(loom)]
#![expect(clippy::unwrap_used, reason = "a model fails by panicking")]

use loom::sync::Arc;
use loom::thread;
use ropewalk_facade::cell::UnsafeCell;
use ropewalk_park::Waiter;
use ropewalk_queue::{
    Core, Deadline, Fifo, GetError, Heap, Order, Patience, PriorityQueue, Queue, Sleeper,
    Uninterrupted,
};
use std::convert::Infallible;
use std::time::Duration;

/// An end that has not come when asked, so that the sleep itself decides.
const SOME_TIME: Duration = Duration::from_secs(3600);

/// Gives up after every sleep, told or not, as a signal handler that raises does.
struct GivesUp;

impl Sleeper for GivesUp {
    type Abort = ();

    fn sleep(&mut self, waiter: &Waiter, _: Deadline) -> Result<bool, ()> {
        let _ = waiter.sleep(Deadline::after(SOME_TIME));
        Err(())
    }
}

/// Starts a thread that shares `queue`.
fn with<Q, R>(queue: &Arc<Q>, work: impl FnOnce(&Q) -> R + 'static) -> thread::JoinHandle<R>
where
    Q: 'static,
    R: 'static,
{
    let queue = Arc::clone(queue);
    thread::spawn(move || work(&queue))
}

fn sorted<T: Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.into_iter().collect();
    items.sort_unstable();
    items
}

#[test]
fn an_item_put_wakes_the_thread_that_waits_for_it() {
    loom::model(|| {
        let queue = Arc::new(Queue::new());
        let getter = with(&queue, |queue| queue.get().unwrap());
        queue.put(7).unwrap();
        assert_eq!(getter.join().unwrap(), 7);
    });
}

#[test]
fn a_bounded_queue_lets_the_putter_wait_for_room() {
    loom::model(|| {
        let queue = Arc::new(Queue::bounded(1));
        let putter = with(&queue, |queue| {
            for number in 0..3 {
                queue.put(number).unwrap();
                assert!(queue.len() <= 1);
            }
        });
        let got: Vec<_> = (0..3).map(|_| queue.get().unwrap()).collect();
        assert_eq!(got, [0, 1, 2]);
        putter.join().unwrap();
    });
}

#[test]
fn two_getters_and_two_puts_lose_nothing() {
    loom::model(|| {
        let queue = Arc::new(Queue::new());
        let getters = [0; 2].map(|_| with(&queue, |queue| queue.get().unwrap()));
        queue.put(1).unwrap();
        queue.put(2).unwrap();
        assert_eq!(sorted(getters.map(|getter| getter.join().unwrap())), [1, 2]);
    });
}

#[test]
fn two_putters_and_one_place_lose_nothing() {
    loom::model(|| {
        let queue = Arc::new(Queue::bounded(1));
        let putters = [1, 2].map(|number| with(&queue, move |queue| queue.put(number).unwrap()));
        assert_eq!(sorted([queue.get().unwrap(), queue.get().unwrap()]), [1, 2]);
        let _ = putters.map(|putter| putter.join().unwrap());
    });
}

#[test]
fn get_many_makes_room_for_as_many_putters_as_items_it_took() {
    loom::model(|| {
        let queue = Arc::new(Queue::bounded(2));
        queue.put_many(vec![1, 2]).unwrap();
        let putters = [3, 4].map(|number| with(&queue, move |queue| queue.put(number).unwrap()));
        let mut got = queue.get_many(2).unwrap();
        let _ = putters.map(|putter| putter.join().unwrap());
        got.extend(queue.get_many(2).unwrap());
        assert_eq!(sorted(got), [1, 2, 3, 4]);
    });
}

#[test]
fn a_getter_that_gives_up_passes_the_wakeup_on() {
    loom::model(|| {
        let queue = Arc::new(Core::<Fifo<u8>>::new(0));
        let fickle = with(&queue, |queue| queue.get(Patience::Forever, &mut GivesUp));
        let patient = with(&queue, |queue| {
            let item = queue.get(Patience::Forever, &mut Uninterrupted).unwrap();
            queue.put(item, Patience::None, &mut Uninterrupted).unwrap();
        });
        queue.put(7, Patience::None, &mut Uninterrupted).unwrap();
        // The fickle one gives up unless the item was there before it had to sleep.
        match fickle.join().unwrap() {
            Ok(item) => queue.put(item, Patience::None, &mut Uninterrupted).unwrap(),
            Err(why) => assert_eq!(why, GetError::Aborted(())),
        }
        patient.join().unwrap();
        assert_eq!(queue.len(), 1);
    });
}

#[test]
fn a_putter_that_gives_up_passes_the_room_on() {
    loom::model(|| {
        let queue = Arc::new(Core::<Fifo<u8>>::new(1));
        queue.put(0, Patience::None, &mut Uninterrupted).unwrap();
        let fickle = with(&queue, |queue| {
            let put = queue.put(1, Patience::Forever, &mut GivesUp);
            if put.is_ok() {
                // It had no need to sleep: then it makes the room again.
                queue.get(Patience::Forever, &mut Uninterrupted).unwrap();
            }
        });
        let patient = with(&queue, |queue| {
            queue.put(2, Patience::Forever, &mut Uninterrupted).unwrap();
        });
        queue.get(Patience::Forever, &mut Uninterrupted).unwrap();
        fickle.join().unwrap();
        patient.join().unwrap();
    });
}

#[test]
fn a_getter_out_of_time_does_not_swallow_the_wakeup() {
    loom::model(|| {
        let queue = Arc::new(Queue::new());
        let hasty = with(&queue, |queue| {
            if let Ok(item) = queue.get_until(SOME_TIME) {
                queue.put(item).unwrap();
            }
        });
        let patient = with(&queue, |queue| queue.get().unwrap());
        queue.put(7).unwrap();
        hasty.join().unwrap();
        assert_eq!(patient.join().unwrap(), 7);
        assert!(queue.is_empty());
    });
}

#[test]
fn join_ends_with_the_last_task_done() {
    loom::model(|| {
        let queue = Arc::new(Queue::new());
        queue.put_many(vec![1, 2]).unwrap();
        let workers = [0; 2].map(|_| {
            with(&queue, |queue| {
                queue.get().unwrap();
                queue.task_done().unwrap();
            })
        });
        queue.join();
        assert_eq!(queue.unfinished_tasks(), 0);
        assert!(queue.is_empty());
        let _ = workers.map(|worker| worker.join().unwrap());
    });
}

#[test]
fn shutdown_wakes_every_getter() {
    loom::model(|| {
        let queue = Arc::new(Queue::<u8>::new());
        let getters = [0; 2].map(|_| with(&queue, |queue| queue.get().is_err()));
        queue.shutdown();
        assert_eq!(getters.map(|getter| getter.join().unwrap()), [true; 2]);
    });
}

#[test]
fn shutdown_now_wakes_putters_and_joiners() {
    loom::model(|| {
        let queue = Arc::new(Queue::bounded(1));
        queue.put(0).unwrap();
        let putter = with(&queue, |queue| queue.put(1));
        let joiner = with(&queue, |queue| queue.join());
        assert_eq!(queue.shutdown_now(), [0]);
        assert!(putter.join().unwrap().is_err());
        joiner.join().unwrap();
    });
}

#[test]
fn handing_over_sends_everybody_who_waits_away() {
    loom::model(|| {
        let queue = Arc::new(Core::<Fifo<u8>>::new(0));
        let getter = with(&queue, |queue| {
            queue.get(Patience::Forever, &mut Uninterrupted)
        });
        let putter = with(&queue, |queue| {
            queue.put(1, Patience::None, &mut Uninterrupted)
        });
        let contents = queue.hand_over(&mut Uninterrupted).unwrap();
        let got = getter.join().unwrap();
        let put = putter.join().unwrap();
        // The item is in one place: refused, got, or handed over.
        let places = [put.is_err(), got.is_ok(), contents.items == [1]];
        assert_eq!(places.iter().filter(|here| **here).count(), 1, "{places:?}");
        assert!(got.is_ok() || got == Err(GetError::HandedOver));
    });
}

/// The protocol in use: a fixed pool of workers, a way to wait for all work, an orderly end.
#[test]
fn a_pool_of_two_workers_does_all_jobs_and_ends() {
    loom::model(|| {
        let jobs = Arc::new(Queue::<usize>::new());
        let workers = [0; 2].map(|_| {
            with(&jobs, |jobs| {
                let mut sum = 0;
                while let Ok(job) = jobs.get() {
                    sum += job;
                    jobs.task_done().unwrap();
                }
                sum
            })
        });
        jobs.put_many(vec![1, 2]).unwrap();
        jobs.join();
        jobs.shutdown();
        let sums = workers.map(|worker| worker.join().unwrap());
        assert_eq!(sums.iter().sum::<usize>(), 3);
    });
}

/// A number, and a cell that loom watches: comparing enters it, so that two threads that compare
/// items of one queue at the same time fail the model.
struct Watched(u8, Arc<UnsafeCell<()>>);

struct Watching;

impl Order<Watched> for Watching {
    type Failure = Infallible;

    fn before(a: &Watched, b: &Watched) -> Result<bool, Infallible> {
        a.1.with_mut(|_| ());
        Ok(a.0 < b.0)
    }

    fn lost(failure: Infallible) {
        match failure {}
    }
}

type WatchedQueue = Core<Heap<Watched, Watching>>;

fn put(queue: &WatchedQueue, cell: &Arc<UnsafeCell<()>>, number: u8) {
    let item = Watched(number, Arc::clone(cell));
    let put = queue.put(item, Patience::Forever, &mut Uninterrupted);
    assert!(put.is_ok());
}

fn drain(queue: &WatchedQueue) -> Vec<u8> {
    let next = || queue.get(Patience::None, &mut Uninterrupted).ok();
    std::iter::from_fn(next).map(|item| item.0).collect()
}

#[test]
fn one_thread_at_a_time_compares() {
    loom::model(|| {
        let queue = Arc::new(WatchedQueue::new(0));
        let cell = Arc::new(UnsafeCell::new(()));
        put(&queue, &cell, 2);
        let other = with(&queue, {
            let cell = Arc::clone(&cell);
            move |queue| put(queue, &cell, 3)
        });
        put(&queue, &cell, 1);
        other.join().unwrap();
        assert_eq!(drain(&queue), [1, 2, 3]);
    });
}

#[test]
fn two_getters_that_compare_take_turns() {
    loom::model(|| {
        let queue = Arc::new(WatchedQueue::new(0));
        let cell = Arc::new(UnsafeCell::new(()));
        for number in [2, 1, 3] {
            put(&queue, &cell, number);
        }
        // While one compares, the other waits for its turn; what needs no turn does not wait.
        let other = with(&queue, |queue| {
            assert!(queue.len() >= 2);
            queue.get(Patience::Forever, &mut Uninterrupted).unwrap().0
        });
        let mine = queue.get(Patience::Forever, &mut Uninterrupted).unwrap().0;
        assert_eq!(sorted([mine, other.join().unwrap()]), [1, 2]);
        assert_eq!(drain(&queue), [3]);
    });
}

#[test]
fn everybody_who_waited_for_a_turn_goes_on_although_some_need_none() {
    loom::model(|| {
        let queue = Arc::new(PriorityQueue::new());
        queue.put(1).unwrap();
        let getters = [0; 2].map(|_| with(&queue, |queue| queue.get().unwrap()));
        // This compares; two items come out without a comparison.
        queue.put(2).unwrap();
        assert_eq!(sorted(getters.map(|getter| getter.join().unwrap())), [1, 2]);
    });
}

#[test]
fn get_many_does_not_reach_into_another_threads_turn() {
    // The dangerous order needs three preemptions: into the first turn, into the moment after
    // it, and into the second turn.
    model_with_at_least_three_preemptions(|| {
        let queue = Arc::new(PriorityQueue::new());
        queue.put_many(vec![3, 1, 2]).unwrap();
        let putter = with(&queue, |queue| queue.put(0).unwrap());
        let mut got = queue.get_many(4).unwrap();
        assert!(!got.is_empty());
        putter.join().unwrap();
        while let Ok(item) = queue.try_get() {
            got.push(item);
        }
        assert_eq!(sorted(got), [0, 1, 2, 3]);
    });
}

#[test]
fn an_item_is_counted_before_it_can_be_got() {
    model_with_at_least_three_preemptions(|| {
        let queue = Arc::new(PriorityQueue::new());
        queue.put(1).unwrap();
        let worker = with(&queue, |queue| {
            for _ in 0..2 {
                queue.get().unwrap();
                queue.task_done().unwrap();
            }
        });
        queue.put(2).unwrap();
        queue.join();
        assert!(queue.is_empty());
        worker.join().unwrap();
    });
}

fn model_with_at_least_three_preemptions(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.map(|bound| bound.max(3));
    builder.check(model);
}
