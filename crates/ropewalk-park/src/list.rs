//! Threads that wait for the same thing, first come first served.
//!
//! Promise: a waiter is told by being taken out of the list, both under the caller's lock; so a
//! waiter that times out learns, by looking for itself in the list, whether it was told at that
//! very moment, and no wake-up is lost. In a forked child the list is empty: its threads are the
//! parent's.
//!
//! Being told is a hint. An owner that cannot live with hints alone gives: the first waiter then
//! has what it waits for before it runs, and cannot be overtaken.

use crate::waiter::{Waiter, WaiterHandle};
use crate::wakes::Wakes;
use ropewalk_sys::fork_count;
use std::collections::VecDeque;
use std::sync::Arc;

/// What [`WaitList::leave`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Left {
    /// The waiter was still waiting; now it is not.
    Waiting,
    /// The waiter had been told before. If it will not act on that, it must tell the next one.
    Told,
    /// The waiter was given what it waits for. If it has no use for that, it must give it back.
    Given,
}

/// A place in a [`WaitList`], to come back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(u64);

#[derive(Debug)]
struct Entry {
    waiter: Arc<Waiter>,
    place: Place,
    /// It was told before and came too late.
    overtaken: bool,
}

/// A first-in, first-out list of waiters. It does not lock; whoever owns it does.
#[derive(Debug, Default)]
pub struct WaitList {
    waiters: VecDeque<Entry>,
    /// The next newcomer's. It lasts for longer than any machine does.
    next_place: u64,
    /// [`fork_count`] of the process that filled the list; meaningless while it is empty.
    forks: u32,
}

impl WaitList {
    /// An empty list.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            waiters: VecDeque::new(),
            next_place: 0,
            forks: 0,
        }
    }

    /// True when nobody waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiters.is_empty() || self.forks != fork_count()
    }

    /// How many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        if self.is_empty() {
            0
        } else {
            self.waiters.len()
        }
    }

    /// Puts the current thread at the end, ready to sleep.
    pub fn enlist(&mut self, waiter: &WaiterHandle) -> Place {
        self.forget_the_parents_threads();
        self.forks = fork_count();
        let place = Place(self.next_place);
        self.next_place += 1;
        waiter.renew();
        self.waiters.push_back(Entry {
            waiter: Arc::clone(waiter.shared()),
            place,
            overtaken: false,
        });
        place
    }

    /// Puts the current thread back where it stood: it was told and came too late, through no
    /// fault of its.
    pub fn enlist_again(&mut self, waiter: &WaiterHandle, place: Place) {
        self.forget_the_parents_threads();
        self.forks = fork_count();
        waiter.renew();
        let before = self.waiters.iter().take_while(|other| other.place < place);
        self.waiters.insert(
            before.count(),
            Entry {
                waiter: Arc::clone(waiter.shared()),
                place,
                overtaken: true,
            },
        );
    }

    /// True when the first waiter was told before and came too late.
    #[must_use]
    pub fn first_was_overtaken(&self) -> bool {
        self.waiters.front().is_some_and(|first| first.overtaken) && self.forks == fork_count()
    }

    /// Empties the list without telling anybody: for the one thread of a forked child.
    pub fn forget(&mut self) {
        std::mem::forget(std::mem::take(&mut self.waiters));
    }

    /// Tells the first waiter, if there is one.
    #[inline]
    pub fn tell_first(&mut self) -> Wakes {
        if self.waiters.is_empty() {
            Wakes::NONE
        } else {
            self.tell_first_of_some()
        }
    }

    #[cold]
    fn tell_first_of_some(&mut self) -> Wakes {
        self.forget_the_parents_threads();
        let first = self.waiters.pop_front();
        first.and_then(|entry| entry.waiter.tell()).into()
    }

    /// Gives the first waiter what it waits for. There must be one: look before.
    pub fn give_first(&mut self) -> Wakes {
        self.forget_the_parents_threads();
        let first = self.waiters.pop_front();
        debug_assert!(
            first.is_some(),
            "somebody must be there to be given something"
        );
        first.and_then(|entry| entry.waiter.give()).into()
    }

    /// Tells up to `count` waiters, the first ones first.
    pub fn tell(&mut self, count: usize) -> Wakes {
        self.forget_the_parents_threads();
        let count = count.min(self.waiters.len());
        let mut wakes = Wakes::NONE;
        let told = self.waiters.drain(..count);
        told.filter_map(|entry| entry.waiter.tell())
            .for_each(|wake| wakes.push(wake));
        wakes
    }

    /// Tells everybody.
    pub fn tell_all(&mut self) -> Wakes {
        self.tell(usize::MAX)
    }

    /// Takes the waiter out, wherever it stands.
    pub fn leave(&mut self, waiter: &WaiterHandle) -> Left {
        self.forget_the_parents_threads();
        if waiter.was_given() {
            return Left::Given;
        }
        let place = self
            .waiters
            .iter()
            .position(|other| Arc::ptr_eq(&other.waiter, waiter.shared()));
        match place {
            Some(place) => {
                self.waiters.remove(place);
                Left::Waiting
            }
            None => Left::Told,
        }
    }

    /// After a fork: those waiters belong to threads that are not in this process. They are
    /// leaked, because the parent's threads may have been changing their counts at the fork.
    fn forget_the_parents_threads(&mut self) {
        if !self.waiters.is_empty() && self.forks != fork_count() {
            std::mem::forget(std::mem::take(&mut self.waiters));
        }
    }
}
