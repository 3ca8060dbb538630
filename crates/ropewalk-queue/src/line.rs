//! The threads that wait for one kind of change in a queue, and what is kept for the first of them.
//!
//! Promise: nobody starves. Who was told and came too late stands in its old place again; once it
//! is first, the next item (room, turn) is set aside for it, and nobody else's until it has come. In
//! a forked child, where that thread is not, nothing is set aside.

use ropewalk_park::{Fairness, Left, Place, WaitList, WaiterHandle, Wakes, fork_count};

/// Who waits, and how much is set aside for those that are on their way.
#[derive(Debug, Default)]
pub(crate) struct Line {
    waiters: WaitList,
    aside: usize,
    /// `fork_count` of the process whose threads come for it; meaningless when nothing is aside.
    forks: u32,
    fairness: Fairness,
}

impl Line {
    /// How many are not for everybody.
    #[inline]
    pub(crate) fn aside(&self) -> usize {
        if self.aside != 0 && self.forks != fork_count() {
            0
        } else {
            self.aside
        }
    }

    /// Puts the thread at the end, or where it stood.
    pub(crate) fn enlist(&mut self, waiter: &WaiterHandle, place: Option<Place>) -> Place {
        match place {
            None => self.waiters.enlist(waiter),
            Some(place) => {
                self.waiters.enlist_again(waiter, place);
                place
            }
        }
    }

    /// Takes the thread out; true if it was told. What was set aside for it is there for whoever
    /// looks with the lock held, which is this thread.
    pub(crate) fn leave(&mut self, waiter: &WaiterHandle) -> bool {
        let left = self.waiters.leave(waiter);
        if left == Left::Given {
            self.aside = self.aside().saturating_sub(1);
        }
        left != Left::Waiting
    }

    /// One more is there: tells the first waiter, or sets it aside for it.
    #[inline]
    pub(crate) fn pass_on(&mut self) -> Wakes {
        if self.waiters.first_was_overtaken() && self.fairness.is_due() {
            self.fairness.was_fair();
            self.aside = self.aside() + 1;
            self.forks = fork_count();
            self.waiters.give_first()
        } else {
            self.waiters.tell_first()
        }
    }

    pub(crate) fn tell_first(&mut self) -> Wakes {
        self.waiters.tell_first()
    }

    /// So many more are there.
    pub(crate) fn pass_on_many(&mut self, count: usize) -> Wakes {
        let waiting = count.min(self.waiters.len());
        let mut wakes = Wakes::NONE;
        for _ in 0..waiting {
            wakes.append(self.pass_on());
        }
        wakes
    }

    pub(crate) fn tell_all(&mut self) -> Wakes {
        self.waiters.tell_all()
    }
}
