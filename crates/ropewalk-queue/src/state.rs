//! What a queue guards with its lock: the items, the bound, the counts, and who waits.
//!
//! Promise: all of it is read and changed with the lock held; what a change owes to threads that wait
//! is given back as [`Wakes`], for whoever lets go of the lock.

use crate::discipline::{Discipline, Turn};
use crate::line::Line;
use ropewalk_park::Wakes;

/// Whether the queue is in use, shut down, or no longer the owner of its items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Open,
    ShutDown,
    HandedOver,
}

/// What a [`Core`](crate::Core) guards with its lock. Disciplines reach their items through it.
#[derive(Debug)]
pub struct State<D> {
    pub(crate) store: D,
    /// Threads that wait for another thread's [`Turn`] to end.
    pub(crate) turns: Line,
    /// How many items fit; `usize::MAX` when there is no bound.
    pub(crate) bound: usize,
    /// Items put and not yet reported done.
    pub(crate) unfinished: usize,
    pub(crate) phase: Phase,
    pub(crate) getters: Line,
    pub(crate) putters: Line,
    pub(crate) joiners: Line,
}

/// What was inside a queue when it was handed over.
#[derive(Debug)]
pub struct Contents<T> {
    /// The items, in stored order.
    pub items: Vec<T>,
    /// Items put and not yet reported done.
    pub unfinished: usize,
    /// True when the queue had been shut down.
    pub shut_down: bool,
}

impl<D: Discipline> State<D> {
    /// Whose turn it is, when one that is set aside is somebody else's.
    #[inline]
    pub(crate) fn turn(&self) -> Turn {
        match self.store.turn() {
            Turn::Free if self.turns.aside() > 0 => Turn::Taken,
            turn => turn,
        }
    }

    /// True when there is room that is not set aside.
    #[inline]
    pub(crate) fn has_room(&self) -> bool {
        self.store.count() < self.bound.saturating_sub(self.putters.aside())
    }

    /// True when there is an item that is not set aside.
    #[inline]
    pub(crate) fn has_item(&self) -> bool {
        self.store.count() > self.getters.aside()
    }
}

impl<D> State<D> {
    pub(crate) fn tell_everybody(&mut self) -> Wakes {
        let mut wakes = self.getters.tell_all();
        wakes.append(self.putters.tell_all());
        wakes.append(self.joiners.tell_all());
        wakes.append(self.turns.tell_all());
        wakes
    }
}

/// No bound is the largest one.
pub(crate) fn effective(bound: usize) -> usize {
    if bound == 0 { usize::MAX } else { bound }
}
