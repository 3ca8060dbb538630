//! Threads that wait in a queue. Promise: whoever waits is woken for what it waits for, and a
//! wake-up that one thread cannot use goes to another.

use ropewalk_park::Waiter;
use ropewalk_queue::{
    Ascending, Core, Deadline, Empty, Fifo, Full, GetError, Heap, LifoQueue, Order, Patience,
    PriorityQueue, Queue, ShutDown, SimpleQueue, Sleeper, TooManyTasksDone, Uninterrupted,
};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;
use watchdog::Watchdog;

#[path = "../../ropewalk-park/tests/watchdog/mod.rs"]
mod watchdog;

/// Says when it is about to sleep; the thread stands in its list by then.
struct Announcing(Sender<()>);

impl Sleeper for Announcing {
    type Abort = Infallible;

    fn sleep(&mut self, waiter: &Waiter, deadline: Deadline) -> Result<bool, Infallible> {
        let _ = self.0.send(());
        Uninterrupted.sleep(waiter, deadline)
    }
}

/// Each sleep is what the next of these closures does.
struct Scripted(Vec<Box<dyn FnOnce() -> Result<bool, ()>>>);

impl Sleeper for Scripted {
    type Abort = ();

    fn sleep(&mut self, _: &Waiter, _: Deadline) -> Result<bool, ()> {
        self.0.remove(0)()
    }
}

/// A thread that waits in `get`, and is known to.
fn waiting_getter<T: Send + 'static>(queue: &Arc<Core<Fifo<T>>>) -> thread::JoinHandle<Option<T>> {
    let (tell, asleep) = channel();
    let queue = Arc::clone(queue);
    let getter = thread::spawn(move || queue.get(Patience::Forever, &mut Announcing(tell)).ok());
    asleep.recv().expect("the getter sleeps");
    getter
}

#[test]
fn getters_are_served_in_the_order_they_came() {
    let _watchdog = Watchdog::new();
    let queue = Arc::new(Core::<Fifo<u8>>::new(0));
    let getters: Vec<_> = (0..3).map(|_| waiting_getter(&queue)).collect();
    for (number, getter) in (0..3).zip(getters) {
        queue
            .put(number, Patience::None, &mut Uninterrupted)
            .expect("there is room");
        // Joined before the next put, so that only this getter can have been woken.
        assert_eq!(getter.join().expect("no panic"), Some(number));
    }
}

#[test]
fn a_getter_that_gives_up_although_told_passes_the_wakeup_on() {
    let _watchdog = Watchdog::new();
    let queue = Arc::new(Core::<Fifo<u8>>::new(0));
    let (tell, patient) = channel();
    let putting = Arc::clone(&queue);
    let mut fickle = Scripted(vec![Box::new(move || {
        let _ = tell.send(waiting_getter(&putting));
        // The fickle one came first, so this tells it.
        let put = putting.put(7, Patience::None, &mut Uninterrupted);
        put.expect("there is room");
        Err(())
    })]);
    assert_eq!(
        queue.get(Patience::Forever, &mut fickle),
        Err(GetError::Aborted(()))
    );
    let patient = patient.recv().expect("it was started");
    assert_eq!(patient.join().expect("no panic"), Some(7));
}

/// Compares slowly when asked to: an item with a gate waits in its comparison.
struct Gated(u8, Option<(Sender<()>, Receiver<()>)>);

struct ThroughGates;

impl Order<Gated> for ThroughGates {
    type Failure = Infallible;

    fn before(a: &Gated, b: &Gated) -> Result<bool, Infallible> {
        for (entered, open) in [&a.1, &b.1].into_iter().flatten() {
            let _ = entered.send(());
            // A closed channel is an open gate.
            let _ = open.recv();
        }
        Ok(a.0 < b.0)
    }

    fn lost(failure: Infallible) {
        match failure {}
    }
}

#[test]
fn a_told_getter_that_gives_up_while_another_compares_passes_the_wakeup_on() {
    let _watchdog = Watchdog::new();
    let queue = Arc::new(Core::<Heap<Gated, ThroughGates>>::new(0));
    let plain = |number| Gated(number, None);
    let (entered_at, entered) = channel();
    let (open, gate) = channel::<()>();
    let getter = |queue: &Arc<Core<Heap<Gated, ThroughGates>>>| {
        let (tell, asleep) = channel();
        let queue = Arc::clone(queue);
        let getter = thread::spawn(move || {
            let got = queue.get(Patience::Forever, &mut Announcing(tell));
            got.ok().map(|item| item.0)
        });
        asleep.recv().expect("the getter sleeps");
        getter
    };
    let (tell, others) = channel();
    let inner = Arc::clone(&queue);
    let mut fickle = Scripted(vec![
        Box::new(move || {
            let getters = [getter(&inner), getter(&inner)];
            // Tells the fickle one.
            let put = inner.put(plain(1), Patience::None, &mut Uninterrupted);
            assert!(put.is_ok());
            // Compares until the gate opens, then tells the first of the others.
            let slow = Arc::clone(&inner);
            let putter = thread::spawn(move || {
                let item = Gated(2, Some((entered_at, gate)));
                slow.put(item, Patience::None, &mut Uninterrupted).is_ok()
            });
            entered.recv().expect("it compares");
            let _ = tell.send((getters, putter));
            Ok(true)
        }),
        // The fickle one waits for the turn now, and gives up.
        Box::new(|| Err(())),
    ]);
    let answer = queue.get(Patience::Forever, &mut fickle);
    assert!(matches!(answer, Err(GetError::Aborted(()))));
    drop(open);
    let (getters, putter) = others.recv().expect("they were started");
    assert!(putter.join().expect("no panic"));
    let mut got = getters.map(|getter| getter.join().expect("no panic"));
    got.sort_unstable();
    assert_eq!(got, [Some(1), Some(2)]);
}

