//! Wakes that were gathered under a lock and are made once it is let go, as tokio's `WakeList`.
//!
//! Promise: whoever was told is woken: by [`Wakes::now`], or, should a panic come between, when the
//! wakes are dropped. One wake needs no memory of its own, none needs nothing.

use crate::waiter::Wake;

/// Threads that were told and are still to be woken. Call [`Wakes::now`] once no lock is held.
///
/// ```
/// use ropewalk_park::{ShortLock, WaitList};
///
/// let list = ShortLock::new(WaitList::new());
/// let mut locked = list.lock();
/// let mut wakes = locked.tell_first();
/// wakes.append(locked.tell_all());
/// drop(locked);
/// wakes.now();
/// ```
#[derive(Debug, Default)]
#[must_use = "the told threads sleep on until they are woken"]
pub struct Wakes {
    /// `None` when nobody is to be woken: then there are no others either.
    first: Option<Wake>,
    /// Behind a pointer, so that the whole is two words: the path on which nobody sleeps (a put
    /// into a queue) then keeps it in registers, as it would a single wake.
    others: Option<Box<Others>>,
}

#[derive(Debug, Default)]
struct Others(Vec<Wake>);

impl Wakes {
    /// Nobody is to be woken.
    pub const NONE: Self = Self {
        first: None,
        others: None,
    };

    /// Wakes the threads: one system call each.
    #[inline]
    pub fn now(self) {
        if self.is_empty() {
            // Nothing is left to be dropped, and the usual path is spared a look at it.
            std::mem::forget(self);
        } else {
            self.make();
        }
    }

    /// True when nobody is to be woken.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// How many are to be woken.
    #[must_use]
    pub fn len(&self) -> usize {
        let others = self.others.as_ref().map_or(0, |others| others.0.len());
        usize::from(!self.is_empty()) + others
    }

    /// Takes those of `more` over, to be made after its own.
    #[inline]
    pub fn append(&mut self, more: Self) {
        if self.is_empty() {
            std::mem::forget(std::mem::replace(self, more));
        } else if more.is_empty() {
            std::mem::forget(more);
        } else {
            more.each(|wake| self.push(wake));
        }
    }

    pub(crate) fn push(&mut self, wake: Wake) {
        if self.is_empty() {
            self.first = Some(wake);
        } else {
            self.others.get_or_insert_default().0.push(wake);
        }
    }

    #[cold]
    fn make(self) {
        self.each(Wake::now);
    }

    fn each(mut self, mut action: impl FnMut(Wake)) {
        let others = self.others.take().map_or_else(Vec::new, |others| others.0);
        self.first
            .take()
            .into_iter()
            .chain(others)
            .for_each(&mut action);
    }

    /// What dropping does: somebody has forgotten them, or a panic came between.
    #[cold]
    fn make_late(&mut self) {
        debug_assert!(
            std::thread::panicking(),
            "wakes were dropped: threads sleep on that were told"
        );
        std::mem::take(self).make();
    }
}

impl From<Option<Wake>> for Wakes {
    #[inline]
    fn from(first: Option<Wake>) -> Self {
        Self {
            first,
            others: None,
        }
    }
}

impl Drop for Wakes {
    #[inline]
    fn drop(&mut self) {
        if !self.is_empty() {
            self.make_late();
        }
    }
}
