//! The heap of a priority queue. Promise: equal items come out in the order in which Python's
//! `heapq` gives them; a comparison may fail, panic or call its own queue, and no item is lost.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use ropewalk_queue::{Core, GetError, Heap, Order, Patience, PutError, Trouble, Uninterrupted};
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

/// What is compared, and which item it is.
type Item = (u8, usize);

/// `heapq` as its documentation tells it, on keys only.
#[derive(Default)]
struct Reference(Vec<Item>);

impl Reference {
    fn push(&mut self, item: Item) {
        self.0.push(item);
        self.towards_root(self.0.len() - 1);
    }

    fn pop(&mut self) -> Option<Item> {
        let last = self.0.pop()?;
        if self.0.is_empty() {
            return Some(last);
        }
        let first = std::mem::replace(&mut self.0[0], last);
        let mut hole = 0;
        loop {
            let (left, right) = (2 * hole + 1, 2 * hole + 2);
            if left >= self.0.len() {
                break;
            }
            let left_is_smaller = right >= self.0.len() || self.0[left].0 < self.0[right].0;
            let child = if left_is_smaller { left } else { right };
            self.0[hole] = self.0[child];
            hole = child;
        }
        self.0[hole] = last;
        self.towards_root(hole);
        Some(first)
    }

    fn towards_root(&mut self, mut hole: usize) {
        let item = self.0[hole];
        while hole > 0 && item.0 < self.0[(hole - 1) / 2].0 {
            self.0[hole] = self.0[(hole - 1) / 2];
            hole = (hole - 1) / 2;
        }
        self.0[hole] = item;
    }
}

/// What happens in a comparison besides comparing.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mishap {
    Failure,
    Panic,
}

thread_local! {
    /// How many comparisons go well before the mishap.
    static COUNTDOWN: Cell<Option<(usize, Mishap)>> = const { Cell::new(None) };
    /// Called in each comparison, once, then gone.
    static VISIT: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
    static LOST: Cell<usize> = const { Cell::new(0) };
}

#[derive(Clone, Debug, PartialEq)]
struct Failed;

/// By key, with whatever mishap or visit was ordered.
struct Unsteady;

impl Order<Item> for Unsteady {
    type Failure = Failed;

    fn before(a: &Item, b: &Item) -> Result<bool, Failed> {
        if let Some(visit) = VISIT.take() {
            visit();
        }
        match COUNTDOWN.take() {
            Some((0, Mishap::Failure)) => return Err(Failed),
            // Without the message that `panic!` prints.
            Some((0, Mishap::Panic)) => resume_unwind(Box::new("a comparison panicked")),
            Some((left, mishap)) => COUNTDOWN.set(Some((left - 1, mishap))),
            None => {}
        }
        Ok(a.0 < b.0)
    }

    fn lost(_: Failed) {
        LOST.set(LOST.get() + 1);
    }
}

type Queue = Core<Heap<Item, Unsteady>>;
type Put = Result<(), PutError<Item, std::convert::Infallible, Failed>>;
type Get = Result<Item, GetError<std::convert::Infallible, Failed>>;

fn put(queue: &Queue, item: Item) -> Put {
    queue.put(item, Patience::None, &mut Uninterrupted)
}

fn get(queue: &Queue) -> Get {
    queue.get(Patience::None, &mut Uninterrupted)
}

fn queue_of(items: impl IntoIterator<Item = Item>) -> Queue {
    let queue = Queue::new(0);
    for item in items {
        assert_eq!(put(&queue, item), Ok(()));
    }
    queue
}

fn rest(queue: &Queue) -> Vec<Item> {
    std::iter::from_fn(|| get(queue).ok()).collect()
}

