//! The queues as a Rust program uses them. Promise: the names and the behaviour of Python's
//! `queue`, with Rust's manners: results instead of exceptions, and nothing that cannot happen.

use crate::core::Core;
use crate::discipline::{Discipline, Fifo, Lifo};
use crate::error::{Empty, Full, GetError, PutError, ShutDown, TooManyTasksDone, Trouble};
use crate::heap::{Ascending, Heap};
use ropewalk_park::{Patience, Uninterrupted};
use std::convert::Infallible;

/// A queue that gives out the oldest item first.
///
/// ```
/// use ropewalk_queue::Queue;
///
/// let queue = Queue::new();
/// queue.put("first").unwrap();
/// queue.put("second").unwrap();
/// assert_eq!(queue.get(), Ok("first"));
/// assert_eq!(queue.len(), 1);
/// ```
///
/// Fork: in a forked child the queue holds what it held; threads that waited are the parent's.
pub type Queue<T> = BlockingQueue<T, Fifo<T>>;

/// A queue that gives out the newest item first.
///
/// ```
/// let queue = ropewalk_queue::LifoQueue::new();
/// queue.put(1).unwrap();
/// queue.put(2).unwrap();
/// assert_eq!(queue.get(), Ok(2));
/// ```
pub type LifoQueue<T> = BlockingQueue<T, Lifo<T>>;

/// A queue that gives out the smallest item first.
///
/// Comparisons run without the queue's lock, one thread at a time; a comparison that calls an
/// operation of its own queue which would have to wait panics instead of waiting for itself.
///
/// ```
/// let queue = ropewalk_queue::PriorityQueue::new();
/// for number in [3, 1, 2] {
///     queue.put(number).unwrap();
/// }
/// assert_eq!(queue.get(), Ok(1));
/// ```
pub type PriorityQueue<T> = BlockingQueue<T, Heap<T, Ascending>>;

/// A queue for threads: what [`Queue`], [`LifoQueue`] and [`PriorityQueue`] have in common. The
/// type parameter `D` is the order in which items come out.
#[derive(Debug)]
pub struct BlockingQueue<T, D: Discipline<Item = T>>(Core<D>);

impl<T, D: Discipline<Item = T, Failure = Infallible>> BlockingQueue<T, D> {
    /// An empty queue without a bound.
    #[must_use]
    pub fn new() -> Self {
        Self(Core::new(0))
    }

    /// An empty queue for at most `maxsize` items; zero means without a bound.
    #[must_use]
    pub fn bounded(maxsize: usize) -> Self {
        Self(Core::new(maxsize))
    }

    /// Puts an item in.
    ///
    /// Blocking: waits while the queue is full. Errors: [`ShutDown`] with the item.
    pub fn put(&self, item: T) -> Result<(), ShutDown<T>> {
        match self.0.put(item, Patience::Forever, &mut Uninterrupted) {
            Ok(()) => Ok(()),
            Err(PutError::ShutDown(item)) => Err(ShutDown(item)),
            Err(why) => impossible_put(&why),
        }
    }

    /// Puts an item in if that needs no waiting.
    ///
    /// Errors: [`Full`] with the item; a queue that is shut down is full for ever.
    pub fn try_put(&self, item: T) -> Result<(), Full<T>> {
        self.put_until(item, Patience::None)
    }

    /// Puts an item in, waiting for room until a `Deadline` or for a `Duration`.
    ///
    /// ```
    /// use ropewalk_queue::{Full, Queue};
    /// use std::time::Duration;
    ///
    /// let queue = Queue::bounded(1);
    /// queue.put('a').unwrap();
    /// assert_eq!(queue.put_until('b', Duration::from_millis(5)), Err(Full('b')));
    /// ```
    ///
    /// Blocking: at most so long. Errors: [`Full`] with the item.
    pub fn put_until(&self, item: T, end: impl Into<Patience>) -> Result<(), Full<T>> {
        match self.0.put(item, end.into(), &mut Uninterrupted) {
            Ok(()) => Ok(()),
            Err(PutError::Full(item) | PutError::ShutDown(item)) => Err(Full(item)),
            Err(why) => impossible_put(&why),
        }
    }

