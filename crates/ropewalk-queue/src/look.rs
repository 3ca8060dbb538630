//! Looking at a queue, and setting what its face lets its user set.
//! Promise: nothing here waits; what is seen may have changed by the time it is read.

use crate::core::Core;
use crate::discipline::Discipline;
use crate::state::Phase;

impl<D: Discipline> Core<D> {
    /// How many items are inside.
    #[must_use]
    pub fn len(&self) -> usize {
        self.state.lock().store.count()
    }

    /// True when nothing is inside.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// True when a bounded queue has no room.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.state.lock().is_full()
    }

    /// True when there is a bound.
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        self.state.lock().is_bounded()
    }

    /// True after `shutdown` or `shutdown_now`.
    #[must_use]
    pub fn is_shut_down(&self) -> bool {
        self.state.lock().phase() == Phase::ShutDown
    }

    /// True while items can be put.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state.lock().phase() == Phase::Open
    }

    /// Shuts the queue down or opens it again without waking anybody; for faces that let the
    /// state be set by hand.
    pub fn set_shut_down(&self, flag: bool) {
        self.state.lock().set_shut_down(flag);
    }

    /// Makes every operation answer `HandedOver` until the queue is reset; for faces whose
    /// construction has two steps.
    pub fn close_before_use(&self) {
        self.state.lock().close_before_use();
    }

    /// True after `hand_over`.
    #[must_use]
    pub fn is_handed_over(&self) -> bool {
        self.state.lock().phase() == Phase::HandedOver
    }

    /// Items put and not yet reported done.
    #[must_use]
    pub fn unfinished(&self) -> usize {
        self.state.lock().unfinished()
    }

    /// Sets the number of unfinished items; zero lets the joiners go.
    pub fn set_unfinished(&self, count: usize) {
        let mut state = self.state.lock();
        let wakes = state.set_unfinished(count);
        drop(state);
        wakes.now();
    }

    /// Sets the bound (zero: none); putters that wait look again.
    pub fn set_bound(&self, bound: usize) {
        let mut state = self.state.lock();
        let wakes = state.set_bound(bound);
        drop(state);
        wakes.now();
    }

    /// Calls `look` for each stored item if the lock is free now; for garbage collectors. `look`
    /// must not touch the queue.
    pub fn try_each(&self, look: &mut dyn FnMut(&D::Item)) {
        if let Some(state) = self.state.try_lock() {
            state.store.each(look);
        }
    }

    /// Takes out what is inside if the lock is free now; for garbage collectors.
    pub fn try_drain(&self) -> Vec<D::Item> {
        self.state
            .try_lock()
            .map_or_else(Vec::new, |mut state| state.store.drain())
    }
}
