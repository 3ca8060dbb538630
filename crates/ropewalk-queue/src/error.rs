//! Why an operation on a queue did not happen. Promise: an error holds whatever the operation was
//! given and did not use.

use std::error::Error;
use std::fmt;

/// Why an item was not put. `A` says why the caller's way of sleeping gave up, `C` why a
/// comparison failed; both are impossible for plain Rust programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PutError<T, A, C> {
    /// There was no room in time.
    Full(T),
    /// The queue was shut down.
    ShutDown(T),
    /// The inside of the queue has been handed over (see `Core::hand_over`).
    HandedOver(T),
    /// The wait was given up.
    Aborted(T, A),
    /// A comparison failed, or came back to its own queue. The item is in the queue if the
    /// comparison failed, as it is with a binary heap in a list.
    Trouble(Trouble<C>),
}

/// Why no item was got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GetError<A, C> {
    /// Nothing came in time.
    Empty,
    /// The queue was shut down and holds nothing.
    ShutDown,
    /// The inside of the queue has been handed over (see `Core::hand_over`).
    HandedOver,
    /// The wait was given up.
    Aborted(A),
    /// A comparison failed, or came back to its own queue. Nothing left the queue.
    Trouble(Trouble<C>),
}

/// What can go wrong while a queue compares its items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble<C> {
    /// The comparison itself failed.
    Comparison(C),
    /// The comparison called an operation of its own queue that would wait for itself.
    WaitsForItself,
}

/// Some of many items were put, the rest were not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutManyError<T, E> {
    /// The items that are not in the queue, in their order.
    pub remaining: Vec<T>,
    /// Why the first of them was not put.
    pub reason: E,
}

/// The queue had no room in time; the item comes back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Full<T>(pub T);

/// The queue is shut down; what was to be put comes back (for `get`: nothing).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ShutDown<T = ()>(pub T);

/// The queue held nothing in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Empty;

/// `task_done` was called more often than items were put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyTasksDone;

impl<T> fmt::Debug for Full<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Full(..)")
    }
}

impl<T> fmt::Debug for ShutDown<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShutDown(..)")
    }
}

impl<T> fmt::Display for Full<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the queue is full")
    }
}

impl<T> fmt::Display for ShutDown<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the queue is shut down")
    }
}

impl fmt::Display for Empty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the queue is empty")
    }
}

impl fmt::Display for TooManyTasksDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("task_done was called more often than items were put")
    }
}

impl<T> Error for Full<T> {}
impl<T> Error for ShutDown<T> {}
impl Error for Empty {}
impl Error for TooManyTasksDone {}
