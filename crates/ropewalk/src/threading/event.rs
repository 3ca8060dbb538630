//! A flag that threads wait for. Promise: a thread that waits when the flag is set returns, even
//! if it is cleared at once.

use ropewalk_sync::{Patience, Uninterrupted};

/// A flag, not set at first.
///
/// Take it to tell any number of threads something: go, stop, ready.
///
/// ```
/// use ropewalk::threading::{Event, Thread};
/// use std::sync::Arc;
///
/// let ready = Arc::new(Event::new());
/// let telling = Arc::clone(&ready);
/// let thread = Thread::new(move || telling.set()).start()?;
/// ready.wait();
/// assert!(ready.is_set());
/// # thread.join().unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Fork: in a forked child the flag is as it was.
#[derive(Debug, Default)]
pub struct Event(ropewalk_sync::Event);

impl Event {
    /// A flag that is not set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the flag and lets everybody who waits go on.
    pub fn set(&self) {
        self.0.set();
    }

    /// Takes the flag back: from now on threads wait again.
    pub fn clear(&self) {
        self.0.clear();
    }

    /// True while the flag is set.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.is_set()
    }

    /// Waits until the flag is set.
    ///
    /// Blocking: as long as that takes.
    pub fn wait(&self) {
        self.wait_until(Patience::Forever);
    }

    /// Waits until the flag is set, a `Deadline`, or for a `Duration`; true when it was set.
    ///
    /// ```
    /// use ropewalk::threading::Event;
    /// use std::time::Duration;
    ///
    /// assert!(!Event::new().wait_until(Duration::from_millis(5)));
    /// ```
    ///
    /// Blocking: at most so long.
    pub fn wait_until(&self, end: impl Into<Patience>) -> bool {
        let Ok(set) = self.0.wait(end.into(), &mut Uninterrupted);
        set
    }
}
