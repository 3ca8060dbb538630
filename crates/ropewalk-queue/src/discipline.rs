//! In which order a queue gives its items out. Promise: a discipline stores; it neither waits nor
//! counts. Foreign code (a comparison) runs with the lock let go, through the guard it is given.

use crate::error::Trouble;
use crate::state::State;
use ropewalk_park::ShortGuard;
use std::collections::VecDeque;

/// Who may touch the items now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Whoever holds the lock.
    Free,
    /// A thread that is comparing with the lock let go: the current one.
    Mine,
    /// A thread that is comparing with the lock let go: another one.
    Taken,
    /// A thread that was comparing when this process was forked and is not in it.
    Lost,
}

/// A way of storing items.
pub trait Discipline: Default {
    /// What is stored.
    type Item;
    /// Why a comparison fails.
    type Failure;

    /// How many items are stored.
    fn count(&self) -> usize;

    /// Whose turn it is.
    fn turn(&self) -> Turn {
        Turn::Free
    }

    /// Makes the items usable again after [`Turn::Lost`].
    fn end_lost_turn(&mut self) {}

    /// Stores an item. Called on [`Turn::Free`] or [`Turn::Mine`].
    fn put(
        state: &mut ShortGuard<'_, State<Self>>,
        item: Self::Item,
    ) -> Result<(), Trouble<Self::Failure>>;

    /// Takes the next item out. Called on [`Turn::Free`] with at least one item stored.
    fn get(state: &mut ShortGuard<'_, State<Self>>) -> Result<Self::Item, Trouble<Self::Failure>>;

    /// Takes everything out, in stored order.
    fn drain(&mut self) -> Vec<Self::Item>;

    /// Calls `look` for each stored item that can be seen under the lock.
    fn each(&self, look: &mut dyn FnMut(&Self::Item));
}

/// First in, first out.
#[derive(Debug)]
pub struct Fifo<T>(VecDeque<T>);

impl<T> Default for Fifo<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T> Discipline for Fifo<T> {
    type Item = T;
    type Failure = std::convert::Infallible;

    fn count(&self) -> usize {
        self.0.len()
    }

    #[inline]
    fn put(state: &mut ShortGuard<'_, State<Self>>, item: T) -> Result<(), Trouble<Self::Failure>> {
        state.store.0.push_back(item);
        Ok(())
    }

    #[inline]
    fn get(state: &mut ShortGuard<'_, State<Self>>) -> Result<T, Trouble<Self::Failure>> {
        Ok(state
            .store
            .0
            .pop_front()
            .expect("the caller saw an item under this lock"))
    }

    fn drain(&mut self) -> Vec<T> {
        std::mem::take(&mut self.0).into()
    }

    fn each(&self, look: &mut dyn FnMut(&T)) {
        self.0.iter().for_each(look);
    }
}

/// Last in, first out.
#[derive(Debug)]
pub struct Lifo<T>(Vec<T>);

impl<T> Default for Lifo<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Discipline for Lifo<T> {
    type Item = T;
    type Failure = std::convert::Infallible;

    fn count(&self) -> usize {
        self.0.len()
    }

    #[inline]
    fn put(state: &mut ShortGuard<'_, State<Self>>, item: T) -> Result<(), Trouble<Self::Failure>> {
        state.store.0.push(item);
        Ok(())
    }

    #[inline]
    fn get(state: &mut ShortGuard<'_, State<Self>>) -> Result<T, Trouble<Self::Failure>> {
        Ok(state
            .store
            .0
            .pop()
            .expect("the caller saw an item under this lock"))
    }

    fn drain(&mut self) -> Vec<T> {
        std::mem::take(&mut self.0)
    }

    fn each(&self, look: &mut dyn FnMut(&T)) {
        self.0.iter().for_each(look);
    }
}
