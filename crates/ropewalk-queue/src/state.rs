//! What a queue guards with its lock: the items, the bound, the counts, and who waits.
//!
//! Promise: a change is a method here, called with the lock held; what it owes to threads that wait
//! comes back as [`Wakes`], for whoever lets go of the lock. Bound, counts and phase are private.

use crate::discipline::{Discipline, Turn};
use crate::error::TooManyTasksDone;
use crate::line::Line;
use ropewalk_park::Wakes;

/// Whether the queue is in use, shut down, or no longer the owner of its items.
///
/// | from | to | by |
/// |---|---|---|
/// | Open | `ShutDown` | `shut_down`, `shut_down_now`, `set_shut_down(true)` |
/// | `ShutDown` | Open | `set_shut_down(false)` |
/// | Open, `ShutDown` | `HandedOver` | `hand_over` |
/// | any | `HandedOver` | `close_before_use`, before the queue is shown to anybody |
/// | any | Open | `reset` |
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
    bound: usize,
    /// Items put and not yet reported done.
    unfinished: usize,
    phase: Phase,
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
    /// Empty and open, with this bound; zero means none.
    pub(crate) fn new(bound: usize) -> Self {
        Self {
            store: D::default(),
            turns: Line::default(),
            bound: effective(bound),
            unfinished: 0,
            phase: Phase::Open,
            getters: Line::default(),
            putters: Line::default(),
            joiners: Line::default(),
        }
    }

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

    /// True when no item fits, whether or not room is set aside.
    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.store.count() >= self.bound
    }

    /// True when there is an item that is not set aside.
    #[inline]
    pub(crate) fn has_item(&self) -> bool {
        self.store.count() > self.getters.aside()
    }

    /// Nothing more can be put, and everything inside is taken out; it counts as done. `None` when
    /// the queue was handed over.
    pub(crate) fn shut_down_now(&mut self) -> Option<(Vec<D::Item>, Wakes)> {
        if self.phase == Phase::HandedOver {
            return None;
        }
        self.phase = Phase::ShutDown;
        let items = self.store.drain();
        self.unfinished = self.unfinished.saturating_sub(items.len());
        Some((items, self.tell_everybody()))
    }

    /// Gives everything away, once. `None` when that has happened before.
    pub(crate) fn hand_over(&mut self) -> Option<(Contents<D::Item>, Wakes)> {
        if self.phase == Phase::HandedOver {
            return None;
        }
        let contents = Contents {
            items: self.store.drain(),
            unfinished: self.unfinished,
            shut_down: self.phase == Phase::ShutDown,
        };
        self.phase = Phase::HandedOver;
        Some((contents, self.tell_everybody()))
    }

    /// As new, with this bound; what was inside comes out.
    pub(crate) fn reset(&mut self, bound: usize) -> (Vec<D::Item>, Wakes) {
        let items = self.store.drain();
        self.bound = effective(bound);
        self.unfinished = 0;
        self.phase = Phase::Open;
        (items, self.tell_everybody())
    }
}

impl<D> State<D> {
    #[inline]
    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    pub(crate) fn is_bounded(&self) -> bool {
        self.bound != usize::MAX
    }

    pub(crate) fn unfinished(&self) -> usize {
        self.unfinished
    }

    /// One item more is inside: tells a getter.
    #[inline]
    pub(crate) fn was_put(&mut self) -> Wakes {
        self.unfinished += 1;
        self.getters.pass_on()
    }

    /// One item fewer is inside: tells a putter.
    #[inline]
    pub(crate) fn was_taken(&mut self) -> Wakes {
        self.putters.pass_on()
    }

    /// So many fewer are inside.
    pub(crate) fn were_taken(&mut self, count: usize) -> Wakes {
        self.putters.pass_on_many(count)
    }

    /// One item was worked on; the last one lets the joiners go.
    pub(crate) fn task_done(&mut self) -> Result<Wakes, TooManyTasksDone> {
        let left = self.unfinished.checked_sub(1).ok_or(TooManyTasksDone)?;
        Ok(self.set_unfinished(left))
    }

    /// So many are yet to be worked on; none lets the joiners go.
    pub(crate) fn set_unfinished(&mut self, count: usize) -> Wakes {
        self.unfinished = count;
        if count == 0 {
            self.joiners.tell_all()
        } else {
            Wakes::NONE
        }
    }

    /// Another bound (zero: none); putters look again.
    pub(crate) fn set_bound(&mut self, bound: usize) -> Wakes {
        self.bound = effective(bound);
        self.putters.tell_all()
    }

    /// Nothing more can be put; everybody looks again.
    pub(crate) fn shut_down(&mut self) -> Wakes {
        self.set_shut_down(true);
        self.tell_everybody()
    }

    /// Shut down or open again, without telling anybody. Handed over is handed over.
    pub(crate) fn set_shut_down(&mut self, flag: bool) {
        match (self.phase, flag) {
            (Phase::Open, true) => self.phase = Phase::ShutDown,
            (Phase::ShutDown, false) => self.phase = Phase::Open,
            _ => {}
        }
    }

    /// Handed over before anybody has used it: there is nobody to tell.
    pub(crate) fn close_before_use(&mut self) {
        self.phase = Phase::HandedOver;
    }

    fn tell_everybody(&mut self) -> Wakes {
        let mut wakes = self.getters.tell_all();
        wakes.append(self.putters.tell_all());
        wakes.append(self.joiners.tell_all());
        wakes.append(self.turns.tell_all());
        wakes
    }
}

/// No bound is the largest one.
fn effective(bound: usize) -> usize {
    if bound == 0 { usize::MAX } else { bound }
}
