//! A queue without a bound, task counting or shut-down. Promise: `put` never waits and never fails.

use crate::core::Core;
use crate::discipline::Fifo;
use crate::error::{Empty, GetError, PutError};
use ropewalk_park::{Patience, Uninterrupted};

/// An unbounded queue, first in first out.
///
/// ```
/// let queue = ropewalk_queue::SimpleQueue::new();
/// queue.put(1);
/// assert_eq!(queue.get(), 1);
/// ```
#[derive(Debug)]
pub struct SimpleQueue<T>(Core<Fifo<T>>);

impl<T> SimpleQueue<T> {
    /// An empty queue.
    #[must_use]
    pub fn new() -> Self {
        Self(Core::new(0))
    }

    /// Puts an item in; never waits.
    pub fn put(&self, item: T) {
        match self.0.put(item, Patience::None, &mut Uninterrupted) {
            Ok(()) => {}
            Err(PutError::Trouble(_) | PutError::Aborted(..)) => unreachable!("nothing to compare"),
            Err(_) => unreachable!("a simple queue has no bound and no end"),
        }
    }

    /// Takes an item out. Blocking: waits while the queue is empty.
    pub fn get(&self) -> T {
        match self.0.get(Patience::Forever, &mut Uninterrupted) {
            Ok(item) => item,
            Err(_) => unreachable!("a simple queue has no end"),
        }
    }

    /// Takes an item out if there is one.
    pub fn try_get(&self) -> Result<T, Empty> {
        self.get_until(Patience::None)
    }

    /// Takes an item out, waiting for one until a `Deadline` or for a `Duration`.
    pub fn get_until(&self, end: impl Into<Patience>) -> Result<T, Empty> {
        match self.0.get(end.into(), &mut Uninterrupted) {
            Ok(item) => Ok(item),
            Err(GetError::Empty) => Err(Empty),
            Err(_) => unreachable!("a simple queue has no end"),
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
}

impl<T> Default for SimpleQueue<T> {
    fn default() -> Self {
        Self::new()
    }
}
