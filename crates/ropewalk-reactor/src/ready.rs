//! What runs next, first come first served.
//!
//! Promise: what is put while a run is under way belongs to the next run.

use std::collections::VecDeque;

/// The queue of what is to run.
#[derive(Debug)]
pub struct Ready<T>(VecDeque<T>);

impl<T> Default for Ready<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T> Ready<T> {
    /// Puts one behind all others.
    #[inline]
    pub fn put(&mut self, item: T) {
        self.0.push_back(item);
    }

    /// Takes the one that has waited longest.
    #[inline]
    pub fn take(&mut self) -> Option<T> {
        self.0.pop_front()
    }

    /// How many there are: the length of a run that begins now.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing to run.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them in their order, for whoever wants to look.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }

    /// Takes all of them; the caller drops them when it holds no lock.
    #[must_use]
    pub fn take_all(&mut self) -> VecDeque<T> {
        std::mem::take(&mut self.0)
    }

    /// Puts these in place of all others, which are given back.
    pub fn replace(&mut self, items: VecDeque<T>) -> VecDeque<T> {
        std::mem::replace(&mut self.0, items)
    }
}
