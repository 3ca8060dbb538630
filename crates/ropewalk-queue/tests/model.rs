//! Queues against a simple reference. Promise: for any sequence of operations each discipline
//! answers as the reference does, errors and what they give back included.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, TestCaseResult};
use ropewalk_park::Waiter;
use ropewalk_queue::{
    Ascending, Core, Deadline, Discipline, Fifo, GetError, Heap, Lifo, Patience, PutError,
    PutManyError, Sleeper,
};
use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;

type Put<T = u8> = PutError<T, (), Infallible>;
type Get = GetError<(), Infallible>;

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 128,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

/// There is only one thread, so a wait that would not end by itself is given up.
struct Alone;

impl Sleeper for Alone {
    type Abort = ();

    fn sleep(&mut self, _: &Waiter, deadline: Deadline) -> Result<bool, ()> {
        if deadline.has_passed() {
            Ok(false)
        } else {
            Err(())
        }
    }
}

/// How long an operation is to wait, drawn at random.
#[derive(Clone, Copy, Debug)]
enum Wait {
    No,
    Over,
    Forever,
}

impl Wait {
    fn patience(self) -> Patience {
        match self {
            Self::No => Patience::None,
            Self::Over => Patience::Until(Deadline::now()),
            Self::Forever => Patience::Forever,
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Put(u8, Wait),
    Get(Wait),
    PutMany(Vec<u8>, Wait),
    GetMany(usize, Wait),
    TaskDone,
    Join(Wait),
    SetBound(usize),
    SetUnfinished(usize),
    Shutdown,
    ShutdownNow,
    Reset(usize),
    HandOver,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let wait = || prop_oneof![Just(Wait::No), Just(Wait::Over), Just(Wait::Forever)];
    let step = prop_oneof![
        12 => (any::<u8>(), wait()).prop_map(|(item, wait)| Step::Put(item, wait)),
        8 => wait().prop_map(Step::Get),
        4 => (vec(any::<u8>(), 0..5), wait()).prop_map(|(items, wait)| Step::PutMany(items, wait)),
        4 => (0..5_usize, wait()).prop_map(|(count, wait)| Step::GetMany(count, wait)),
        4 => Just(Step::TaskDone),
        2 => wait().prop_map(Step::Join),
        2 => (0..6_usize).prop_map(Step::SetBound),
        1 => (0..4_usize).prop_map(Step::SetUnfinished),
        1 => Just(Step::Shutdown),
        1 => Just(Step::ShutdownNow),
        1 => (0..6_usize).prop_map(Step::Reset),
        1 => Just(Step::HandOver),
    ];
    vec(step, 0..60)
}

/// What a queue is, said plainly. `Store` only adds and takes.
#[derive(Default)]
struct Reference<Store> {
    store: Store,
    bound: usize,
    unfinished: usize,
    shut_down: bool,
    handed_over: bool,
}

trait Store: Default {
    fn add(&mut self, item: u8);
    fn take(&mut self) -> Option<u8>;
    fn count(&self) -> usize;
}

#[derive(Default)]
struct Oldest(VecDeque<u8>);

impl Store for Oldest {
    fn add(&mut self, item: u8) {
        self.0.push_back(item);
    }
    fn take(&mut self) -> Option<u8> {
        self.0.pop_front()
    }
    fn count(&self) -> usize {
        self.0.len()
    }
}

#[derive(Default)]
struct Newest(Vec<u8>);

impl Store for Newest {
    fn add(&mut self, item: u8) {
        self.0.push(item);
    }
    fn take(&mut self) -> Option<u8> {
        self.0.pop()
    }
    fn count(&self) -> usize {
        self.0.len()
    }
}

/// How often each number is inside.
#[derive(Default)]
struct Smallest(BTreeMap<u8, usize>);

impl Store for Smallest {
    fn add(&mut self, item: u8) {
        *self.0.entry(item).or_default() += 1;
    }
    fn take(&mut self) -> Option<u8> {
        let mut first = self.0.first_entry()?;
        *first.get_mut() -= 1;
        let item = *first.key();
        if *first.get() == 0 {
            first.remove();
        }
        Some(item)
    }
    fn count(&self) -> usize {
        self.0.values().sum()
    }
}

impl<S: Store> Reference<S> {
    fn put(&mut self, item: u8, wait: Wait) -> Result<(), Put> {
        if self.handed_over {
            Err(PutError::HandedOver(item))
        } else if self.shut_down {
            Err(PutError::ShutDown(item))
        } else if self.is_full() {
            Err(match wait {
                Wait::No | Wait::Over => PutError::Full(item),
                Wait::Forever => PutError::Aborted(item, ()),
            })
        } else {
            self.store.add(item);
            self.unfinished += 1;
            Ok(())
        }
    }

    fn get(&mut self, wait: Wait) -> Result<u8, Get> {
        if self.handed_over {
            return Err(GetError::HandedOver);
        }
        let otherwise = if self.shut_down {
            GetError::ShutDown
        } else {
            gave_up(wait)
        };
        self.store.take().ok_or(otherwise)
    }

    fn put_many(&mut self, items: &[u8], wait: Wait) -> Result<(), PutManyError<u8, Put<()>>> {
        for (place, item) in items.iter().enumerate() {
            if let Err(why) = self.put(*item, wait) {
                let reason = match why {
                    PutError::Full(_) => PutError::Full(()),
                    PutError::ShutDown(_) => PutError::ShutDown(()),
                    PutError::HandedOver(_) => PutError::HandedOver(()),
                    PutError::Aborted(..) => PutError::Aborted((), ()),
                    PutError::Trouble(why) => PutError::Trouble(why),
                };
                let remaining = items[place..].to_vec();
                return Err(PutManyError { remaining, reason });
            }
        }
        Ok(())
    }

    fn get_many(&mut self, count: usize, wait: Wait) -> Result<Vec<u8>, Get> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let mut items = vec![self.get(wait)?];
        items.extend(std::iter::from_fn(|| self.store.take()).take(count - 1));
        Ok(items)
    }

    fn join(&self, wait: Wait) -> Result<(), Get> {
        if self.handed_over {
            Err(GetError::HandedOver)
        } else if self.unfinished == 0 {
            Ok(())
        } else {
            Err(gave_up(wait))
        }
    }

    fn is_full(&self) -> bool {
        self.bound > 0 && self.store.count() >= self.bound
    }

    fn drain(&mut self) -> Vec<u8> {
        std::iter::from_fn(|| self.store.take()).collect()
    }
}

fn gave_up(wait: Wait) -> Get {
    match wait {
        Wait::No | Wait::Over => GetError::Empty,
        Wait::Forever => GetError::Aborted(()),
    }
}

fn sorted(mut items: Vec<u8>) -> Vec<u8> {
    items.sort_unstable();
    items
}

/// Takes one step on both and compares the answers.
fn step<D, S>(queue: &Core<D>, reference: &mut Reference<S>, step: Step) -> TestCaseResult
where
    D: Discipline<Item = u8, Failure = Infallible>,
    S: Store,
{
    match step {
        Step::Put(item, wait) => prop_assert_eq!(
            queue.put(item, wait.patience(), &mut Alone),
            reference.put(item, wait)
        ),
        Step::Get(wait) => {
            prop_assert_eq!(queue.get(wait.patience(), &mut Alone), reference.get(wait));
        }
        Step::PutMany(items, wait) => prop_assert_eq!(
            queue.put_many(items.clone(), wait.patience(), &mut Alone),
            reference.put_many(&items, wait)
        ),
        Step::GetMany(count, wait) => prop_assert_eq!(
            queue.get_many(count, wait.patience(), &mut Alone),
            reference.get_many(count, wait)
        ),
        Step::TaskDone => {
            prop_assert_eq!(queue.task_done().is_ok(), reference.unfinished > 0);
            reference.unfinished = reference.unfinished.saturating_sub(1);
        }
        Step::Join(wait) => prop_assert_eq!(
            queue.join(wait.patience(), &mut Alone),
            reference.join(wait)
        ),
        Step::SetBound(bound) => {
            queue.set_bound(bound);
            reference.bound = bound;
        }
        Step::SetUnfinished(count) => {
            queue.set_unfinished(count);
            reference.unfinished = count;
        }
        Step::Shutdown => {
            queue.shutdown();
            reference.shut_down |= !reference.handed_over;
        }
        Step::ShutdownNow => {
            let expected = if reference.handed_over {
                Err(GetError::HandedOver)
            } else {
                reference.shut_down = true;
                let items = reference.drain();
                reference.unfinished = reference.unfinished.saturating_sub(items.len());
                Ok(sorted(items))
            };
            prop_assert_eq!(queue.shutdown_now(&mut Alone).map(sorted), expected);
        }
        Step::Reset(bound) => {
            let items = sorted(reference.drain());
            *reference = Reference {
                bound,
                ..Reference::default()
            };
            prop_assert_eq!(queue.reset(bound, &mut Alone).map(sorted), Ok(items));
        }
        Step::HandOver => match queue.hand_over(&mut Alone) {
            Ok(contents) => {
                prop_assert!(!reference.handed_over);
                prop_assert_eq!(sorted(contents.items), sorted(reference.drain()));
                prop_assert_eq!(contents.unfinished, reference.unfinished);
                prop_assert_eq!(contents.shut_down, reference.shut_down);
                reference.handed_over = true;
            }
            Err(why) => {
                prop_assert_eq!(why, GetError::HandedOver);
                prop_assert!(reference.handed_over);
            }
        },
    }
    prop_assert_eq!(queue.len(), reference.store.count());
    prop_assert_eq!(queue.is_full(), reference.is_full());
    prop_assert_eq!(queue.unfinished(), reference.unfinished);
    Ok(())
}

fn same_answers<D, S>(bound: usize, steps: Vec<Step>) -> TestCaseResult
where
    D: Discipline<Item = u8, Failure = Infallible>,
    S: Store,
{
    let queue = Core::<D>::new(bound);
    let mut reference = Reference::<S> {
        bound,
        ..Reference::default()
    };
    for next in steps {
        step(&queue, &mut reference, next)?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_queue_answers_as_a_deque_does(bound in 0..5_usize, steps in steps()) {
        same_answers::<Fifo<u8>, Oldest>(bound, steps)?;
    }

    #[test]
    fn a_lifo_queue_answers_as_a_stack_does(bound in 0..5_usize, steps in steps()) {
        same_answers::<Lifo<u8>, Newest>(bound, steps)?;
    }

    #[test]
    fn a_priority_queue_answers_as_a_sorted_map_does(bound in 0..5_usize, steps in steps()) {
        same_answers::<Heap<u8, Ascending>, Smallest>(bound, steps)?;
    }
}