fn keys(items: &[Item]) -> Vec<u8> {
    items.iter().map(|item| item.0).collect()
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 128,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn equal_items_come_out_in_the_order_of_heapq(steps in vec(prop::option::weighted(0.6, 0..4_u8), 0..120)) {
        let queue = Queue::new(0);
        let mut reference = Reference::default();
        for (number, step) in steps.into_iter().enumerate() {
            if let Some(key) = step {
                prop_assert_eq!(put(&queue, (key, number)), Ok(()));
                reference.push((key, number));
            } else {
                prop_assert_eq!(get(&queue).ok(), reference.pop());
            }
        }
        prop_assert_eq!(rest(&queue), std::iter::from_fn(|| reference.pop()).collect::<Vec<_>>());
    }

    #[test]
    fn a_failing_or_panicking_comparison_loses_nothing(
        steps in vec((prop::option::weighted(0.6, 0..9_u8), prop::option::of((0..4_usize, any::<bool>()))), 0..80)
    ) {
        let queue = Queue::new(0);
        let mut inside: Vec<Item> = Vec::new();
        for (number, (step, mishap)) in steps.into_iter().enumerate() {
            let mishap = mishap.map(|(after, fails)| (after, if fails { Mishap::Failure } else { Mishap::Panic }));
            COUNTDOWN.set(mishap);
            if let Some(key) = step {
                // Put or failed on the way: the item is inside.
                let answer = catch_unwind(AssertUnwindSafe(|| put(&queue, (key, number))));
                prop_assert!(matches!(answer, Ok(Ok(()) | Err(PutError::Trouble(Trouble::Comparison(Failed)))) | Err(_)));
                inside.push((key, number));
            } else {
                match catch_unwind(AssertUnwindSafe(|| get(&queue))) {
                    Ok(Ok(item)) => {
                        let place = inside.iter().position(|other| *other == item);
                        prop_assert!(place.is_some(), "given out twice: {item:?}");
                        inside.swap_remove(place.unwrap_or_default());
                    }
                    Ok(Err(GetError::Empty)) => prop_assert!(inside.is_empty()),
                    Ok(Err(why)) => prop_assert_eq!(why, GetError::Trouble(Trouble::Comparison(Failed))),
                    Err(_) => {}
                }
            }
            COUNTDOWN.set(None);
            prop_assert_eq!(queue.len(), inside.len());
        }
        let mut left = rest(&queue);
        left.sort_unstable();
        inside.sort_unstable();
        prop_assert_eq!(left, inside);
    }
}

#[test]
fn a_comparison_may_put_into_its_own_queue() {
    let queue = Rc::new(queue_of([(5, 0), (3, 1)]));
    let inner = Rc::clone(&queue);
    VISIT.set(Some(Box::new(move || {
        assert_eq!(put(&inner, (1, 9)), Ok(()));
        assert_eq!(put(&inner, (4, 8)), Ok(()));
        assert!(inner.len() >= 4);
    })));
    assert_eq!(put(&queue, (2, 2)), Ok(()));
    assert_eq!(queue.unfinished(), 5);
    assert_eq!(keys(&rest(&queue)), [1, 2, 3, 4, 5]);
}

#[test]
fn a_comparison_during_get_may_put_into_its_own_queue() {
    let queue = Rc::new(queue_of([(5, 0), (3, 1), (7, 2)]));
    let inner = Rc::clone(&queue);
    VISIT.set(Some(Box::new(move || {
        assert_eq!(put(&inner, (1, 9)), Ok(()));
    })));
    // The item that was the smallest when `get` began.
    assert_eq!(get(&queue), Ok((3, 1)));
    assert_eq!(keys(&rest(&queue)), [1, 5, 7]);
}

#[test]
fn a_comparison_that_would_wait_for_itself_gets_an_error() {
    let queue = Rc::new(queue_of([(5, 0), (3, 1)]));
    queue.set_bound(3);
    let inner = Rc::clone(&queue);
    VISIT.set(Some(Box::new(move || {
        let itself = GetError::Trouble(Trouble::WaitsForItself);
        assert_eq!(get(&inner), Err(itself.clone()));
        assert_eq!(
            inner.get_many(2, Patience::Forever, &mut Uninterrupted),
            Err(itself.clone())
        );
        assert_eq!(inner.shutdown_now(&mut Uninterrupted), Err(itself));
        assert_eq!(put(&inner, (9, 3)), Ok(()));
        // Now it is full.
        assert_eq!(put(&inner, (9, 4)), Err(PutError::Full((9, 4))));
        assert_eq!(
            inner.put((9, 4), Patience::Forever, &mut Uninterrupted),
            Err(PutError::Trouble(Trouble::WaitsForItself))
        );
    })));
    assert_eq!(put(&queue, (4, 2)), Ok(()));
    assert_eq!(keys(&rest(&queue)), [3, 4, 5, 9]);
}

#[test]
fn a_failure_for_an_item_put_from_within_is_reported_and_the_item_kept() {
    let queue = Rc::new(queue_of([(5, 0)]));
    let inner = Rc::clone(&queue);
    VISIT.set(Some(Box::new(move || {
        assert_eq!(put(&inner, (1, 9)), Ok(()));
        // The comparison that runs now goes well, the one for the item put aside does not.
        COUNTDOWN.set(Some((1, Mishap::Failure)));
    })));
    assert_eq!(put(&queue, (7, 1)), Ok(()));
    assert_eq!(LOST.get(), 1);
    let mut left = keys(&rest(&queue));
    left.sort_unstable();
    assert_eq!(left, [1, 5, 7]);
}

#[test]
fn a_put_that_fails_counts_as_pythons_does() {
    let queue = queue_of([(5, 0)]);
    COUNTDOWN.set(Some((0, Mishap::Failure)));
    let failed = PutError::Trouble(Trouble::Comparison(Failed));
    assert_eq!(put(&queue, (3, 1)), Err(failed));
    assert_eq!((queue.len(), queue.unfinished()), (2, 1));
}
