//! Work for later. Promise: a timer that waits has no thread; work never begins before its time;
//! a timer that is cancelled before that ends at once.

use super::timer_service::Service;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use ropewalk_sync::{DelayKey, Event, Patience, Uninterrupted};

/// Work that is to be done after a while, in a thread of its own.
///
/// Take it for time-outs and for what is to happen once, later. However many are pending, one
/// thread waits for all of them; so a timer costs no more than what its work holds.
///
/// ```
/// use ropewalk::threading::{Event, Timer};
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// let rang = Arc::new(Event::new());
/// let ring = Arc::clone(&rang);
/// let tea = Timer::new(Duration::from_millis(5), move || ring.set()).start()?;
/// let never = Timer::new(Duration::from_secs(3600), || unreachable!()).start()?;
///
/// assert!(never.cancel());
/// assert!(!never.is_alive());
/// tea.join();
/// assert!(rang.is_set());
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Fork: in a forked child the parent's timers do not fire.
#[derive(Debug)]
#[must_use = "it does nothing before `start`"]
pub struct Timer<F> {
    interval: Duration,
    work: F,
}

/// A timer that was started. Dropping it lets the timer run on by itself.
#[derive(Debug)]
pub struct TimerHandle {
    key: DelayKey,
    ended: Arc<Event>,
}

/// What waits in the service: the work, and who hears of its end.
pub(super) struct Pending {
    work: Box<dyn FnOnce() + Send>,
    end: End,
}

/// Tells that a timer has ended, when it goes: done, panicked or cancelled.
struct End(Arc<Event>);

impl<F: FnOnce() + Send + 'static> Timer<F> {
    /// A timer that will do `work` once `interval` has passed after its start.
    pub fn new(interval: Duration, work: F) -> Self {
        Self { interval, work }
    }

    /// Begins to count.
    ///
    /// Errors: no timer was pending and the operating system has no thread to give. If it has none
    /// when the time has come, the work is done by the thread that waits for all timers.
    pub fn start(self) -> io::Result<TimerHandle> {
        let ended = Arc::new(Event::new());
        let pending = Pending {
            work: Box::new(self.work),
            end: End(Arc::clone(&ended)),
        };
        let key = Service::get().schedule(self.interval, pending)?;
        Ok(TimerHandle { key, ended })
    }
}

impl TimerHandle {
    /// Stops the timer unless its work has begun; true when it was stopped now.
    #[expect(
        clippy::must_use_candidate,
        reason = "to stop it is the point, not to know"
    )]
    pub fn cancel(&self) -> bool {
        Service::get().cancel(self.key).is_some()
    }

    /// True until the work has ended (by a panic, too) or was cancelled.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        !self.ended.is_set()
    }

    /// Waits for the timer's end.
    ///
    /// Blocking: until the work has ended or was cancelled. In the work itself: for ever.
    pub fn join(&self) {
        let Ok(_) = self.ended.wait(Patience::Forever, &mut Uninterrupted);
    }

    /// Waits for the timer's end at most until then; true when it has ended.
    #[must_use]
    pub fn join_until(&self, patience: impl Into<Patience>) -> bool {
        let Ok(ended) = self.ended.wait(patience.into(), &mut Uninterrupted);
        ended
    }
}

impl Pending {
    pub(super) fn fire(self) {
        let _end = self.end;
        (self.work)();
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.0.set();
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending").finish_non_exhaustive()
    }
}
