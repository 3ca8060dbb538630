//! A flag that orders what is done around it.
//! Promise: whoever sees what another thread set sees what that thread did before.

use ropewalk_facade::atomic::{AtomicBool, Ordering};

/// A boolean.
#[derive(Debug, Default)]
pub(super) struct Flag(AtomicBool);

impl Flag {
    #[inline]
    pub(super) fn is_set(&self) -> bool {
        // sync: asyncio-flag, Acquire pairs with the Release in `put`.
        self.0.load(Ordering::Acquire)
    }

    #[inline]
    pub(super) fn put(&self, value: bool) {
        // sync: asyncio-flag, Release pairs with the Acquire in `is_set` and `take`.
        self.0.store(value, Ordering::Release);
    }

    /// Sets it; whether it was not set before.
    #[inline]
    pub(super) fn take(&self) -> bool {
        // sync: asyncio-flag, Acquire pairs with the Release in `put`.
        !self.0.swap(true, Ordering::Acquire)
    }
}
