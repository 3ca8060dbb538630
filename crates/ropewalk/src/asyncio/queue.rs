//! Queues between tasks. Promise: an item that was put is got exactly once, or is still in the
//! queue; a put or get that is dropped has not happened.

use super::sync::Permits;
use ropewalk_park::ShortLock;
use std::collections::VecDeque;
use std::fmt;

/// The queue was shut down; an item that it did not take comes back in here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShutDown<T = ()>(pub T);

impl<T> fmt::Display for ShutDown<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the queue was shut down")
    }
}

impl<T: fmt::Debug> std::error::Error for ShutDown<T> {}

#[derive(Debug)]
struct Items<T> {
    line: VecDeque<T>,
    shut: bool,
}

/// First in, first out. Loops of several threads may share one: put it into an `Arc`.
///
/// ```
/// use ropewalk::asyncio::{Queue, ShutDown, create_task, run};
/// use std::rc::Rc;
///
/// run(async {
///     let queue = Rc::new(Queue::bounded(1));
///     let putting = create_task({
///         let queue = Rc::clone(&queue);
///         async move {
///             for number in 0..3 {
///                 queue.put(number).await?;
///             }
///             queue.shutdown();
///             Ok::<(), ShutDown<i32>>(())
///         }
///     });
///     let mut got = Vec::new();
///     while let Ok(number) = queue.get().await {
///         got.push(number);
///     }
///     assert_eq!(got, [0, 1, 2]);
///     putting.await.unwrap().unwrap();
/// });
/// ```
#[derive(Debug)]
pub struct Queue<T> {
    items: ShortLock<Items<T>>,
    /// One permit for each item.
    filled: Permits,
    /// One permit for each item that there is room for; None: there always is.
    room: Option<Permits>,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self::unbounded()
    }
}

impl<T> Queue<T> {
    /// Without a limit: a put never waits.
    #[must_use]
    pub fn unbounded() -> Self {
        Self {
            items: ShortLock::new(Items {
                line: VecDeque::new(),
                shut: false,
            }),
            filled: Permits::new(0),
            room: None,
        }
    }

    /// For at most this many items.
    ///
    /// # Panics
    /// If `size` is 0: nothing could ever be put.
    #[must_use]
    pub fn bounded(size: usize) -> Self {
        assert!(size > 0, "a queue needs room for one item at least");
        Self {
            room: Some(Permits::new(size)),
            ..Self::unbounded()
        }
    }

    /// Puts an item, waiting for room.
    ///
    /// # Errors
    /// The item comes back when the queue is shut down.
    pub async fn put(&self, item: T) -> Result<(), ShutDown<T>> {
        if let Some(room) = &self.room
            && room.acquire().await.is_err()
        {
            return Err(ShutDown(item));
        }
        self.add(item)
    }

    /// Puts an item if there is room; else it comes back.
    pub fn try_put(&self, item: T) -> Result<(), ShutDown<T>> {
        match &self.room {
            Some(room) if !matches!(room.try_acquire(), Ok(true)) => Err(ShutDown(item)),
            _ => self.add(item),
        }
    }

    fn add(&self, item: T) -> Result<(), ShutDown<T>> {
        let mut items = self.items.lock();
        if items.shut {
            return Err(ShutDown(item));
        }
        items.line.push_back(item);
        drop(items);
        self.filled.release();
        Ok(())
    }

    /// Gets the oldest item, waiting for one.
    ///
    /// # Errors
    /// When the queue is shut down and empty.
    pub async fn get(&self) -> Result<T, ShutDown> {
        match self.filled.acquire().await {
            Ok(()) => self.take().ok_or(ShutDown(())),
            Err(_) => Err(ShutDown(())),
        }
    }

    /// The oldest item, if there is one.
    pub fn try_get(&self) -> Option<T> {
        match self.filled.try_acquire() {
            Ok(true) => self.take(),
            _ => None,
        }
    }

    fn take(&self) -> Option<T> {
        let item = self.items.lock().line.pop_front();
        if let Some(room) = &self.room {
            room.release();
        }
        item
    }

    /// How many items are in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.lock().line.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Lets no more items in. What is in it can still be got; then gets fail.
    pub fn shutdown(&self) {
        self.items.lock().shut = true;
        if let Some(room) = &self.room {
            room.close();
        }
        self.filled.close();
    }
}
