//! At most so many threads at a time. Promise: a permit that is taken comes back when its guard is
//! dropped, also by a panic.

use ropewalk_sync::{Patience, TooManyReleases, Uninterrupted};
use std::ops::Deref;

/// Permits that threads take and give back.
///
/// Take it to limit how many threads do something at once, or to count what is there to take.
///
/// ```
/// use ropewalk::threading::Semaphore;
///
/// let connections = Semaphore::new(2);
/// let first = connections.acquire();
/// let second = connections.acquire();
/// assert!(connections.try_acquire().is_none());
/// drop(first);
/// assert!(connections.try_acquire().is_some());
/// ```
///
/// As in Python a permit need not be given back by whoever took it: [`Permit::forget`] parts it
/// from its guard, and [`Semaphore::release`] gives back permits that no guard stands for.
///
/// ```
/// use ropewalk::threading::Semaphore;
///
/// let arrived = Semaphore::new(0);
/// std::thread::scope(|scope| {
///     scope.spawn(|| arrived.release(2)); // two things have come
///     arrived.acquire().forget(); // each is taken for good
///     arrived.acquire().forget();
/// });
/// assert_eq!(arrived.permits(), 0);
/// ```
///
/// Fork: in a forked child there are as many permits as there were.
#[derive(Debug)]
pub struct Semaphore {
    raw: ropewalk_sync::Semaphore,
    /// More permits than this are refused.
    most: usize,
}

impl Semaphore {
    /// A semaphore with so many permits.
    #[must_use]
    pub fn new(permits: usize) -> Self {
        Self::bounded(permits, ropewalk_sync::Semaphore::MOST)
    }

    fn bounded(permits: usize, most: usize) -> Self {
        let raw = ropewalk_sync::Semaphore::new(permits);
        Self { raw, most }
    }

    /// Takes a permit.
    ///
    /// Blocking: until there is one.
    pub fn acquire(&self) -> Permit<'_> {
        self.take();
        Permit(self)
    }

    fn take(&self) {
        let Ok(taken) = self.raw.acquire(Patience::Forever, &mut Uninterrupted);
        assert!(taken, "a wait without an end ended by itself");
    }

    /// Takes a permit if there is one now.
    pub fn try_acquire(&self) -> Option<Permit<'_>> {
        self.raw.try_acquire().then(|| Permit(self))
    }

    /// Takes a permit, waiting for one until a `Deadline` or for a `Duration`.
    ///
    /// Blocking: at most so long.
    pub fn acquire_until(&self, end: impl Into<Patience>) -> Option<Permit<'_>> {
        let Ok(taken) = self.raw.acquire(end.into(), &mut Uninterrupted);
        taken.then(|| Permit(self))
    }

    /// Gives back `count` permits that no guard stands for.
    ///
    /// Errors: [`TooManyReleases`] if there would be more than can be, and none is given back.
    pub fn release(&self, count: usize) -> Result<(), TooManyReleases> {
        self.raw.release(count, self.most)
    }

    /// How many permits there are at this moment.
    #[must_use]
    pub fn permits(&self) -> usize {
        self.raw.permits()
    }
}

/// A [`Semaphore`] that never has more permits than it began with.
///
/// Take it where a permit given back twice would be a mistake.
///
/// ```
/// use ropewalk::threading::BoundedSemaphore;
///
/// let seats = BoundedSemaphore::new(1);
/// assert!(seats.release(1).is_err());
/// let seat = seats.acquire();
/// seat.forget();
/// assert!(seats.release(1).is_ok());
/// ```
#[derive(Debug)]
pub struct BoundedSemaphore(Semaphore);

impl BoundedSemaphore {
    /// A semaphore with so many permits, and never more.
    #[must_use]
    pub fn new(permits: usize) -> Self {
        Self(Semaphore::bounded(permits, permits))
    }
}

impl Deref for BoundedSemaphore {
    type Target = Semaphore;

    fn deref(&self) -> &Semaphore {
        &self.0
    }
}

/// A permit, given back when dropped.
#[derive(Debug)]
#[must_use = "the permit is given back at once if it is not kept"]
pub struct Permit<'a>(&'a Semaphore);

impl Permit<'_> {
    /// Keeps the permit taken; [`Semaphore::release`] may give it back later.
    pub fn forget(self) {
        std::mem::forget(self);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        // Refused only if somebody released what this guard stands for: then it is back already.
        let _ = self.0.release(1);
    }
}
