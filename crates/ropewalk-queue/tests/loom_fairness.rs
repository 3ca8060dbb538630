//! Every order of steps (up to the preemption bound) in which an item, room or a turn is set aside
//! for a thread that was overtaken: while it waits, as its time runs out, as it gives up, with
//! another behind it. Promise: a model fails if what was set aside is lost with that thread (loom
//! sees a deadlock), or if two threads have it.

#![cfg(loom)]
#![expect(clippy::unwrap_used, reason = "a model fails by panicking")]

use loom::sync::Arc;
use loom::thread;
use ropewalk_park::{Outcome, Waiter};
use ropewalk_queue::{
    Core, Deadline, Fifo, Patience, PriorityQueue, Queue, Sleeper, Uninterrupted,
};
use std::time::Duration;

/// An end that has not come when asked, so that the sleep itself decides.
const SOME_TIME: Duration = Duration::from_secs(3600);

/// Explores `body` with a turn due whenever somebody was overtaken, and with none.
fn explore(body: impl Fn() + Clone + Send + Sync + 'static) {
    for due in [false, true] {
        ropewalk_facade::pace::models::set_due(due);
        loom::model(body.clone());
    }
}

/// Goes on after the first sleep, and gives up after the second one, told or not.
#[derive(Default)]
struct GivesUpLater {
    slept: bool,
}

impl Sleeper for GivesUpLater {
    type Abort = ();

    fn sleep(&mut self, waiter: &Waiter, deadline: Deadline) -> Result<bool, ()> {
        if std::mem::replace(&mut self.slept, true) {
            let _ = waiter.sleep(Deadline::after(SOME_TIME));
            Err(())
        } else {
            Ok(waiter.sleep(deadline) == Outcome::Told)
        }
    }
}

fn with<Q: 'static, R: 'static>(
    queue: &Arc<Q>,
    work: impl FnOnce(&Q) -> R + 'static,
) -> thread::JoinHandle<R> {
    let queue = Arc::clone(queue);
    thread::spawn(move || work(&queue))
}

/// What the one does that overtakes the others: puts, is faster again, puts.
fn overtake(queue: &Queue<u8>) {
    queue.put(7).unwrap();
    if let Ok(item) = queue.try_get() {
        queue.put(item).unwrap();
    }
}

#[test]
fn the_one_item_reaches_who_was_overtaken_and_the_next() {
    explore(|| {
        let queue = Arc::new(Queue::new());
        let getters = [0; 2].map(|_| {
            with(&queue, |queue| {
                let item = queue.get().unwrap();
                queue.put(item).unwrap();
            })
        });
        overtake(&queue);
        let _ = getters.map(|getter| getter.join().unwrap());
        assert_eq!(queue.try_get(), Ok(7));
    });
}

#[test]
fn an_item_set_aside_as_time_runs_out_is_taken() {
    explore(|| {
        let queue = Arc::new(Queue::new());
        let hasty = with(&queue, |queue| {
            if let Ok(item) = queue.get_until(SOME_TIME) {
                queue.put(item).unwrap();
            }
        });
        let patient = with(&queue, |queue| queue.get().unwrap());
        overtake(&queue);
        hasty.join().unwrap();
        assert_eq!(patient.join().unwrap(), 7);
        assert!(queue.is_empty());
    });
}

#[test]
fn an_item_set_aside_for_a_thread_that_gives_up_goes_to_the_next() {
    explore(|| {
        let queue = Arc::new(Core::<Fifo<u8>>::new(0));
        let put = |queue: &Core<Fifo<u8>>, item| {
            queue.put(item, Patience::None, &mut Uninterrupted).unwrap();
        };
        let fickle = with(&queue, move |queue| {
            if let Ok(item) = queue.get(Patience::Forever, &mut GivesUpLater::default()) {
                put(queue, item);
            }
        });
        let patient = with(&queue, move |queue| {
            let item = queue.get(Patience::Forever, &mut Uninterrupted).unwrap();
            put(queue, item);
        });
        put(&queue, 7);
        if let Ok(item) = queue.get(Patience::None, &mut Uninterrupted) {
            put(&queue, item);
        }
        fickle.join().unwrap();
        patient.join().unwrap();
        assert_eq!(queue.len(), 1);
    });
}

#[test]
fn the_one_place_reaches_who_was_overtaken_and_the_next() {
    explore(|| {
        let queue = Arc::new(Queue::bounded(1));
        queue.put(0).unwrap();
        let putters = [1, 2].map(|number| with(&queue, move |queue| queue.put(number).unwrap()));
        let mut got = vec![queue.get().unwrap()];
        if queue.try_put(3).is_ok() {
            got.push(queue.get().unwrap());
        }
        got.retain(|number| *number != 3);
        while got.len() < 3 {
            got.push(queue.get().unwrap());
            got.retain(|number| *number != 3);
        }
        let _ = putters.map(|putter| putter.join().unwrap());
        got.sort_unstable();
        assert_eq!(got, [0, 1, 2]);
    });
}

#[test]
fn a_turn_set_aside_is_had_and_ends() {
    explore(|| {
        let queue = Arc::new(PriorityQueue::new());
        queue.put(5).unwrap();
        let putters = [1, 2].map(|number| with(&queue, move |queue| queue.put(number).unwrap()));
        queue.put(3).unwrap();
        queue.put(4).unwrap();
        let _ = putters.map(|putter| putter.join().unwrap());
        let got: Vec<_> = std::iter::from_fn(|| queue.try_get().ok()).collect();
        assert_eq!(got, [1, 2, 3, 4, 5]);
    });
}