/// Items that cannot be compared, as of different types in Python.
struct Incomparable;

impl Order<u8> for Incomparable {
    type Failure = ();

    fn before(_: &u8, _: &u8) -> Result<bool, ()> {
        Err(())
    }

    fn lost((): ()) {}
}

#[test]
fn an_item_whose_comparison_failed_wakes_a_getter_all_the_same() {
    let _watchdog = Watchdog::new();
    let queue = Arc::new(Core::<Heap<u8, Incomparable>>::new(0));
    let (tell, second) = channel();
    let inner = Arc::clone(&queue);
    let mut first = Scripted(vec![Box::new(move || {
        let (asleep_at, asleep) = channel();
        let shared = Arc::clone(&inner);
        let getter = thread::spawn(move || {
            let got = shared.get(Patience::Forever, &mut Announcing(asleep_at));
            got.ok()
        });
        asleep.recv().expect("the getter sleeps");
        let put = |item| inner.put(item, Patience::None, &mut Uninterrupted).is_ok();
        // The first one tells the getter of this script, the second one fails and is inside.
        assert_eq!([put(1), put(2)], [true, false]);
        let _ = tell.send(getter);
        Ok(true)
    })]);
    let first = queue.get(Patience::Forever, &mut first).ok();
    let second = second.recv().expect("it was started");
    let mut got = [first, second.join().expect("no panic")];
    got.sort_unstable();
    assert_eq!(got, [Some(1), Some(2)]);
}

#[test]
fn get_many_of_nothing_takes_no_wakeup() {
    let queue = Core::<Heap<u8, Ascending>>::new(0);
    let none = queue.get_many(0, Patience::Forever, &mut Scripted(Vec::new()));
    assert_eq!(none, Ok(Vec::new()));
}

#[test]
fn an_end_in_the_past_still_looks_once() {
    let queue = Queue::bounded(1);
    assert_eq!(queue.get_until(Deadline::now()), Err(Empty));
    assert_eq!(queue.put_until(1, Deadline::now()), Ok(()));
    assert_eq!(queue.put_until(2, Duration::ZERO), Err(Full(2)));
    assert_eq!(queue.get_until(Duration::ZERO), Ok(1));
}

#[test]
fn an_end_beyond_the_clock_is_no_end() {
    let _watchdog = Watchdog::new();
    let queue = Arc::new(Queue::new());
    let getter = thread::spawn({
        let queue = Arc::clone(&queue);
        move || queue.get_until(Duration::MAX)
    });
    queue.put(1).expect("the queue is open");
    assert_eq!(getter.join().expect("no panic"), Ok(1));
}

#[test]
fn errors_give_the_items_back() {
    let queue = LifoQueue::bounded(1);
    assert_eq!(queue.try_put("in"), Ok(()));
    assert_eq!(queue.try_put("out"), Err(Full("out")));
    queue.shutdown();
    assert_eq!(queue.put("late"), Err(ShutDown("late")));
    assert_eq!(
        queue.put_many(vec!["a", "b"]),
        Err(ShutDown(vec!["a", "b"]))
    );
    assert_eq!(queue.get(), Ok("in"));
    assert_eq!(queue.get(), Err(ShutDown(())));
    assert_eq!(queue.get_many(3), Err(ShutDown(())));
}

#[test]
fn shutdown_now_returns_the_items_and_counts_them_as_done() {
    let queue = PriorityQueue::new();
    queue.put_many(vec![2, 1]).expect("the queue is open");
    let mut items = queue.shutdown_now();
    items.sort_unstable();
    assert_eq!(items, [1, 2]);
    assert_eq!(queue.unfinished_tasks(), 0);
    queue.join();
    assert_eq!(queue.task_done(), Err(TooManyTasksDone));
    assert!(queue.is_shutdown());
}

#[test]
fn a_simple_queue_never_refuses() {
    let queue = SimpleQueue::new();
    assert_eq!(queue.try_get(), Err(Empty));
    queue.put(1);
    assert_eq!((queue.len(), queue.is_empty()), (1, false));
    assert_eq!(queue.get_until(Duration::ZERO), Ok(1));
}

#[test]
#[should_panic(expected = "its own PriorityQueue")]
fn a_comparison_that_gets_from_its_own_queue_panics() {
    thread_local! {
        static QUEUE: PriorityQueue<Greedy> = PriorityQueue::new();
    }
    #[derive(PartialEq, Eq)]
    struct Greedy;
    impl PartialOrd for Greedy {
        fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
            Some(self.cmp(other))
        }
    }
    impl Ord for Greedy {
        fn cmp(&self, _: &Self) -> std::cmp::Ordering {
            let _ = QUEUE.with(PriorityQueue::try_get);
            std::cmp::Ordering::Equal
        }
    }
    let _ = QUEUE.with(|queue| queue.put_many(vec![Greedy, Greedy]));
}