    /// Takes an item out.
    ///
    /// Blocking: waits while the queue is empty. Errors: [`ShutDown`] once it is shut down and
    /// empty.
    pub fn get(&self) -> Result<T, ShutDown> {
        match self.0.get(Patience::Forever, &mut Uninterrupted) {
            Ok(item) => Ok(item),
            Err(GetError::ShutDown) => Err(ShutDown(())),
            Err(why) => impossible_get(&why),
        }
    }

    /// Takes an item out if there is one.
    pub fn try_get(&self) -> Result<T, Empty> {
        self.get_until(Patience::None)
    }

    /// Takes an item out, waiting for one until a `Deadline` or for a `Duration`.
    ///
    /// Blocking: at most so long. Errors: [`Empty`]; a queue that is shut down and empty is empty
    /// for ever.
    pub fn get_until(&self, end: impl Into<Patience>) -> Result<T, Empty> {
        match self.0.get(end.into(), &mut Uninterrupted) {
            Ok(item) => Ok(item),
            Err(GetError::Empty | GetError::ShutDown) => Err(Empty),
            Err(why) => impossible_get(&why),
        }
    }

    /// Takes up to `count` items out, waiting for the first one.
    ///
    /// Errors: [`ShutDown`] once the queue is shut down and empty.
    pub fn get_many(&self, count: usize) -> Result<Vec<T>, ShutDown> {
        match self
            .0
            .get_many(count, Patience::Forever, &mut Uninterrupted)
        {
            Ok(items) => Ok(items),
            Err(GetError::ShutDown) => Err(ShutDown(())),
            Err(why) => impossible_get(&why),
        }
    }

    /// Puts items in, in their order, waiting for room for each.
    ///
    /// Errors: [`ShutDown`] with the items that are not in the queue.
    pub fn put_many(&self, items: Vec<T>) -> Result<(), ShutDown<Vec<T>>> {
        match self
            .0
            .put_many(items, Patience::Forever, &mut Uninterrupted)
        {
            Ok(()) => Ok(()),
            Err(stopped) => match stopped.reason {
                PutError::ShutDown(()) => Err(ShutDown(stopped.remaining)),
                why => impossible_put(&why),
            },
        }
    }

    /// Reports one item that was got as worked on; see [`Self::join`].
    pub fn task_done(&self) -> Result<(), TooManyTasksDone> {
        self.0.task_done()
    }

    /// Waits until [`Self::task_done`] was called for every item put.
    ///
    /// Blocking: as long as that takes.
    pub fn join(&self) {
        if let Err(why) = self.0.join(Patience::Forever, &mut Uninterrupted) {
            impossible_get(&why)
        }
    }

    /// Ends the queue: putting fails from now on, getting fails once it is empty.
    pub fn shutdown(&self) {
        self.0.shutdown();
    }

    /// Ends the queue at once and returns what was inside; those items count as done.
    pub fn shutdown_now(&self) -> Vec<T> {
        match self.0.shutdown_now(&mut Uninterrupted) {
            Ok(items) => items,
            Err(why) => impossible_get(&why),
        }
    }

    /// How many items are inside at this moment.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True when nothing is inside at this moment.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True when a bounded queue has no room at this moment.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.0.is_full()
    }

    /// True once the queue was shut down.
    #[must_use]
    pub fn is_shutdown(&self) -> bool {
        self.0.is_shut_down()
    }

    /// Items put and not yet reported done.
    #[must_use]
    pub fn unfinished_tasks(&self) -> usize {
        self.0.unfinished()
    }
}

impl<T, D: Discipline<Item = T, Failure = Infallible>> Default for BlockingQueue<T, D> {
    fn default() -> Self {
        Self::new()
    }
}

/// Sleeping cannot be given up, comparing cannot fail, and nobody hands a queue over behind this
/// face; what remains is a comparison that called its own queue.
#[cold]
fn impossible_put<T>(why: &PutError<T, Infallible, Infallible>) -> ! {
    match why {
        PutError::Trouble(Trouble::WaitsForItself) => waits_for_itself(),
        _ => unreachable!("a wait for ever ended without a reason"),
    }
}

#[cold]
fn impossible_get(why: &GetError<Infallible, Infallible>) -> ! {
    match why {
        GetError::Trouble(Trouble::WaitsForItself) => waits_for_itself(),
        _ => unreachable!("a wait for ever ended without a reason"),
    }
}

fn waits_for_itself() -> ! {
    panic!("a comparison called an operation of its own PriorityQueue that would wait for itself")
}
