//! Workers that wait for their own pool, and the spares that work meanwhile.
//!
//! Promise: a spare is counted as a worker from the moment that it is told, so that nobody tells
//! two of them for one need; none of the `Waits` is dropped under the lock.

use super::pool::{Inside, Pool};
use super::starving::{Hope, Waits};
use ropewalk_park::{Left, WaiterHandle, Wakes};
use std::sync::Arc;

impl<T> Inside<T> {
    /// A spare is a worker again, whether it was told, which counted it, or came by itself.
    pub(super) fn come_back(&mut self, spare: &WaiterHandle) {
        if self.spares.leave(spare) == Left::Waiting {
            self.hire();
        }
    }

    /// Whether it is proven that no worker will go on unless one more runs what is queued.
    pub(super) fn is_starving(&self) -> bool {
        self.able() == 0
            && self.lanes.len() > 0
            && !self.is_forked()
            && Hope::is_none_of(self.blocked.iter().map(|wait| wait.hope()))
    }

    /// Hires a spare. Whoever is told need not be woken, if it does not sleep yet.
    pub(super) fn hire_spare(&mut self) -> Wakes {
        self.hire();
        self.spares.tell_first()
    }
}

impl<T> Pool<T> {
    /// A worker of this pool begins to wait for futures of it, for as long as it takes. True when
    /// it is proven that no worker will go on unless one more runs what is queued, and no spare one
    /// is left of an earlier time: then start one; it is counted already.
    #[must_use]
    pub fn block(&self, wait: &Arc<dyn Waits>) -> bool {
        let mut inside = self.inside.lock();
        inside.blocked.push(Arc::clone(wait));
        if !inside.is_starving() {
            return false;
        }
        if inside.spares.is_empty() {
            inside.hire();
            return true;
        }
        let wakes = inside.hire_spare();
        drop(inside);
        wakes.now();
        false
    }

    /// Its wait is over. The caller still holds `wait`: nothing is dropped under the lock.
    pub fn unblock(&self, wait: &Arc<dyn Waits>) {
        let mut inside = self.inside.lock();
        if let Some(place) = inside.blocked.iter().position(|one| is_same(one, wait)) {
            inside.blocked.swap_remove(place);
        }
        let wakes = if inside.able() > inside.limit {
            inside.idle.tell_first()
        } else {
            Wakes::NONE
        };
        drop(inside);
        wakes.now();
    }
}

fn is_same(one: &Arc<dyn Waits>, other: &Arc<dyn Waits>) -> bool {
    Arc::as_ptr(one).cast::<()>() == Arc::as_ptr(other).cast::<()>()
}
