//! Semaphores. Promise: no more than so many at a time, first come first served.

use super::permits::Permits;

/// Lets at most so many tasks through at a time.
///
/// ```
/// use ropewalk::asyncio::{Semaphore, run};
///
/// run(async {
///     let semaphore = Semaphore::new(1);
///     let permit = semaphore.acquire().await;
///     assert!(semaphore.try_acquire().is_none());
///     drop(permit);
///     assert!(semaphore.try_acquire().is_some());
/// });
/// ```
#[derive(Debug)]
pub struct Semaphore(Permits);

/// A permit; dropping it gives it back.
#[derive(Debug)]
#[must_use = "the permit is given back when this is dropped"]
pub struct SemaphoreGuard<'a>(&'a Semaphore);

impl Semaphore {
    /// With this many permits.
    #[must_use]
    pub fn new(permits: usize) -> Self {
        Self(Permits::new(permits))
    }

    /// Waits for a permit.
    pub async fn acquire(&self) -> SemaphoreGuard<'_> {
        // Nobody closes it.
        let _ = self.0.acquire().await;
        SemaphoreGuard(self)
    }

    /// A permit, if one is free.
    #[must_use]
    pub fn try_acquire(&self) -> Option<SemaphoreGuard<'_>> {
        matches!(self.0.try_acquire(), Ok(true)).then_some(SemaphoreGuard(self))
    }

    /// Adds a permit.
    pub fn release(&self) {
        self.0.release();
    }

    /// How many are free.
    #[must_use]
    pub fn value(&self) -> usize {
        self.0.free()
    }
}

impl Drop for SemaphoreGuard<'_> {
    fn drop(&mut self) {
        self.0.0.release();
    }
}
