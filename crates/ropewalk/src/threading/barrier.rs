//! A meeting point for threads. Promise: all threads of a round go on together, or all learn that
//! it broke.

use ropewalk_sync::{BarrierError, Patience, Uninterrupted};
use std::error::Error;
use std::fmt;

type Action = Box<dyn Fn() + Send + Sync>;

/// A barrier for a fixed number of threads, which can be used again and again.
///
/// Take it where threads work in steps and none may begin a step before all have ended the last.
///
/// ```
/// use ropewalk::threading::Barrier;
///
/// let barrier = Barrier::new(2);
/// std::thread::scope(|scope| {
///     scope.spawn(|| barrier.wait().unwrap());
///     let place = barrier.wait().unwrap();
///     assert!(place < 2);
/// });
/// ```
///
/// Fork: in a forked child the parent's threads count as having come; call [`Barrier::reset`].
pub struct Barrier {
    raw: ropewalk_sync::Barrier,
    action: Option<Action>,
}

impl Barrier {
    /// A barrier that lets threads through in groups of `parties`.
    ///
    /// # Panics
    ///
    /// Panics if `parties` is zero.
    #[must_use]
    pub fn new(parties: usize) -> Self {
        assert!(parties > 0, "a barrier needs at least one party");
        Self {
            raw: ropewalk_sync::Barrier::new(parties),
            action: None,
        }
    }

    /// A barrier whose last thread of each round calls `action` before all go on.
    ///
    /// ```
    /// use ropewalk::threading::Barrier;
    /// use std::sync::{Arc, Mutex};
    ///
    /// let log = Arc::new(Mutex::new(vec!["step one"]));
    /// let writing = Arc::clone(&log);
    /// let barrier = Barrier::with_action(1, move || writing.lock().unwrap().push("step two"));
    /// barrier.wait().unwrap();
    /// assert_eq!(*log.lock().unwrap(), ["step one", "step two"]);
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if `parties` is zero.
    #[must_use]
    pub fn with_action(parties: usize, action: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            action: Some(Box::new(action)),
            ..Self::new(parties)
        }
    }

    /// Waits until all parties have come; returns how many had come before.
    ///
    /// Blocking: as long as that takes. Errors: [`BrokenBarrier`] when the round breaks, or the
    /// barrier is broken. If the action panics the barrier breaks, and this thread panics on.
    pub fn wait(&self) -> Result<usize, BrokenBarrier> {
        self.wait_until(Patience::Forever)
    }

    /// The same, waiting until a `Deadline` or for a `Duration`. If time is over before all have
    /// come the barrier breaks, for everybody.
    pub fn wait_until(&self, end: impl Into<Patience>) -> Result<usize, BrokenBarrier> {
        let action = || {
            self.action.iter().for_each(|action| action());
            Ok(())
        };
        self.raw
            .wait(end.into(), &mut Uninterrupted, action)
            .map_err(|why| match why {
                BarrierError::Broken => BrokenBarrier,
            })
    }

    /// Makes the barrier whole and empty; whoever waits gets [`BrokenBarrier`].
    pub fn reset(&self) {
        self.raw.reset();
    }

    /// Breaks the barrier: whoever waits or comes gets [`BrokenBarrier`], until it is reset.
    pub fn abort(&self) {
        self.raw.abort();
    }

    /// How many threads let each other through.
    #[must_use]
    pub fn parties(&self) -> usize {
        self.raw.parties()
    }

    /// How many threads wait at this moment.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.raw.waiting()
    }

    /// True while the barrier is broken.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.raw.is_broken()
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier")
            .field("parties", &self.parties())
            .field("waiting", &self.waiting())
            .field("broken", &self.is_broken())
            .finish_non_exhaustive()
    }
}

/// A barrier is broken, or was reset while this thread waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrokenBarrier;

impl fmt::Display for BrokenBarrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the barrier is broken")
    }
}

impl Error for BrokenBarrier {}
